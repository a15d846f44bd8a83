//! The webhook log: every delivery of a provider, whatever became of it, with what was decided and why.

mod calls;
#[cfg(feature = "ssr")]
mod shown;

use leptos::{prelude::*, task::spawn_local};
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

pub use calls::Asked;

use super::{chips, table_skeleton};
use crate::{
    address,
    badge::Badge,
    texts::t,
    ui::{RoomHead, Toasts, Tone},
    wire::{self, Press},
};

const PATH: &str = "/webhooks";
/// The decisions worth a filter of their own.
const FILTERS: [(&str, &str); 8] = [
    ("", "webhooks.all"),
    ("applied", "decision.applied"),
    ("duplicate", "decision.duplicate"),
    ("no_change", "decision.no_change"),
    ("mismatch", "decision.mismatch"),
    ("unknown_payment", "decision.unknown_payment"),
    ("bad_signature", "decision.bad_signature"),
    ("unreadable", "decision.unreadable"),
];

#[component]
pub fn Webhooks() -> impl IntoView {
    let query = use_query_map();
    let replayed = RwSignal::new(0_u32);
    let question = address::question(query);
    let now = move || {
        query.with_untracked(|query| Asked {
            decision: address::value(query, "decision"),
            before: address::value(query, "before"),
        })
    };
    let found =
        wire::ask(move || [question(), replayed.get().to_string()].join(" "), move || calls::find_deliveries(now()));
    view! {
        <Title text=t("room.webhooks").into_owned()/>
        <RoomHead title=t("room.webhooks")/>
        <p class="room-lead">{t("webhooks.lead")}</p>
        <div class="toolbar"><div class="chips">{chips(PATH, "decision", &FILTERS, query)}</div></div>
        {wire::piece(found, "", table_skeleton, address::place(query), Some(replay(replayed)))}
    }
    .into_any()
}

/// Weighs a delivery again, as it was received: it can only do what it could have done then.
fn replay(replayed: RwSignal<u32>) -> Callback<Press> {
    let toasts = Toasts::here();
    Callback::new(move |press: Press| {
        spawn_local(async move {
            let answer = calls::replay_delivery(press.id).await.and_then(|wire| wire.read::<Badge>());
            replayed.update(|count| *count += 1);
            let Some(toasts) = toasts else { return };
            match answer {
                Ok(decision) => toasts.say(decision.mood.into(), decision.text),
                Err(error) => toasts.say(Tone::Bad, error.text),
            }
        });
    })
}
