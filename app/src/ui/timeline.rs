//! What happened, oldest first: plain sentences, each with its raw truth a press away.

use super::{Glyph, Icon, Text, Tone};
use leptos::prelude::*;

/// The thread; its children are [`TimelineItem`]s.
#[component]
pub fn Timeline(children: Children) -> impl IntoView {
    view! { <ol class="timeline">{children()}</ol> }
}

/// One thing that happened. `at` is shown, `datetime` is for machines; the children stand below, such as the raw truth.
#[component]
pub fn TimelineItem(
    tone: Tone,
    #[prop(into)] text: Text,
    #[prop(into)] at: Text,
    #[prop(optional, into)] datetime: Option<Text>,
    #[prop(optional)] glyph: Option<Glyph>,
    #[prop(optional, into)] note: Option<Text>,
    /// Names it: one that was not there before glows once.
    #[prop(optional, into)]
    key: Option<String>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <li class="timeline-item" data-tone=tone.name() data-key=key>
            <span class="timeline-knot"><Icon glyph=glyph.unwrap_or(tone.glyph()) size="small"/></span>
            <div class="timeline-body">
                <div class="timeline-head"><p>{text}</p><time datetime=datetime>{at}</time></div>
                {note.map(|note| view! { <p class="timeline-note">{note}</p> })}
                {children.map(|children| children())}
            </div>
        </li>
    }
}
