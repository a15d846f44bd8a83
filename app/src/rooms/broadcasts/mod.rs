//! Broadcasts: the list, the form with its preview, and one broadcast with what became of it.

mod form;
mod found;
mod shown;

use axum::{
    Form, Router,
    extract::{Path, Query},
    response::Response,
    routing::{get, post},
};
use domain::{BroadcastId, role::Permission};
use server::{broadcasts, failure::Outcome};

use self::{form::BroadcastForm, found::Asked};
use crate::{
    said::Wrong,
    web::{Desk, Faces, Flash},
};

const PATH: &str = "/broadcasts";

pub(super) fn routes() -> Router<Faces> {
    Router::new()
        .route(PATH, get(list))
        .route("/broadcasts/new", get(blank).post(send))
        .route("/broadcasts/{id}", get(one))
        .route("/broadcasts/{id}/cancel", post(cancel))
}

async fn list(desk: Desk, Query(asked): Query<Asked>) -> Response {
    let found = found::find(&desk, &asked).await;
    desk.room(&desk.say("room.broadcasts"), found, |found| shown::room(found, &asked.place())).await
}

async fn one(desk: Desk, Path(id): Path<String>) -> Response {
    let found = found::one(&desk, &id).await;
    desk.room(&desk.say("room.broadcasts"), found, shown::one).await
}

async fn blank(desk: Desk) -> Response {
    page(&desk, &BroadcastForm::blank(&desk), Wrong::default()).await
}

async fn page(desk: &Desk, form: &BroadcastForm, wrong: Wrong) -> Response {
    let title = desk.say("broadcasts.new");
    if let Err(refusal) = desk.must(Permission::Broadcast) {
        return desk.failed(&title, &refusal.into()).await;
    }
    match form::around(desk, form, &wrong).await {
        Ok(around) => desk.form(&title, wrong, |wrong| form::page(desk, form, around, wrong)).await,
        Err(failure) => desk.failed(&title, &failure).await,
    }
}

/// The first press shows what will be sent and to how many; the second sends it.
async fn send(desk: Desk, Form(form): Form<BroadcastForm>) -> Response {
    let sent = async || -> Outcome<BroadcastId> {
        let new = form.read(&desk)?;
        broadcasts::create(&desk.services, &desk.actor, desk.merchant(), new).await
    };
    if form.step != "send" {
        let wrong = form.read(&desk).err().map(|refusal| desk.wrong(&refusal.into())).unwrap_or_default();
        return page(&desk, &form, wrong).await;
    }
    match sent().await {
        Ok(id) => desk.done(Ok(Flash::good(desk.say("broadcasts.made"))), &[PATH, "/", id.as_str()].concat()),
        Err(failure) => page(&desk, &form, desk.wrong(&failure)).await,
    }
}

async fn cancel(desk: Desk, Path(id): Path<String>) -> Response {
    let cancelled = async || -> Outcome<Flash> {
        broadcasts::cancel(&desk.services, &desk.actor, desk.merchant(), &BroadcastId::parse(&id)?).await?;
        Ok(Flash::good(desk.say("broadcasts.is_cancelled")))
    };
    desk.done(cancelled().await, &[PATH, "/", &id].concat())
}
