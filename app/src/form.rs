//! What forms share: the answer of the server beside its field, and everything else above the buttons.

use leptos::prelude::*;

use crate::{
    error::AppError,
    ui::{Notice, Text, Tone},
};

pub type FormError = RwSignal<Option<AppError>>;

/// The sentence for one field, while it is wrong.
pub fn about(error: FormError, field: &'static str) -> Signal<Option<String>> {
    Signal::derive(move || error.with(|error| error.as_ref().and_then(|error| error.about(field))))
}

/// The sentence that belongs to none of the form's `fields`.
pub fn beside(error: FormError, fields: &'static [&'static str]) -> impl IntoView {
    move || {
        error.get().filter(|error| !error.field.as_deref().is_some_and(|field| fields.contains(&field))).map(|error| {
            view! { <Notice tone=Tone::Bad text=Text::from(error.text)/> }
        })
    }
}

/// A text typed in a form, kept as a signal.
pub fn kept(value: &str) -> RwSignal<String> {
    RwSignal::new(value.to_owned())
}
