//! A room without rows: what it is for, and the first step.

use super::{Glyph, Icon, Text};
use leptos::prelude::*;

/// The children are the first step: one primary button.
#[component]
pub fn Empty(
    glyph: Glyph,
    #[prop(into)] title: Text,
    #[prop(into)] text: Text,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty">
            <span class="empty-mark"><Icon glyph=glyph size="large"/></span>
            <h2>{title}</h2>
            <p>{text}</p>
            {children.map(|children| view! { <div class="button-row">{children()}</div> })}
        </div>
    }
}
