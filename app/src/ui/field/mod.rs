//! Form fields: label above, help below, error beside, and nothing typed is ever lost. A field keeps its value in a signal, adopts what
//! was typed before the page woke up, and is a plain named input for a form sent without scripts.

pub mod choice;
pub mod money;
pub mod text;

use super::{Glyph, Icon, Text};
use leptos::{html, prelude::*};

pub use choice::{FilePicker, Segments, Select, Switch};
pub use money::{MoneyInput, ungroup};
pub use text::{SearchInput, TextArea, TextInput};

/// The frame of a field: for inputs of one's own. The input's `id` must be `name`, its `aria-describedby` `{name}-note`.
#[component]
pub fn Field(
    name: &'static str,
    #[prop(into)] label: Text,
    #[prop(optional, into)] aside: Option<Text>,
    #[prop(optional, into)] help: Option<Text>,
    #[prop(optional, into)] error: Signal<Option<String>>,
    children: Children,
) -> impl IntoView {
    view! {
        <div class="field">
            <label class="field-label" for=name>{label} {aside.map(|aside| view! { <small>{aside}</small> })}</label>
            {children()}
            <div id=note_of(name)>
                {help.map(|help| view! { <p class="field-help">{help}</p> })}
                {move || error.get().map(mistake)}
            </div>
        </div>
    }
}

fn note_of(name: &str) -> String {
    [name, "-note"].concat()
}

fn mistake(text: String) -> impl IntoView {
    view! {
        <p class="field-error" role="alert"><Icon glyph=Glyph::Triangle size="small"/><span>{text}</span></p>
    }
}

fn kept_input(value: Option<RwSignal<String>>) -> (RwSignal<String>, NodeRef<html::Input>) {
    let kept = value.unwrap_or_default();
    let node = NodeRef::<html::Input>::new();
    follow(
        kept,
        move || node.get().map(|input| input.value()),
        move |text| node.with_untracked(|input| put(input, |input| input.set_value(text))),
    );
    (kept, node)
}

fn put<E>(element: &Option<E>, set: impl FnOnce(&E)) {
    if let Some(element) = element {
        set(element);
    }
}

/// Keeps an input and its signal the same. The first time the input wins: it may hold what was chosen or restored before hydration.
fn follow<T>(kept: RwSignal<T>, shown: impl Fn() -> Option<T> + 'static, show: impl Fn(&T) + 'static)
where
    T: Clone + PartialEq + Send + Sync + 'static,
{
    Effect::new(move |met: Option<bool>| {
        let wanted = kept.get();
        let Some(shown) = shown() else { return false };
        match met {
            _ if shown == wanted => {}
            Some(true) => show(&wanted),
            _ => kept.set(shown),
        }
        true
    });
}
