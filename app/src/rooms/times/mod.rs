//! The bookable times of a product: what is offered and taken, and the timetable that offers more.

mod found;
mod one;
mod shown;
mod week;

use axum::{
    Form, Router,
    extract::{Path, Query},
    response::Response,
    routing::{get, post},
};
use domain::{ProductId, SlotId};
use serde::Deserialize;
use server::{catalog::slots, failure::Outcome};

use self::found::TimesForm;
use crate::{
    said::Wrong,
    web::{Desk, Faces, Flash},
};

pub(super) fn routes() -> Router<Faces> {
    Router::new()
        .route("/products/{id}/times", get(room).post(add))
        .route("/products/{id}/times/{slot}", get(one::page).post(one::change))
        .route("/products/{id}/times/{slot}/remove", post(remove))
}

fn path(product: &str) -> String {
    ["/products/", product, "/times"].concat()
}

/// A week is looked at by any day of it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    week: String,
}

async fn room(desk: Desk, Path(id): Path<String>, Query(asked): Query<Asked>) -> Response {
    show(&desk, &id, &asked.week, None, Wrong::default()).await
}

async fn show(desk: &Desk, id: &str, week: &str, form: Option<TimesForm>, wrong: Wrong) -> Response {
    let title = desk.say("times.title");
    match found::find(desk, id, week, form).await {
        Ok(found) => desk.form(&title, wrong, |wrong| shown::room(desk, found, wrong)).await,
        Err(failure) => desk.failed(&title, &failure).await,
    }
}

async fn add(desk: Desk, Path(id): Path<String>, Form(form): Form<TimesForm>) -> Response {
    let added = async || -> Outcome<Flash> {
        let product = ProductId::parse(&id)?;
        let made = slots::add(&desk.services, &desk.actor, desk.merchant(), &product, form.read(&desk)?).await?;
        Ok(Flash::good(desk.say_with("times.added", &[("count", &made.to_string())])))
    };
    match added().await {
        Ok(flash) => desk.done(Ok(flash), &path(&id)),
        Err(failure) => show(&desk, &id, "", Some(form), desk.wrong(&failure)).await,
    }
}

async fn remove(desk: Desk, Path((id, slot)): Path<(String, String)>) -> Response {
    let removed = async || -> Outcome<Flash> {
        let slot = SlotId::parse(&slot)?;
        let gone = slots::remove(&desk.services, &desk.actor, desk.merchant(), &slot).await?;
        Ok(Flash::good(desk.say_with("times.removed", &[("time", &desk.at(gone.starts_at))])))
    };
    desk.done(removed().await, &path(&id))
}
