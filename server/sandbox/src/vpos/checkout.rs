//! The provider's checkout page: Pay, Decline, Expire, "close the tab", and the switches. Plain forms, no script.

use axum::{
    Form, Router,
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
    routing::get,
};
use domain::{Currency, Lang, Money};
use leptos::prelude::*;
use serde::Deserialize;

use super::{
    Vpos,
    state::{Session, Status},
    texts::{Texts, texts},
    webhooks::{LATE, Mischief},
};

/// No `form-action`: after the choice the browser goes back to the merchant, wherever that is.
const POLICY: &str = "default-src 'none'; style-src 'self'; font-src 'self'; base-uri 'none'; frame-ancestors 'none'";
const CSS: &str = include_str!("checkout.css");
/// Yerevan, minutes east of UTC.
const ZONE: i32 = 240;
/// The longest "late", seconds.
const LONGEST_LATE: u16 = 3_600;

pub(super) fn routes() -> Router<Vpos> {
    Router::new()
        .route("/checkout.css", get(|| async { ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], CSS) }))
        .route("/armenian.woff2", get(|| async { ([(header::CONTENT_TYPE, "font/woff2")], crate::ARMENIAN_FONT) }))
        .route("/checkout/{id}", get(show).post(choose))
}

#[derive(Deserialize)]
struct Asked {
    lang: Option<String>,
}

/// As chosen on the page, else as the shop said, else as the browser says.
fn language(asked: &Asked, session: Option<&Session>, headers: &HeaderMap) -> Lang {
    let told = session.and_then(|session| session.asked.pointer("/metadata/language")?.as_str());
    let browser = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let chosen = asked.lang.as_deref().and_then(Lang::from_tag).or_else(|| told.and_then(Lang::from_tag));
    chosen.or_else(|| browser.and_then(Lang::from_accept_language)).unwrap_or(Lang::En)
}

async fn show(
    State(vpos): State<Vpos>,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    let session = vpos.session(&id);
    let lang = language(&asked, session.as_ref(), &headers);
    match session {
        Some(session) => page(&vpos, &session, lang, None),
        None => unknown(&vpos, lang),
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
    late_seconds: Option<String>,
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
    fn mischief(&self) -> Mischief {
        let seconds = self.late_seconds.as_ref().and_then(|typed| typed.trim().parse::<u16>().ok());
        Mischief {
            send_twice: self.send_twice.is_some(),
            send_late: self.send_late.is_some(),
            late_seconds: seconds.map(|seconds| seconds.min(LONGEST_LATE)),
            out_of_order: self.out_of_order.is_some(),
            wrong_amount: self.wrong_amount.is_some(),
            wrong_currency: self.wrong_currency.is_some(),
            bad_signature: self.bad_signature.is_some(),
            never_send: self.never_send.is_some(),
        }
    }
}

async fn choose(
    State(vpos): State<Vpos>,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    Form(choice): Form<Choice>,
) -> Response {
    let status = match choice.action.as_str() {
        "pay" | "pay_and_close" => Status::Paid,
        "decline" => Status::Failed,
        "expire" => Status::Expired,
        _ => return StatusCode::BAD_REQUEST.into_response(),
    };
    let lang = language(&asked, vpos.session(&id).as_ref(), &headers);
    let ended = vpos.end(&id, status, choice.mischief());
    let Some(session) = vpos.session(&id) else { return unknown(&vpos, lang) };
    if choice.action == "pay_and_close" {
        let note = ended.then_some(texts(lang).paid_close);
        return page(&vpos, &session, lang, note);
    }
    Redirect::to(&session.return_url).into_response()
}

fn page(vpos: &Vpos, session: &Session, lang: Lang, note: Option<&'static str>) -> Response {
    let words = texts(lang);
    let currency = session.currency.parse().unwrap_or(Currency::Amd);
    let sum = Money::new(session.amount_minor, currency).to_string();
    let open = session.status == Status::Pending;
    let until = session.expires_at.local_time(ZONE);
    let body = if open { buttons(words).into_any() } else { ended(session, words, note).into_any() };
    let summary = view! {
        <h1>{words.checkout}</h1>
        <p class="sum">{sum}</p>
        <p class="order">{words.order} " " <span lang="en">{session.merchant_order_id.clone()}</span></p>
        {open.then(|| view! { <p class="until">{words.open_until} " " {until}</p> })}
        {body}
    };
    document(vpos, lang, words.checkout, languages(lang), summary.into_any())
}

fn unknown(vpos: &Vpos, lang: Lang) -> Response {
    let words = texts(lang);
    let body = view! { <h1>{words.checkout}</h1><p class="note">{words.unknown}</p> };
    (StatusCode::NOT_FOUND, document(vpos, lang, words.checkout, languages(lang), body.into_any())).into_response()
}

/// A whole page of the sandbox provider, unmistakable as one.
pub(super) fn document(vpos: &Vpos, lang: Lang, title: &'static str, nav: AnyView, main: AnyView) -> Response {
    let page = view! {
        <html lang=lang.as_str()>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <title>{title} " · Sandbox"</title>
                <link rel="stylesheet" href=format!("{}/checkout.css", vpos.0.config.public_base)/>
            </head>
            <body>
                <p class="stripe">{texts(lang).stripe}</p>
                <main>{main}</main>
                {nav}
            </body>
        </html>
    };
    let policy = HeaderName::from_static("content-security-policy");
    let headers = [(policy, POLICY), (header::CACHE_CONTROL, "no-store")];
    (headers, Html(format!("<!DOCTYPE html>{}", page.to_html()))).into_response()
}

fn languages(current: Lang) -> AnyView {
    let link = |lang: Lang| {
        let (tag, now) = (lang.as_str(), (lang == current).then_some("true"));
        view! { <a href=format!("?lang={tag}") lang=tag hreflang=tag aria-current=now>{lang.own_name()}</a> }
    };
    let links: Vec<_> = Lang::ALL.iter().map(|lang| link(*lang)).collect();
    view! { <nav>{links}</nav> }.into_any()
}

fn ended(session: &Session, words: &'static Texts, note: Option<&'static str>) -> impl IntoView {
    let said = match session.status {
        Status::Paid | Status::Pending => words.paid,
        Status::Failed => words.failed,
        Status::Expired => words.expired,
        Status::Refunded | Status::PartiallyRefunded => words.refunded,
    };
    view! {
        <p class="note" role="status">{note.unwrap_or(said)}</p>
        <a class="back" href=session.return_url.clone()>{words.back}</a>
    }
}

fn buttons(words: &'static Texts) -> impl IntoView {
    let choice = |action: &'static str, name: &'static str, help: &'static str| {
        view! {
            <div class="choice">
                <button class=action name="action" value=action lang="en" aria-describedby=format!("about-{action}")>
                    {name}
                </button>
                <small id=format!("about-{action}")>{help}</small>
            </div>
        }
    };
    view! {
        <form method="post">
            {choice("pay", "Pay", words.pay)}
            <div class="row">
                {choice("decline", "Decline", words.decline)} {choice("expire", "Expire", words.expire)}
            </div>
            {choice("pay_and_close", "Pay, then close the tab", words.close)}
            {switches(words)}
        </form>
    }
}

fn switches(words: &'static Texts) -> impl IntoView {
    let all = [
        ("send_twice", "send twice"),
        ("send_late", "send late"),
        ("out_of_order", "send out of order"),
        ("wrong_amount", "wrong amount"),
        ("wrong_currency", "wrong currency"),
        ("bad_signature", "bad signature"),
        ("never_send", "never send"),
    ];
    let switch = |((name, label), help): ((&'static str, &'static str), &'static str)| {
        view! {
            <div class="switch">
                <label>
                    <input type="checkbox" name=name aria-describedby=format!("about-{name}")/>
                    <span lang="en">{label}</span>
                </label>
                {(name == "send_late").then(|| seconds(words))}
                <small id=format!("about-{name}")>{help}</small>
            </div>
        }
    };
    let list: Vec<_> = all.into_iter().zip(words.switches).map(switch).collect();
    view! {
        <fieldset>
            <legend>{words.mischief}</legend>
            <p>{words.mischief_help}</p>
            {list}
        </fieldset>
    }
}

fn seconds(words: &'static Texts) -> impl IntoView {
    view! {
        <label class="seconds">
            <input type="number" name="late_seconds" min="1" max=LONGEST_LATE value=LATE inputmode="numeric"/>
            {words.seconds}
        </label>
    }
}
