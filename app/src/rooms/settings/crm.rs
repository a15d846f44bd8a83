//! The shop's CRM: connected by its keys, which are never shown again, its stages chosen from what it lists, disconnected.

use axum::{
    Form, Router,
    response::Response,
    routing::{get, post},
};
use domain::{deal::DealState, role::Permission};
use leptos::prelude::*;
use server::{
    crm::{self, Connected},
    failure::Outcome,
};

use super::{
    crm_form::{ConnectForm, StagesForm, name},
    page,
};
use crate::{
    rooms::why::Whether,
    said::Wrong,
    texts::{t, t_with},
    ui::{ButtonLink, Fact, Facts, Glyph, Icon, Look, Notice, PostButton, StatusBadge, Text, Tone},
    web::{Desk, Faces, Flash},
};

pub(super) const PATH: &str = "/settings/crm";
pub(super) const STAGES: &str = "/settings/crm/stages";

pub(super) fn routes() -> Router<Faces> {
    Router::new()
        .route(PATH, get(show).post(connect))
        .route(STAGES, post(choose))
        .route("/settings/crm/check", post(check))
        .route("/settings/crm/disconnect", post(disconnect))
}

/// What was sent and is drawn again.
#[derive(Default)]
struct Sent {
    connect: Option<ConnectForm>,
    stages: Option<StagesForm>,
}

async fn show(desk: Desk) -> Response {
    draw(&desk, Sent::default(), Wrong::default()).await
}

async fn connect(desk: Desk, Form(form): Form<ConnectForm>) -> Response {
    let connected = async || -> Outcome<Flash> {
        desk.must(Permission::EditSettings)?;
        crm::connect(&desk.services, &desk.actor, desk.merchant(), form.read()?).await?;
        Ok(Flash::good(desk.say("crm.connected")))
    };
    match connected().await {
        Ok(flash) => desk.done(Ok(flash), PATH),
        Err(failure) => draw(&desk, Sent { connect: Some(form), stages: None }, desk.wrong(&failure)).await,
    }
}

async fn choose(desk: Desk, Form(form): Form<StagesForm>) -> Response {
    let chosen = async || -> Outcome<Flash> {
        desk.must(Permission::EditSettings)?;
        crm::choose(&desk.services, &desk.actor, desk.merchant(), form.read()?).await?;
        Ok(Flash::good(desk.say("common.saved")))
    };
    match chosen().await {
        Ok(flash) => desk.done(Ok(flash), PATH),
        Err(failure) => draw(&desk, Sent { connect: None, stages: Some(form) }, desk.wrong(&failure)).await,
    }
}

async fn check(desk: Desk) -> Response {
    let checked = crm::check(&desk.services, &desk.actor, desk.merchant()).await;
    desk.done(checked.map(|()| Flash::good(desk.say("crm.answers"))), PATH)
}

async fn disconnect(desk: Desk) -> Response {
    let gone = crm::disconnect(&desk.services, &desk.actor, desk.merchant()).await;
    desk.done(gone.map(|()| Flash::good(desk.say("crm.disconnected"))), PATH)
}

/// The connection, and how many deals wait for it and for a person.
struct Found {
    crm: Option<Connected>,
    owed: u64,
    refused: u64,
}

async fn find(desk: &Desk) -> Outcome<Found> {
    let crm = crm::connected(&desk.services, &desk.actor, desk.merchant()).await?;
    let count = async |state| crm::count(&desk.services.db, desk.merchant(), state).await;
    Ok(Found { crm, owed: count(DealState::Owed).await?, refused: count(DealState::Refused).await? })
}

async fn draw(desk: &Desk, sent: Sent, wrong: Wrong) -> Response {
    let title = desk.say("room.settings");
    let found = match find(desk).await {
        Ok(found) => found,
        Err(failure) => return desk.failed(&title, &failure).await,
    };
    let may = desk.may(Permission::EditSettings);
    let draw = |wrong: &Wrong| {
        let none = Wrong::default();
        let about = |of: bool| if of { wrong } else { &none };
        let (typed, chosen) = (sent.connect.as_ref(), sent.stages.as_ref());
        let parts = match &found.crm {
            None => {
                let form = ConnectForm::default();
                view! { <p class="quiet">{t("crm.lead")}</p> {typed.unwrap_or(&form).shown(may, wrong)} }.into_any()
            }
            Some(crm) => {
                let filled = StagesForm::of(crm);
                let stages = chosen.unwrap_or(&filled).shown(&crm.offer, may, about(chosen.is_some()));
                let keys = may.then(|| keys(crm, typed, about(typed.is_some())));
                view! { {head(desk, &found, crm, may)} {stages} {keys} }.into_any()
            }
        };
        page(PATH, parts)
    };
    desk.form(&title, wrong, draw).await
}

/// What stands above the forms: whether it works, and what waits.
fn head(desk: &Desk, found: &Found, crm: &Connected, may: bool) -> AnyView {
    let (tone, key) = match (&crm.trouble, &crm.stages) {
        (Some(_), _) => (Tone::Bad, "crm.troubled"),
        (None, Some(_)) => (Tone::Good, "crm.works"),
        (None, None) => (Tone::Waiting, "crm.unfinished"),
    };
    let trouble = crm.trouble.as_ref().map(|(code, words, at)| {
        let values = [("code", code.as_str()), ("words", words), ("time", &desk.at(*at))];
        let key = if code == "away" { "crm.away" } else { "crm.trouble" };
        view! { <Notice tone=Tone::Bad text=t_with(key, &values)/> }
    });
    let next = crm.stages.is_none().then(|| view! { <Notice tone=Tone::Waiting text=t("crm.choose_next")/> });
    let buttons = may.then(|| {
        let gone =
            Whether::new("disconnect", "/settings/crm/disconnect", t("crm.disconnect"), t("crm.disconnect_text"));
        view! {
            <PostButton action="/settings/crm/check" icon=Glyph::Refresh>{t("crm.check")}</PostButton>
            {gone.button()}
        }
    });
    let refused = (found.refused > 0).then(|| {
        view! { <ButtonLink href="/review" look=Look::Quiet icon=Glyph::Review>{t("crm.see_refused")}</ButtonLink> }
    });
    let (title, address) = (name(crm.kind), crm.address.clone());
    let [owed, bad] = [found.owed.to_string(), found.refused.to_string()];
    view! {
        <section class="form">
            <div class="form-section">
                <div class="row"><h2>{title}</h2><StatusBadge tone=tone text=t(key)/></div>
                {trouble}
                {next}
                <Facts>
                    <Fact label=t("crm.address")>{address}</Fact>
                    <Fact label=t("crm.owed")>{owed}</Fact>
                    <Fact label=t("crm.refused")>{bad}</Fact>
                </Facts>
                <div class="button-row">{buttons}{refused}</div>
            </div>
        </section>
    }
    .into_any()
}

/// Other keys, or another CRM.
fn keys(crm: &Connected, typed: Option<&ConnectForm>, wrong: &Wrong) -> AnyView {
    let blank = ConnectForm::of(crm.kind);
    let form = typed.unwrap_or(&blank).shown(true, wrong);
    let open = typed.is_some() || crm.trouble.is_some();
    view! {
        <details class="raw" open=open>
            <summary><Icon glyph=Glyph::ChevronRight/>{t("crm.change_keys")}</summary>
            <div class="stack"><p class="quiet">{Text::from(t("crm.change_keys_text"))}</p>{form}</div>
        </details>
    }
    .into_any()
}
