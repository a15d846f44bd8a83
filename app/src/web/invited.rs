//! An invitation: who was given its link chooses a name, a language and a password, and is in.

use axum::{
    Extension, Form,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use domain::Lang;
use leptos::prelude::*;
use serde::Deserialize;
use server::{
    failure::{Failure, Outcome},
    staff::{
        StaffMember,
        invitations::{self, Accepted, Welcome},
        sessions,
    },
};
use tower_sessions::Session;

use super::{
    Faces,
    door::{self, user_agent},
    look::keep_language,
    visitor::Visitor,
};
use crate::{
    said::{Said, Wrong},
    texts::{t, t_with},
    ui::{Button, ButtonLink, Look, Notice, Segments, Size, Text, TextInput, Tone},
};

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Choice {
    name: String,
    language: String,
    password: String,
}

pub(super) async fn show(
    State(faces): State<Faces>,
    Extension(visitor): Extension<Visitor>,
    Path(code): Path<String>,
) -> Response {
    let choice = Choice { language: visitor.lang.as_str().to_owned(), ..Choice::default() };
    match invitations::look(&faces.services, &code).await {
        Ok(welcome) => form(&faces, &visitor, StatusCode::OK, &code, welcome, &choice, Wrong::default()),
        Err(failure) => gone(&faces, &visitor, &failure),
    }
}

pub(super) async fn accept(
    State(faces): State<Faces>,
    Extension(visitor): Extension<Visitor>,
    Path(code): Path<String>,
    session: Session,
    headers: HeaderMap,
    Form(choice): Form<Choice>,
) -> Response {
    let language = choice.language.parse().unwrap_or(visitor.lang);
    let accepted = Accepted { name: choice.name.clone(), language, password: choice.password.clone() };
    let entered = async || -> Outcome<StaffMember> {
        let member = invitations::accept(&faces.services, &code, accepted).await?;
        sessions::sign_in(&faces.services, &session, &member, user_agent(&headers)).await?;
        Ok(member)
    };
    match entered().await {
        Ok(member) => enter(&faces, &member).await,
        Err(failure) => refused(&faces, &visitor, &code, &choice, &failure).await,
    }
}

async fn enter(faces: &Faces, member: &StaffMember) -> Response {
    let mut response = Redirect::to(&door::landing(faces, member, "/").await).into_response();
    keep_language(faces, response.headers_mut(), member.language);
    response
}

/// What was chosen stays in the form, but for the password; a link that ended meanwhile has no form any more.
async fn refused(faces: &Faces, visitor: &Visitor, code: &str, choice: &Choice, failure: &Failure) -> Response {
    match invitations::look(&faces.services, code).await {
        Ok(welcome) => {
            let said = Said::of(visitor.lang, failure);
            form(faces, visitor, said.status, code, welcome, choice, Wrong(Some(said)))
        }
        Err(ended) => gone(faces, visitor, &ended),
    }
}

fn gone(faces: &Faces, visitor: &Visitor, failure: &Failure) -> Response {
    let said = Said::of(visitor.lang, failure);
    let unknown = said.status == StatusCode::NOT_FOUND;
    door::page(faces, visitor, said.status, "/sign-in", || {
        let text = if unknown { t("invited.unknown") } else { Text::from(said.text) };
        view! {
            {door::brand(t("invited.gone"), text)}
            <ButtonLink href="/sign-in">{t("invited.sign_in")}</ButtonLink>
        }
        .into_any()
    })
}

fn form(
    faces: &Faces,
    visitor: &Visitor,
    status: StatusCode,
    code: &str,
    welcome: Welcome,
    choice: &Choice,
    wrong: Wrong,
) -> Response {
    let here = ["/invitation/", code].concat();
    let shop = welcome.shop.get(visitor.lang).to_owned();
    door::page(faces, visitor, status, &here.clone(), || {
        let languages = Lang::ALL.iter().map(|lang| (lang.as_str().to_owned(), Text::from(lang.own_name()))).collect();
        let role = t(&["role.", welcome.role.as_str()].concat());
        let lead = t_with("invited.lead", &[("role", &role)]);
        let signed_in = visitor.who.as_ref().map(|who| {
            let text = t_with("invited.signed_in", &[("name", &who.member.name)]);
            view! { <Notice tone=Tone::Info text=text/> }
        });
        view! {
            {door::brand(Text::from(shop), lead)}
            {signed_in}
            <form class="door-form" method="post" action=here>
                <p class="quiet">{t_with("invited.email", &[("email", &welcome.email)])}</p>
                <input type="hidden" name="username" value=welcome.email autocomplete="username"/>
                <TextInput name="name" label=t("invited.name") value=choice.name.clone() autocomplete="name" error=wrong.about("name") max_length=60 required=true/>
                <Segments name="language" label=t("frame.language") options=languages value=choice.language.clone()/>
                <TextInput name="password" label=t("invited.password") kind="password" help=t("account.password_help") autocomplete="new-password" error=wrong.about("password") required=true/>
                {wrong.beside(&["name", "password"])}
                <Button look=Look::Primary size=Size::Large>{t("invited.enter")}</Button>
            </form>
        }
        .into_any()
    })
}
