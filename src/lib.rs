//! Khanut: a Telegram bot as a shop whose money is never in doubt.
//!
//! Native: the program behind `khanut`. In the browser: the entry that wakes the dashboard's pages.

#[cfg(feature = "ssr")]
pub mod program;
#[cfg(feature = "ssr")]
pub mod site;

#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    app::hydrate();
}
