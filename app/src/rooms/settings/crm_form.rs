//! The forms of the shop's CRM: its keys, and which stage each step of an order leads to.

use domain::deal::{CrmKind, Stage, Stages};
use leptos::prelude::*;
use serde::Deserialize;
use server::{
    crm::{ConnectInput, Connected, Ends, Offer},
    failure::{Refusal, required},
};

use super::crm::{PATH, STAGES};
use crate::{
    said::Wrong,
    texts::t,
    ui::{Button, Look, Select, Text, TextInput},
};

const ADDRESS: usize = 300;
/// A token of amoCRM is about a thousand characters long.
const TOKEN: usize = 4_000;
const KEYS: &[&str] = &["kind", "address", "token"];
const STEPS: &[&str] = &["ordered", "paid", "partly_refunded", "refunded", "lost"];

/// As the CRM calls itself, in every language.
pub(super) const fn name(kind: CrmKind) -> &'static str {
    match kind {
        CrmKind::Bitrix24 => "Bitrix24",
        CrmKind::AmoCrm => "amoCRM",
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct ConnectForm {
    kind: String,
    address: String,
    token: String,
}

impl ConnectForm {
    pub(super) fn of(kind: CrmKind) -> Self {
        Self { kind: kind.to_string(), ..Self::default() }
    }

    /// # Errors
    /// `required`, `too_long`.
    pub(super) fn read(&self) -> Result<ConnectInput, Refusal> {
        let kind = self.kind.parse().map_err(|_| Refusal::field("kind", "required"))?;
        let address = required("address", &self.address, ADDRESS)?;
        let token = match kind {
            CrmKind::AmoCrm => required("token", &self.token, TOKEN)?,
            CrmKind::Bitrix24 => String::new(),
        };
        Ok(ConnectInput { kind, address, token })
    }

    pub(super) fn shown(&self, may_edit: bool, wrong: &Wrong) -> AnyView {
        if !may_edit {
            return ().into_any();
        }
        let kinds = CrmKind::ALL.iter().map(|kind| (kind.to_string(), Text::from(name(*kind)), None)).collect();
        view! {
            <form class="form" method="post" action=PATH data-send=true>
                <div class="form-section">
                    <Select name="kind" label=t("crm.kind") options=kinds value=self.kind.clone() error=wrong.about("kind")/>
                    <TextInput name="address" label=t("crm.address") help=t("crm.address_help") value=self.address.clone() autocomplete="off" error=wrong.about("address") max_length=300/>
                    <TextInput name="token" label=t("crm.token") aside=t("crm.token_aside") help=t("crm.token_help") value=self.token.clone() autocomplete="off" error=wrong.about("token") max_length=4000/>
                </div>
                {wrong.beside_in("keys", KEYS)}
                <div class="form-actions"><Button look=Look::Primary>{t("crm.connect")}</Button></div>
            </form>
        }
        .into_any()
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct StagesForm {
    ordered: String,
    paid: String,
    partly_refunded: String,
    refunded: String,
    lost: String,
}

impl StagesForm {
    /// What was chosen, or what the CRM itself calls won and lost.
    pub(super) fn of(crm: &Connected) -> Self {
        let text = |stage: &Option<Stage>| stage.as_ref().map(ToString::to_string).unwrap_or_default();
        match &crm.stages {
            Some(own) => Self {
                ordered: text(&own.ordered),
                paid: own.paid.to_string(),
                partly_refunded: text(&own.partly_refunded),
                refunded: text(&own.refunded),
                lost: text(&own.lost),
            },
            None => Self {
                paid: text(&first(&crm.offer, Ends::Won)),
                refunded: text(&first(&crm.offer, Ends::Lost)),
                ..Self::default()
            },
        }
    }

    /// # Errors
    /// `required`.
    pub(super) fn read(&self) -> Result<Stages, Refusal> {
        Ok(Stages {
            ordered: Stage::read(&self.ordered),
            paid: Stage::read(&self.paid).ok_or_else(|| Refusal::field("paid", "required"))?,
            partly_refunded: Stage::read(&self.partly_refunded),
            refunded: Stage::read(&self.refunded),
            lost: Stage::read(&self.lost),
        })
    }

    pub(super) fn shown(&self, offer: &Offer, may_edit: bool, wrong: &Wrong) -> AnyView {
        let select = |field: &'static str, label: &'static str, none: &'static str, value: &str| {
            let options = options(offer, none);
            view! { <Select name=field label=t(label) options=options value=value.to_owned() error=wrong.about(field)/> }
        };
        let save = may_edit.then(|| {
            view! { <div class="form-actions"><Button look=Look::Primary>{t("common.save")}</Button></div> }
        });
        view! {
            <form class="form" method="post" action=STAGES data-send=true>
                <div class="form-section">
                    <h2>{t("crm.stages")}</h2>
                    <p class="quiet">{t("crm.stages_text")}</p>
                    {select("paid", "crm.step_paid", "crm.choose", &self.paid)}
                    {select("partly_refunded", "crm.step_partly_refunded", "crm.stays", &self.partly_refunded)}
                    {select("refunded", "crm.step_refunded", "crm.stays", &self.refunded)}
                </div>
                <div class="form-section">
                    <h2>{t("crm.unpaid")}</h2>
                    <p class="quiet">{t("crm.unpaid_text")}</p>
                    {select("ordered", "crm.step_ordered", "crm.no_deal", &self.ordered)}
                    {select("lost", "crm.step_lost", "crm.stays", &self.lost)}
                </div>
                {wrong.beside_in("stages", STEPS)}
                {save}
            </form>
        }
        .into_any()
    }
}

/// The first stage that ends so, of the first pipeline that has one.
fn first(offer: &Offer, ends: Ends) -> Option<Stage> {
    offer.pipelines.iter().find_map(|pipeline| {
        let stage = pipeline.stages.iter().find(|stage| stage.ends == Some(ends))?;
        Some(Stage { pipeline: pipeline.id.clone(), stage: stage.id.clone() })
    })
}

/// Every stage of every pipeline; `none` is what choosing none means.
fn options(offer: &Offer, none: &'static str) -> Vec<(String, Text, Option<&'static str>)> {
    let alone = offer.pipelines.len() == 1;
    let mut all = vec![(String::new(), t(none), None)];
    for pipeline in &offer.pipelines {
        all.extend(pipeline.stages.iter().map(|stage| {
            let shown = if alone { stage.name.clone() } else { [&*pipeline.name, " · ", &stage.name].concat() };
            let place = Stage { pipeline: pipeline.id.clone(), stage: stage.id.clone() };
            (place.to_string(), Text::from(shown), None)
        }));
    }
    all
}

#[cfg(test)]
mod tests {
    use server::crm::{Pipeline, StageOffer};

    use super::*;

    fn offer() -> Offer {
        let stage = |id: &str, ends| StageOffer { id: id.to_owned(), name: id.to_lowercase(), ends };
        let stages = vec![stage("NEW", None), stage("WON", Some(Ends::Won)), stage("LOSE", Some(Ends::Lost))];
        let pipelines = vec![Pipeline { id: "0".to_owned(), name: "Sales".to_owned(), stages }];
        Offer { pipelines, currencies: Vec::new() }
    }

    #[test]
    fn what_the_crm_calls_won_is_offered_and_what_is_shown_is_read_back() {
        let crm = |stages| Connected {
            kind: CrmKind::Bitrix24,
            address: String::new(),
            offer: offer(),
            stages,
            trouble: None,
        };
        let fresh = StagesForm::of(&crm(None)).read().unwrap();
        assert_eq!(fresh.paid.to_string(), "0|WON");
        assert_eq!(fresh.refunded.as_ref().unwrap().to_string(), "0|LOSE");
        assert_eq!((&fresh.ordered, &fresh.lost), (&None, &None));
        let chosen = Stages { ordered: Stage::read("0|NEW"), ..fresh };
        assert_eq!(StagesForm::of(&crm(Some(chosen.clone()))).read().unwrap(), chosen);
        assert_eq!(StagesForm::default().read().unwrap_err().field, Some("paid"));
    }

    #[test]
    fn only_amocrm_needs_a_token() {
        let form = |kind: &str| ConnectForm { kind: kind.to_owned(), address: "x".to_owned(), token: String::new() };
        assert!(form("bitrix24").read().is_ok());
        assert_eq!(form("amocrm").read().unwrap_err().field, Some("token"));
        assert_eq!(form("").read().unwrap_err().field, Some("kind"));
    }
}
