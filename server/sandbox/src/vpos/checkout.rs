//! The provider's checkout page: Pay, Decline, Expire, "close the tab", and the switches. Plain forms, no script.

use axum::{
    Form, Router,
    extract::{Path, State},
    http::{HeaderName, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
    routing::get,
};
use domain::{Currency, Money};
use leptos::prelude::*;
use serde::Deserialize;

use super::{
    Vpos,
    state::{Session, Status},
    webhooks::Mischief,
};

/// The page may post anywhere: after the choice the browser goes back to the merchant.
const POLICY: &str = "default-src 'none'; style-src 'self'; font-src 'self'; base-uri 'none'; frame-ancestors 'none'";
const CSS: &str = include_str!("checkout.css");

pub(super) fn routes() -> Router<Vpos> {
    Router::new()
        .route("/checkout.css", get(|| async { ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], CSS) }))
        .route("/armenian.woff2", get(|| async { ([(header::CONTENT_TYPE, "font/woff2")], crate::ARMENIAN_FONT) }))
        .route("/checkout/{id}", get(show).post(choose))
}

async fn show(State(vpos): State<Vpos>, Path(id): Path<String>) -> Response {
    match vpos.session(&id) {
        Some(session) => page(&session, &vpos.0.config.public_base, None),
        None => (StatusCode::NOT_FOUND, Html("no such payment session")).into_response(),
    }
}

/// A pressed button with the switches as they stood.
#[derive(Deserialize)]
struct Choice {
    action: String,
    #[serde(default)]
    send_twice: Option<String>,
    #[serde(default)]
    send_late: Option<String>,
    #[serde(default)]
    out_of_order: Option<String>,
    #[serde(default)]
    wrong_amount: Option<String>,
    #[serde(default)]
    wrong_currency: Option<String>,
    #[serde(default)]
    bad_signature: Option<String>,
    #[serde(default)]
    never_send: Option<String>,
}

impl Choice {
    const fn mischief(&self) -> Mischief {
        Mischief {
            send_twice: self.send_twice.is_some(),
            send_late: self.send_late.is_some(),
            out_of_order: self.out_of_order.is_some(),
            wrong_amount: self.wrong_amount.is_some(),
            wrong_currency: self.wrong_currency.is_some(),
            bad_signature: self.bad_signature.is_some(),
            never_send: self.never_send.is_some(),
        }
    }
}

async fn choose(State(vpos): State<Vpos>, Path(id): Path<String>, Form(choice): Form<Choice>) -> Response {
    let status = match choice.action.as_str() {
        "pay" | "pay_and_close" => Status::Paid,
        "decline" => Status::Failed,
        "expire" => Status::Expired,
        _ => return StatusCode::BAD_REQUEST.into_response(),
    };
    let Some(session) = vpos.session(&id) else { return StatusCode::NOT_FOUND.into_response() };
    vpos.end(&id, status, choice.mischief());
    if choice.action == "pay_and_close" {
        let text = "Paid. You may close this tab: the shop learns of it by itself.";
        return page(&vpos.session(&id).unwrap_or(session), &vpos.0.config.public_base, Some(text));
    }
    Redirect::to(&session.return_url).into_response()
}

fn page(session: &Session, base: &str, note: Option<&'static str>) -> Response {
    let currency = session.currency.parse().unwrap_or(Currency::Amd);
    let sum = Money::new(session.amount_minor, currency).to_string();
    let open = session.status == Status::Pending && note.is_none();
    let body = if open { buttons().into_any() } else { ended(session, note).into_any() };
    let page = view! {
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <title>"Sandbox checkout"</title>
                <link rel="stylesheet" href=format!("{base}/checkout.css")/>
            </head>
            <body>
                <p class="stripe">"Sandbox: no real money moves here"</p>
                <main>
                    <h1>"Checkout"</h1>
                    <p class="sum">{sum}</p>
                    <p class="order">"Order " {session.merchant_order_id.clone()}</p>
                    {body}
                </main>
            </body>
        </html>
    };
    let policy = HeaderName::from_static("content-security-policy");
    ([(policy, POLICY)], Html(format!("<!DOCTYPE html>{}", page.to_html()))).into_response()
}

fn ended(session: &Session, note: Option<&'static str>) -> impl IntoView {
    let word = session.status.word();
    view! {
        <p class="note">{note.map_or_else(|| format!("This session has ended: {word}."), str::to_owned)}</p>
        <a class="back" href=session.return_url.clone()>"Back to the shop"</a>
    }
}

fn buttons() -> impl IntoView {
    let switches = [
        ("send_twice", "send twice"),
        ("send_late", "send late (20 s)"),
        ("out_of_order", "send out of order"),
        ("wrong_amount", "wrong amount"),
        ("wrong_currency", "wrong currency"),
        ("bad_signature", "bad signature"),
        ("never_send", "never send"),
    ];
    let switches = switches.map(|(name, label)| view! { <label><input type="checkbox" name=name/>{label}</label> });
    let switches = Vec::from(switches);
    view! {
        <form method="post">
            <button class="pay" name="action" value="pay">"Pay"</button>
            <div class="row">
                <button name="action" value="decline">"Decline"</button>
                <button name="action" value="expire">"Expire"</button>
            </div>
            <button class="quiet" name="action" value="pay_and_close">"Pay, then close the tab"</button>
            <fieldset>
                <legend>"Mischief of the webhook"</legend>
                {switches}
            </fieldset>
        </form>
    }
}
