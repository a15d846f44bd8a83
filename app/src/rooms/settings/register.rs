//! The shop's cash register (e-HDM): set, tried, switched on and off. Certificate and key are never shown again.

use axum::{
    Form, Router,
    response::Response,
    routing::{get, post},
};
use domain::role::Permission;
use leptos::prelude::*;
use server::{
    failure::Outcome,
    fiscal::{self, RegisterShown},
};

use super::{page, register_form::RegisterForm};
use crate::{
    rooms::why::Whether,
    said::Wrong,
    texts::{t, t_with},
    ui::{ButtonLink, Fact, Facts, Glyph, Look, Notice, PostButton, StatusBadge, Text, Tone},
    web::{Desk, Faces, Flash},
};

pub(super) const PATH: &str = "/settings/register";

pub(super) fn routes() -> Router<Faces> {
    Router::new()
        .route(PATH, get(show).post(save))
        .route("/settings/register/check", post(check))
        .route("/settings/register/department", post(department))
        .route("/settings/register/on", post(turn_on))
        .route("/settings/register/off", post(turn_off))
}

async fn known(desk: &Desk) -> Outcome<Option<RegisterShown>> {
    fiscal::register(&desk.services, &desk.actor, desk.merchant()).await
}

async fn show(desk: Desk) -> Response {
    draw(&desk, None, Wrong::default()).await
}

async fn save(desk: Desk, Form(form): Form<RegisterForm>) -> Response {
    let saved = async || -> Outcome<Flash> {
        desk.must(Permission::EditSettings)?;
        fiscal::change(&desk.services, &desk.actor, desk.merchant(), form.read()?).await?;
        Ok(Flash::good(desk.say("common.saved")))
    };
    match saved().await {
        Ok(flash) => desk.done(Ok(flash), PATH),
        Err(failure) => draw(&desk, Some(&form), desk.wrong(&failure)).await,
    }
}

async fn draw(desk: &Desk, sent: Option<&RegisterForm>, wrong: Wrong) -> Response {
    let title = desk.say("room.settings");
    let register = match known(desk).await {
        Ok(register) => register,
        Err(failure) => return desk.failed(&title, &failure).await,
    };
    let filled = register.as_ref().map_or_else(RegisterForm::blank, RegisterForm::of);
    let form = sent.unwrap_or(&filled);
    let may = desk.may(Permission::EditSettings);
    let draw = |wrong: &Wrong| {
        let head = register.as_ref().map(|register| head(desk, register, may));
        let lead = register.is_none().then(|| view! { <p class="quiet">{t("register.lead")}</p> });
        let parts = view! { {lead} {head} {form.shown(register.as_ref(), may, wrong)} };
        page(PATH, parts.into_any())
    };
    desk.form(&title, wrong, draw).await
}

/// What stands above the form: whether it works, and what it has counted.
fn head(desk: &Desk, register: &RegisterShown, may: bool) -> AnyView {
    let to = |what: &str| [PATH, "/", what].concat();
    let (tone, key) = if register.active { (Tone::Good, "register.on") } else { (Tone::Ended, "register.off") };
    let trouble = register.trouble.as_ref().map(|(code, words, at)| {
        let values = [("code", code.as_str()), ("words", words), ("time", &desk.at(*at))];
        view! { <Notice tone=Tone::Bad text=t_with("register.trouble", &values)/> }
    });
    let buttons = may.then(|| {
        let switch = if register.active {
            Whether::new("turn-off", to("off"), t("register.turn_off"), t("register.turn_off_text")).button()
        } else {
            view! { <PostButton action=to("on") look=Look::Primary>{t("register.turn_on")}</PostButton> }.into_any()
        };
        let department = (!register.active).then(|| {
            let text = t("register.department_text");
            let ask = Whether::new("department", to("department"), t("register.set_department"), text);
            Whether { look: Look::Plain, ..ask }.button()
        });
        view! {
            {switch}
            <PostButton action=to("check") icon=Glyph::Refresh>{t("register.check")}</PostButton>
            {department}
        }
    });
    let [crn, last, seq] = [register.settings.crn.clone(), register.last_number.to_string(), register.seq.to_string()];
    let certificate = if register.has_certificate { "register.certificate_kept" } else { "register.certificate_none" };
    view! {
        <section class="form">
            <div class="form-section">
                <div class="row"><h2>{t("register.title")}</h2><StatusBadge tone=tone text=t(key)/></div>
                {trouble}
                <Facts>
                    <Fact label=t("register.crn")>{crn}</Fact>
                    <Fact label=t("register.last_number")>{last}</Fact>
                    <Fact label=t("register.seq")>{seq}</Fact>
                    <Fact label=t("register.certificate")>{t(certificate)}</Fact>
                </Facts>
                <div class="button-row">
                    {buttons}
                    <ButtonLink href=Text::from("/receipts") look=Look::Quiet icon=Glyph::Receipts>{t("room.receipts")}</ButtonLink>
                </div>
            </div>
        </section>
    }
    .into_any()
}

async fn check(desk: Desk) -> Response {
    let checked = fiscal::check(&desk.services, &desk.actor, desk.merchant()).await;
    desk.done(checked.map(|()| Flash::good(desk.say("register.answers"))), PATH)
}

async fn department(desk: Desk) -> Response {
    let set = fiscal::configure(&desk.services, &desk.actor, desk.merchant()).await;
    desk.done(set.map(|()| Flash::good(desk.say("register.department_set"))), PATH)
}

async fn turn_on(desk: Desk) -> Response {
    switch(&desk, true).await
}

async fn turn_off(desk: Desk) -> Response {
    switch(&desk, false).await
}

async fn switch(desk: &Desk, active: bool) -> Response {
    let switched = fiscal::switch(&desk.services, &desk.actor, desk.merchant(), active).await;
    let said = if active { "register.turned_on" } else { "register.turned_off" };
    desk.done(switched.map(|()| Flash::good(desk.say(said))), PATH)
}
