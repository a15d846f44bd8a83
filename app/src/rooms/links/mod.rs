//! Payment links: the list, one link ready to hand over, and the form of a new one.

mod batch;
mod found;
mod labels;
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
    failure::{Outcome, Refusal},
    links::{self, Many, Patch},
};

use self::found::{Asked, LinkForm};
use crate::{
    said::Wrong,
    web::{Desk, Faces, Flash},
};

pub(super) use self::found::asked_for;

const PATH: &str = "/links";

pub(super) fn routes() -> Router<Faces> {
    Router::new()
        .route(PATH, get(list))
        .route("/links/new", get(blank).post(create))
        .route("/links/many", post(many))
        .route("/links/labels", get(labels::list))
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
    desk.room(&desk.say("room.links"), found, |found| shown::one(found, &Wrong::default())).await
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
    match found::choices(desk, &form.product).await {
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

/// One word about the ticked links, then back to the same place; printing leads to their sheet.
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
            "cancel" => Many::Cancel,
            _ => return Err(Refusal::not_found().into()),
        };
        let ids: Vec<LinkId> = of("link").filter_map(|id| id.parse().ok()).collect();
        let count = links::change_many(&desk.services, &desk.actor, desk.merchant(), &ids, word).await?;
        Ok(Flash::good(desk.say_with("links.changed_many", &[("count", &count.to_string())])))
    };
    let place = of("place").next().filter(|place| !place.is_empty());
    desk.done(changed().await, &place.map_or_else(|| PATH.to_owned(), |place| [PATH, "?", place].concat()))
}

#[derive(Deserialize)]
struct Label {
    label: String,
}

async fn label(desk: Desk, Path(id): Path<String>, Form(form): Form<Label>) -> Response {
    let patched = async || -> Outcome<()> {
        let patch = Patch { label: Some(form.label.clone()), active: None };
        links::patch(&desk.services, &desk.actor, desk.merchant(), &LinkId::parse(&id)?, patch).await?;
        Ok(())
    };
    let failure = match patched().await {
        Ok(()) => return desk.done(Ok(Flash::good(desk.say("common.saved"))), &[PATH, "/", &id].concat()),
        Err(failure) => failure,
    };
    let title = desk.say("room.links");
    match found::one(&desk, &id).await {
        Ok(found) => {
            let found = found::LinkView { label: form.label, ..found };
            desk.form(&title, desk.wrong(&failure), |wrong| shown::one(found, wrong)).await
        }
        Err(gone) => desk.failed(&title, &gone).await,
    }
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
