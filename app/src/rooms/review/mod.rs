//! What waits for a person: payments in review, paid orders that were not delivered, refunds to approve or to make by hand.

mod found;
mod shown;

pub(super) use self::shown::{close_why, deliver_why};

use axum::{
    Form, Router,
    extract::Path,
    response::Response,
    routing::{get, post},
};
use domain::PaymentId;
use serde::Deserialize;
use server::{failure::Outcome, payments, refunds};

use crate::web::{Desk, Faces, Flash};

pub(super) fn routes() -> Router<Faces> {
    Router::new()
        .route("/review", get(list))
        .route("/payments/{id}/close-review", post(close))
        .route("/payments/{id}/refund-duplicate", post(refund_duplicate))
        .route("/payments/{id}/deliver", post(deliver))
}

async fn list(desk: Desk) -> Response {
    let found = found::find(&desk).await;
    let lost = desk.shop.staff_chat_lost_at.filter(|_| desk.shop.staff_chat_id.is_none()).map(|at| desk.when(at));
    desk.room(&desk.say("room.review"), found, |found| shown::room(found, lost)).await
}

#[derive(Deserialize)]
struct Comment {
    #[serde(default)]
    comment: String,
    /// Where to go afterwards: the list, or the payment.
    #[serde(default)]
    back: String,
}

impl Comment {
    fn word(&self) -> &'static str {
        if self.back == "list" { "list" } else { "story" }
    }

    fn back(&self, id: &str) -> String {
        if self.back == "list" { "/review".to_owned() } else { ["/payments/", id].concat() }
    }
}

async fn close(desk: Desk, Path(id): Path<String>, Form(form): Form<Comment>) -> Response {
    let closed = async || -> Outcome<Flash> {
        let payment = PaymentId::parse(&id)?;
        payments::close_review(&desk.services, &desk.actor, desk.merchant(), &payment, &form.comment).await?;
        Ok(Flash::good(desk.say("review.closed")))
    };
    match closed().await {
        Ok(flash) => desk.done(Ok(flash), &form.back(&id)),
        Err(failure) => close_why(&id, form.word()).refused(&desk, &form.back(&id), &form.comment, &failure).await,
    }
}

async fn deliver(desk: Desk, Path(id): Path<String>, Form(form): Form<Comment>) -> Response {
    let delivered = async || -> Outcome<Flash> {
        let payment = PaymentId::parse(&id)?;
        payments::deliver_anyway(&desk.services, &desk.actor, desk.merchant(), &payment, &form.comment).await?;
        Ok(Flash::good(desk.say("review.delivering")))
    };
    match delivered().await {
        Ok(flash) => desk.done(Ok(flash), &form.back(&id)),
        Err(failure) => deliver_why(&id, form.word()).refused(&desk, &form.back(&id), &form.comment, &failure).await,
    }
}

/// One press: what was paid a second time goes back as a whole. Pressed twice, it goes back once.
async fn refund_duplicate(desk: Desk, Path(id): Path<String>) -> Response {
    let refunded = async || -> Outcome<Flash> {
        let payment = PaymentId::parse(&id)?;
        let (merchant, reason) = (desk.merchant(), desk.say("review.paid_twice"));
        let refund = refunds::ask_for_duplicate(&desk.services, &desk.actor, merchant, payment, reason).await?;
        Ok(Flash::good(desk.say(&["refund_said.", refund.status.as_str()].concat())))
    };
    desk.done(refunded().await, "/review")
}
