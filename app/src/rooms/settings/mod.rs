//! Settings of the shop, a page for each concern.

mod money;
mod notify;

use axum::Router;
use leptos::prelude::*;

use crate::{
    texts::t,
    ui::{Chip, RoomHead},
    web::Faces,
};

const PAGES: [(&str, &str); 2] = [(money::PATH, "settings.money"), (notify::PATH, "settings.notifications")];

pub(super) fn routes() -> Router<Faces> {
    money::routes().merge(notify::routes())
}

/// One page of the settings, with the way to the others.
fn page(current: &str, parts: AnyView) -> AnyView {
    let chips = PAGES.map(|(path, key)| view! { <Chip href=path text=t(key) current={path == current}/> });
    view! {
        <RoomHead title=t("room.settings")/>
        <div class="stack-wide">
            <nav class="chips" aria-label=t("room.settings")>{chips.collect_view()}</nav>
            {parts}
        </div>
    }
    .into_any()
}
