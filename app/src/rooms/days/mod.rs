//! Days: what the journal says of each, and closing it with a signature, so that nothing changes it in silence later.

mod found;
mod shown;

use axum::{
    Router,
    extract::Path,
    response::Response,
    routing::{get, post},
};
use domain::Day;
use server::{
    failure::{Outcome, Refusal},
    journal,
};

use crate::web::{Desk, Faces, Flash};

const PATH: &str = "/days";

pub(super) fn routes() -> Router<Faces> {
    Router::new().route(PATH, get(list)).route("/days/{day}", get(one)).route("/days/{day}/close", post(close))
}

async fn list(desk: Desk) -> Response {
    let found = found::list(&desk).await;
    desk.room(&desk.say("room.days"), found, shown::room).await
}

async fn one(desk: Desk, Path(day): Path<String>) -> Response {
    let found = async || found::one(&desk, read(&day)?).await;
    let found = found().await;
    desk.room(&desk.say("room.days"), found, shown::page).await
}

async fn close(desk: Desk, Path(day): Path<String>) -> Response {
    let closed = async || -> Outcome<Flash> {
        let day = read(&day)?;
        journal::close_day(&desk.services, &desk.actor, &desk.shop, day).await?;
        Ok(Flash::good(desk.say_with("days.closed_now", &[("day", &day.local())])))
    };
    let to = match day.parse::<Day>() {
        Ok(day) => [PATH, "/", &day.to_string()].concat(),
        Err(_) => PATH.to_owned(),
    };
    desk.done(closed().await, &to)
}

fn read(day: &str) -> Outcome<Day> {
    day.parse().map_err(|_| Refusal::not_found().into())
}
