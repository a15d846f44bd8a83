//! The ways to pay: accounts at payment providers, each with its keys, which the provider is asked about.

use axum::{
    Form, Router,
    extract::Path,
    response::Response,
    routing::{get, post},
};
use domain::{AccountId, role::Permission};
use leptos::prelude::*;
use server::{
    failure::Outcome,
    payments::{self, AccountShown},
};

use super::{method_form::MethodForm, page};
use crate::{
    rooms::why::Whether,
    said::Wrong,
    texts::t,
    ui::{
        ButtonLink, Cell, Column, Crumb, Empty, Glyph, Look, PostButton, Row, RowLink, StatusBadge, Table, Td, Text,
        Tone, copyable,
    },
    web::{Desk, Faces, Flash},
};

pub(super) const PATH: &str = "/settings/methods";
const NEW: &str = "/settings/methods/new";

pub(super) fn routes() -> Router<Faces> {
    Router::new()
        .route(PATH, get(list))
        .route(NEW, get(blank).post(create))
        .route("/settings/methods/{account}", get(one).post(update))
        .route("/settings/methods/{account}/on", post(turn_on))
        .route("/settings/methods/{account}/off", post(turn_off))
}

async fn list(desk: Desk) -> Response {
    let found = payments::accounts(&desk.services, desk.merchant()).await;
    let may = desk.may(Permission::EditSettings);
    desk.room(&desk.say("room.settings"), found, |found| page(PATH, shelf(found, may))).await
}

fn shelf(found: Vec<AccountShown>, may: bool) -> AnyView {
    let new = may.then(|| {
        view! { <div class="button-row"><ButtonLink href=NEW look=Look::Primary icon=Glyph::Plus>{t("methods.new")}</ButtonLink></div> }
    });
    if found.is_empty() {
        return view! {
            <Empty glyph=Glyph::Payments title=t("methods.none") text=t("methods.none_text")/>
            {new}
        }
        .into_any();
    }
    let columns = vec![
        Column::new(Cell::Main, t("methods.name")),
        Column::new(Cell::Meta, t("methods.provider")),
        Column::new(Cell::Status, t("payments.status")),
    ];
    let rows = found.into_iter().map(row).collect_view();
    view! {
        <p class="quiet">{t("methods.lead")}</p>
        <Table label=t("settings.methods") columns=columns>{rows}</Table>
        {new}
    }
    .into_any()
}

fn row(account: AccountShown) -> AnyView {
    let href = Text::from([PATH, "/", account.id.as_str()].concat());
    let (tone, key) = state(account.active);
    view! {
        <Row>
            <Td cell=Cell::Main><RowLink href=href text=Text::from(account.name)/></Td>
            <Td cell=Cell::Meta>{account.provider}</Td>
            <Td cell=Cell::Status><StatusBadge tone=tone text=t(key)/></Td>
        </Row>
    }
    .into_any()
}

const fn state(active: bool) -> (Tone, &'static str) {
    if active { (Tone::Good, "methods.on") } else { (Tone::Ended, "methods.off") }
}

async fn blank(desk: Desk) -> Response {
    draw_new(&desk, &MethodForm::blank(), Wrong::default()).await
}

async fn create(desk: Desk, Form(form): Form<MethodForm>) -> Response {
    let added = async || {
        desk.must(Permission::EditSettings)?;
        payments::connect(&desk.services, &desk.actor, desk.merchant(), form.read()?).await
    };
    match added().await {
        Ok(id) => desk.done(Ok(Flash::good(desk.say("methods.added"))), &[PATH, "/", id.as_str()].concat()),
        Err(failure) => draw_new(&desk, &form, desk.wrong(&failure)).await,
    }
}

async fn draw_new(desk: &Desk, form: &MethodForm, wrong: Wrong) -> Response {
    let title = desk.say("methods.new");
    if let Err(refusal) = desk.must(Permission::EditSettings) {
        return desk.failed(&title, &refusal.into()).await;
    }
    let draw = |wrong: &Wrong| {
        let parts = view! {
            <Crumb href=PATH text=t("settings.methods")/>
            <h2>{t("methods.new")}</h2>
            {form.shown(NEW.to_owned(), true, true, wrong)}
        };
        page(PATH, parts.into_any())
    };
    desk.form(&title, wrong, draw).await
}

async fn account(desk: &Desk, id: &str) -> Outcome<AccountShown> {
    payments::account(&desk.services, desk.merchant(), &AccountId::parse(id)?).await
}

async fn one(desk: Desk, Path(id): Path<String>) -> Response {
    match account(&desk, &id).await {
        Ok(account) => draw_one(&desk, &MethodForm::of(&account), &account, Wrong::default()).await,
        Err(failure) => desk.failed(&desk.say("room.settings"), &failure).await,
    }
}

async fn update(desk: Desk, Path(id): Path<String>, Form(form): Form<MethodForm>) -> Response {
    let account = match account(&desk, &id).await {
        Ok(account) => account,
        Err(failure) => return desk.failed(&desk.say("room.settings"), &failure).await,
    };
    let changed = async || {
        desk.must(Permission::EditSettings)?;
        payments::change(&desk.services, &desk.actor, desk.merchant(), &account.id, form.read()?).await
    };
    match changed().await {
        Ok(()) => desk.done(Ok(Flash::good(desk.say("methods.checked"))), &[PATH, "/", &id].concat()),
        Err(failure) => draw_one(&desk, &form, &account, desk.wrong(&failure)).await,
    }
}

async fn draw_one(desk: &Desk, form: &MethodForm, account: &AccountShown, wrong: Wrong) -> Response {
    let action = [PATH, "/", account.id.as_str()].concat();
    let may = desk.may(Permission::EditSettings);
    let draw = |wrong: &Wrong| {
        let parts = view! {
            <Crumb href=PATH text=t("settings.methods")/>
            {head(desk, account, &action, may)}
            {form.shown(action.clone(), may, false, wrong)}
        };
        page(PATH, parts.into_any())
    };
    desk.form(&account.name, wrong, draw).await
}

/// What stands above the form: whether it is on, and where the provider sends its webhooks.
fn head(desk: &Desk, account: &AccountShown, action: &str, may: bool) -> AnyView {
    let (tone, key) = state(account.active);
    let hook = desk.services.url(&["/hooks/pay/", account.id.as_str()].concat());
    let to = |what: &str| [action, "/", what].concat();
    let button = may.then(|| {
        if account.active {
            return Whether::new("turn-off", to("off"), t("methods.turn_off"), t("methods.turn_off_text")).button();
        }
        view! { <PostButton action=to("on")>{t("methods.turn_on")}</PostButton> }.into_any()
    });
    view! {
        <section class="form">
            <div class="form-section">
                <h2>{account.name.clone()}</h2>
                <div class="button-row"><StatusBadge tone=tone text=t(key)/> {button}</div>
                <div class="stack-tight">
                    <b>{t("methods.hook")}</b>
                    {copyable(hook, true)}
                    <p class="field-help">{t("methods.hook_help")}</p>
                </div>
            </div>
        </section>
    }
    .into_any()
}

async fn turn_on(desk: Desk, Path(id): Path<String>) -> Response {
    switch(&desk, &id, true).await
}

async fn turn_off(desk: Desk, Path(id): Path<String>) -> Response {
    switch(&desk, &id, false).await
}

async fn switch(desk: &Desk, id: &str, active: bool) -> Response {
    let switched = async || -> Outcome<Flash> {
        payments::switch(&desk.services, &desk.actor, desk.merchant(), &AccountId::parse(id)?, active).await?;
        Ok(Flash::good(desk.say("common.saved")))
    };
    desk.done(switched().await, &[PATH, "/", id].concat())
}
