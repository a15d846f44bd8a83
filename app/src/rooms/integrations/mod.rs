//! Integrations: the API keys by which other programs work with the shop. A key is shown once, as the answer to the form that
//! made it: it stands in no address and no cookie.

mod found;
mod shown;

use axum::{
    Form, Router,
    extract::Path,
    response::Response,
    routing::{get, post},
};
use domain::{
    ApiKeyId,
    role::{Actor, Permission},
};
use server::{
    api_keys,
    failure::{Outcome, Refusal},
};

use self::found::KeyForm;
use crate::{
    said::Wrong,
    web::{Desk, Faces, Flash},
};

const PATH: &str = "/integrations";

/// What the API can do, and so what a key may be allowed.
const SCOPES: [Permission; 9] = [
    Permission::SeeMoney,
    Permission::SeeCatalog,
    Permission::EditCatalog,
    Permission::EditLinks,
    Permission::CheckPayments,
    Permission::RequestRefund,
    Permission::SeeWebhooks,
    Permission::ReplayWebhooks,
    Permission::EditEndpoints,
];

pub(super) fn routes() -> Router<Faces> {
    Router::new()
        .route(PATH, get(list))
        .route("/integrations/new", get(fresh).post(create))
        .route("/integrations/keys/{id}/revoke", post(revoke))
}

async fn list(desk: Desk) -> Response {
    room(&desk, None).await
}

/// `made`: the key that was made just now, shown this once.
async fn room(desk: &Desk, made: Option<String>) -> Response {
    let found = found::find(desk, made).await;
    desk.room(&desk.say("room.integrations"), found, shown::room).await
}

async fn fresh(desk: Desk) -> Response {
    form(&desk, &KeyForm::first(), Wrong::default()).await
}

async fn form(desk: &Desk, form: &KeyForm, wrong: Wrong) -> Response {
    let title = desk.say("integrations.new");
    if let Err(refusal) = desk.must(Permission::EditSettings) {
        return desk.failed(&title, &refusal.into()).await;
    }
    let may = |permission: &Permission| desk.may(*permission);
    let scopes = SCOPES.into_iter().filter(may).collect();
    desk.form(&title, wrong, |wrong| shown::form(form, scopes, wrong)).await
}

async fn create(desk: Desk, Form(sent): Form<Vec<(String, String)>>) -> Response {
    let sent = KeyForm::read(sent);
    let made = async || -> Outcome<String> {
        let scopes = scopes(&desk.actor, &sent)?;
        let (_, secret) = api_keys::create(&desk.services, &desk.actor, desk.merchant(), &sent.name, scopes).await?;
        Ok(secret)
    };
    match made().await {
        Ok(secret) => room(&desk, Some(secret)).await,
        Err(failure) => form(&desk, &sent, desk.wrong(&failure)).await,
    }
}

/// A key that may nothing is of no use to anybody.
fn scopes(actor: &Actor, sent: &KeyForm) -> Outcome<Vec<Permission>> {
    let chosen: Vec<_> = SCOPES.into_iter().filter(|scope| sent.scopes.contains(&scope.as_str().to_owned())).collect();
    if chosen.is_empty() && actor.may(Permission::EditSettings) {
        return Err(Refusal::field("scopes", "scopes_none").into());
    }
    Ok(chosen)
}

async fn revoke(desk: Desk, Path(id): Path<String>) -> Response {
    let revoked = async || -> Outcome<Flash> {
        api_keys::revoke(&desk.services, &desk.actor, desk.merchant(), &ApiKeyId::parse(&id)?).await?;
        Ok(Flash::good(desk.say("integrations.revoked_now")))
    };
    desk.done(revoked().await, PATH)
}
