//! `/pay/{code}`: what, how much, from whom; and *Pay*, which leads to the provider's page.

use std::collections::HashMap;

use axum::{
    Form,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use domain::{AccountId, Lang, Money, QuestionId, SlotId, VariantId};
use leptos::prelude::*;
use server::{
    failure::{Failure, Outcome, Refusal},
    links::{self, LinkPage},
    payments::{self, Start, Started},
};

use super::{Asked, document, sorry, view};
use crate::{said::Said, web::Faces};

/// The form as sent, field by field: what a product asks has fields of its own.
type Press = HashMap<String, String>;

pub(super) async fn show(
    State(faces): State<Faces>,
    Path(code): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    match links::open(&faces.services, &code).await {
        Ok(page) => {
            let lang = page.speaks(asked.language(page.order_language, &headers));
            let filled = view::Filled {
                attempt: faces.services.clock.code(16),
                sum: asked.sum.unwrap_or_default().chars().take(20).collect(),
                ..view::Filled::default()
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
    asked.lang = press.get("lang").cloned().or(asked.lang);
    let page = match links::open(&faces.services, &code).await {
        Ok(page) => page,
        Err(failure) => return sorry(&faces, asked.language(None, &headers), &failure),
    };
    let lang = page.speaks(asked.language(page.order_language, &headers));
    match start(&faces, &page, lang, &press).await {
        Ok(started) => Redirect::to(&started.checkout_url).into_response(),
        Err(failure) => {
            let said = Said::of(lang, &failure);
            let status = said.status;
            let filled = filled(press, said, wrong_question(&failure));
            render(&faces, &page, lang, status, &filled)
        }
    }
}

/// Goes on to its end even when the customer's connection breaks off.
async fn start(faces: &Faces, page: &LinkPage, language: Lang, press: &Press) -> Outcome<Started> {
    let field = |name: &str| press.get(name).map_or("", String::as_str);
    let sum = match (&page.donation, field("sum").trim()) {
        (None, _) => None,
        (Some(_), "") => return Err(Refusal::field("amount", "donation_sum_required").into()),
        (Some(_), typed) => {
            let read = Money::parse_major(typed, page.link.currency);
            Some(read.map_err(|_| Refusal::field("amount", "not_a_sum"))?.amount_minor)
        }
    };
    let attempt: String = field("attempt").chars().filter(char::is_ascii_alphanumeric).take(40).collect();
    let start = Start {
        code: page.link.code.clone(),
        sum_minor: sum,
        slot: SlotId::parse(field("slot")).ok(),
        variant: VariantId::parse(field("variant")).ok(),
        answers: answers(page, press),
        account: AccountId::parse(field("account")).ok(),
        language,
        attempt: if attempt.is_empty() { faces.services.clock.code(16) } else { attempt },
    };
    let services = faces.services.clone();
    let begun = tokio::spawn(async move { payments::start(&services, start).await }).await;
    begun.map_err(anyhow_of)?
}

/// What was answered to each question, nothing included.
fn answers(page: &LinkPage, press: &Press) -> Vec<(QuestionId, String)> {
    let given = |id: &QuestionId| press.get(id.as_str()).cloned().unwrap_or_default();
    page.choices.questions.iter().map(|question| (question.id.clone(), given(&question.id))).collect()
}

/// The question whose answer is not taken.
fn wrong_question(failure: &Failure) -> Option<String> {
    let Failure::Refused(refusal) = failure else { return None };
    refusal.values.iter().find(|(name, _)| *name == "question").map(|(_, id)| id.clone())
}

fn filled(mut press: Press, said: Said, wrong_question: Option<String>) -> view::Filled {
    let mut take = |name: &str| press.remove(name).unwrap_or_default();
    view::Filled {
        attempt: take("attempt"),
        sum: take("sum"),
        account: take("account"),
        slot: take("slot"),
        variant: take("variant"),
        answers: press,
        error: Some(said),
        wrong_question,
    }
}

fn anyhow_of(error: tokio::task::JoinError) -> Failure {
    Failure::Internal(error.into())
}

fn render(faces: &Faces, page: &LinkPage, lang: Lang, status: StatusCode, filled: &view::Filled) -> Response {
    let title = [page.title.get(lang), " · ", page.shop_name.get(lang)].concat();
    let demo = faces.options.demo;
    document(faces, lang, status, title, |_| (().into_any(), view::link(page, lang, demo, filled)))
}
