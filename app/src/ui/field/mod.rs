//! Form fields: label above, help below, the mistake beside. Plain named inputs, drawn with what was typed before, so that
//! nothing is lost when the server says no. Every input has its limit.

pub mod choice;
pub mod range;
pub mod text;

use super::{Glyph, Icon, Text};
use leptos::prelude::*;

pub use choice::{FilePicker, Segments, Select, Switch};
pub use range::DateRange;
pub use text::{MoneyInput, SearchForm, TextArea, TextInput};

/// The frame of a field: for inputs of one's own. The input's `id` must be `name`, its `aria-describedby` `{name}-note`;
/// where several forms of a page have such a field, `id` in the place of `name`.
#[component]
pub fn Field(
    name: &'static str,
    #[prop(optional, into)] id: Option<String>,
    #[prop(into)] label: Text,
    #[prop(optional, into)] aside: Option<Text>,
    #[prop(optional, into)] help: Option<Text>,
    error: Option<String>,
    children: Children,
) -> impl IntoView {
    let id = id.unwrap_or_else(|| id_of(name));
    let note = [&id, "-note"].concat();
    view! {
        <div class="field">
            <label class="field-label" for=id>{label} {aside.map(|aside| view! { <small>{aside}</small> })}</label>
            {children()}
            <div id=note>
                {help.map(|help| view! { <p class="field-help">{help}</p> })}
                {error.map(mistake)}
            </div>
        </div>
    }
}

/// The dialog that the fields lie in: rows of a list have the same form each, and a label speaks of its own.
#[derive(Clone)]
pub(super) struct Within(pub(super) String);

/// The id of a field: its name, after its dialog's.
fn id_of(name: &str) -> String {
    use_context::<Within>().map_or_else(|| name.to_owned(), |Within(dialog)| [&dialog, "-", name].concat())
}

fn note_of(name: &str) -> String {
    [&id_of(name), "-note"].concat()
}

fn mistake(text: String) -> impl IntoView {
    view! {
        <p class="field-error" role="alert"><Icon glyph=Glyph::Triangle size="small"/><span>{text}</span></p>
    }
}
