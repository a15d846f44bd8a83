//! What the owner decides about refunds and deliveries.

use axum::{Form, Router, response::Response, routing::get};
use domain::{Money, role::Permission};
use leptos::prelude::*;
use serde::Deserialize;
use server::{
    failure::{Outcome, Refusal},
    shop::{self, Rules},
};

use super::{super::sign, page};
use crate::{
    said::Wrong,
    texts::t,
    ui::{Button, Look, MoneyInput, TextInput},
    web::{Desk, Faces, Flash},
};

pub(super) const PATH: &str = "/settings/money";
const FIELDS: &[&str] = &["refund_alone", "refund_pair", "stuck_minutes"];

pub(super) fn routes() -> Router<Faces> {
    Router::new().route(PATH, get(show).post(save))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RulesForm {
    refund_alone: String,
    refund_pair: String,
    stuck_minutes: String,
}

impl RulesForm {
    fn of(desk: &Desk) -> Self {
        let sum = |minor: i64| {
            Money::new(minor, desk.shop.currency)
                .to_string()
                .chars()
                .filter(|c| c.is_ascii_digit() || *c == ',')
                .collect()
        };
        Self {
            refund_alone: sum(desk.shop.refund_alone_minor),
            refund_pair: desk.shop.refund_pair_minor.map(sum).unwrap_or_default(),
            stuck_minutes: desk.shop.stuck_minutes.to_string(),
        }
    }

    fn read(&self, desk: &Desk) -> Result<Rules, Refusal> {
        let sum = |field: &'static str, text: &str| match text.trim() {
            "" => Ok(None),
            text => match Money::parse_major(text, desk.shop.currency) {
                Ok(money) => Ok(Some(money.amount_minor)),
                Err(_) => Err(Refusal::field(field, "not_a_sum")),
            },
        };
        Ok(Rules {
            refund_alone_minor: sum("refund_alone", &self.refund_alone)?.unwrap_or(0),
            refund_pair_minor: sum("refund_pair", &self.refund_pair)?,
            stuck_minutes: self
                .stuck_minutes
                .trim()
                .parse()
                .map_err(|_| Refusal::field("stuck_minutes", "not_a_number"))?,
        })
    }
}

async fn show(desk: Desk) -> Response {
    draw(&desk, &RulesForm::of(&desk), Wrong::default()).await
}

async fn save(desk: Desk, Form(form): Form<RulesForm>) -> Response {
    let saved = async || -> Outcome<Flash> {
        desk.must(Permission::EditSettings)?;
        shop::set_rules(&desk.services, &desk.actor, desk.merchant(), form.read(&desk)?).await?;
        Ok(Flash::good(desk.say("common.saved")))
    };
    match saved().await {
        Ok(flash) => desk.done(Ok(flash), PATH),
        Err(failure) => draw(&desk, &form, desk.wrong(&failure)).await,
    }
}

async fn draw(desk: &Desk, form: &RulesForm, wrong: Wrong) -> Response {
    desk.form(&desk.say("room.settings"), wrong, |wrong| page(PATH, rules(desk, form, wrong))).await
}

fn rules(desk: &Desk, form: &RulesForm, wrong: &Wrong) -> AnyView {
    let save = desk.may(Permission::EditSettings).then(|| {
        view! { <div class="form-actions"><Button look=Look::Primary>{t("common.save")}</Button></div> }
    });
    view! {
        <form class="form" method="post" action=PATH data-send=true>
            <div class="form-section">
                <h2>{t("settings.refunds")}</h2>
                <MoneyInput name="refund_alone" label=t("settings.refund_alone") sign=sign(desk) value=form.refund_alone.clone() help=t("settings.refund_alone_help") error=wrong.about("refund_alone")/>
                <MoneyInput name="refund_pair" label=t("settings.refund_pair") aside=t("common.optional") sign=sign(desk) value=form.refund_pair.clone() help=t("settings.refund_pair_help") error=wrong.about("refund_pair")/>
                <TextInput name="stuck_minutes" label=t("settings.stuck_minutes") value=form.stuck_minutes.clone() inputmode="numeric" help=t("settings.stuck_minutes_help") error=wrong.about("stuck_minutes") max_length=4/>
            </div>
            {wrong.beside(FIELDS)}
            {save}
        </form>
    }
    .into_any()
}
