//! Words: a line, several lines, a search.

use super::super::{Glyph, Icon, Text};
use super::{Field, follow, kept_input, note_of, put};
use leptos::{ev, html, prelude::*};

/// One line of text. `kind` is the HTML type (`email`, `password`, `tel`, `url`, `datetime-local`, …).
#[component]
pub fn TextInput(
    name: &'static str,
    #[prop(into)] label: Text,
    #[prop(default = "text")] kind: &'static str,
    #[prop(optional)] value: Option<RwSignal<String>>,
    #[prop(optional, into)] aside: Option<Text>,
    #[prop(optional, into)] help: Option<Text>,
    #[prop(optional, into)] error: Signal<Option<String>>,
    #[prop(optional, into)] placeholder: Option<Text>,
    #[prop(optional)] autocomplete: Option<&'static str>,
    #[prop(optional)] inputmode: Option<&'static str>,
    #[prop(optional)] max_length: Option<u32>,
    #[prop(optional)] required: bool,
) -> impl IntoView {
    let (kept, node) = kept_input(value);
    view! {
        <Field name=name label=label nostrip:aside=aside nostrip:help=help error=error>
            <input
                class="input"
                id=name
                name=name
                type=kind
                node_ref=node
                value=kept.get_untracked()
                placeholder=placeholder
                autocomplete=autocomplete
                inputmode=inputmode
                maxlength=max_length
                required=required
                aria-describedby=note_of(name)
                aria-invalid=move || error.get().map(|_| "true")
                on:input=move |event| kept.set(event_target_value(&event))
            />
        </Field>
    }
}

/// Several lines; grows with what is written.
#[component]
pub fn TextArea(
    name: &'static str,
    #[prop(into)] label: Text,
    #[prop(optional)] value: Option<RwSignal<String>>,
    #[prop(optional, into)] aside: Option<Text>,
    #[prop(optional, into)] help: Option<Text>,
    #[prop(optional, into)] error: Signal<Option<String>>,
    #[prop(optional)] max_length: Option<u32>,
) -> impl IntoView {
    let kept = value.unwrap_or_default();
    let node = NodeRef::<html::Textarea>::new();
    follow(
        kept,
        move || node.get().map(|area| area.value()),
        move |text| node.with_untracked(|area| put(area, |area| area.set_value(text))),
    );
    view! {
        <Field name=name label=label nostrip:aside=aside nostrip:help=help error=error>
            <textarea
                class="input"
                id=name
                name=name
                node_ref=node
                maxlength=max_length
                aria-describedby=note_of(name)
                aria-invalid=move || error.get().map(|_| "true")
                on:input=move |event| kept.set(event_target_value(&event))
                inner_html=escaped(&kept.get_untracked())
            ></textarea>
        </Field>
    }
}

/// A search field; `find` runs at each pause of typing that the page wants (it gets every change).
#[component]
pub fn SearchInput(
    name: &'static str,
    #[prop(into)] label: Text,
    value: RwSignal<String>,
    #[prop(optional, into)] find: Option<Callback<String>>,
) -> impl IntoView {
    let (kept, node) = kept_input(Some(value));
    let typed = move |event: ev::Event| {
        kept.set(event_target_value(&event));
        if let Some(find) = find {
            find.run(kept.get_untracked());
        }
    };
    view! {
        <div class="search">
            <Icon glyph=Glyph::Search/>
            <input
                class="input"
                type="search"
                name=name
                node_ref=node
                value=kept.get_untracked()
                maxlength="120"
                placeholder=label.clone()
                aria-label=label
                on:input=typed
            />
        </div>
    }
}

/// The content of a textarea as HTML. A first line break would be eaten by the parser, so one more is put before it.
fn escaped(text: &str) -> String {
    let safe = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
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
