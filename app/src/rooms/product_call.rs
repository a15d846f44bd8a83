//! The merchant's own program that gives a product: its address, and the secret by which it knows us.

use axum::{
    Form, Router,
    extract::Path,
    response::Response,
    routing::{get, post},
};
use domain::{ProductId, role::Permission};
use leptos::prelude::*;
use serde::Deserialize;
use server::{
    calls::{self, Target},
    catalog::{self, Product},
    failure::Outcome,
};

use super::{categories::remove_dialog, variants::crumb, why::Whether};
use crate::{
    said::Wrong,
    texts::{t, t_with},
    ui::{Button, Look, Notice, RoomHead, Size, Text, TextInput, Tone, copyable},
    web::{Desk, Faces, Flash},
};

const FIELDS: &[&str] = &["url"];

/// What is answered, as a program writes it.
const ANSWER: &str = r#"200 {"text": "…"}"#;

pub(super) fn routes() -> Router<Faces> {
    Router::new()
        .route("/products/{id}/call", get(room).post(set))
        .route("/products/{id}/call/secret", post(renew))
        .route("/products/{id}/call/remove", post(remove))
}

fn path(product: &str) -> String {
    ["/products/", product, "/call"].concat()
}

async fn found(desk: &Desk, id: &str) -> Outcome<(Product, Option<Target>)> {
    let (db, merchant) = (&desk.services.db, desk.merchant());
    let product = catalog::get(db, merchant, &ProductId::parse(id)?).await?;
    let target = calls::of_product(db, merchant, &product.id).await?;
    Ok((product, target))
}

async fn room(desk: Desk, Path(id): Path<String>) -> Response {
    show(&desk, &id, None, Wrong::default()).await
}

/// `typed` is what was entered, where it was refused.
async fn show(desk: &Desk, id: &str, typed: Option<String>, wrong: Wrong) -> Response {
    let title = desk.say("call.title");
    match found(desk, id).await {
        Ok((product, target)) => {
            desk.form(&title, wrong, |wrong| page(desk, &product, target.as_ref(), typed, wrong)).await
        }
        Err(failure) => desk.failed(&title, &failure).await,
    }
}

fn page(desk: &Desk, product: &Product, target: Option<&Target>, typed: Option<String>, wrong: &Wrong) -> AnyView {
    let may_edit = desk.may(Permission::EditEndpoints);
    let here = path(product.id.as_str());
    let remove = (may_edit && target.is_some())
        .then(|| remove_dialog(["call.remove", "call.remove_text"], [&here, "/remove"].concat()));
    let now = target.map(|target| target.url.clone()).unwrap_or_default();
    let form =
        if may_edit { form(here.clone(), typed.unwrap_or(now), wrong) } else { view! { <p>{now}</p> }.into_any() };
    let secret = target.and_then(|target| signing(desk, target, &here));
    view! {
        {crumb(desk, product)}
        <RoomHead title=t("call.title")>{remove}</RoomHead>
        <p class="room-lead">{t("call.lead")}</p>
        <div class="side">
            <section class="stack-wide">{form} {contract()}</section>
            <aside class="stack-wide">{secret}</aside>
        </div>
    }
    .into_any()
}

fn form(here: String, url: String, wrong: &Wrong) -> AnyView {
    view! {
        <form class="card form" method="post" action=here data-send=true>
            <div class="card-head"><h2>{t("call.where")}</h2></div>
            <div class="card-body stack">
                <TextInput name="url" kind="url" label=t("endpoints.url") value=url help=t("endpoints.url_help") error=wrong.about("url") max_length=500/>
                {wrong.beside(FIELDS)}
                <div><Button look=Look::Primary>{t("common.save")}</Button></div>
            </div>
        </form>
    }
    .into_any()
}

/// What the program is sent, and what it answers.
fn contract() -> AnyView {
    view! {
        <section class="card">
            <div class="card-head"><h2>{t("call.how")}</h2></div>
            <div class="card-body stack">
                <p>{t("call.sent")}</p>
                <p>{t("call.once")}</p>
                <p>{t("call.answers")}</p>
                <code class="code" tabindex="0">{ANSWER}</code>
            </div>
        </section>
    }
    .into_any()
}

fn signing(desk: &Desk, target: &Target, here: &str) -> Option<AnyView> {
    let secret = calls::secret(&desk.services, &desk.actor, target).ok()?;
    let renew = Whether::new("renew", [here, "/secret"].concat(), t("endpoints.renew"), t("endpoints.renew_text"));
    let renew = Whether { look: Look::Primary, size: Size::Small, ..renew }.button();
    let both = target.secret_before_until.filter(|until| desk.now() < *until).map(|until| {
        let text: Text = t_with("endpoints.both", &[("time", &desk.at(until))]);
        view! { <Notice tone=Tone::Info text=text/> }
    });
    let card = view! {
        <section class="card">
            <div class="card-head"><h2>{t("endpoints.secret")}</h2></div>
            <div class="card-body stack">
                <p class="quiet">{t("endpoints.secret_text")}</p>
                {copyable(secret, true)}
                {both}
                <div class="button-row">{renew}</div>
            </div>
        </section>
    };
    Some(card.into_any())
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Sent {
    url: String,
}

async fn set(desk: Desk, Path(id): Path<String>, Form(sent): Form<Sent>) -> Response {
    let saved = async || -> Outcome<()> {
        calls::set(&desk.services, &desk.actor, desk.merchant(), &ProductId::parse(&id)?, &sent.url).await
    };
    match saved().await {
        Ok(()) => desk.done(Ok(Flash::good(desk.say("common.saved"))), &path(&id)),
        Err(failure) => show(&desk, &id, Some(sent.url), desk.wrong(&failure)).await,
    }
}

async fn renew(desk: Desk, Path(id): Path<String>) -> Response {
    let renewed = async || -> Outcome<Flash> {
        calls::renew_secret(&desk.services, &desk.actor, desk.merchant(), &ProductId::parse(&id)?).await?;
        Ok(Flash::good(desk.say("endpoints.renewed")))
    };
    desk.done(renewed().await, &path(&id))
}

async fn remove(desk: Desk, Path(id): Path<String>) -> Response {
    let gone = async || -> Outcome<Flash> {
        calls::remove(&desk.services, &desk.actor, desk.merchant(), &ProductId::parse(&id)?).await?;
        Ok(Flash::good(desk.say("call.removed")))
    };
    desk.done(gone().await, &path(&id))
}
