//! The overview: today's numbers, the days before, and how far customers come. Each number leads to its rows.

mod calls;
#[cfg(feature = "ssr")]
mod shown;

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    live::Live,
    texts::t,
    ui::{RoomHead, TilesSkeleton},
    wire,
};

#[component]
pub fn Overview() -> impl IntoView {
    let number = Live::here().number;
    let numbers = wire::ask(move || number.get().to_string(), calls::overview);
    view! {
        <Title text=t("room.overview").into_owned()/>
        {wire::piece(numbers, "overview", skeleton, String::new, None)}
    }
    .into_any()
}

fn skeleton() -> AnyView {
    view! {
        <RoomHead title=t("room.overview")/>
        <TilesSkeleton tiles=4/>
    }
    .into_any()
}
