//! The shop's bot: connected by its token, which Telegram is asked about, and taken away again.

use axum::{
    Form, Router,
    extract::Path,
    response::Response,
    routing::{get, post},
};
use domain::{BotId, role::Permission};
use leptos::prelude::*;
use serde::Deserialize;
use server::{
    bots::{self, BotRow},
    failure::Outcome,
    miniapp,
};

use super::page;
use crate::{
    said::Wrong,
    texts::{t, t_with},
    ui::{Button, Dialog, DialogButton, Look, Notice, Text, TextInput, Tone, close_button, copyable},
    web::{Desk, Faces, Flash},
};

pub(super) const PATH: &str = "/settings/bot";

pub(super) fn routes() -> Router<Faces> {
    Router::new().route(PATH, get(show).post(connect)).route("/settings/bot/{bot}/disconnect", post(disconnect))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct TokenForm {
    token: String,
}

async fn show(desk: Desk) -> Response {
    draw(&desk, "", Wrong::default()).await
}

async fn connect(desk: Desk, Form(form): Form<TokenForm>) -> Response {
    match bots::connect(&desk.services, &desk.actor, desk.merchant(), &form.token).await {
        Ok(_) => desk.done(Ok(Flash::good(desk.say("settings.bot_connected"))), PATH),
        Err(failure) => draw(&desk, &form.token, desk.wrong(&failure)).await,
    }
}

async fn disconnect(desk: Desk, Path(id): Path<String>) -> Response {
    let gone = async || -> Outcome<Flash> {
        bots::disconnect(&desk.services, &desk.actor, desk.merchant(), &BotId::parse(&id)?).await?;
        Ok(Flash::good(desk.say("settings.bot_gone")))
    };
    desk.done(gone().await, PATH)
}

async fn draw(desk: &Desk, token: &str, wrong: Wrong) -> Response {
    let title = desk.say("room.settings");
    let bot = match bots::of_merchant(&desk.services, desk.merchant()).await {
        Ok(all) => all.into_iter().find(|bot| bot.active),
        Err(failure) => return desk.failed(&title, &failure).await,
    };
    let draw = |wrong: &Wrong| {
        let own = bot.as_ref().map(|bot| connected(desk, bot));
        page(PATH, view! { {own} {form(desk, bot.is_some(), token, wrong)} }.into_any())
    };
    desk.form(&title, wrong, draw).await
}

fn connected(desk: &Desk, bot: &BotRow) -> AnyView {
    let name = ["@", &bot.username].concat();
    let (tone, text) = match &bot.trouble {
        None => (Tone::Good, t_with("settings.bot_works", &[("name", &name)])),
        Some(trouble) => (Tone::Bad, t_with("settings.bot_trouble", &[("name", &name), ("why", trouble)])),
    };
    let address = ["https://t.me/", &bot.username].concat();
    let may = desk.may(Permission::EditSettings);
    let action = ["/settings/bot/", bot.id.as_str(), "/disconnect"].concat();
    let away = may.then(|| {
        view! {
            <div class="button-row"><DialogButton dialog="disconnect">{t("settings.bot_disconnect")}</DialogButton></div>
            <Dialog id="disconnect" title=t("settings.bot_disconnect")>
                <form method="post" action=action class="stack">
                    <p>{t_with("settings.bot_disconnect_text", &[("name", &name)])}</p>
                    <div class="dialog-actions">
                        {close_button("disconnect", t("common.cancel"))}
                        <Button look=Look::Danger>{t("settings.bot_disconnect")}</Button>
                    </div>
                </form>
            </Dialog>
        }
    });
    view! {
        <section class="form">
            <div class="form-section">
                <h2>{t("settings.bot")}</h2>
                <Notice tone=tone text=Text::from(text)/>
                {copyable(address, true)}
                {away}
            </div>
            {mini_app(desk, bot)}
        </section>
    }
    .into_any()
}

/// Where the shop stands inside Telegram.
fn mini_app(desk: &Desk, bot: &BotRow) -> AnyView {
    let inside = match miniapp::address(&desk.services, &bot.id, desk.shop.language) {
        Some(address) => {
            view! { <p class="quiet">{t("settings.mini_app_text")}</p> {copyable(address, true)} }.into_any()
        }
        None => view! { <p class="quiet">{t("settings.mini_app_https")}</p> }.into_any(),
    };
    view! { <div class="form-section"><h2>{t("settings.mini_app")}</h2>{inside}</div> }.into_any()
}

fn form(desk: &Desk, has_bot: bool, token: &str, wrong: &Wrong) -> AnyView {
    if !desk.may(Permission::EditSettings) {
        return (!has_bot).then(|| view! { <Notice tone=Tone::Ended text=t("settings.bot_none")/> }).into_any();
    }
    let heading = if has_bot { "settings.bot_renew" } else { "settings.bot_connect" };
    let steps = (!has_bot).then(|| {
        let steps = ["settings.bot_step_1", "settings.bot_step_2", "settings.bot_step_3"];
        view! { <ol class="steps">{steps.map(|key| view! { <li>{t(key)}</li> }).collect_view()}</ol> }
    });
    view! {
        <form class="form" method="post" action=PATH data-send=true>
            <div class="form-section">
                <h2>{t(heading)}</h2>
                {steps}
                <TextInput name="token" kind="password" label=t("settings.bot_token") value=token.to_owned() help=t("settings.bot_token_help") error=wrong.about("token") autocomplete="off" max_length=100/>
            </div>
            {wrong.beside(&["token"])}
            <div class="form-actions"><Button look=Look::Primary>{t(heading)}</Button></div>
        </form>
    }
    .into_any()
}
