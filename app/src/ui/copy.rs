//! Values to take along; the page's listener (`islands::Awake`) does the copying.

use leptos::prelude::*;

use super::{Glyph, Icon};
use crate::texts::t;

/// A button that copies `value`; `words` says so beside the icon.
pub fn copy_button(value: String, words: bool) -> AnyView {
    view! {
        <button
            type="button"
            class="button copy"
            data-look="quiet"
            data-size="small"
            data-icon-only=!words
            data-copy=value
            title=t("common.copy")
        >
            <Icon glyph=Glyph::Copy/>
            <span class=(!words).then_some("hear") data-done-text=t("common.copied")>{t("common.copy")}</span>
        </button>
    }
    .into_any()
}

/// A button that copies a longer piece; `words` say which.
pub fn copy_words(value: String, words: super::Text) -> AnyView {
    view! {
        <button type="button" class="button copy" data-size="small" data-copy=value>
            <Icon glyph=Glyph::Copy/>
            <span data-done-text=t("common.copied")>{words}</span>
        </button>
    }
    .into_any()
}

/// A value with its copy button; `wide` fills the line, for addresses.
pub fn copyable(value: String, wide: bool) -> AnyView {
    view! {
        <span class="copyable" data-wide=wide>
            <code title=value.clone()>{value.clone()}</code>
            {copy_button(value, wide)}
        </span>
    }
    .into_any()
}
