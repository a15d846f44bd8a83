//! Payment links: the list, a new one, and one ready to hand over.

mod calls;
#[cfg(feature = "ssr")]
mod desk_work;
mod new;
mod one;
#[cfg(feature = "ssr")]
mod shown;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

pub use calls::Asked;
#[cfg(feature = "ssr")]
use calls::{Choice, Found, LinkForm, LinkRow, LinkView};
pub use new::NewLink;
pub(in crate::rooms) use new::sign;
pub use one::OneLink;

use super::{chips, table_skeleton};
use crate::{
    address,
    here::Here,
    texts::t,
    ui::{ButtonLink, Glyph, Look, RoomHead, SearchInput},
    wire,
};

const PATH: &str = "/links";
/// First those made by hand: the bot makes one for every order.
const SHELVES: [(&str, &str); 4] =
    [("", "links.fixed"), ("dynamic", "links.dynamic"), ("all", "links.all"), ("off", "links.off")];

#[component]
pub fn Links() -> impl IntoView {
    let query = use_query_map();
    let now = move || {
        query.with_untracked(|query| Asked {
            q: address::value(query, "q"),
            shelf: address::value(query, "shelf"),
            before: address::value(query, "before"),
        })
    };
    let found = wire::ask(address::question(query), move || calls::find_links(now()));
    let words = RwSignal::new(now().q);
    view! {
        <Title text=t("room.links").into_owned()/>
        <RoomHead title=t("room.links")>{Here::get().may.edit_links.then(make)}</RoomHead>
        <div class="toolbar">
            <SearchInput name="q" label=t("links.search") value=words find=address::search_when_typed()/>
        </div>
        <div class="toolbar"><div class="chips">{chips(PATH, "shelf", &SHELVES, query)}</div></div>
        {wire::piece(found, "", table_skeleton, address::place(query), None)}
    }
    .into_any()
}

/// The first step.
fn make() -> AnyView {
    view! { <ButtonLink href="/links/new" look=Look::Primary icon=Glyph::Plus>{t("links.new")}</ButtonLink> }.into_any()
}
