//! The door: signing in and out by plain forms, without scripts; by a passkey where the browser can (`passkey.rs`). A wrong
//! try keeps the e-mail and says what to do.

use axum::{
    Extension, Form,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, Uri, header},
    response::{Html, IntoResponse, Redirect, Response},
};
use domain::Lang;
use leptos::prelude::*;
use serde::Deserialize;
use server::{
    failure::Failure,
    staff::{self, passkeys, sessions},
};
use tower_sessions::Session;

use super::{Faces, passkey, scripts::PageScripts, visitor::Visitor};
use crate::{
    said::Said,
    texts::{say, t, t_with},
    ui::{Awning, Button, Look, Mark, Notice, Size, Text, TextInput, Tone},
};

#[derive(Default, Deserialize)]
pub(super) struct Way {
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
pub(super) struct SignIn {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: String,
}

/// A path of our own, or the overview: an address given from outside never leads away.
pub(super) fn own_path(path: &str) -> &str {
    let own = path.starts_with('/') && !path.starts_with("//") && !path.contains(['\\', '\n', '\r']);
    if own { path } else { "/" }
}

/// To the door, and back to `wanted` afterwards.
pub(super) fn to_sign_in(wanted: &Uri) -> Response {
    to("/sign-in", wanted.path_and_query().map_or("/", |path| path.as_str()))
}

/// To a step of the door, and on to `next` after it.
fn to(step: &str, next: &str) -> Response {
    let query = if next == "/" {
        String::new()
    } else {
        serde_urlencoded::to_string([("next", next)]).map(|query| ["?", &query].concat()).unwrap_or_default()
    };
    Redirect::to(&[step, &query].concat()).into_response()
}

pub(super) async fn show(
    State(faces): State<Faces>,
    Extension(visitor): Extension<Visitor>,
    Query(way): Query<Way>,
) -> Response {
    if visitor.who.is_some() {
        return Redirect::to(own_path(&way.next)).into_response();
    }
    door(
        &faces,
        &visitor,
        StatusCode::OK,
        &SignIn { email: String::new(), password: String::new(), next: way.next },
        None,
    )
}

pub(super) async fn enter(
    State(faces): State<Faces>,
    Extension(visitor): Extension<Visitor>,
    session: Session,
    headers: HeaderMap,
    Form(form): Form<SignIn>,
) -> Response {
    let entered = async {
        let member = staff::sign_in(&faces.services, &form.email, &form.password).await?;
        if member.has_two_factor() {
            sessions::half(&faces.services, &session, &member).await?;
            return Ok(to("/sign-in/code", own_path(&form.next)));
        }
        sessions::sign_in(&faces.services, &session, &member, user_agent(&headers)).await?;
        Ok::<_, Failure>(Redirect::to(own_path(&form.next)).into_response())
    };
    match entered.await {
        Ok(response) => response,
        Err(failure) => {
            let said = Said::of(visitor.lang, &failure);
            door(&faces, &visitor, said.status, &form, Some(said.text))
        }
    }
}

/// What the browser says of itself.
pub(super) fn user_agent(headers: &HeaderMap) -> &str {
    headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

pub(super) async fn leave(session: Session) -> Response {
    if let Err(error) = sessions::sign_out(&session).await {
        tracing::error!(%error, "a session could not be ended");
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    Redirect::to("/sign-in").into_response()
}

/// What another way in was refused for, on the door's own page.
pub(super) fn refused(faces: &Faces, visitor: &Visitor, next: &str, failure: &Failure) -> Response {
    let said = Said::of(visitor.lang, failure);
    let form = SignIn { email: String::new(), password: String::new(), next: next.to_owned() };
    door(faces, visitor, said.status, &form, Some(said.text))
}

fn door(faces: &Faces, visitor: &Visitor, code: StatusCode, form: &SignIn, error: Option<String>) -> Response {
    let (demo, keys) = (faces.options.demo, passkeys::offered(&faces.services));
    let here = ["/sign-in?next=", own_path(&form.next)].concat();
    page(faces, visitor, code, &here, || door_view(demo, keys, form, error))
}

/// A page before the dashboard: the awning, a card, and the languages. `here`: where a choice of language leads back to.
pub(super) fn page(
    faces: &Faces,
    visitor: &Visitor,
    code: StatusCode,
    here: &str,
    card: impl FnOnce() -> AnyView,
) -> Response {
    let nonce = super::nonce();
    let html = Owner::new().with(|| {
        provide_context(visitor.lang);
        provide_context(PageScripts { names: faces.names.clone(), nonce: nonce.clone() });
        let title = say(visitor.lang, "door.page");
        let languages = languages(visitor.lang, here.to_owned());
        let body =
            view! { <div class="door"><Awning/><main class="door-card">{card()}</main>{languages}</div> }.into_any();
        super::standalone(&faces.names, visitor.lang, visitor.theme, title, "main.css", ().into_any(), body)
    });
    let mut response = (code, [(header::CACHE_CONTROL, "no-store")], Html(html)).into_response();
    super::with_policy(response.headers_mut(), &nonce, "'self'");
    response
}

/// The mark, and what this step is.
pub(super) fn brand(title: Text, lead: Text) -> AnyView {
    view! { <div class="door-brand"><Mark/><div><h1>{title}</h1><p>{lead}</p></div></div> }.into_any()
}

fn door_view(demo: bool, keys: bool, form: &SignIn, error: Option<String>) -> AnyView {
    let next = own_path(&form.next).to_owned();
    let by_key = passkey::way_in(keys, passkey::DOOR, &next, Look::Plain);
    let hint = demo.then(|| {
        let values = [("email", server::demo::OWNER), ("password", server::demo::PASSWORD)];
        view! { <Notice tone=Tone::Info text=t_with("door.demo", &values)/> }
    });
    view! {
        {brand(t("door.title"), t("door.lead"))}
        {hint}
        <form class="door-form" method="post" action="/sign-in">
            <input type="hidden" name="next" value=next/>
            {error.map(|error| view! { <Notice tone=Tone::Bad text=Text::from(error)/> })}
            <TextInput name="email" label=t("door.email") kind="email" value=form.email.clone() autocomplete="username" required=true/>
            <TextInput name="password" label=t("door.password") kind="password" autocomplete="current-password" required=true/>
            <Button look=Look::Primary size=Size::Large>{t("door.enter")}</Button>
        </form>
        {by_key}
    }
    .into_any()
}

fn languages(lang: Lang, here: String) -> impl IntoView {
    let buttons = Lang::ALL.iter().map(|own| {
        let current = (*own == lang).then_some("true");
        view! {
            <button class="button" data-look="quiet" data-size="small" name="lang" value=own.as_str() lang=own.as_str() aria-current=current>
                {own.own_name()}
            </button>
        }
    });
    view! {
        <form class="door-foot" method="post" action="/look">
            <input type="hidden" name="to" value=here/>
            {buttons.collect_view()}
        </form>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_address_from_outside_leads_away() {
        assert_eq!(own_path("/payments?q=1"), "/payments?q=1");
        for bad in ["", "https://evil.am", "//evil.am", "/\\evil.am", "payments", "/a\r\nb"] {
            assert_eq!(own_path(bad), "/", "{bad}");
        }
    }
}
