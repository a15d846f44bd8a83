//! Days from one until another.

use super::super::Text;
use super::{id_of, mistake, note_of};
use crate::texts::t;
use leptos::prelude::*;

/// Two days, `from` and `until`, both included, in one row on any screen. Shortcuts stand below as links, `Chip`s of an
/// address each. Where a list is asked either way round is understood; a form says which of the two is wrong.
#[component]
pub fn DateRange(
    /// What the days are of: read aloud.
    #[prop(into)]
    label: Text,
    #[prop(optional, into)] from: String,
    #[prop(optional, into)] until: String,
    #[prop(default = None)] from_error: Option<String>,
    #[prop(default = None)] until_error: Option<String>,
    #[prop(optional)] required: bool,
    /// In a line with other things: what each day is, is read aloud only.
    #[prop(optional)]
    in_line: bool,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="range" role="group" aria-label=label data-in-line=in_line>
            <div class="range-days">
                {day("from", t("range.from"), from, required, from_error)}
                <span class="range-dash" aria-hidden="true">"–"</span>
                {day("until", t("range.until"), until, required, until_error)}
            </div>
            {children.map(|children| view! { <div class="range-choices">{children()}</div> })}
        </div>
    }
}

fn day(name: &'static str, label: Text, value: String, required: bool, error: Option<String>) -> AnyView {
    let invalid = error.is_some().then_some("true");
    view! {
        <div class="field">
            <label class="field-label" for=id_of(name)>{label}</label>
            <input
                class="input"
                type="date"
                id=id_of(name)
                name=name
                value=value
                required=required
                aria-describedby=note_of(name)
                aria-invalid=invalid
            />
            <div id=note_of(name)>{error.map(mistake)}</div>
        </div>
    }
    .into_any()
}
