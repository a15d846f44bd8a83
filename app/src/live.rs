//! The live feed: the server says when the merchant's journal has grown, and the pages look again, quietly.

use leptos::prelude::*;

use crate::here::Here;

/// Found by context in every room.
#[derive(Clone, Copy)]
pub struct Live {
    /// The last number of the journal; a page that reads it looks again when it grows.
    pub number: RwSignal<i64>,
    /// Payments that wait for a person.
    pub review: RwSignal<u32>,
    pub on: RwSignal<bool>,
}

impl Live {
    /// Called once, by the app.
    pub fn provide(here: &Here) -> Self {
        let live =
            Self { number: RwSignal::new(here.number), review: RwSignal::new(here.review), on: RwSignal::new(false) };
        provide_context(live);
        live.listen();
        live
    }

    #[must_use]
    pub fn here() -> Self {
        use_context().unwrap_or_else(|| Self::provide(&Here::default()))
    }

    /// Two numbers: the journal's last, and how many payments wait for a person.
    #[cfg(feature = "hydrate")]
    fn hear(self, message: &str) {
        let mut numbers = message.split(' ');
        if let Some(number) = numbers.next().and_then(|number| number.parse().ok())
            && self.number.get_untracked() != number
        {
            self.number.set(number);
        }
        if let Some(review) = numbers.next().and_then(|review| review.parse().ok())
            && self.review.get_untracked() != review
        {
            self.review.set(review);
        }
    }

    /// The browser itself comes back after a break, so the stream is opened once and never closed.
    #[cfg(feature = "hydrate")]
    fn listen(self) {
        use wasm_bindgen::{JsCast, prelude::Closure};
        Effect::new(move |_| {
            let Ok(stream) = web_sys::EventSource::new("/live") else { return };
            let message = Closure::<dyn Fn(web_sys::MessageEvent)>::new(move |event: web_sys::MessageEvent| {
                self.on.set(true);
                if let Some(text) = event.data().as_string() {
                    self.hear(&text);
                }
            });
            let open = Closure::<dyn Fn()>::new(move || self.on.set(true));
            let broken = Closure::<dyn Fn()>::new(move || self.on.set(false));
            stream.set_onmessage(Some(message.as_ref().unchecked_ref()));
            stream.set_onopen(Some(open.as_ref().unchecked_ref()));
            stream.set_onerror(Some(broken.as_ref().unchecked_ref()));
            message.forget();
            open.forget();
            broken.forget();
        });
    }

    #[cfg(not(feature = "hydrate"))]
    fn listen(self) {}
}
