//! Reconciliation: begin one, name the columns of a file, and resolve what differs, one by one or in bulk.

mod columns;
mod found;
mod new;
mod shown;

use axum::{
    Form, Router,
    extract::{Multipart, Path, Query},
    response::Response,
    routing::{get, post},
};
use domain::{ReconciliationId, role::Permission};
use server::{
    failure::{Failure, Outcome, Refusal, RefusalKind},
    reconcile::{self, How},
};

use self::{
    columns::ColumnsForm,
    found::{Asked, OneAsked},
    new::NewForm,
};
use crate::{
    said::Wrong,
    web::{Desk, Faces, Flash, upload},
};

const PATH: &str = "/reconcile";

pub(super) fn routes() -> Router<Faces> {
    Router::new()
        .route(PATH, get(list))
        .route("/reconcile/new", get(blank))
        .route("/reconcile/{id}", get(one))
        .route("/reconcile/{id}/columns", post(name_columns))
        .route("/reconcile/{id}/again", post(again))
        .route("/reconcile/{id}/resolve", post(resolve))
}

pub(super) fn upload_routes() -> Router<Faces> {
    Router::new().route("/reconcile/new", post(begin))
}

async fn list(desk: Desk, Query(asked): Query<Asked>) -> Response {
    let found = found::find(&desk, &asked).await;
    desk.room(&desk.say("room.reconcile"), found, |found| shown::room(found, &asked.place())).await
}

async fn blank(desk: Desk) -> Response {
    new_form(&desk, &NewForm::blank(&desk), Wrong::default()).await
}

async fn new_form(desk: &Desk, form: &NewForm, wrong: Wrong) -> Response {
    let title = desk.say("reconcile.new");
    if let Err(refusal) = desk.must(Permission::Reconcile) {
        return desk.failed(&title, &refusal.into()).await;
    }
    match new::accounts(desk).await {
        Ok(accounts) => desk.form(&title, wrong, |wrong| new::page(form, accounts, wrong)).await,
        Err(failure) => desk.failed(&title, &failure).await,
    }
}

async fn begin(desk: Desk, sent: Multipart) -> Response {
    let mut form = NewForm::blank(&desk);
    let begun = async {
        let sent = upload(sent, "file").await;
        form = NewForm::sent(sent.fields);
        new::begin(&desk, &form, &sent.name, sent.file?).await
    };
    let begun: Outcome<ReconciliationId> = begun.await;
    match begun {
        Ok(id) => desk.done(Ok(Flash::good(desk.say("reconcile.begun"))), &[PATH, "/", id.as_str()].concat()),
        Err(failure) => new_form(&desk, &form, desk.wrong(&failure)).await,
    }
}

async fn one(desk: Desk, Path(id): Path<String>, Query(asked): Query<OneAsked>) -> Response {
    let title = desk.say("room.reconcile");
    match found::one(&desk, &id, &asked).await {
        Ok(found) if found.draft => columns::room(&desk, &id, None, Wrong::default()).await,
        found => {
            let chosen = Chosen::default();
            desk.room(&title, found, |found| shown::one(found, &asked.place(&id), &chosen, &Wrong::default())).await
        }
    }
}

async fn name_columns(desk: Desk, Path(id): Path<String>, Form(form): Form<ColumnsForm>) -> Response {
    let named = async || -> Outcome<()> {
        let id = ReconciliationId::parse(&id)?;
        reconcile::name_columns(&desk.services, &desk.actor, desk.merchant(), &id, form.clone().into()).await
    };
    match named().await {
        Err(Failure::Refused(refusal)) if refusal.kind == RefusalKind::Forbidden => {
            desk.failed(&desk.say("room.reconcile"), &refusal.into()).await
        }
        Ok(()) => desk.done(Ok(Flash::good(desk.say("reconcile.begun"))), &[PATH, "/", &id].concat()),
        Err(failure) => columns::room(&desk, &id, Some(form), desk.wrong(&failure)).await,
    }
}

async fn again(desk: Desk, Path(id): Path<String>) -> Response {
    let begun = async || -> Outcome<Flash> {
        let row = ReconciliationId::parse(&id)?;
        reconcile::again(&desk.services, &desk.actor, desk.merchant(), &row).await?;
        Ok(Flash::good(desk.say("reconcile.begun_again")))
    };
    desk.done(begun().await, &[PATH, "/", &id].concat())
}

/// What the form over the table says: the ticked lines, the word about them, which button was pressed, and on which page.
#[derive(Default)]
struct Chosen {
    ids: Vec<i64>,
    comment: String,
    what: String,
    asked: OneAsked,
}

impl Chosen {
    fn sent(fields: Vec<(String, String)>) -> Self {
        let mut chosen = Self::default();
        for (name, value) in fields {
            match name.as_str() {
                "exception" => chosen.ids.extend(value.parse::<i64>()),
                "comment" => chosen.comment = value,
                "what" => chosen.what = value,
                "shelf" => chosen.asked.shelf = value,
                "before" => chosen.asked.before = value,
                _ => {}
            }
        }
        chosen
    }
}

async fn resolve(desk: Desk, Path(id): Path<String>, Form(fields): Form<Vec<(String, String)>>) -> Response {
    let chosen = Chosen::sent(fields);
    let resolved = async || -> Outcome<Flash> {
        let (services, actor, merchant) = (&desk.services, &desk.actor, desk.merchant());
        let id = ReconciliationId::parse(&id)?;
        let how = match chosen.what.as_str() {
            "mine" => {
                let owner = Some(desk.who().id.clone());
                reconcile::own(services, actor, merchant, &id, chosen.ids.clone(), owner).await?;
                return Ok(Flash::good(desk.say("reconcile.owned")));
            }
            "accept" => How::Accept,
            "close" => How::Close,
            // Nothing is done by a word that is not known.
            _ => return Err(Refusal::not_found().into()),
        };
        let ids = chosen.ids.clone();
        let count = reconcile::resolve(services, actor, merchant, &id, ids, how, &chosen.comment).await?;
        Ok(Flash::good(desk.say_with("reconcile.resolved", &[("count", &count.to_string())])))
    };
    let failure = match resolved().await {
        Ok(flash) => return desk.done(Ok(flash), &chosen.asked.place(&id).here()),
        Err(failure) => failure,
    };
    let title = desk.say("room.reconcile");
    match found::one(&desk, &id, &chosen.asked).await {
        Ok(found) => {
            let place = chosen.asked.place(&id);
            desk.form(&title, desk.wrong(&failure), |wrong| shown::one(found, &place, &chosen, wrong)).await
        }
        Err(gone) => desk.failed(&title, &gone).await,
    }
}
