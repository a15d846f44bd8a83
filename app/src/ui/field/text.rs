//! Words: a line, a sum, several lines, a search.

use super::super::{Glyph, Icon, Text};
use super::{Field, id_of, note_of};
use leptos::prelude::*;

/// One line of text. `kind` is the HTML type (`email`, `password`, `tel`, `url`, `datetime-local`, …).
#[component]
pub fn TextInput(
    name: &'static str,
    #[prop(into)] label: Text,
    #[prop(default = "text")] kind: &'static str,
    #[prop(optional, into)] value: String,
    #[prop(optional, into)] aside: Option<Text>,
    #[prop(optional, into)] help: Option<Text>,
    #[prop(default = None)] error: Option<String>,
    #[prop(optional)] autocomplete: Option<&'static str>,
    #[prop(optional)] inputmode: Option<&'static str>,
    #[prop(optional)] max_length: Option<u32>,
    #[prop(optional)] required: bool,
) -> impl IntoView {
    let invalid = error.is_some().then_some("true");
    view! {
        <Field name=name label=label nostrip:aside=aside nostrip:help=help error=error>
            <input
                class="input"
                id=id_of(name)
                name=name
                type=kind
                value=value
                autocomplete=autocomplete
                inputmode=inputmode
                maxlength=max_length
                required=required
                aria-describedby=note_of(name)
                aria-invalid=invalid
            />
        </Field>
    }
}

/// A sum in whole units, as a person types it; whoever reads it passes over spaces. Never a float, never interpreted here.
#[component]
pub fn MoneyInput(
    name: &'static str,
    #[prop(into)] label: Text,
    sign: &'static str,
    #[prop(optional, into)] value: String,
    #[prop(optional, into)] aside: Option<Text>,
    #[prop(optional, into)] help: Option<Text>,
    #[prop(default = None)] error: Option<String>,
) -> impl IntoView {
    let invalid = error.is_some().then_some("true");
    view! {
        <Field name=name label=label nostrip:aside=aside nostrip:help=help error=error>
            <div class="money" data-sign=sign>
                <input
                    class="input"
                    id=id_of(name)
                    name=name
                    inputmode="numeric"
                    autocomplete="off"
                    maxlength="20"
                    data-money=true
                    value=value
                    aria-describedby=note_of(name)
                    aria-invalid=invalid
                />
            </div>
        </Field>
    }
}

/// Several lines; grows with what is written.
#[component]
pub fn TextArea(
    name: &'static str,
    /// Where several forms of a page have this field.
    #[prop(optional, into)]
    id: Option<String>,
    #[prop(into)] label: Text,
    #[prop(optional, into)] value: String,
    #[prop(optional, into)] aside: Option<Text>,
    #[prop(optional, into)] help: Option<Text>,
    #[prop(default = None)] error: Option<String>,
    #[prop(optional)] max_length: Option<u32>,
) -> impl IntoView {
    let invalid = error.is_some().then_some("true");
    let id = id.unwrap_or_else(|| id_of(name));
    let note = [&id, "-note"].concat();
    view! {
        <Field name=name id=id.clone() label=label nostrip:aside=aside nostrip:help=help error=error>
            <textarea
                class="input"
                id=id.clone()
                name=name
                maxlength=max_length
                aria-describedby=note
                aria-invalid=invalid
                inner_html=escaped(&value)
            ></textarea>
        </Field>
    }
}

/// The search of the list at `path`, shown while one types; `kept` are the other parts of the list's state.
#[component]
pub fn SearchForm(
    path: &'static str,
    #[prop(into)] label: Text,
    #[prop(into)] value: String,
    kept: Vec<(&'static str, String)>,
) -> impl IntoView {
    let kept = kept.into_iter().filter(|(_, value)| !value.is_empty());
    let kept = kept.map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect_view();
    view! {
        <form class="search" role="search" action=path data-search=true>
            <Icon glyph=Glyph::Search/>
            <input class="input" type="search" name="q" value=value maxlength="120" placeholder=label.clone() aria-label=label autocomplete="off"/>
            {kept}
        </form>
    }
}

/// The content of a textarea as HTML. A first line break would be eaten by the parser, so one more is put before it.
fn escaped(text: &str) -> String {
    let safe = domain::html::escape(text);
    if safe.starts_with('\n') { ["\n", &safe].concat() } else { safe }
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn a_textarea_cannot_be_left_by_its_text() {
        assert_eq!(escaped("</textarea><script>&"), "&lt;/textarea&gt;&lt;script&gt;&amp;");
        assert_eq!(escaped("\nline"), "\n\nline");
    }
}
