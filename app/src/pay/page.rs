//! `/pay/{code}`: what, how much, from whom; and *Pay*, which leads to the provider's page.

use axum::{
    Form,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use domain::{AccountId, Lang, Money, SlotId};
use leptos::prelude::*;
use serde::Deserialize;
use server::{
    failure::{Failure, Outcome, Refusal},
    links::{self, LinkPage},
    payments::{self, Start, Started},
};

use super::{Asked, document, sorry, view};
use crate::{said::Said, web::Faces};

/// The form as sent.
#[derive(Default, Deserialize)]
pub(super) struct Press {
    #[serde(default)]
    sum: String,
    #[serde(default)]
    account: String,
    #[serde(default)]
    slot: String,
    #[serde(default)]
    attempt: String,
    lang: Option<String>,
}

pub(super) async fn show(
    State(faces): State<Faces>,
    Path(code): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    match links::open(&faces.services, &code).await {
        Ok(page) => {
            let lang = asked.language(page.order_language, &headers);
            let filled = view::Filled {
                attempt: faces.services.clock.code(16),
                sum: asked.sum.unwrap_or_default().chars().take(20).collect(),
                account: String::new(),
                slot: String::new(),
                error: None,
            };
            render(&faces, &page, lang, StatusCode::OK, &filled)
        }
        Err(failure) => sorry(&faces, asked.language(None, &headers), &failure),
    }
}

pub(super) async fn pay(
    State(faces): State<Faces>,
    Path(code): Path<String>,
    Query(mut asked): Query<Asked>,
    headers: HeaderMap,
    Form(press): Form<Press>,
) -> Response {
    asked.lang = press.lang.clone().or(asked.lang);
    let page = match links::open(&faces.services, &code).await {
        Ok(page) => page,
        Err(failure) => return sorry(&faces, asked.language(None, &headers), &failure),
    };
    let lang = asked.language(page.order_language, &headers);
    match start(&faces, &page, lang, &press).await {
        Ok(started) => Redirect::to(&started.checkout_url).into_response(),
        Err(failure) => {
            let said = Said::of(lang, &failure);
            let status = said.status;
            let Press { attempt, sum, account, slot, .. } = press;
            let filled = view::Filled { attempt, sum, account, slot, error: Some(said) };
            render(&faces, &page, lang, status, &filled)
        }
    }
}

/// Goes on to its end even when the customer's connection breaks off.
async fn start(faces: &Faces, page: &LinkPage, language: Lang, press: &Press) -> Outcome<Started> {
    let sum = match (page.amount, press.sum.trim()) {
        (Some(_), _) => None,
        (None, "") => return Err(Refusal::field("amount", "donation_sum_required").into()),
        (None, typed) => {
            let read = Money::parse_major(typed, page.link.currency);
            Some(read.map_err(|_| Refusal::field("amount", "not_a_sum"))?.amount_minor)
        }
    };
    let attempt: String = press.attempt.chars().filter(char::is_ascii_alphanumeric).take(40).collect();
    let start = Start {
        code: page.link.code.clone(),
        sum_minor: sum,
        slot: SlotId::parse(&press.slot).ok(),
        account: AccountId::parse(&press.account).ok(),
        language,
        attempt: if attempt.is_empty() { faces.services.clock.code(16) } else { attempt },
    };
    let services = faces.services.clone();
    let begun = tokio::spawn(async move { payments::start(&services, start).await }).await;
    begun.map_err(anyhow_of)?
}

fn anyhow_of(error: tokio::task::JoinError) -> Failure {
    Failure::Internal(error.into())
}

fn render(faces: &Faces, page: &LinkPage, lang: Lang, status: StatusCode, filled: &view::Filled) -> Response {
    let title = [page.title.get(lang), " · ", page.shop_name.get(lang)].concat();
    let demo = faces.options.demo;
    document(faces, lang, status, title, |_| (().into_any(), view::link(page, lang, demo, filled)))
}
