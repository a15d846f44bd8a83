//! Buttons and links that look like buttons. One primary per view.

use super::{Glyph, Icon, Text};
use leptos::prelude::*;

/// How much a button asks for attention.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Look {
    /// The one thing to do here.
    Primary,
    #[default]
    Plain,
    /// No edge until pointed at.
    Quiet,
    /// Leads to a loss; the question comes after.
    Danger,
    /// Confirms the loss.
    DangerNow,
}

impl Look {
    pub(super) fn name(self) -> Option<&'static str> {
        match self {
            Self::Primary => Some("primary"),
            Self::Plain => None,
            Self::Quiet => Some("quiet"),
            Self::Danger => Some("danger"),
            Self::DangerNow => Some("danger-now"),
        }
    }
}

/// How large it is; always 44 px under a finger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Size {
    Small,
    #[default]
    Normal,
    Large,
}

impl Size {
    fn name(self) -> Option<&'static str> {
        match self {
            Self::Small => Some("small"),
            Self::Normal => None,
            Self::Large => Some("large"),
        }
    }
}

/// A button. Without `press` and with `submit` it sends the form it stands in. `busy` keeps the words and shows work.
#[component]
pub fn Button(
    #[prop(optional)] look: Look,
    #[prop(optional)] size: Size,
    #[prop(optional)] icon: Option<Glyph>,
    #[prop(optional)] submit: bool,
    #[prop(optional, into)] busy: Signal<bool>,
    #[prop(optional, into)] disabled: Signal<bool>,
    #[prop(optional, into)] press: Option<Callback<()>>,
    children: Children,
) -> impl IntoView {
    view! {
        <button
            type=if submit { "submit" } else { "button" }
            class="button"
            data-look=look.name()
            data-size=size.name()
            aria-busy=move || busy.get().then_some("true")
            disabled=move || disabled.get()
            on:click=move |_| pressed(press, busy)
        >
            {icon.map(|glyph| view! { <Icon glyph=glyph/> })}
            <span>{children()}</span>
        </button>
    }
}

/// A button that shows only its icon; `label` is read aloud and shown on hover.
#[component]
pub fn IconButton(
    glyph: Glyph,
    #[prop(into)] label: Text,
    #[prop(default = Look::Quiet)] look: Look,
    #[prop(optional)] size: Size,
    #[prop(optional, into)] disabled: Signal<bool>,
    #[prop(optional, into)] press: Option<Callback<()>>,
) -> impl IntoView {
    view! {
        <button
            type="button"
            class="button"
            data-icon-only=true
            data-look=look.name()
            data-size=size.name()
            title=label.clone()
            aria-label=label
            disabled=move || disabled.get()
            on:click=move |_| pressed(press, Signal::default())
        >
            <Icon glyph=glyph/>
        </button>
    }
}

/// A link dressed as a button: it goes somewhere, it does nothing.
#[component]
pub fn ButtonLink(
    #[prop(into)] href: Text,
    #[prop(optional)] look: Look,
    #[prop(optional)] size: Size,
    #[prop(optional)] icon: Option<Glyph>,
    /// For files and pages outside the dashboard: the browser follows it, not the router.
    #[prop(optional)]
    outside: bool,
    children: Children,
) -> impl IntoView {
    view! {
        <a class="button" href=href data-look=look.name() data-size=size.name() rel=outside.then_some("external")>
            {icon.map(|glyph| view! { <Icon glyph=glyph/> })}
            <span>{children()}</span>
        </a>
    }
}

/// A second press while the first is at work does nothing.
fn pressed(press: Option<Callback<()>>, busy: Signal<bool>) {
    if let Some(press) = press
        && !busy.get_untracked()
    {
        press.run(());
    }
}
