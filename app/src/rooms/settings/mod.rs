//! Settings of the shop, a page for each concern.

mod bot;
mod crm;
mod crm_form;
mod handover;
mod method_form;
mod methods;
mod money;
mod notify;
mod register;
mod register_form;
mod shop;

pub(super) use self::shop::zone;

use axum::Router;
use leptos::prelude::*;

use crate::{
    texts::t,
    ui::{Chip, RoomHead},
    web::Faces,
};

const PAGES: [(&str, &str); 8] = [
    (shop::PATH, "settings.shop"),
    (bot::PATH, "settings.bot"),
    (methods::PATH, "settings.methods"),
    (register::PATH, "settings.register"),
    (crm::PATH, "settings.crm"),
    (handover::PATH, "settings.handover"),
    (money::PATH, "settings.money"),
    (notify::PATH, "settings.notifications"),
];

pub(super) fn routes() -> Router<Faces> {
    shop::routes()
        .merge(bot::routes())
        .merge(methods::routes())
        .merge(register::routes())
        .merge(crm::routes())
        .merge(handover::routes())
        .merge(money::routes())
        .merge(notify::routes())
}

/// The form with the shop's picture.
pub(super) fn upload_routes() -> Router<Faces> {
    shop::upload_routes()
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
