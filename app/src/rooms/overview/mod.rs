//! The overview: how the shop does in a period, beside the one before. Each number leads to its rows.

mod asked;
mod found;
mod shown;

use axum::{Router, extract::Query, response::Response, routing::get};

use self::asked::Asked;
use crate::web::{Desk, Faces};

pub(super) fn routes() -> Router<Faces> {
    Router::new().route("/", get(overview))
}

async fn overview(desk: Desk, Query(asked): Query<Asked>) -> Response {
    let found = found::overview(&desk, &asked).await;
    desk.room(&desk.say("room.overview"), found, shown::page).await
}
