//! Settings of the shop: who may refund how much, and where its people are told what must not wait.

use axum::{
    Form, Router,
    extract::Query,
    response::Response,
    routing::{get, post},
};
use domain::{Money, role::Permission};
use leptos::prelude::*;
use serde::Deserialize;
use server::{
    bots,
    failure::{Outcome, Refusal},
    shop::{self, Rules},
};

use super::sign;
use crate::{
    said::Wrong,
    texts::{t, t_with},
    ui::{Button, Look, MoneyInput, Notice, PostButton, RoomHead, TextInput, Tone, copyable},
    web::{Desk, Faces, Flash, bot_address},
};

const PATH: &str = "/settings";
const FIELDS: &[&str] = &["refund_alone", "refund_pair", "stuck_minutes"];

pub(super) fn routes() -> Router<Faces> {
    Router::new().route(PATH, get(show).post(save)).route("/settings/staff-chat", post(invite))
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

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    /// The word that was made just now.
    invite: String,
}

async fn show(desk: Desk, Query(asked): Query<Asked>) -> Response {
    let form = RulesForm::of(&desk);
    room(&desk, &form, Wrong::default(), &asked.invite).await
}

async fn save(desk: Desk, Form(form): Form<RulesForm>) -> Response {
    let saved = async || -> Outcome<Flash> {
        shop::set_rules(&desk.services, &desk.actor, desk.merchant(), form.read(&desk)?).await?;
        Ok(Flash::good(desk.say("common.saved")))
    };
    match saved().await {
        Ok(flash) => desk.done(Ok(flash), PATH),
        Err(failure) => room(&desk, &form, desk.wrong(&failure), "").await,
    }
}

async fn invite(desk: Desk) -> Response {
    match shop::invite_to_staff_chat(&desk.services, &desk.actor, desk.merchant()).await {
        Ok(code) => {
            let to = [PATH, "?invite=", &code].concat();
            desk.done(Ok(Flash::good(desk.say("settings.invite_made"))), &to)
        }
        Err(failure) => desk.done(Err(failure), PATH),
    }
}

async fn room(desk: &Desk, form: &RulesForm, wrong: Wrong, invite: &str) -> Response {
    let title = desk.say("room.settings");
    let bot = match bots::of_merchant(&desk.services, desk.merchant()).await {
        Ok(bots) => bots.into_iter().next().map(|bot| bot.username),
        Err(failure) => return desk.failed(&title, &failure).await,
    };
    let invite: String = invite.chars().filter(char::is_ascii_alphanumeric).collect();
    let word = ["staff_", &invite].concat();
    let address = bot.filter(|_| !invite.is_empty()).map(|bot| bot_address(&desk.services, &bot, None, &word));
    let draw = |wrong: &Wrong| {
        view! {
            <RoomHead title=t("room.settings")/>
            <div class="stack-wide">
                {rules(desk, form, wrong)}
                {staff_chat(desk, address.map(|address| (address, word.clone())))}
            </div>
        }
        .into_any()
    };
    desk.form(&title, wrong, draw).await
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

fn staff_chat(desk: &Desk, made: Option<(String, String)>) -> AnyView {
    let bound = desk.shop.staff_chat_id.is_some();
    let state = if bound { (Tone::Good, "settings.chat_set") } else { (Tone::Ended, "settings.chat_none") };
    let invite = made.map(|(address, word)| {
        let command = ["/start ", &word].concat();
        view! {
            <div class="stack-tight">
                <p>{t_with("settings.invite_help", &[("command", &command)])}</p>
                {copyable(address, true)}
                {copyable(command, true)}
            </div>
        }
    });
    let button = desk.may(Permission::EditSettings).then(|| {
        let key = if bound { "settings.chat_change" } else { "settings.chat_make" };
        view! { <PostButton action="/settings/staff-chat">{t(key)}</PostButton> }
    });
    view! {
        <section class="form">
            <div class="form-section">
                <h2>{t("settings.chat")}</h2>
                <p class="quiet">{t("settings.chat_text")}</p>
                <Notice tone=state.0 text=t(state.1)/>
                {invite}
                <div class="button-row">{button}</div>
            </div>
        </section>
    }
    .into_any()
}
