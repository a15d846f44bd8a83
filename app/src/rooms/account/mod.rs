//! A member's own account: name and language, password, passkeys, the second step at sign-in,
//! and where they are signed in.

mod found;
mod passkeys;
mod shown;
mod telegram;
mod two_factor;

use axum::{
    Form, Router,
    extract::State,
    response::Response,
    routing::{get, post},
};
use serde::Deserialize;
use server::{
    failure::{Outcome, Refusal},
    staff::{account, sessions},
};
use tower_sessions::Session;

use crate::{
    said::Wrong,
    web::{Desk, Faces, Flash, keep_language},
};

const PATH: &str = "/account";

pub(super) fn routes() -> Router<Faces> {
    Router::new()
        .route(PATH, get(show))
        .route("/account/profile", post(profile))
        .route("/account/password", post(password))
        .route("/account/sessions/end", post(end))
        .route("/account/sessions/end-others", post(end_others))
        .merge(passkeys::routes())
        .merge(telegram::routes())
        .merge(two_factor::routes())
}

/// As typed; a password is never written back.
#[derive(Default, Deserialize)]
#[serde(default)]
struct ProfileForm {
    name: String,
    language: String,
}

fn session_id(session: &Session) -> Option<String> {
    session.id().map(|id| id.to_string())
}

async fn show(desk: Desk, session: Session) -> Response {
    room(&desk, &session, None, Wrong::default()).await
}

async fn room(desk: &Desk, session: &Session, form: Option<ProfileForm>, wrong: Wrong) -> Response {
    let title = desk.say("room.account");
    match found::find(desk, session_id(session).as_deref(), form).await {
        Ok(found) => desk.form(&title, wrong, |wrong| shown::room(found, wrong)).await,
        Err(failure) => desk.failed(&title, &failure).await,
    }
}

async fn profile(desk: Desk, State(faces): State<Faces>, session: Session, Form(form): Form<ProfileForm>) -> Response {
    let saved = async || -> Outcome<domain::Lang> {
        let language = form.language.parse().map_err(|_| Refusal::field("language", "required"))?;
        account::set_profile(&desk.services, &desk.actor, desk.merchant(), &form.name, language).await?;
        Ok(language)
    };
    match saved().await {
        Ok(language) => {
            let mut response = desk.done(Ok(Flash::good(desk.say("common.saved"))), PATH);
            keep_language(&faces, response.headers_mut(), language);
            response
        }
        Err(failure) => room(&desk, &session, Some(form), desk.wrong(&failure)).await,
    }
}

#[derive(Deserialize)]
struct PasswordForm {
    #[serde(default)]
    old_password: String,
    #[serde(default)]
    password: String,
}

async fn password(desk: Desk, session: Session, Form(form): Form<PasswordForm>) -> Response {
    let set = async || -> Outcome<Flash> {
        let (services, actor, merchant) = (&desk.services, &desk.actor, desk.merchant());
        let current = session_id(&session);
        account::change_password(services, actor, merchant, current, &form.old_password, &form.password).await?;
        Ok(Flash::good(desk.say("account.password_set")))
    };
    match set().await {
        Ok(flash) => desk.done(Ok(flash), PATH),
        Err(failure) => room(&desk, &session, None, desk.wrong(&failure)).await,
    }
}

#[derive(Deserialize)]
struct Which {
    #[serde(default)]
    session: String,
}

async fn end(desk: Desk, Form(which): Form<Which>) -> Response {
    let ended = async || -> Outcome<Flash> {
        sessions::end(&desk.services, &desk.actor, desk.merchant(), &which.session).await?;
        Ok(Flash::good(desk.say("account.session_ended")))
    };
    desk.done(ended().await, PATH)
}

async fn end_others(desk: Desk, session: Session) -> Response {
    let ended = async || -> Outcome<Flash> {
        sessions::end_others(&desk.services, &desk.actor, desk.merchant(), session_id(&session)).await?;
        Ok(Flash::good(desk.say("account.others_ended")))
    };
    desk.done(ended().await, PATH)
}
