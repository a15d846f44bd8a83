//! Whether news arrive by themselves, and their arrival: the page's live places are drawn anew when the journal has grown.

#[cfg(feature = "hydrate")]
pub(super) use browser::listen;

#[cfg(feature = "ssr")]
use crate::ui::Text;

const MARK: &str = "live";

/// `number` is the journal's last number when the page was drawn; `on` and `off` say how the connection is.
#[cfg(feature = "ssr")]
pub(crate) fn live_mark(number: i64, on: Text, off: Text) -> leptos::prelude::AnyView {
    use leptos::prelude::*;
    view! { <span class="live" id=MARK role="status" data-number=number><span>{off}</span><span>{on}</span></span> }
        .into_any()
}

#[cfg(feature = "hydrate")]
mod browser {
    use std::cell::Cell;

    use leptos::prelude::document;
    use wasm_bindgen::{JsCast, prelude::Closure};
    use web_sys::{EventSource, MessageEvent};

    use super::MARK;
    use crate::islands::page;

    /// The browser itself comes back after a break, so the stream is opened once and never closed.
    pub(in crate::islands) fn listen() {
        let Some(mark) = document().get_element_by_id(MARK) else { return };
        let Ok(stream) = EventSource::new("/live") else { return };
        let known = Cell::new(mark.get_attribute("data-number"));
        let message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            connected(true);
            let told = event.data().as_string();
            if told != known.replace(told.clone()) {
                page::refresh_soon();
            }
        });
        let open = Closure::<dyn Fn()>::new(|| connected(true));
        let broken = Closure::<dyn Fn()>::new(|| connected(false));
        stream.set_onmessage(Some(message.as_ref().unchecked_ref()));
        stream.set_onopen(Some(open.as_ref().unchecked_ref()));
        stream.set_onerror(Some(broken.as_ref().unchecked_ref()));
        // For as long as the page lives.
        message.forget();
        open.forget();
        broken.forget();
    }

    /// The style shows one word or the other; a mark that has left the page shows nothing.
    fn connected(on: bool) {
        let Some(mark) = document().get_element_by_id(MARK) else { return };
        drop(if on { mark.set_attribute("data-on", "true") } else { mark.remove_attribute("data-on") });
    }
}
