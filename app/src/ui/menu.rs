//! Menus: they open without scripts, and close by themselves when something was chosen.

use super::{Glyph, Icon, Look, Text};
use leptos::{html, prelude::*};

/// A menu under `face` (an icon, a name, an avatar). `start` hangs it from its start instead of its end.
#[component]
pub fn Menu(
    #[prop(into)] label: Text,
    face: AnyView,
    #[prop(optional)] look: Look,
    #[prop(optional)] icon_only: bool,
    #[prop(optional)] start: bool,
    children: Children,
) -> impl IntoView {
    let node = NodeRef::<html::Details>::new();
    let close = move || {
        if let Some(details) = node.get_untracked() {
            details.set_open(false);
        }
    };
    let escape = move |event: leptos::ev::KeyboardEvent| {
        if event.key() == "Escape" {
            close();
        }
    };
    view! {
        <details class="menu" node_ref=node on:keydown=escape>
            <summary class="button" data-look=look.name() data-icon-only=icon_only aria-label=label>{face}</summary>
            <div class="menu-list" data-start=start on:click=move |_| close()>{children()}</div>
        </details>
    }
}

/// A choice that leads somewhere.
#[component]
pub fn MenuLink(
    #[prop(into)] href: Text,
    #[prop(into)] text: Text,
    #[prop(optional)] icon: Option<Glyph>,
    #[prop(optional)] current: bool,
    /// The browser follows it, not the router.
    #[prop(optional)]
    outside: bool,
) -> impl IntoView {
    view! {
        <a class="menu-item" href=href aria-current=current.then_some("true") rel=outside.then_some("external")>
            {icon.map(|glyph| view! { <Icon glyph=glyph/> })}
            <span>{text}</span>
        </a>
    }
}

/// A choice that does something.
#[component]
pub fn MenuButton(
    #[prop(into)] text: Text,
    #[prop(into)] press: Callback<()>,
    #[prop(optional)] icon: Option<Glyph>,
    #[prop(optional)] look: Look,
) -> impl IntoView {
    view! {
        <button type="button" class="menu-item" data-look=look.name() on:click=move |_| press.run(())>
            {icon.map(|glyph| view! { <Icon glyph=glyph/> })}
            <span>{text}</span>
        </button>
    }
}
