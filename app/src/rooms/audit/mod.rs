//! The audit log: who did what to money, catalog, settings and access, with before and after; by person, action, object
//! and day.

mod found;
mod named;
mod shown;

use axum::{Router, extract::Query, response::Response, routing::get};

use self::found::Asked;
use crate::web::{Desk, Faces};

const PATH: &str = "/audit";

pub(super) fn routes() -> Router<Faces> {
    Router::new().route(PATH, get(list))
}

async fn list(desk: Desk, Query(asked): Query<Asked>) -> Response {
    let found = found::find(&desk, &asked).await;
    desk.room(&desk.say("room.audit"), found, |found| shown::room(found, &asked.place())).await
}
