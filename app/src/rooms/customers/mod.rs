//! Customers: who wrote to the shop's bot, and one of them with everything they ordered.

mod found;
mod shown;

use axum::{
    Router,
    extract::{Path, Query},
    response::Response,
    routing::get,
};

pub(super) use self::found::Asked;
use crate::web::{Desk, Faces};

const PATH: &str = "/customers";

pub(super) fn routes() -> Router<Faces> {
    Router::new().route(PATH, get(list)).route("/customers/{id}", get(one))
}

async fn list(desk: Desk, Query(asked): Query<Asked>) -> Response {
    let found = found::find(&desk, &asked).await;
    desk.room(&desk.say("room.customers"), found, |found| shown::room(found, &asked.place())).await
}

async fn one(desk: Desk, Path(id): Path<String>, Query(asked): Query<Asked>) -> Response {
    let found = found::one(&desk, &id, &asked).await;
    let place = asked.page_of(&id);
    desk.room(&desk.say("room.customers"), found, |found| shown::one(found, &place)).await
}
