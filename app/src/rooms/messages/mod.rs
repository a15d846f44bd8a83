//! Messages: who wrote to the shop and waits for an answer, and one conversation with the form that answers.

mod found;
mod shown;
mod talk;
mod thread;

use axum::{
    Form, Router,
    extract::{Path, Query},
    http::header,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use domain::CustomerId;
use server::{
    failure::{Outcome, Refusal},
    messages,
};

use self::{
    found::Asked,
    thread::{AnswerForm, At},
};
use crate::{
    said::Wrong,
    web::{Desk, Faces, Flash},
};

const PATH: &str = "/messages";

pub(super) fn routes() -> Router<Faces> {
    Router::new()
        .route(PATH, get(list))
        .route("/messages/{id}", get(one).post(send))
        .route("/messages/{id}/photo/{message}", get(photo))
        .route("/messages/{id}/close", post(close))
        .route("/messages/{id}/reopen", post(reopen))
        .route("/messages/{id}/take", post(take))
        .route("/messages/{id}/let-go", post(let_go))
}

/// Where a customer is written to.
pub(super) fn address(customer: &str, order: Option<&str>) -> String {
    let order = order.map(|order| ["?order=", order].concat()).unwrap_or_default();
    [PATH, "/", customer, &order, "#answer"].concat()
}

async fn list(desk: Desk, Query(asked): Query<Asked>) -> Response {
    let found = found::find(&desk, &asked).await;
    desk.room(&desk.say("room.messages"), found, |found| shown::room(found, &asked.place())).await
}

async fn one(desk: Desk, Path(id): Path<String>, Query(at): Query<At>) -> Response {
    let form = AnswerForm::about(&desk, &at);
    page(&desk, &id, &at, &form, Wrong::default()).await
}

async fn page(desk: &Desk, id: &str, at: &At, form: &AnswerForm, wrong: Wrong) -> Response {
    let title = desk.say("room.messages");
    match thread::find(desk, id, at, form).await {
        Ok(view) => desk.form(&title, wrong, |wrong| talk::page(view, form, wrong)).await,
        Err(failure) => desk.failed(&title, &failure).await,
    }
}

async fn send(desk: Desk, Path(id): Path<String>, Form(form): Form<AnswerForm>) -> Response {
    let sent = async || -> Outcome<Flash> {
        let customer = CustomerId::parse(&id)?;
        messages::answer(&desk.services, &desk.actor, desk.merchant(), &customer, form.read()).await?;
        Ok(Flash::good(desk.say("messages.on_its_way")))
    };
    match sent().await {
        // Another address each time: a browser that stands at the same one would only scroll.
        Ok(flash) => desk.done(Ok(flash), &[PATH, "/", &id, "?sent=", &form.once(), "#answer"].concat()),
        Err(failure) => page(&desk, &id, &At::default(), &form, desk.wrong(&failure)).await,
    }
}

/// A picture of the conversation: for staff of its shop only.
async fn photo(desk: Desk, Path((_, message)): Path<(String, String)>) -> Response {
    let fetched = async || -> Outcome<_> {
        let message = message.parse().map_err(|_| Refusal::not_found())?;
        messages::photo(&desk.services, &desk.actor, desk.merchant(), message).await
    };
    match fetched().await {
        Ok((kind, body)) => {
            let headers = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "private, max-age=3600")];
            (headers, body).into_response()
        }
        Err(failure) => desk.failed(&desk.say("room.messages"), &failure).await,
    }
}

async fn close(desk: Desk, Path(id): Path<String>) -> Response {
    let closed = async || -> Outcome<Flash> {
        messages::close(&desk.services, &desk.actor, desk.merchant(), &CustomerId::parse(&id)?).await?;
        Ok(Flash::good(desk.say("messages.is_closed")))
    };
    desk.done(closed().await, PATH)
}

async fn reopen(desk: Desk, Path(id): Path<String>) -> Response {
    let open = async || -> Outcome<Flash> {
        messages::reopen(&desk.services, &desk.actor, desk.merchant(), &CustomerId::parse(&id)?).await?;
        Ok(Flash::good(desk.say("messages.is_open")))
    };
    desk.done(open().await, &address(&id, None))
}

async fn take(desk: Desk, Path(id): Path<String>) -> Response {
    let taken = async || -> Outcome<Flash> {
        messages::take(&desk.services, &desk.actor, desk.merchant(), &CustomerId::parse(&id)?).await?;
        Ok(Flash::good(desk.say("messages.is_yours")))
    };
    desk.done(taken().await, &address(&id, None))
}

async fn let_go(desk: Desk, Path(id): Path<String>) -> Response {
    let free = async || -> Outcome<Flash> {
        messages::let_go(&desk.services, &desk.actor, desk.merchant(), &CustomerId::parse(&id)?).await?;
        Ok(Flash::good(desk.say("messages.is_nobodys")))
    };
    desk.done(free().await, &address(&id, None))
}
