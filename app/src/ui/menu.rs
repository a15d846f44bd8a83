//! Menus: they open without scripts; once the page is awake they also close by themselves.

use super::{Look, Text};
use leptos::prelude::*;

/// A menu under `face` (an icon, a name, an avatar).
#[component]
pub fn Menu(
    #[prop(into)] label: Text,
    face: AnyView,
    #[prop(optional)] look: Look,
    #[prop(optional)] icon_only: bool,
    children: Children,
) -> impl IntoView {
    view! {
        <details class="menu">
            <summary class="button" data-look=look.name() data-icon-only=icon_only aria-label=label>{face}</summary>
            <div class="menu-list">{children()}</div>
        </details>
    }
}
