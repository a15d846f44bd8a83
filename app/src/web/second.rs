//! The second step at the door: a passkey, a code of the person's app, or one of their recovery codes.

use axum::{
    Extension, Form,
    extract::{Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use leptos::prelude::*;
use serde::Deserialize;
use server::{
    failure::{Failure, Outcome},
    staff::{StaffMember, passkeys, sessions, two_factor},
};
use tower_sessions::Session;

use super::{
    Faces,
    door::{self, own_path, user_agent},
    passkey,
    visitor::Visitor,
};
use crate::{
    said::{Said, Wrong},
    texts::t,
    ui::{Button, ButtonLink, Look, Size, TextInput},
};

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Step {
    code: String,
    next: String,
}

pub(super) async fn owing(faces: &Faces, session: &Session) -> Outcome<Option<StaffMember>> {
    Ok(sessions::half_in(&faces.services, session).await?)
}

pub(super) async fn show(
    State(faces): State<Faces>,
    Extension(visitor): Extension<Visitor>,
    session: Session,
    Query(step): Query<Step>,
) -> Response {
    match owing(&faces, &session).await {
        Ok(Some(member)) => page(&faces, &visitor, StatusCode::OK, &member, &step.next, Wrong::default()),
        Ok(None) => Redirect::to("/sign-in").into_response(),
        Err(failure) => door::refused(&faces, &visitor, &step.next, &failure),
    }
}

pub(super) async fn enter(
    State(faces): State<Faces>,
    Extension(visitor): Extension<Visitor>,
    session: Session,
    headers: HeaderMap,
    Form(step): Form<Step>,
) -> Response {
    step_with(&faces, &visitor, &session, &headers, &step.next, async |member| {
        two_factor::second_step(&faces.services, member, &step.code).await
    })
    .await
}

/// Lets in whoever owes the second step and `proves` it; a wrong try stands on the page of the step.
pub(super) async fn step_with(
    faces: &Faces,
    visitor: &Visitor,
    session: &Session,
    headers: &HeaderMap,
    next: &str,
    proves: impl AsyncFnOnce(&StaffMember) -> Outcome<()>,
) -> Response {
    let member = match owing(faces, session).await {
        Ok(Some(member)) => member,
        Ok(None) => return Redirect::to("/sign-in").into_response(),
        Err(failure) => return door::refused(faces, visitor, next, &failure),
    };
    let entered = async || -> Outcome<()> {
        proves(&member).await?;
        Ok(sessions::sign_in(&faces.services, session, &member, user_agent(headers)).await?)
    };
    match entered().await {
        Ok(()) => Redirect::to(own_path(next)).into_response(),
        Err(failure) => refused(faces, visitor, &member, next, &failure),
    }
}

fn refused(faces: &Faces, visitor: &Visitor, member: &StaffMember, next: &str, failure: &Failure) -> Response {
    let said = Said::of(visitor.lang, failure);
    page(faces, visitor, said.status, member, next, Wrong(Some(said)))
}

/// Whoever has no app is asked for a passkey first; a recovery code helps everybody.
fn page(
    faces: &Faces,
    visitor: &Visitor,
    code: StatusCode,
    member: &StaffMember,
    next: &str,
    wrong: Wrong,
) -> Response {
    let next = own_path(next).to_owned();
    let here = ["/sign-in/code?next=", &next].concat();
    let offered = member.passkeys > 0 && passkeys::offered(&faces.services);
    let app = member.has_app();
    door::page(faces, visitor, code, &here, || {
        let keys = |look| passkey::way_in(offered, passkey::SECOND, &next, look);
        if app {
            view! {
                {door::brand(t("second.title"), t("second.lead"))}
                {codes(&next, &wrong, "second.code", "second.help", Look::Primary)}
                {keys(Look::Plain)}
                {back()}
            }
            .into_any()
        } else {
            view! {
                {door::brand(t("second.title"), t("second.lead_passkey"))}
                {keys(Look::Primary)}
                {codes(&next, &wrong, "second.recovery", "second.recovery_help", Look::Plain)}
                {back()}
            }
            .into_any()
        }
    })
}

fn codes(next: &str, wrong: &Wrong, label: &str, help: &str, look: Look) -> AnyView {
    let next = next.to_owned();
    view! {
        <form class="door-form" method="post" action="/sign-in/code">
            <input type="hidden" name="next" value=next/>
            <TextInput name="code" label=t(label) help=t(help) autocomplete="one-time-code" error=wrong.about("code") max_length=20 required=true/>
            {wrong.beside(&["code"])}
            <Button look=look size=Size::Large>{t("door.enter")}</Button>
        </form>
    }
    .into_any()
}

fn back() -> AnyView {
    view! { <div class="door-form"><ButtonLink href="/sign-in" look=Look::Quiet>{t("second.back")}</ButtonLink></div> }
        .into_any()
}
