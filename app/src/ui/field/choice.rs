//! Choices: one of many, one of a few, yes or no, a file.

use super::super::{Glyph, Icon, Text};
use super::{Field, follow, mistake, note_of, put};
use leptos::{ev, html, prelude::*};

/// One of many. `options` are (value, shown).
#[component]
pub fn Select(
    name: &'static str,
    #[prop(into)] label: Text,
    options: Vec<(String, Text)>,
    #[prop(optional)] value: Option<RwSignal<String>>,
    #[prop(optional, into)] help: Option<Text>,
    #[prop(optional, into)] error: Signal<Option<String>>,
) -> impl IntoView {
    let kept = value.unwrap_or_default();
    let node = NodeRef::<html::Select>::new();
    follow(
        kept,
        move || node.get().map(|list| list.value()),
        move |text| node.with_untracked(|list| put(list, |list| list.set_value(text))),
    );
    let options = options.into_iter().map(move |(value, shown)| {
        let chosen = value == kept.get_untracked();
        view! { <option value=value selected=chosen>{shown}</option> }
    });
    view! {
        <Field name=name label=label nostrip:help=help error=error>
            <div class="select">
                <select
                    class="input"
                    id=name
                    name=name
                    node_ref=node
                    aria-describedby=note_of(name)
                    aria-invalid=move || error.get().map(|_| "true")
                    on:change=move |event| kept.set(event_target_value(&event))
                >
                    {options.collect_view()}
                </select>
                <Icon glyph=Glyph::ChevronDown/>
            </div>
        </Field>
    }
}

/// One of a few, all in sight.
#[component]
pub fn Segments(
    name: &'static str,
    #[prop(into)] label: Text,
    options: Vec<(String, Text)>,
    value: RwSignal<String>,
    /// The label is only read aloud: for a choice whose meaning is plain.
    #[prop(optional)]
    silent: bool,
) -> impl IntoView {
    let options = options.into_iter().map(move |(choice, shown)| segment(name, choice, shown, value));
    view! {
        <fieldset class="field">
            <legend class=if silent { "hear" } else { "field-label" }>{label}</legend>
            <div class="segments">{options.collect_view()}</div>
        </fieldset>
    }
}

fn segment(name: &'static str, choice: String, shown: Text, value: RwSignal<String>) -> impl IntoView {
    let node = NodeRef::<html::Input>::new();
    let (own, chosen) = (choice.clone(), choice == value.get_untracked());
    // As in `follow`: what was chosen before hydration wins once, from then on the signal does.
    Effect::new(move |met: Option<bool>| {
        let wanted = value.with(|value| *value == own);
        let Some(radio) = node.get() else { return false };
        match met {
            Some(true) => radio.set_checked(wanted),
            _ if radio.checked() && !wanted => value.set(own.clone()),
            _ => {}
        }
        true
    });
    let set = choice.clone();
    view! {
        <label>
            <input type="radio" name=name value=choice checked=chosen node_ref=node on:change=move |_| value.set(set.clone())/>
            <span>{shown}</span>
        </label>
    }
}

/// On or off, at once understandable; `note` says what off means.
#[component]
pub fn Switch(
    name: &'static str,
    #[prop(into)] label: Text,
    value: RwSignal<bool>,
    #[prop(optional, into)] note: Option<Text>,
    /// A tick in a form that is saved, instead of a switch.
    #[prop(optional)]
    tick: bool,
) -> impl IntoView {
    let node = NodeRef::<html::Input>::new();
    follow(
        value,
        move || node.get().map(|input| input.checked()),
        move |on| {
            node.with_untracked(|input| put(input, |input| input.set_checked(*on)));
        },
    );
    view! {
        <label class="check">
            <input
                type="checkbox"
                name=name
                role=(!tick).then_some("switch")
                node_ref=node
                checked=value.get_untracked()
                on:change=move |event| value.set(event_target_checked(&event))
            />
            <span class="check-text"><span>{label}</span> {note.map(|note| view! { <small>{note}</small> })}</span>
        </label>
    }
}

/// A file from the phone or the desk. The form that holds it must be `multipart/form-data`. `picture` is shown when there is one already.
#[component]
pub fn FilePicker(
    name: &'static str,
    #[prop(into)] label: Text,
    #[prop(into)] note: Text,
    #[prop(default = "image/jpeg,image/png,image/webp")] accept: &'static str,
    #[prop(optional, into)] picture: Option<Text>,
    #[prop(optional, into)] error: Signal<Option<String>>,
    /// Gets the file input's change; the name chosen is already shown.
    #[prop(optional, into)]
    chosen: Option<Callback<ev::Event>>,
) -> impl IntoView {
    let shown = RwSignal::new(None::<String>);
    let change = move |event: ev::Event| {
        let path = event_target_value(&event);
        shown.set(path.rsplit(['\\', '/']).next().filter(|name| !name.is_empty()).map(str::to_owned));
        if let Some(chosen) = chosen {
            chosen.run(event);
        }
    };
    let thumb = match picture {
        Some(address) => view! { <img class="thumb" data-size="large" src=address alt=""/> }.into_any(),
        None => view! { <span class="thumb" data-size="large"><Icon glyph=Glyph::Image/></span> }.into_any(),
    };
    view! {
        <div class="field">
            <label class="photo">
                <input type="file" name=name accept=accept aria-describedby=note_of(name) on:change=change/>
                {thumb}
                <span class="photo-text">
                    <b>{move || shown.get().map_or_else(|| label.clone(), Text::from)}</b>
                    <small>{note}</small>
                </span>
            </label>
            <div id=note_of(name)>{move || error.get().map(mistake)}</div>
        </div>
    }
}
