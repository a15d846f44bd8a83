//! A passkey at the door: what the browser is asked, and what it answers. Alone it lets in; after the password it is the
//! second step. The button is drawn hidden, and shown by a script where the browser knows passkeys.

use axum::{
    Extension, Form, Json,
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Redirect, Response},
};
use leptos::prelude::*;
use serde::Deserialize;
use serde_json::Value;
use server::{
    failure::Outcome,
    staff::{passkey_entry, sessions},
};
use tower_sessions::Session;

use super::{
    Faces,
    door::{self, own_path, user_agent},
    script, second,
    visitor::Visitor,
};
use crate::{
    said::Said,
    texts::t,
    ui::{Button, Glyph, Look, Size},
};

pub(super) const DOOR: &str = "/sign-in/passkey";
pub(super) const SECOND: &str = "/sign-in/code/passkey";

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Answer {
    credential: String,
    next: String,
}

/// What a script of ours reads: the question for the device, or the refusal in words.
pub(crate) fn asked(lang: domain::Lang, asked: Outcome<Value>) -> Response {
    let no_store = [(header::CACHE_CONTROL, "no-store")];
    match asked {
        Ok(asked) => (no_store, Json(asked)).into_response(),
        Err(failure) => {
            let said = Said::of(lang, &failure);
            (said.status, no_store, said.text).into_response()
        }
    }
}

pub(super) async fn begin(
    State(faces): State<Faces>,
    Extension(visitor): Extension<Visitor>,
    session: Session,
) -> Response {
    asked(visitor.lang, passkey_entry::begin(&faces.services, &session, None).await)
}

pub(super) async fn begin_second(
    State(faces): State<Faces>,
    Extension(visitor): Extension<Visitor>,
    session: Session,
) -> Response {
    let begun = async || -> Outcome<Option<Value>> {
        let Some(member) = second::owing(&faces, &session).await? else { return Ok(None) };
        Ok(Some(passkey_entry::begin(&faces.services, &session, Some(&member)).await?))
    };
    match begun().await.transpose() {
        Some(begun) => asked(visitor.lang, begun),
        None => Redirect::to("/sign-in").into_response(),
    }
}

pub(super) async fn enter(
    State(faces): State<Faces>,
    Extension(visitor): Extension<Visitor>,
    session: Session,
    headers: HeaderMap,
    Form(answer): Form<Answer>,
) -> Response {
    let entered = async || -> Outcome<()> {
        let who = passkey_entry::enter(&faces.services, &session, None, &answer.credential).await?;
        Ok(sessions::sign_in(&faces.services, &session, &who, user_agent(&headers)).await?)
    };
    match entered().await {
        Ok(()) => Redirect::to(own_path(&answer.next)).into_response(),
        Err(failure) => door::refused(&faces, &visitor, &answer.next, &failure),
    }
}

pub(super) async fn enter_second(
    State(faces): State<Faces>,
    Extension(visitor): Extension<Visitor>,
    session: Session,
    headers: HeaderMap,
    Form(answer): Form<Answer>,
) -> Response {
    second::step_with(&faces, &visitor, &session, &headers, &answer.next, async |member| {
        passkey_entry::enter(&faces.services, &session, Some(member), &answer.credential).await.map(drop)
    })
    .await
}

/// The way in by a passkey, on to `next`; nothing where this address can have none.
pub(super) fn way_in(offered: bool, action: &'static str, next: &str, look: Look) -> AnyView {
    let next = next.to_owned();
    let form = offered.then(|| {
        view! {
            <form class="door-form" method="post" action=action data-passkey="get" data-begin=[action, "/begin"].concat() data-failed=t("passkey.failed") data-offline=t("error.network") hidden=true>
                <input type="hidden" name="next" value=next/>
                <input type="hidden" name="credential"/>
                <p class="field-error" role="alert" data-note=true hidden=true></p>
                <Button look=look size=Size::Large icon=Glyph::Key>{t("passkey.enter")}</Button>
            </form>
            {script("passkey.js")}
        }
    });
    form.into_any()
}
