//! Payments: every attempt to pay, newest first, found by anything a person may know of it. New rows come by themselves.

mod calls;
#[cfg(feature = "ssr")]
mod shown;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{hooks::use_query_map, params::ParamsMap};

pub use calls::Asked;

use super::{chips, table_skeleton};
use crate::{
    address,
    texts::t,
    ui::{Chip, RoomHead, SearchInput, Text},
    wire,
};

const PATH: &str = "/payments";
const SHELVES: [(&str, &str); 7] = [
    ("", "payments.all"),
    ("paid", "payments.paid"),
    ("waiting", "payments.waiting"),
    ("failed", "payments.failed"),
    ("expired", "payments.expired"),
    ("refunded", "payments.refunded"),
    ("review", "payments.review"),
];

fn asked(query: &ParamsMap) -> Asked {
    Asked {
        q: address::value(query, "q"),
        status: address::value(query, "status"),
        day: address::value(query, "day"),
        before: address::value(query, "before"),
    }
}

#[component]
pub fn Payments() -> impl IntoView {
    let query = use_query_map();
    let now = move || query.with_untracked(asked);
    let found = wire::ask(address::question(query), move || calls::find_payments(now()));
    let words = RwSignal::new(now().q);
    view! {
        <Title text=t("room.payments").into_owned()/>
        <RoomHead title=t("room.payments")/>
        <div class="toolbar">
            <SearchInput name="q" label=t("payments.search") value=words find=address::search_when_typed()/>
        </div>
        <div class="toolbar"><div class="chips">{shelves(query)}</div></div>
        {wire::piece(found, "", table_skeleton, address::place(query), None)}
    }
    .into_any()
}

fn shelves(query: Memo<ParamsMap>) -> AnyView {
    let day = move || {
        let day = query.with(|query| address::value(query, "day"));
        (!day.is_empty()).then(|| {
            let href = Signal::derive(move || query.with(|query| address::with(PATH, query, "day", "")));
            view! { <Chip href=href text=Text::from([&day, " ✕"].concat()) current=true/> }
        })
    };
    view! {
        {chips(PATH, "status", &SHELVES, query)}
        {day}
    }
    .into_any()
}
