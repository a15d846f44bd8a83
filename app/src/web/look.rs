//! The language and the theme a person chooses for their pages: two cookies, set by a plain form.

use axum::{
    Form,
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Redirect, Response},
};
use domain::Lang;
use serde::Deserialize;

use super::{Faces, door::own_path, visitor::set_cookie};

#[derive(Deserialize)]
pub(super) struct Choice {
    lang: Option<String>,
    theme: Option<String>,
    #[serde(default)]
    to: String,
}

const YEAR: &str = "31536000";

pub(super) async fn choose(State(faces): State<Faces>, Form(choice): Form<Choice>) -> Response {
    let lang = choice.lang.and_then(|lang| lang.parse::<Lang>().ok()).map(|lang| ("lang", lang.as_str().to_owned()));
    let theme =
        choice.theme.filter(|theme| matches!(theme.as_str(), "light" | "dark" | "")).map(|theme| ("theme", theme));
    let mut response = Redirect::to(own_path(&choice.to)).into_response();
    for (name, value) in lang.into_iter().chain(theme) {
        keep(&faces, response.headers_mut(), name, &value);
    }
    response
}

/// The language that a member has chosen for good is this browser's too.
pub(crate) fn keep_language(faces: &Faces, headers: &mut HeaderMap, lang: Lang) {
    keep(faces, headers, "lang", lang.as_str());
}

fn keep(faces: &Faces, headers: &mut HeaderMap, name: &str, value: &str) {
    set_cookie(headers, faces.options.secure_cookies, name, value, YEAR);
}
