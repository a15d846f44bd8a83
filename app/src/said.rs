//! What a person is told when something asked for was not done: a translated sentence, never the inside of the program.

use axum::http::StatusCode;
use domain::Lang;
use leptos::prelude::*;
use server::failure::{Failure, Refusal, RefusalKind};

use crate::{
    texts::{say, say_with, t},
    ui::{Empty, Glyph, Notice, Text, Tone},
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) status: StatusCode,
    pub(crate) text: String,
    /// The field of the form that is wrong.
    pub(crate) field: Option<&'static str>,
}

pub(crate) const fn status(kind: RefusalKind) -> StatusCode {
    match kind {
        RefusalKind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        RefusalKind::NotFound => StatusCode::NOT_FOUND,
        RefusalKind::Forbidden => StatusCode::FORBIDDEN,
        RefusalKind::Conflict => StatusCode::CONFLICT,
        RefusalKind::TooMany => StatusCode::TOO_MANY_REQUESTS,
        RefusalKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
    }
}

impl Said {
    /// The refusal in words; anything else is logged here, and the person only learns that it is not their fault.
    pub(crate) fn of(lang: Lang, failure: &Failure) -> Self {
        match failure {
            Failure::Refused(refusal) => Self::refusal(lang, refusal),
            Failure::Internal(error) => {
                tracing::error!(error = format!("{error:#}"), "a page could not do what was asked");
                let status = StatusCode::INTERNAL_SERVER_ERROR;
                Self { status, text: say(lang, "error.broken"), field: None }
            }
        }
    }

    fn refusal(lang: Lang, refusal: &Refusal) -> Self {
        let values: Vec<(&str, &str)> = refusal.values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let text = say_with(lang, &["refusal.", refusal.code].concat(), &values);
        Self { status: status(refusal.kind), text, field: refusal.field }
    }

    /// The sentence, if it is about this field.
    pub(crate) fn about(&self, field: &str) -> Option<String> {
        (self.field == Some(field)).then(|| self.text.clone())
    }

    /// In the place of a room that could not be shown.
    pub(crate) fn page(self) -> AnyView {
        if self.status == StatusCode::NOT_FOUND {
            return not_found();
        }
        view! { <Notice tone=Tone::Bad text=Text::from(self.text)/> }.into_any()
    }
}

/// What a form that was sent by its page shows when nobody is signed in any more: all that was typed still stands there.
pub(crate) fn signed_out(lang: Lang) -> String {
    let text = Text::from(say(lang, "error.signed_out"));
    let note = view! { <div id="form-note"><Notice tone=Tone::Waiting text=text/></div> };
    Owner::new().with(|| note.to_html())
}

/// The page that is not there.
pub(crate) fn not_found() -> AnyView {
    view! { <Empty glyph=Glyph::Search title=t("not_found.title") text=t("not_found.text")/> }.into_any()
}

/// What is wrong with a form, if anything: said beside its field, or above the buttons.
#[derive(Clone, Default)]
pub(crate) struct Wrong(pub(crate) Option<Said>);

impl Wrong {
    pub(crate) fn about(&self, field: &str) -> Option<String> {
        self.0.as_ref().and_then(|said| said.about(field))
    }

    /// The sentence that belongs to none of the form's `fields`.
    pub(crate) fn beside(&self, fields: &[&str]) -> AnyView {
        self.noted("form-note".to_owned(), fields)
    }

    /// As [`Wrong::beside`], in one of several forms of a page.
    pub(crate) fn beside_in(&self, form: &str, fields: &[&str]) -> AnyView {
        self.noted([form, "-form-note"].concat(), fields)
    }

    fn noted(&self, id: String, fields: &[&str]) -> AnyView {
        let said = self.0.as_ref().filter(|said| !said.field.is_some_and(|field| fields.contains(&field)));
        let notice = said.map(|said| view! { <Notice tone=Tone::Bad text=Text::from(said.text.clone())/> });
        view! { <div id=id data-offline=t("error.network")>{notice}</div> }.into_any()
    }
}
