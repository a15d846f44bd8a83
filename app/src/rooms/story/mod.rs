//! One payment: what it is, what to do next, and everything that happened to it, each with its raw truth.

mod calls;
#[cfg(feature = "ssr")]
mod sentences;
#[cfg(feature = "ssr")]
mod shown;

use leptos::{prelude::*, task::spawn_local};
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

#[cfg(feature = "ssr")]
pub(crate) use calls::{Happened, Known};
#[cfg(feature = "ssr")]
pub(crate) use sentences::raw_event;

use crate::{
    badge::Badge,
    live::Live,
    texts::{t, t_with},
    ui::{Crumb, StorySkeleton, Toasts, Tone},
    wire::{self, Press},
};

#[component]
pub fn Story() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let number = Live::here().number;
    let asked = RwSignal::new(0_u32);
    let story = wire::ask(
        move || [id.get(), number.get().to_string(), asked.get().to_string()].join(" "),
        move || calls::story(id.get_untracked()),
    );
    view! {
        <Title text=t("room.payments").into_owned()/>
        <Crumb href="/payments" text=t("room.payments")/>
        {wire::piece(story, "", skeleton, move || id.get(), Some(check(asked)))}
    }
    .into_any()
}

fn skeleton() -> AnyView {
    view! { <StorySkeleton/> }.into_any()
}

/// Asks the provider now; what it says is settled like any other word of it.
fn check(asked: RwSignal<u32>) -> Callback<Press> {
    let toasts = Toasts::here();
    Callback::new(move |press: Press| {
        spawn_local(async move {
            let answer = calls::check_payment(press.id).await.and_then(|wire| wire.read::<Badge>());
            asked.update(|asked| *asked += 1);
            let Some(toasts) = toasts else { return };
            match answer {
                Ok(status) => toasts.say(status.mood.into(), t_with("story.checked", &[("status", &status.text)])),
                Err(error) => toasts.say(Tone::Bad, error.text),
            }
        });
    })
}
