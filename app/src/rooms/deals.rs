//! An order's deal in the shop's CRM, in words, and the button that tries one again.

use axum::{Router, extract::Path, response::Response, routing::post};
use domain::{OrderId, deal::DealState};
use server::{
    crm::{self, Deal},
    failure::Outcome,
};

use crate::{
    badge::Badge,
    rooms::story::Known,
    web::{Desk, Faces, Flash},
};

pub(super) fn routes() -> Router<Faces> {
    Router::new().route("/orders/{id}/deal", post(again))
}

/// Where a deal is tried again.
pub(super) fn again_path(order: &str) -> String {
    ["/orders/", order, "/deal"].concat()
}

async fn again(desk: Desk, Path(id): Path<String>) -> Response {
    let sent = async || -> Outcome<Flash> {
        crm::again(&desk.services, &desk.actor, desk.merchant(), &OrderId::parse(&id)?).await?;
        Ok(Flash::good(desk.say("deals.sent_again")))
    };
    match sent().await {
        Ok(flash) => desk.done(Ok(flash), "/review"),
        Err(failure) => desk.failed(&desk.say("room.review"), &failure).await,
    }
}

/// Why a person has to look.
pub(super) fn problem(desk: &Desk, deal: &Deal) -> Option<String> {
    let code = deal.problem.as_deref()?;
    if code == "gone" {
        return Some(desk.say("deals.gone"));
    }
    let words = deal.problem_words.as_deref().unwrap_or_default();
    Some(desk.say_with("deals.refused", &[("code", code), ("words", words)]))
}

/// As a fact of its order.
pub(super) fn known(desk: &Desk, deal: &Deal) -> Known {
    let (href, words, status) = line(desk, deal);
    let value = if deal.external_id.is_some() { words } else { status.text };
    Known { label: desk.say("settings.crm"), value, copy: false, href: Some(href) }
}

/// Address, words and status, for a payment's story.
pub(super) fn line(desk: &Desk, deal: &Deal) -> (String, String, Badge) {
    let words = match &deal.external_id {
        Some(id) => desk.say_with("deals.numbered", &[("number", id)]),
        None => deal.amount().to_string(),
    };
    // What was refused leads to where it is tried again.
    let waits = if deal.state == DealState::Refused { "/review" } else { "/settings/crm" };
    let to = deal.url.clone().filter(|_| deal.state != DealState::Refused).unwrap_or_else(|| waits.to_owned());
    (to, words, Badge::deal(desk.lang, deal.state))
}
