//! One payment: what it is, what to do next, and everything that happened to it, each with its raw truth.

mod acts;
mod bank;
mod found;
mod raw;
mod sentences;
mod shown;

use axum::{
    Router,
    extract::Path,
    response::Response,
    routing::{get, post},
};
use domain::PaymentId;
use server::{failure::Outcome, payments};

pub(super) use self::{
    acts::of_act,
    found::{Happened, Known},
    raw::{Raw, of_event as raw_event},
    sentences::why,
    shown::happened,
};
use crate::{
    badge::Badge,
    web::{Desk, Faces, Flash},
};

pub(super) fn routes() -> Router<Faces> {
    Router::new().route("/payments/{id}", get(story)).route("/payments/{id}/check", post(check))
}

async fn story(desk: Desk, Path(id): Path<String>) -> Response {
    let found = found::story(&desk, &id).await;
    desk.room(&desk.say("room.payments"), found, shown::page).await
}

/// Asks the provider now; what it says is settled like any other word of it.
async fn check(desk: Desk, Path(id): Path<String>) -> Response {
    let checked = async || -> Outcome<Flash> {
        let payment = payments::check(&desk.services, &desk.actor, desk.merchant(), &PaymentId::parse(&id)?).await?;
        let status = Badge::payment(desk.lang, payment.status, payment.needs_review);
        Ok(Flash::new(status.tone, desk.say_with("story.checked", &[("status", &status.text)])))
    };
    desk.done(checked().await, &["/payments/", &id].concat())
}
