//! Handing over: orders whose goods are still to reach their customers, taken from step to step, one or many at once; and
//! the same of one order, on its page.

mod found;
mod shown;

use axum::{Form, Router, extract::Query, response::Response, routing::get};
use domain::{OrderId, handover::Step};
use serde::Deserialize;
use server::{
    failure::{Outcome, Refusal},
    orders::{self, HandOver},
};

pub(super) use self::{
    found::{OfOrder, happened, of_order},
    shown::card,
};
use super::place::Place;
use crate::web::{Desk, Faces, Flash, own_path};

const PATH: &str = "/handover";

pub(super) fn routes() -> Router<Faces> {
    Router::new().route(PATH, get(list).post(go))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    /// A step; none: everything that is still to be handed over.
    step: String,
    before: String,
}

async fn list(desk: Desk, Query(asked): Query<Asked>) -> Response {
    let found = found::find(&desk, &asked).await;
    let place = Place::new(PATH, &[("step", &asked.step)], &asked.before);
    desk.room(&desk.say("room.handover"), found, |found| shown::room(found, &place)).await
}

/// Orders with the step at which they were seen, as buttons and ticks name them: `ord_…:packed`.
fn named(word: &str) -> Result<(OrderId, Step), Refusal> {
    let named = word.split_once(':').and_then(|(id, step)| Some((OrderId::parse(id).ok()?, step.parse().ok()?)));
    named.ok_or_else(Refusal::not_found)
}

/// The one order whose button was pressed, else all that are ticked; to the step that is named, else each to its next.
async fn go(desk: Desk, Form(fields): Form<Vec<(String, String)>>) -> Response {
    let of =
        |wanted: &'static str| fields.iter().filter(move |(name, _)| name == wanted).map(|(_, value)| value.as_str());
    let moved = async || -> Outcome<Flash> {
        let one: Vec<&str> = of("one").collect();
        let all = if one.is_empty() { of("order").collect() } else { one };
        let orders = all.into_iter().map(named).collect::<Result<Vec<_>, _>>()?;
        let single = orders.len() == 1;
        let to = of("to").next().map(|word| word.parse::<Step>().map_err(|_| Refusal::not_found())).transpose()?;
        let count = orders::hand_over(&desk.services, &desk.actor, desk.merchant(), HandOver { orders, to }).await?;
        let count = [("count", &*count.to_string())];
        Ok(Flash::good(if single { desk.say("handover.moved") } else { desk.say_with("handover.moved_many", &count) }))
    };
    let back = of("back").next().unwrap_or(PATH);
    desk.done(moved().await, own_path(back))
}
