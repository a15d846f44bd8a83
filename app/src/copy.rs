//! Values to take along in pieces of HTML: one listener for the whole page does the copying.

#[cfg(feature = "ssr")]
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::{
    texts::t,
    ui::{Glyph, Icon},
};

/// A button that copies `value`; `words` says so beside the icon.
#[cfg(feature = "ssr")]
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
#[cfg(feature = "ssr")]
pub fn copyable(value: String, wide: bool) -> AnyView {
    view! {
        <span class="copyable" data-wide=wide>
            <code title=value.clone()>{value.clone()}</code>
            {copy_button(value, wide)}
        </span>
    }
    .into_any()
}

/// Listens once, for as long as the page lives.
#[cfg(feature = "hydrate")]
pub fn listen() {
    use leptos::{ev, prelude::*};
    use wasm_bindgen::JsCast;
    let _ = window_event_listener(ev::click, |event| {
        let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        let button = target.and_then(|target| target.closest("[data-copy]").ok().flatten());
        if let Some(button) = button {
            // A press on a row's button is not a press on the row.
            event.prevent_default();
            take(button);
        }
    });
}

#[cfg(not(feature = "hydrate"))]
pub fn listen() {}

#[cfg(feature = "hydrate")]
fn take(button: web_sys::Element) {
    use leptos::prelude::*;
    let clipboard = js_sys::Reflect::get(&window().navigator(), &"clipboard".into());
    // Without a secure context there is no clipboard; the value stays there to be selected by hand.
    if clipboard.is_ok_and(|clipboard| clipboard.is_undefined()) {
        return;
    }
    let written = window().navigator().clipboard().write_text(&button.get_attribute("data-copy").unwrap_or_default());
    leptos::task::spawn_local(async move {
        if wasm_bindgen_futures::JsFuture::from(written).await.is_ok() {
            say_done(&button);
        }
    });
}

/// For two seconds the button says that it did.
#[cfg(feature = "hydrate")]
fn say_done(button: &web_sys::Element) {
    use leptos::prelude::*;
    // An element that has left the page shows nothing; nothing is lost.
    drop(button.set_attribute("data-done", "true"));
    let words = button.query_selector("[data-done-text]").ok().flatten();
    let before = words.as_ref().and_then(|words| words.text_content());
    if let Some(words) = &words {
        words.set_text_content(words.get_attribute("data-done-text").as_deref());
    }
    let button = button.clone();
    let rest = move || {
        drop(button.remove_attribute("data-done"));
        if let Some(words) = &words {
            words.set_text_content(before.as_deref());
        }
    };
    set_timeout(rest, std::time::Duration::from_secs(2));
}
