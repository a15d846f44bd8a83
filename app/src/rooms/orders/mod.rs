//! Orders: what customers wanted, and one order with its lines, its payments and what was given.

mod found;
mod shown;

use axum::{
    Router,
    extract::{Path, Query},
    response::Response,
    routing::get,
};

pub(super) use self::{
    found::{Asked, OrderRow, answered, rows},
    shown::table,
};
use crate::web::{Desk, Faces};

const PATH: &str = "/orders";

pub(super) fn routes() -> Router<Faces> {
    Router::new().route(PATH, get(list)).route("/orders/{id}", get(one))
}

async fn list(desk: Desk, Query(asked): Query<Asked>) -> Response {
    let found = found::find(&desk, &asked).await;
    desk.room(&desk.say("room.orders"), found, |found| shown::room(found, &asked.place())).await
}

async fn one(desk: Desk, Path(id): Path<String>) -> Response {
    let found = found::one(&desk, &id).await;
    desk.room(&desk.say("room.orders"), found, shown::one).await
}
