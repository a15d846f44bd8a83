//! Choices: one of many, one of a few, yes or no, a file.

use super::super::{Glyph, Icon, Text};
use super::{Field, id_of, mistake, note_of};
use leptos::prelude::*;

/// One of many. `options` are (value, shown, mark); a mark is for style rules that show what the choice needs.
#[component]
pub fn Select(
    name: &'static str,
    #[prop(into)] label: Text,
    options: Vec<(String, Text, Option<&'static str>)>,
    #[prop(optional, into)] value: String,
    #[prop(optional, into)] help: Option<Text>,
    #[prop(default = None)] error: Option<String>,
) -> impl IntoView {
    let invalid = error.is_some().then_some("true");
    let options = options.into_iter().map(move |(choice, shown, mark)| {
        let chosen = choice == value;
        view! { <option value=choice selected=chosen data-mark=mark>{shown}</option> }
    });
    let options = options.collect_view();
    view! {
        <Field name=name label=label nostrip:help=help error=error>
            <div class="select">
                <select class="input" id=id_of(name) name=name aria-describedby=note_of(name) aria-invalid=invalid>{options}</select>
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
    #[prop(into)] value: String,
    #[prop(default = None)] error: Option<String>,
) -> impl IntoView {
    let invalid = error.is_some().then_some("true");
    let options = options.into_iter().map(move |(choice, shown)| {
        let chosen = choice == value;
        view! { <label><input type="radio" name=name value=choice checked=chosen/><span>{shown}</span></label> }
    });
    view! {
        <fieldset class="field" role="radiogroup" aria-describedby=note_of(name) aria-invalid=invalid>
            <legend class="field-label">{label}</legend>
            <div class="segments">{options.collect_view()}</div>
            <div id=note_of(name)>{error.map(mistake)}</div>
        </fieldset>
    }
}

/// On or off, at once understandable; `note` says what off means. `tick` is a tick instead of a switch.
#[component]
pub fn Switch(
    name: &'static str,
    #[prop(into)] label: Text,
    value: bool,
    #[prop(optional, into)] note: Option<Text>,
    #[prop(optional)] tick: bool,
) -> impl IntoView {
    let role = (!tick).then_some("switch");
    view! {
        <label class="check">
            <input type="checkbox" name=name role=role checked=value/>
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
    #[prop(default = Glyph::Image)] glyph: Glyph,
    #[prop(optional, into)] picture: Option<Text>,
    #[prop(optional)] several: bool,
    #[prop(default = None)] error: Option<String>,
) -> impl IntoView {
    let thumb = match picture {
        Some(address) => view! { <img class="thumb" data-size="large" src=address alt=""/> }.into_any(),
        None => view! { <span class="thumb" data-size="large"><Icon glyph=glyph/></span> }.into_any(),
    };
    view! {
        <div class="field">
            <label class="photo">
                <input type="file" name=name accept=accept multiple=several aria-describedby=note_of(name)/>
                {thumb}
                <span class="photo-text"><b>{label}</b><small>{note}</small></span>
            </label>
            <div id=note_of(name)>{error.map(mistake)}</div>
        </div>
    }
}
