//! Endpoints: the shop's own addresses that are told of every event of money, and what was delivered to them.

mod form;
mod found;
mod sent;
mod shown;

use axum::{
    Form, Router,
    extract::{Path, Query},
    response::Response,
    routing::{get, post},
};
use domain::{DeliveryId, EndpointId, role::Permission};
use serde::Deserialize;
use server::{
    endpoints::{self, Changes, Endpoint},
    failure::Outcome,
};

use self::{form::EndpointForm, found::Asked};
use crate::{
    said::Wrong,
    web::{Desk, Faces, Flash, own_path},
};

const PATH: &str = "/endpoints";
const NEW: &str = "/endpoints/new";
const SENT: &str = "/deliveries";

pub(super) fn routes() -> Router<Faces> {
    Router::new()
        .route(PATH, get(list))
        .route(NEW, get(blank).post(create))
        .route("/endpoints/{id}", get(one).post(update))
        .route("/endpoints/{id}/test", post(test))
        .route("/endpoints/{id}/switch", post(switch))
        .route("/endpoints/{id}/secret", post(renew))
        .route("/endpoints/{id}/remove", post(remove))
        .route(SENT, get(sent))
        .route("/deliveries/{id}", get(delivery))
        .route("/deliveries/{id}/resend", post(resend))
}

fn at(id: &str) -> String {
    [PATH, "/", id].concat()
}

async fn list(desk: Desk) -> Response {
    let found = found::all(&desk).await;
    desk.room(&desk.say("room.endpoints"), found, shown::room).await
}

async fn blank(desk: Desk) -> Response {
    draw_new(&desk, &EndpointForm::default(), Wrong::default()).await
}

async fn create(desk: Desk, Form(sent): Form<Vec<(String, String)>>) -> Response {
    let form = EndpointForm::read(sent);
    match endpoints::create(&desk.services, &desk.actor, desk.merchant(), form.new_endpoint()).await {
        Ok(made) => desk.done(Ok(Flash::good(desk.say("endpoints.added"))), &at(made.id.as_str())),
        Err(failure) => draw_new(&desk, &form, desk.wrong(&failure)).await,
    }
}

async fn draw_new(desk: &Desk, form: &EndpointForm, wrong: Wrong) -> Response {
    let title = desk.say("endpoints.new");
    if let Err(refusal) = desk.must(Permission::EditEndpoints) {
        return desk.failed(&title, &refusal.into()).await;
    }
    desk.form(&title, wrong, |wrong| form::fresh(form, wrong)).await
}

async fn find(desk: &Desk, id: &str) -> Outcome<Endpoint> {
    endpoints::get(&desk.services, &desk.actor, desk.merchant(), &EndpointId::parse(id)?).await
}

async fn one(desk: Desk, Path(id): Path<String>) -> Response {
    match find(&desk, &id).await {
        Ok(endpoint) => {
            let form = EndpointForm::of(&endpoint);
            draw_one(&desk, endpoint, &form, Wrong::default()).await
        }
        Err(failure) => desk.failed(&desk.say("room.endpoints"), &failure).await,
    }
}

async fn update(desk: Desk, Path(id): Path<String>, Form(sent): Form<Vec<(String, String)>>) -> Response {
    let form = EndpointForm::read(sent);
    let endpoint = match find(&desk, &id).await {
        Ok(endpoint) => endpoint,
        Err(failure) => return desk.failed(&desk.say("room.endpoints"), &failure).await,
    };
    match endpoints::change(&desk.services, &desk.actor, desk.merchant(), &endpoint.id, form.changes()).await {
        Ok(_) => desk.done(Ok(Flash::good(desk.say("common.saved"))), &at(&id)),
        Err(failure) => draw_one(&desk, endpoint, &form, desk.wrong(&failure)).await,
    }
}

async fn draw_one(desk: &Desk, endpoint: Endpoint, form: &EndpointForm, wrong: Wrong) -> Response {
    match found::one(desk, endpoint).await {
        Ok(found) => {
            let title = found.title.clone();
            desk.form(&title, wrong, |wrong| shown::one(found, form, wrong)).await
        }
        Err(failure) => desk.failed(&desk.say("room.endpoints"), &failure).await,
    }
}

async fn test(desk: Desk, Path(id): Path<String>) -> Response {
    let sent = async || -> Outcome<Flash> {
        endpoints::test(&desk.services, &desk.actor, desk.merchant(), &EndpointId::parse(&id)?).await?;
        Ok(Flash::good(desk.say("endpoints.test_sent")))
    };
    desk.done(sent().await, &at(&id))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Switched {
    on: bool,
}

async fn switch(desk: Desk, Path(id): Path<String>, Form(Switched { on }): Form<Switched>) -> Response {
    let switched = async || -> Outcome<Flash> {
        let to = Changes { active: Some(on), ..Changes::default() };
        endpoints::change(&desk.services, &desk.actor, desk.merchant(), &EndpointId::parse(&id)?, to).await?;
        Ok(Flash::good(desk.say(if on { "endpoints.on_now" } else { "endpoints.off_now" })))
    };
    desk.done(switched().await, &at(&id))
}

async fn renew(desk: Desk, Path(id): Path<String>) -> Response {
    let renewed = async || -> Outcome<Flash> {
        endpoints::renew_secret(&desk.services, &desk.actor, desk.merchant(), &EndpointId::parse(&id)?).await?;
        Ok(Flash::good(desk.say("endpoints.renewed")))
    };
    desk.done(renewed().await, &at(&id))
}

async fn remove(desk: Desk, Path(id): Path<String>) -> Response {
    let removed = async || -> Outcome<Flash> {
        endpoints::remove(&desk.services, &desk.actor, desk.merchant(), &EndpointId::parse(&id)?).await?;
        Ok(Flash::good(desk.say("endpoints.removed")))
    };
    desk.done(removed().await, PATH)
}

async fn sent(desk: Desk, Query(asked): Query<Asked>) -> Response {
    let found = found::sent(&desk, &asked).await;
    desk.room(&desk.say("room.deliveries"), found, |found| sent::room(found, &asked.place())).await
}

async fn delivery(desk: Desk, Path(id): Path<String>) -> Response {
    let found = found::delivery(&desk, &id).await;
    desk.room(&desk.say("room.deliveries"), found, sent::one).await
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Back {
    /// The page with the button.
    back: String,
}

async fn resend(desk: Desk, Path(id): Path<String>, Form(Back { back }): Form<Back>) -> Response {
    let again = async || -> Outcome<Flash> {
        endpoints::again(&desk.services, &desk.actor, desk.merchant(), &DeliveryId::parse(&id)?).await?;
        Ok(Flash::good(desk.say("deliveries.again_now")))
    };
    desk.done(again().await, if back.is_empty() { SENT } else { own_path(&back) })
}
