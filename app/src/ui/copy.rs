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
