//! Status in a shape and a word: never colour alone.

use super::{
    Glyph, Icon, Text,
    drawn::{self, Html},
    icon,
};
use leptos::prelude::*;

/// How things stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Someone else has to answer first.
    Waiting,
    /// Paid, delivered, done.
    Good,
    /// Refused, failed.
    Bad,
    /// Over without anyone's fault: expired, cancelled, switched off.
    Ended,
    /// A person of the shop must look.
    Review,
    /// Neither good nor bad: refunded, told.
    Info,
}

impl Tone {
    pub(crate) const ALL: [Self; 6] = [Self::Waiting, Self::Good, Self::Bad, Self::Ended, Self::Review, Self::Info];

    /// The word the style sheet knows it by.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Ended => "ended",
            Self::Review => "review",
            Self::Info => "info",
        }
    }

    /// Its shape.
    #[must_use]
    pub fn glyph(self) -> Glyph {
        match self {
            Self::Waiting => Glyph::Clock,
            Self::Good => Glyph::Check,
            Self::Bad => Glyph::Cross,
            Self::Ended => Glyph::Bar,
            Self::Review => Glyph::Triangle,
            Self::Info => Glyph::Ring,
        }
    }
}

/// A status in a table or beside a title. `plain` leaves the tint away.
#[component]
pub fn StatusBadge(tone: Tone, #[prop(into)] text: Text, #[prop(optional)] plain: bool) -> impl IntoView {
    drawn::drawn(|html| draw(html, tone, &text, plain))
}

pub(super) fn draw(html: &mut Html, tone: Tone, text: &str, plain: bool) {
    let attributes = [("class", Some("badge")), ("data-tone", Some(tone.name())), ("data-plain", drawn::flag(plain))];
    html.element("span", &attributes, |html| {
        icon::draw(html, tone.glyph(), "small");
        html.element("span", &[], |html| html.text(text));
    });
}

/// A sentence the person must not miss, inside a page; a button among the children stands at its end.
#[component]
pub fn Notice(tone: Tone, #[prop(into)] text: Text, #[prop(optional)] children: Option<Children>) -> impl IntoView {
    let role = if matches!(tone, Tone::Bad | Tone::Review) { "alert" } else { "status" };
    view! {
        <div class="notice" data-tone=tone.name() role=role>
            <Icon glyph=tone.glyph()/>
            <div>{text}</div>
            {children.map(|children| children())}
        </div>
    }
}
