//! The webhook log: every delivery of a provider, whatever became of it, with what was decided and why.

mod found;
mod shown;

use axum::{
    Form, Router,
    extract::{Path, Query},
    response::Response,
    routing::{get, post},
};
use domain::EventId;
use serde::Deserialize;
use server::{failure::Outcome, payments};

use self::found::Asked;
use crate::{
    badge::Badge,
    web::{Desk, Faces, Flash, own_path},
};

const PATH: &str = "/webhooks";

pub(super) fn routes() -> Router<Faces> {
    Router::new().route(PATH, get(list)).route("/webhooks/{id}", get(one)).route("/webhooks/{id}/replay", post(replay))
}

async fn list(desk: Desk, Query(asked): Query<Asked>) -> Response {
    let found = found::find(&desk, &asked).await;
    desk.room(&desk.say("room.webhooks"), found, |found| shown::room(found, &asked.place())).await
}

async fn one(desk: Desk, Path(id): Path<String>) -> Response {
    let found = found::one(&desk, &id).await;
    desk.room(&desk.say("room.webhooks"), found, shown::one).await
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Sent {
    /// The page with the button.
    back: String,
}

/// Weighs a delivery again, as it was received: it can only do what it could have done then.
async fn replay(desk: Desk, Path(id): Path<String>, Form(sent): Form<Sent>) -> Response {
    let replayed = async || -> Outcome<Flash> {
        let receipt = payments::replay(&desk.services, &desk.actor, desk.merchant(), &EventId::parse(&id)?).await?;
        let decision = Badge::decision(desk.lang, receipt.decision);
        Ok(Flash::new(decision.tone, decision.text))
    };
    desk.done(replayed().await, if sent.back.is_empty() { PATH } else { own_path(&sent.back) })
}
