//! The faces people see: the dashboard (rendered on the server, awake in the browser) and the customers' pages (plain HTML).
//!
//! A page knows texts and view structs whose sums and times are already written out; it never knows the database. Who acts and
//! for which merchant comes from the session only, never from what a page sends.

mod address;
mod badge;
mod copy;
mod error;
mod form;
mod here;
mod live;
mod rooms;
mod texts;
pub mod ui;
mod wire;

#[cfg(feature = "ssr")]
mod pay;
#[cfg(feature = "ssr")]
mod web;

pub use rooms::App;
#[cfg(feature = "ssr")]
pub use web::{AppOptions, SiteNames, routes};

/// Wakes the page that the server has rendered.
#[cfg(feature = "hydrate")]
pub fn hydrate() {
    leptos::mount::hydrate_body(App);
}
