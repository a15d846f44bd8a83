//! The overview: today's numbers, the days before, and how far customers come. Each number leads to its rows.

mod found;
mod shown;

use axum::{Router, response::Response, routing::get};

use crate::web::{Desk, Faces};

pub(super) fn routes() -> Router<Faces> {
    Router::new().route("/", get(overview))
}

async fn overview(desk: Desk) -> Response {
    let found = found::overview(&desk).await;
    desk.room(&desk.say("room.overview"), found, shown::page).await
}
