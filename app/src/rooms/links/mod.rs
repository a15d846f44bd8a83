//! Payment links: the list, one link ready to hand over, and the form of a new one.

mod batch;
mod found;
mod new;
mod print;
mod shown;

use axum::{
    Form, Router,
    extract::{Path, Query},
    response::Response,
    routing::{get, post},
};
use domain::{LinkId, role::Permission};
use serde::Deserialize;
use server::{
    failure::Outcome,
    links::{self, Many, Patch},
};

use self::found::{Asked, LinkForm};
use crate::{
    said::Wrong,
    web::{Desk, Faces, Flash},
};

const PATH: &str = "/links";

pub(super) fn routes() -> Router<Faces> {
    Router::new()
        .route(PATH, get(list))
        .route("/links/new", get(blank).post(create))
        .route("/links/many", post(many))
        .route("/links/print", get(print::sheet))
        .route("/links/import", get(batch::blank))
        .route("/links/import/{links}", get(batch::preview))
        .route("/links/import/{links}/apply", post(batch::apply))
        .route("/links/import/{links}/result.csv", get(batch::result))
        .route("/links/{id}", get(one))
        .route("/links/{id}/label", post(label))
        .route("/links/{id}/on", post(on))
        .route("/links/{id}/off", post(off))
        .route("/links/{id}/cancel", post(cancel))
}

pub(super) fn upload_routes() -> Router<Faces> {
    Router::new().route("/links/import", post(batch::send))
}

async fn list(desk: Desk, Query(asked): Query<Asked>) -> Response {
    let found = found::find(&desk, &asked).await;
    desk.room(&desk.say("room.links"), found, |found| shown::room(found, &asked.place())).await
}

async fn one(desk: Desk, Path(id): Path<String>) -> Response {
    let found = found::one(&desk, &id).await;
    desk.room(&desk.say("room.links"), found, shown::one).await
}

/// A product may be chosen already: the form is opened from its page.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Begin {
    product: String,
}

async fn blank(desk: Desk, Query(begin): Query<Begin>) -> Response {
    let form = LinkForm { kind: "fixed".to_owned(), product: begin.product, ..LinkForm::default() };
    new_form(&desk, &form, Wrong::default()).await
}

async fn new_form(desk: &Desk, form: &LinkForm, wrong: Wrong) -> Response {
    let title = desk.say("links.new");
    if let Err(refusal) = desk.must(Permission::EditLinks) {
        return desk.failed(&title, &refusal.into()).await;
    }
    match found::choices(desk).await {
        Ok(choices) => desk.form(&title, wrong, |wrong| new::page(desk, form, choices, wrong)).await,
        Err(failure) => desk.failed(&title, &failure).await,
    }
}

async fn create(desk: Desk, Form(form): Form<LinkForm>) -> Response {
    match found::create(&desk, &form).await {
        Ok(id) => desk.done(Ok(Flash::good(desk.say("links.made_now"))), &[PATH, "/", id.as_str()].concat()),
        Err(failure) => new_form(&desk, &form, desk.wrong(&failure)).await,
    }
}

/// One word about the ticked links; printing leads to their sheet.
async fn many(desk: Desk, Form(fields): Form<Vec<(String, String)>>) -> Response {
    let of =
        |wanted: &'static str| fields.iter().filter(move |(name, _)| name == wanted).map(|(_, value)| value.as_str());
    let what = of("what").next().unwrap_or_default();
    if what == "print" {
        let ids = of("link").collect::<Vec<_>>().join(",");
        return desk.done(Ok(Flash::good(desk.say("print.ready"))), &["/links/print?ids=", &ids].concat());
    }
    let changed = async || -> Outcome<Flash> {
        let word = match what {
            "on" => Many::On,
            "off" => Many::Off,
            _ => Many::Cancel,
        };
        let ids: Vec<LinkId> = of("link").filter_map(|id| id.parse().ok()).collect();
        let count = links::change_many(&desk.services, &desk.actor, desk.merchant(), &ids, word).await?;
        Ok(Flash::good(desk.say_with("links.changed_many", &[("count", &count.to_string())])))
    };
    desk.done(changed().await, PATH)
}

#[derive(Deserialize)]
struct Label {
    label: String,
}

async fn label(desk: Desk, Path(id): Path<String>, Form(form): Form<Label>) -> Response {
    change(&desk, &id, Patch { label: Some(form.label), active: None }).await
}

async fn on(desk: Desk, Path(id): Path<String>) -> Response {
    change(&desk, &id, Patch { label: None, active: Some(true) }).await
}

async fn off(desk: Desk, Path(id): Path<String>) -> Response {
    change(&desk, &id, Patch { label: None, active: Some(false) }).await
}

async fn change(desk: &Desk, id: &str, patch: Patch) -> Response {
    let changed = async || -> Outcome<Flash> {
        links::patch(&desk.services, &desk.actor, desk.merchant(), &LinkId::parse(id)?, patch).await?;
        Ok(Flash::good(desk.say("common.saved")))
    };
    desk.done(changed().await, &[PATH, "/", id].concat())
}

async fn cancel(desk: Desk, Path(id): Path<String>) -> Response {
    let cancelled = async || -> Outcome<Flash> {
        links::cancel(&desk.services, &desk.actor, desk.merchant(), &LinkId::parse(&id)?).await?;
        Ok(Flash::good(desk.say("links.cancelled_now")))
    };
    desk.done(cancelled().await, &[PATH, "/", &id].concat())
}
