//! One link, ready to hand over: its address and QR code, what it leads to, and its switch.

use leptos::{prelude::*, task::spawn_local};
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use super::calls;
use crate::{
    live::Live,
    texts::t,
    ui::{Confirm, Crumb, StorySkeleton, Toasts, Tone},
    wire::{self, Answer, Press},
};

#[component]
pub fn OneLink() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let number = Live::here().number;
    let changed = RwSignal::new(0_u32);
    let link = wire::ask(
        move || [id.get(), number.get().to_string(), changed.get().to_string()].join(" "),
        move || calls::link(id.get_untracked()),
    );
    let toasts = Toasts::here();
    let done = move |answer: Answer| {
        changed.update(|count| *count += 1);
        let Some(toasts) = toasts else { return };
        match answer {
            Ok(_) => toasts.say(Tone::Good, t("common.saved")),
            Err(error) => toasts.say(Tone::Bad, error.text),
        }
    };
    let asking = RwSignal::new(false);
    let press = move |press: Press| match press.what.as_str() {
        "label" => spawn_local(async move { done(calls::label_link(press.id, typed_label()).await) }),
        "on" => spawn_local(async move { done(calls::switch_link(press.id, true).await) }),
        "off" => spawn_local(async move { done(calls::switch_link(press.id, false).await) }),
        "cancel" => asking.set(true),
        _ => {}
    };
    let cancel = move |()| {
        asking.set(false);
        spawn_local(async move { done(calls::cancel_link(id.get_untracked()).await) });
    };
    view! {
        <Title text=t("room.links").into_owned()/>
        <Crumb href="/links" text=t("room.links")/>
        {wire::piece(link, "", skeleton, move || id.get(), Some(Callback::new(press)))}
        <Confirm
            open=asking
            title=t("links.cancel_title")
            text=t("links.cancel_text")
            verb=t("links.cancel")
            cancel=t("links.keep")
            confirm=cancel
        />
    }
    .into_any()
}

fn skeleton() -> AnyView {
    view! { <StorySkeleton/> }.into_any()
}

/// The label as it stands in its field.
#[cfg(feature = "hydrate")]
fn typed_label() -> String {
    use wasm_bindgen::JsCast;
    let field =
        document().get_element_by_id("label").and_then(|field| field.dyn_into::<web_sys::HtmlInputElement>().ok());
    field.map(|field| field.value()).unwrap_or_default()
}

#[cfg(not(feature = "hydrate"))]
fn typed_label() -> String {
    String::new()
}
