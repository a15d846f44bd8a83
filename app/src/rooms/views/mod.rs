//! Lists that people keep: tabs above a list, some offered by the house, some saved by the person under a name.

mod found;
mod shown;

use axum::{
    Form, Router,
    extract::Path,
    response::Response,
    routing::{get, post},
};
use domain::ViewId;
use serde::Deserialize;
use server::{
    failure::Outcome,
    views::{self, View},
};

pub(super) use self::{
    found::{Tabs, find},
    shown::tabs,
};
use crate::{
    said::Wrong,
    web::{Desk, Faces, Flash},
};

pub(super) fn routes() -> Router<Faces> {
    Router::new()
        .route("/views", post(save))
        .route("/views/{id}", get(one).post(rename))
        .route("/views/{id}/delete", post(remove))
}

/// The address of a kept list.
fn address(view: &View) -> String {
    if view.query.is_empty() { ["/", &view.room].concat() } else { ["/", &view.room, "?", &view.query].concat() }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Saved {
    room: String,
    query: String,
    name: String,
}

async fn save(desk: Desk, Form(form): Form<Saved>) -> Response {
    let saved = views::save(&desk.services, &desk.actor, desk.merchant(), &form.room, &form.name, &form.query).await;
    match saved {
        Ok(view) => desk.done(Ok(Flash::good(desk.say("views.saved"))), &address(&view)),
        Err(failure) => {
            let title = desk.say("views.save");
            let draw = |wrong: &Wrong| shown::save_page(&form.room, &form.query, &form.name, wrong);
            desk.form(&title, desk.wrong(&failure), draw).await
        }
    }
}

async fn kept(desk: &Desk, id: &str) -> Outcome<View> {
    views::get(&desk.services.db, &desk.actor, desk.merchant(), &ViewId::parse(id)?).await
}

async fn one(desk: Desk, Path(id): Path<String>) -> Response {
    let view = kept(&desk, &id).await;
    let draw = |view: View| shown::tune_page(&view.room, view.id.as_str(), &view.name, &Wrong::default());
    desk.room(&desk.say("views.tune"), view, draw).await
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Name {
    name: String,
}

async fn rename(desk: Desk, Path(id): Path<String>, Form(form): Form<Name>) -> Response {
    let renamed = async || -> Outcome<View> {
        let view = kept(&desk, &id).await?;
        views::rename(&desk.services, &desk.actor, desk.merchant(), &view.id, &form.name).await
    };
    match renamed().await {
        Ok(view) => desk.done(Ok(Flash::good(desk.say("common.saved"))), &address(&view)),
        Err(failure) => {
            let room = kept(&desk, &id).await.map(|view| view.room).unwrap_or_default();
            let draw = |wrong: &Wrong| shown::tune_page(&room, &id, &form.name, wrong);
            desk.form(&desk.say("views.tune"), desk.wrong(&failure), draw).await
        }
    }
}

async fn remove(desk: Desk, Path(id): Path<String>) -> Response {
    let removed = async || -> Outcome<View> {
        let view = kept(&desk, &id).await?;
        views::remove(&desk.services, &desk.actor, desk.merchant(), &view.id).await
    };
    match removed().await {
        Ok(view) => desk.done(Ok(Flash::good(desk.say("views.removed"))), &["/", &view.room].concat()),
        Err(failure) => desk.failed(&desk.say("views.tune"), &failure).await,
    }
}
