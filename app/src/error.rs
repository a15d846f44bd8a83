//! What a page is told when something asked for was not done: a translated sentence, never the inside of the program.

use leptos::{
    prelude::*,
    server_fn::{
        codec::JsonEncoding,
        error::{FromServerFnError, ServerFnErrorErr},
    },
};
use serde::{Deserialize, Serialize};

use crate::{
    texts::t,
    ui::{Empty, Glyph, Notice, Text, Tone},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ErrorKind {
    /// Nobody is signed in (any more).
    SignedOut,
    /// What was asked for is not there, or not this merchant's.
    NotFound,
    /// Not done, for a reason that is said.
    Refused,
    /// Not done, and it is not the person's fault.
    Broken,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppError {
    pub kind: ErrorKind,
    pub text: String,
    /// The field of the form that is wrong.
    pub field: Option<String>,
}

impl AppError {
    #[must_use]
    pub fn new(kind: ErrorKind, key: &str) -> Self {
        Self { kind, text: t(key).into_owned(), field: None }
    }

    /// The sentence, if it is about this field.
    #[must_use]
    pub fn about(&self, field: &str) -> Option<String> {
        (self.field.as_deref() == Some(field)).then(|| self.text.clone())
    }
}

impl std::fmt::Display for AppError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for AppError {}

impl FromServerFnError for AppError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        let key = match error {
            ServerFnErrorErr::Request(_) => "error.network",
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) => "error.unreadable",
            _ => "error.broken",
        };
        Self::new(ErrorKind::Broken, key)
    }
}

/// In the place of a room that could not be shown.
#[must_use]
pub fn trouble(error: AppError) -> AnyView {
    match error.kind {
        ErrorKind::NotFound => not_found().into_any(),
        ErrorKind::SignedOut => {
            sign_in_again();
            view! { <Notice tone=Tone::Waiting text=Text::from(error.text)/> }.into_any()
        }
        ErrorKind::Refused | ErrorKind::Broken => {
            view! { <Notice tone=Tone::Bad text=Text::from(error.text)/> }.into_any()
        }
    }
}

/// The page that is not there.
#[must_use]
pub fn not_found() -> impl IntoView {
    view! { <Empty glyph=Glyph::Search title=t("not_found.title") text=t("not_found.text")/> }
}

/// The session has ended while the page was open: to the door, and back here afterwards.
#[cfg(feature = "hydrate")]
fn sign_in_again() {
    let place = window().location();
    let path = [place.pathname().unwrap_or_default(), place.search().unwrap_or_default()].concat();
    let path: String = js_sys::encode_uri_component(&path).into();
    // Refused only while the page is being left anyway.
    drop(place.set_href(&["/sign-in?next=", &path].concat()));
}

#[cfg(not(feature = "hydrate"))]
fn sign_in_again() {}
