//! The form that begins a reconciliation: which account, which days, by asking or with a file.

use domain::{AccountId, Moment, ReconciliationId, moment::DAY, moment::MINUTE};
use leptos::prelude::*;
use server::{
    failure::{Outcome, Refusal},
    payments,
    reconcile::{self, Period},
};

use super::PATH;
use crate::{
    said::Wrong,
    texts::t,
    ui::{Button, ButtonLink, Crumb, DateRange, FilePicker, Glyph, Look, RoomHead, Segments, Select, Text},
    web::Desk,
};

const FIELDS: &[&str] = &["account", "from", "until", "file"];

/// As typed. Days of the shop's zone, `2026-11-24`, both included.
#[derive(Clone, Debug, Default)]
pub(super) struct NewForm {
    account: String,
    from: String,
    until: String,
    source: String,
}

impl NewForm {
    /// The week that has passed.
    pub(super) fn blank(desk: &Desk) -> Self {
        let day = |moment: Moment| {
            desk.at(moment).split(' ').next().unwrap_or_default().rsplit('.').collect::<Vec<_>>().join("-")
        };
        Self {
            from: day(desk.now().plus(-7 * DAY)),
            until: day(desk.now()),
            source: "lookup".to_owned(),
            ..Self::default()
        }
    }

    pub(super) fn sent(fields: Vec<(String, String)>) -> Self {
        let mut form = Self::default();
        for (name, value) in fields {
            match name.as_str() {
                "account" => form.account = value,
                "from" => form.from = value,
                "until" => form.until = value,
                "source" => form.source = value,
                _ => {}
            }
        }
        form
    }

    fn period(&self, desk: &Desk) -> Result<Period, Refusal> {
        let day = |field: &'static str, text: &str| {
            let midnight = Moment::parse(&[text.trim(), "T00:00:00Z"].concat());
            let midnight = midnight.map_err(|_| Refusal::field(field, "time_unreadable"))?;
            Ok::<_, Refusal>(midnight.plus(-i64::from(desk.offset()) * MINUTE))
        };
        Ok(Period { from: day("from", &self.from)?, until: day("until", &self.until)?.plus(DAY) })
    }
}

/// The shop's accounts: id and name.
pub(super) async fn accounts(desk: &Desk) -> Outcome<Vec<(String, String)>> {
    let all = payments::methods(&desk.services.db, desk.merchant()).await?;
    Ok(all.into_iter().map(|method| (method.account.to_string(), method.name)).collect())
}

pub(super) async fn begin(desk: &Desk, form: &NewForm, name: &str, file: Option<Vec<u8>>) -> Outcome<ReconciliationId> {
    let (services, actor, merchant) = (&desk.services, &desk.actor, desk.merchant());
    let account = AccountId::parse(&form.account).map_err(|_| Refusal::field("account", "required"))?;
    let period = form.period(desk)?;
    if form.source != "file" {
        return reconcile::begin_lookup(services, actor, merchant, &account, period).await;
    }
    let bytes = file.ok_or_else(|| Refusal::field("file", "required"))?;
    reconcile::upload(services, actor, merchant, &account, period, name, bytes).await
}

pub(super) fn page(form: &NewForm, accounts: Vec<(String, String)>, wrong: &Wrong) -> AnyView {
    let accounts = accounts.into_iter().map(|(id, name)| (id, Text::from(name), None)).collect();
    let sources = vec![("lookup".to_owned(), t("reconcile.by_lookup")), ("file".to_owned(), t("reconcile.by_file"))];
    view! {
        <Crumb href=PATH text=t("room.reconcile")/>
        <RoomHead title=t("reconcile.new")/>
        <form class="form" method="post" action="/reconcile/new" enctype="multipart/form-data" data-send=true>
            <div class="form-section">
                <Select name="account" label=t("fact.account") options=accounts value=form.account.clone() error=wrong.about("account")/>
                <DateRange label=t("range.days") from=form.from.clone() until=form.until.clone() from_error=wrong.about("from") until_error=wrong.about("until")/>
            </div>
            <div class="form-section">
                <Segments name="source" label=t("reconcile.how") options=sources value=form.source.clone()/>
                <p class="field-help when-lookup">{t("reconcile.by_lookup_help")}</p>
                <div class="when-file stack-tight">
                    <p class="field-help">{t("reconcile.by_file_help")}</p>
                    <FilePicker name="file" label=t("reconcile.file") note=t("reconcile.file_note") accept=".csv,.xlsx,.txt,text/csv" glyph=Glyph::Upload error=wrong.about("file")/>
                </div>
            </div>
            {wrong.beside(FIELDS)}
            <div class="form-actions">
                <Button look=Look::Primary>{t("reconcile.begin")}</Button>
                <ButtonLink href=PATH look=Look::Quiet>{t("common.cancel")}</ButtonLink>
            </div>
        </form>
    }
    .into_any()
}
