//! Whether news arrive by themselves, and their arrival: the page's live places are drawn anew when the journal has grown.

use leptos::prelude::*;

/// `number` is the journal's last number when the page was drawn; `on` and `off` say how the connection is.
#[island]
pub fn LiveMark(number: i64, on: String, off: String) -> impl IntoView {
    let connected = RwSignal::new(false);
    listen(number, connected);
    let words = move || if connected.get() { on.clone() } else { off.clone() };
    view! { <span class="live" data-on=move || connected.get().then_some("true") role="status">{words}</span> }
}

/// The browser itself comes back after a break, so the stream is opened once and never closed.
#[cfg(feature = "hydrate")]
fn listen(number: i64, connected: RwSignal<bool>) {
    use wasm_bindgen::{JsCast, prelude::Closure};

    use super::page;
    let Ok(stream) = web_sys::EventSource::new("/live") else { return };
    let known = StoredValue::new(number);
    let message = Closure::<dyn Fn(web_sys::MessageEvent)>::new(move |event: web_sys::MessageEvent| {
        connected.set(true);
        let told = event.data().as_string().and_then(|text| text.parse().ok());
        if let Some(told) = told.filter(|told| *told != known.get_value()) {
            known.set_value(told);
            page::refresh_soon();
        }
    });
    let open = Closure::<dyn Fn()>::new(move || connected.set(true));
    let broken = Closure::<dyn Fn()>::new(move || connected.set(false));
    stream.set_onmessage(Some(message.as_ref().unchecked_ref()));
    stream.set_onopen(Some(open.as_ref().unchecked_ref()));
    stream.set_onerror(Some(broken.as_ref().unchecked_ref()));
    message.forget();
    open.forget();
    broken.forget();
}

#[cfg(not(feature = "hydrate"))]
fn listen(_number: i64, _connected: RwSignal<bool>) {}
