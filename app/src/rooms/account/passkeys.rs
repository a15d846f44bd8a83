//! A member's passkeys: the list, one of them, and the making of another. The browser's part is one small script; the list
//! and the taking away work without it.

use axum::{
    Form, Router,
    extract::Path,
    response::Response,
    routing::{get, post},
};
use domain::PasskeyId;
use leptos::prelude::*;
use serde::Deserialize;
use serde_json::Value;
use server::{
    failure::Outcome,
    staff::passkeys::{self, Key},
};
use tower_sessions::Session;

use super::{PATH, room, two_factor};
use crate::{
    said::Wrong,
    texts::{t, t_with},
    ui::{Button, ButtonLink, Cell, Column, Crumb, Glyph, Look, RoomHead, Row, RowLink, Table, Td, Text, TextInput},
    web::{Desk, Faces, Flash, asked, script},
};

pub(super) fn routes() -> Router<Faces> {
    Router::new()
        .route("/account/passkeys", post(add))
        .route("/account/passkeys/begin", post(begin))
        .route("/account/passkeys/{id}", get(show).post(rename))
        .route("/account/passkeys/{id}/remove", post(remove))
}

/// A key as a row of the list, in words.
pub(super) struct KeyRow {
    id: String,
    name: String,
    added: String,
    used: String,
}

pub(super) async fn find(desk: &Desk) -> Outcome<Vec<KeyRow>> {
    let own = passkeys::list(&desk.services.db, desk.who()).await?;
    Ok(own.into_iter().map(|key| row(desk, key)).collect())
}

fn row(desk: &Desk, key: Key) -> KeyRow {
    KeyRow {
        id: key.id.to_string(),
        name: key.name,
        added: desk.say_with("passkey.added", &[("time", &desk.when(key.created_at))]),
        used: key.used_at.map_or_else(|| desk.say("passkey.never_used"), |at| desk.when(at)),
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct AddForm {
    passkey_name: String,
    new_key_password: String,
    credential: String,
}

async fn begin(desk: Desk, session: Session, Form(form): Form<AddForm>) -> Response {
    let (services, actor, merchant) = (&desk.services, &desk.actor, desk.merchant());
    let begun: Outcome<Value> =
        passkeys::begin(services, actor, merchant, &session, &form.passkey_name, &form.new_key_password).await;
    asked(desk.lang, begun)
}

/// Recovery codes stand in the answer itself: in no address and no cookie.
async fn add(desk: Desk, session: Session, Form(form): Form<AddForm>) -> Response {
    let (services, actor, merchant) = (&desk.services, &desk.actor, desk.merchant());
    let added = passkeys::add(services, actor, merchant, &session, &form.passkey_name, &form.credential).await;
    match added {
        Ok(Some(codes)) => two_factor::shown_once(&desk, codes).await,
        Ok(None) => desk.done(Ok(Flash::good(desk.say("passkey.added_now"))), PATH),
        Err(failure) => room(&desk, &session, None, desk.wrong(&failure)).await,
    }
}

async fn show(desk: Desk, Path(id): Path<String>) -> Response {
    one(&desk, &id, None, Wrong::default()).await
}

/// `name`: as typed.
async fn one(desk: &Desk, id: &str, name: Option<String>, wrong: Wrong) -> Response {
    let found = async || -> Outcome<Key> {
        passkeys::one(&desk.services.db, &desk.actor, desk.merchant(), &PasskeyId::parse(id)?).await
    };
    match found().await {
        Ok(key) => {
            let title = key.name.clone();
            let typed = name.unwrap_or_else(|| key.name.clone());
            let row = row(desk, key);
            desk.form(&title, wrong, |wrong| page(row, typed, wrong)).await
        }
        Err(failure) => desk.failed(&desk.say("passkey.title"), &failure).await,
    }
}

async fn rename(desk: Desk, Path(id): Path<String>, Form(form): Form<AddForm>) -> Response {
    let renamed = async || -> Outcome<Flash> {
        let id = PasskeyId::parse(&id)?;
        passkeys::rename(&desk.services, &desk.actor, desk.merchant(), &id, &form.passkey_name).await?;
        Ok(Flash::good(desk.say("common.saved")))
    };
    match renamed().await {
        Ok(flash) => desk.done(Ok(flash), PATH),
        Err(failure) => one(&desk, &id, Some(form.passkey_name), desk.wrong(&failure)).await,
    }
}

#[derive(Deserialize)]
struct Proof {
    #[serde(default)]
    old_password: String,
}

async fn remove(desk: Desk, Path(id): Path<String>, Form(proof): Form<Proof>) -> Response {
    let removed = async || -> Outcome<Flash> {
        let id = PasskeyId::parse(&id)?;
        passkeys::remove(&desk.services, &desk.actor, desk.merchant(), &id, &proof.old_password).await?;
        Ok(Flash::good(desk.say("passkey.removed")))
    };
    match removed().await {
        Ok(flash) => desk.done(Ok(flash), PATH),
        Err(failure) => one(&desk, &id, None, desk.wrong(&failure)).await,
    }
}

/// The part of the account's page. `nowhere`: this address can have no passkeys.
pub(super) fn section(rows: Vec<KeyRow>, nowhere: Option<String>) -> AnyView {
    let list = (!rows.is_empty()).then(|| list(rows));
    let more = match nowhere {
        Some(address) => {
            let text = t_with("passkey.impossible", &[("address", &address)]);
            view! { <p class="quiet">{text}</p> }.into_any()
        }
        None => fresh(),
    };
    view! {
        <section class="stack" id="passkeys">
            <h2>{t("passkey.title")}</h2>
            <p class="quiet">{t("passkey.text")}</p>
            {list}
            {more}
        </section>
    }
    .into_any()
}

fn list(rows: Vec<KeyRow>) -> AnyView {
    let columns = vec![Column::new(Cell::Main, t("passkey.name")), Column::new(Cell::Meta, t("passkey.used"))];
    let rows = rows.into_iter().map(|row| {
        let href = Text::from(["/account/passkeys/", &row.id].concat());
        view! {
            <Row key=row.id>
                <Td cell=Cell::Main><RowLink href=href text=Text::from(row.name) sub=Text::from(row.added)/></Td>
                <Td cell=Cell::Meta label=t("passkey.used")>{row.used}</Td>
            </Row>
        }
    });
    view! { <Table label=t("passkey.title") columns=columns>{rows.collect_view()}</Table> }.into_any()
}

fn fresh() -> AnyView {
    view! {
        <p class="quiet" data-no-passkeys=true>{t("passkey.unable")}</p>
        <form class="form" method="post" action="/account/passkeys" data-passkey="create" data-begin="/account/passkeys/begin" data-failed=t("passkey.failed") data-offline=t("error.network") hidden=true>
            <div class="form-section">
                <input type="hidden" name="credential"/>
                <div class="form-pair">
                    <TextInput name="passkey_name" label=t("passkey.name") help=t("passkey.name_help") autocomplete="off" max_length=60 required=true/>
                    <TextInput name="new_key_password" label=t("account.old_password") kind="password" help=t("account.password_why") autocomplete="current-password" required=true/>
                </div>
                <p class="field-error" role="alert" data-note=true hidden=true></p>
            </div>
            <div class="form-actions"><Button look=Look::Primary icon=Glyph::Key>{t("passkey.add")}</Button></div>
        </form>
        {script("passkey.js")}
    }
    .into_any()
}

fn page(key: KeyRow, typed: String, wrong: &Wrong) -> AnyView {
    let here = ["/account/passkeys/", &key.id].concat();
    let remove = [&here, "/remove"].concat();
    let used = [&key.added, " · ", &t("passkey.used"), ": ", &key.used].concat();
    view! {
        <Crumb href=PATH text=t("room.account")/>
        <RoomHead title=Text::from(key.name)/>
        <p class="room-lead">{used}</p>
        <div class="stack-wide">
            <form class="form" method="post" action=here>
                <div class="form-section">
                    <TextInput name="passkey_name" label=t("passkey.name") help=t("passkey.name_help") value=typed error=wrong.about("passkey_name") autocomplete="off" max_length=60 required=true/>
                </div>
                {wrong.beside(&["passkey_name", "old_password"])}
                <div class="form-actions">
                    <Button look=Look::Primary>{t("common.save")}</Button>
                    <ButtonLink href=PATH look=Look::Quiet>{t("common.cancel")}</ButtonLink>
                </div>
            </form>
            <form class="form" method="post" action=remove>
                <div class="form-section">
                    <h2>{t("passkey.remove_title")}</h2>
                    <p class="quiet">{t("passkey.remove_text")}</p>
                    <TextInput name="old_password" label=t("door.password") kind="password" help=t("account.password_why") error=wrong.about("old_password") autocomplete="current-password" required=true/>
                </div>
                <div class="form-actions"><Button look=Look::Danger icon=Glyph::Trash>{t("passkey.remove")}</Button></div>
            </form>
        </div>
    }
    .into_any()
}
