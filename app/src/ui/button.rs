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
    pub(super) fn name(self) -> Option<&'static str> {
        match self {
            Self::Small => Some("small"),
            Self::Normal => None,
            Self::Large => Some("large"),
        }
    }
}

/// The button that sends the form it stands in. `name` and `value` go along when this button was pressed.
#[component]
pub fn Button(
    #[prop(optional)] look: Look,
    #[prop(optional)] size: Size,
    #[prop(optional)] icon: Option<Glyph>,
    #[prop(optional)] name: Option<&'static str>,
    #[prop(optional, into)] value: Option<Text>,
    children: Children,
) -> impl IntoView {
    view! {
        <button type="submit" class="button" data-look=look.name() data-size=size.name() name=name value=value>
            {icon.map(|glyph| view! { <Icon glyph=glyph/> })}
            <span>{children()}</span>
        </button>
    }
}

/// A button that does one thing at `action`, needing nothing more: a form of its own.
#[component]
pub fn PostButton(
    #[prop(into)] action: Text,
    #[prop(optional)] look: Look,
    #[prop(optional)] size: Size,
    #[prop(optional)] icon: Option<Glyph>,
    children: Children,
) -> impl IntoView {
    view! {
        <form method="post" action=action class="inline">
            <Button look=look size=size nostrip:icon=icon>{children()}</Button>
        </form>
    }
}

/// A link dressed as a button: it goes somewhere, it does nothing.
#[component]
pub fn ButtonLink(
    #[prop(into)] href: Text,
    #[prop(optional)] look: Look,
    #[prop(optional)] size: Size,
    #[prop(optional)] icon: Option<Glyph>,
    children: Children,
) -> impl IntoView {
    view! {
        <a class="button" href=href data-look=look.name() data-size=size.name()>
            {icon.map(|glyph| view! { <Icon glyph=glyph/> })}
            <span>{children()}</span>
        </a>
    }
}
