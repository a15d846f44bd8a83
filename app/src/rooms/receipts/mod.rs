//! Fiscal receipts: the list, and one of them with what a person may decide about it.

mod found;
mod shown;

use axum::{
    Form, Router,
    extract::{Path, Query},
    response::Response,
    routing::{get, post},
};
use domain::ReceiptId;
use serde::Deserialize;
use server::{
    failure::{Outcome, Refusal},
    fiscal::{self, Adopt},
};

pub(super) use self::found::{Asked, kind, numbers, problem};
use crate::{
    said::Wrong,
    web::{Desk, Faces, Flash},
};

const PATH: &str = "/receipts";

pub(super) fn routes() -> Router<Faces> {
    Router::new()
        .route(PATH, get(list))
        .route("/receipts/{id}", get(one))
        .route("/receipts/{id}/again", post(again))
        .route("/receipts/{id}/adopt", post(adopt))
}

fn at(id: &str) -> String {
    [PATH, "/", id].concat()
}

async fn list(desk: Desk, Query(asked): Query<Asked>) -> Response {
    let found = found::find(&desk, &asked).await;
    desk.room(&desk.say("room.receipts"), found, |found| shown::room(found, &asked.place())).await
}

async fn one(desk: Desk, Path(id): Path<String>) -> Response {
    let found = found::one(&desk, &id).await;
    let blank = AdoptForm::default();
    desk.room(&desk.say("room.receipts"), found, |found| shown::one(found, &blank, &Wrong::default())).await
}

#[derive(Deserialize)]
struct Reason {
    #[serde(default)]
    reason: String,
}

async fn again(desk: Desk, Path(id): Path<String>, Form(why): Form<Reason>) -> Response {
    let sent = async || -> Outcome<Flash> {
        let receipt = ReceiptId::parse(&id)?;
        fiscal::again(&desk.services, &desk.actor, desk.merchant(), &receipt, &why.reason).await?;
        Ok(Flash::good(desk.say("receipts.sent_again")))
    };
    match sent().await {
        Ok(flash) => desk.done(Ok(flash), &at(&id)),
        Err(failure) => shown::again_why(&id).refused(&desk, &at(&id), &why.reason, &failure).await,
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct AdoptForm {
    number: String,
    fiscal: String,
    reason: String,
}

impl AdoptForm {
    fn read(&self) -> Result<Adopt, Refusal> {
        let number = self.number.trim().parse().map_err(|_| Refusal::field("number", "not_a_number"))?;
        Ok(Adopt { number, fiscal: self.fiscal.clone(), reason: self.reason.clone() })
    }
}

async fn adopt(desk: Desk, Path(id): Path<String>, Form(form): Form<AdoptForm>) -> Response {
    let adopted = async || -> Outcome<Flash> {
        let receipt = ReceiptId::parse(&id)?;
        desk.must(domain::role::Permission::EditSettings)?;
        fiscal::adopt(&desk.services, &desk.actor, desk.merchant(), &receipt, form.read()?).await?;
        Ok(Flash::good(desk.say("receipts.adopted")))
    };
    let failure = match adopted().await {
        Ok(flash) => return desk.done(Ok(flash), &at(&id)),
        Err(failure) => failure,
    };
    let title = desk.say("room.receipts");
    match found::one(&desk, &id).await {
        Ok(found) => desk.form(&title, desk.wrong(&failure), |wrong| shown::one(found, &form, wrong)).await,
        Err(gone) => desk.failed(&title, &gone).await,
    }
}
