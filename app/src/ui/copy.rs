//! Values to take along: a press copies, and the button says that it did.

use super::{Glyph, Icon, Text};
use leptos::prelude::*;

/// Copies `value`. `done` replaces `label` for two seconds.
#[component]
pub fn CopyButton(
    #[prop(into)] value: Text,
    #[prop(into)] label: Text,
    #[prop(into)] done: Text,
    /// Only the icon; the words are read aloud.
    #[prop(optional)]
    icon_only: bool,
) -> impl IntoView {
    let copied = RwSignal::new(false);
    let words = move || if copied.get() { done.clone() } else { label.clone() };
    view! {
        <button
            type="button"
            class="button copy"
            data-look="quiet"
            data-size="small"
            data-icon-only=icon_only
            data-done=move || copied.get().then_some("true")
            on:click=move |_| take(&value, copied)
        >
            {move || view! { <Icon glyph=if copied.get() { Glyph::Check } else { Glyph::Copy }/> }}
            <span class=icon_only.then_some("hear") aria-live="polite">{words}</span>
        </button>
    }
}

/// A value with its copy button. `wide` fills the line, for addresses.
#[component]
pub fn Copyable(
    #[prop(into)] value: Text,
    #[prop(into)] label: Text,
    #[prop(into)] done: Text,
    #[prop(optional)] wide: bool,
) -> impl IntoView {
    view! {
        <span class="copyable" data-wide=wide>
            <code title=value.clone()>{value.clone()}</code>
            <CopyButton value=value label=label done=done icon_only=!wide/>
        </span>
    }
}

#[cfg(feature = "hydrate")]
fn take(value: &str, copied: RwSignal<bool>) {
    let Some(window) = web_sys::window() else { return };
    // Without a secure context there is no clipboard; the value stays there to be selected by hand.
    let clipboard = js_sys::Reflect::get(&window.navigator(), &"clipboard".into());
    if clipboard.is_ok_and(|clipboard| clipboard.is_undefined()) {
        return;
    }
    let written = window.navigator().clipboard().write_text(value);
    leptos::task::spawn_local(async move {
        if wasm_bindgen_futures::JsFuture::from(written).await.is_ok() {
            copied.set(true);
            let rest = move || {
                let _ = copied.try_set(false);
            };
            set_timeout(rest, std::time::Duration::from_secs(2));
        }
    });
}

#[cfg(not(feature = "hydrate"))]
fn take(_value: &str, _copied: RwSignal<bool>) {}
