//! Payments: every attempt to pay, newest first, found by anything a person may know of it. New rows come by themselves.

mod found;
mod shown;

use axum::{Router, extract::Query, response::Response, routing::get};

pub(super) use self::found::{Asked, SINGLE};
use crate::web::{Desk, Faces};

const PATH: &str = "/payments";

pub(super) fn routes() -> Router<Faces> {
    Router::new().route(PATH, get(list))
}

async fn list(desk: Desk, Query(asked): Query<Asked>) -> Response {
    let found = found::find(&desk, &asked).await;
    desk.room(&desk.say("room.payments"), found, |found| shown::room(found, &asked.place())).await
}
