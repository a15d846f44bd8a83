//! The second step at the door: a code of the person's app, or one of their recovery codes.

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
    staff::{StaffMember, sessions, two_factor},
};
use tower_sessions::Session;

use super::{
    Faces,
    door::{self, own_path, user_agent},
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

async fn owing(faces: &Faces, session: &Session) -> Outcome<Option<StaffMember>> {
    Ok(sessions::half_in(&faces.services, session).await?)
}

pub(super) async fn show(
    State(faces): State<Faces>,
    Extension(visitor): Extension<Visitor>,
    session: Session,
    Query(step): Query<Step>,
) -> Response {
    match owing(&faces, &session).await {
        Ok(Some(_)) => page(&faces, &visitor, StatusCode::OK, &step.next, Wrong::default()),
        Ok(None) => Redirect::to("/sign-in").into_response(),
        Err(failure) => refused(&faces, &visitor, &step.next, &failure),
    }
}

pub(super) async fn enter(
    State(faces): State<Faces>,
    Extension(visitor): Extension<Visitor>,
    session: Session,
    headers: HeaderMap,
    Form(step): Form<Step>,
) -> Response {
    let entered = async || -> Outcome<Option<StaffMember>> {
        let Some(member) = owing(&faces, &session).await? else { return Ok(None) };
        two_factor::second_step(&faces.services, &member, &step.code).await?;
        sessions::sign_in(&faces.services, &session, &member, user_agent(&headers)).await?;
        Ok(Some(member))
    };
    match entered().await {
        Ok(Some(member)) => Redirect::to(&door::landing(&faces, &member, &step.next).await).into_response(),
        Ok(None) => Redirect::to("/sign-in").into_response(),
        Err(failure) => refused(&faces, &visitor, &step.next, &failure),
    }
}

fn refused(faces: &Faces, visitor: &Visitor, next: &str, failure: &Failure) -> Response {
    let said = Said::of(visitor.lang, failure);
    page(faces, visitor, said.status, next, Wrong(Some(said)))
}

fn page(faces: &Faces, visitor: &Visitor, code: StatusCode, next: &str, wrong: Wrong) -> Response {
    let next = own_path(next).to_owned();
    let here = ["/sign-in/code?next=", &next].concat();
    door::page(faces, visitor, code, &here, || {
        view! {
            {door::brand(t("second.title"), t("second.lead"))}
            <form class="door-form" method="post" action="/sign-in/code">
                <input type="hidden" name="next" value=next/>
                <TextInput name="code" label=t("second.code") help=t("second.help") autocomplete="one-time-code" error=wrong.about("code") max_length=20 required=true/>
                {wrong.beside(&["code"])}
                <Button look=Look::Primary size=Size::Large>{t("door.enter")}</Button>
                <ButtonLink href="/sign-in" look=Look::Quiet>{t("second.back")}</ButtonLink>
            </form>
        }
        .into_any()
    })
}
