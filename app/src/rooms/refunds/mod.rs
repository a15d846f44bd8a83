//! Refunds: the list, the form that asks for one, and one refund with what is to be done about it.

mod ask;
mod found;
mod shown;

use axum::{
    Form, Router,
    extract::{Multipart, Path, Query, State},
    http::header,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use domain::{PaymentId, RefundId, role::Permission};
use serde::Deserialize;
use server::{
    failure::Outcome,
    refunds::{self, Proof, Refund},
};

use self::{ask::AskForm, found::Asked};
use crate::{
    said::Wrong,
    web::{Desk, Faces, Flash, upload},
};

const PATH: &str = "/refunds";

pub(super) fn routes() -> Router<Faces> {
    Router::new()
        .route(PATH, get(list))
        .route("/payments/{id}/refund", get(blank).post(send))
        .route("/refunds/{id}", get(one))
        .route("/refunds/{id}/proof", get(proof))
        .route("/refunds/{id}/approve", post(approve))
        .route("/refunds/{id}/reject", post(reject))
        .route("/refunds/{id}/give-up", post(give_up))
}

pub(super) fn upload_routes() -> Router<Faces> {
    Router::new().route("/refunds/{id}/done", post(done))
}

async fn list(desk: Desk, Query(asked): Query<Asked>) -> Response {
    let found = found::find(&desk, &asked).await;
    desk.room(&desk.say("room.refunds"), found, |found| shown::room(found, &asked.place())).await
}

async fn one(desk: Desk, Path(id): Path<String>) -> Response {
    let found = found::one(&desk, &id).await;
    desk.room(&desk.say("room.refunds"), found, |found| shown::one(found, &Wrong::default())).await
}

async fn blank(desk: Desk, Path(id): Path<String>, Query(form): Query<AskForm>) -> Response {
    ask_page(&desk, &id, &form, Wrong::default()).await
}

async fn ask_page(desk: &Desk, id: &str, form: &AskForm, wrong: Wrong) -> Response {
    let title = desk.say("refunds.new");
    if let Err(refusal) = desk.must(Permission::RequestRefund) {
        return desk.failed(&title, &refusal.into()).await;
    }
    match ask::view(desk, id).await {
        Ok(view) => desk.form(&title, wrong, |wrong| ask::page(desk, &view, form, wrong)).await,
        Err(failure) => desk.failed(&title, &failure).await,
    }
}

async fn send(desk: Desk, Path(id): Path<String>, Form(fields): Form<Vec<(String, String)>>) -> Response {
    let form = AskForm::sent(fields);
    let asked = async || -> Outcome<Refund> {
        let new = form.read(&desk, PaymentId::parse(&id)?)?;
        refunds::ask(&desk.services, &desk.actor, desk.merchant(), new).await
    };
    match asked().await {
        Ok(refund) => desk.done(Ok(said(&desk, &refund)), &[PATH, "/", refund.id.as_str()].concat()),
        Err(failure) => ask_page(&desk, &id, &form, desk.wrong(&failure)).await,
    }
}

fn said(desk: &Desk, refund: &Refund) -> Flash {
    Flash::good(desk.say(&["refund_said.", refund.status.as_str()].concat()))
}

async fn approve(desk: Desk, Path(id): Path<String>) -> Response {
    let approved = async || -> Outcome<Flash> {
        let refund = refunds::approve(&desk.services, &desk.actor, desk.merchant(), &RefundId::parse(&id)?).await?;
        Ok(said(&desk, &refund))
    };
    desk.done(approved().await, &[PATH, "/", &id].concat())
}

#[derive(Deserialize)]
struct Why {
    #[serde(default)]
    note: String,
}

async fn reject(desk: Desk, Path(id): Path<String>, Form(why): Form<Why>) -> Response {
    let rejected = async || -> Outcome<Flash> {
        let id = RefundId::parse(&id)?;
        let refund = refunds::reject(&desk.services, &desk.actor, desk.merchant(), &id, &why.note).await?;
        Ok(said(&desk, &refund))
    };
    let back = [PATH, "/", &id].concat();
    match rejected().await {
        Ok(flash) => desk.done(Ok(flash), &back),
        Err(failure) => shown::reject_why(&id).refused(&desk, &back, &why.note, &failure).await,
    }
}

async fn give_up(desk: Desk, Path(id): Path<String>, Form(why): Form<Why>) -> Response {
    let given_up = async || -> Outcome<Flash> {
        let id = RefundId::parse(&id)?;
        let refund = refunds::failed_by_hand(&desk.services, &desk.actor, desk.merchant(), &id, &why.note).await?;
        Ok(said(&desk, &refund))
    };
    let back = [PATH, "/", &id].concat();
    match given_up().await {
        Ok(flash) => desk.done(Ok(flash), &back),
        Err(failure) => shown::give_up_why(&id).refused(&desk, &back, &why.note, &failure).await,
    }
}

async fn done(desk: Desk, Path(id): Path<String>, sent: Multipart) -> Response {
    let proven = async || -> Outcome<Flash> {
        let sent = upload(sent, "file").await;
        let text = sent.fields.into_iter().find(|(name, _)| name == "proof").map(|(_, text)| text);
        let proof = Proof { text: text.unwrap_or_default(), file: sent.file? };
        let id = RefundId::parse(&id)?;
        let refund = refunds::done_by_hand(&desk.services, &desk.actor, desk.merchant(), &id, proof).await?;
        Ok(said(&desk, &refund))
    };
    let failure = match proven().await {
        Ok(flash) => return desk.done(Ok(flash), &[PATH, "/", &id].concat()),
        Err(failure) => failure,
    };
    match found::one(&desk, &id).await {
        Ok(found) => desk.form(&desk.say("room.refunds"), desk.wrong(&failure), |wrong| shown::one(found, wrong)).await,
        Err(gone) => desk.failed(&desk.say("room.refunds"), &gone).await,
    }
}

/// The file that proves a refund: for staff of its shop only.
async fn proof(desk: Desk, State(faces): State<Faces>, Path(id): Path<String>) -> Response {
    let file = async || refunds::proof_file(&faces.services.db, desk.merchant(), &RefundId::parse(&id)?).await;
    match file().await {
        Ok(file) => {
            let headers = [
                (header::CONTENT_TYPE, file.media_type),
                (header::CACHE_CONTROL, "no-store".to_owned()),
                (header::CONTENT_DISPOSITION, "inline".to_owned()),
            ];
            (headers, file.body).into_response()
        }
        Err(failure) => desk.failed(&desk.say("room.refunds"), &failure).await,
    }
}
