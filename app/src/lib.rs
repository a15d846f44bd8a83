//! The faces people see: the dashboard and the customers' pages, rendered whole on the server.
//!
//! A page is plain HTML whose links and forms work by themselves; the browser wakes only its islands, which add what
//! HTML cannot: rows that come by themselves, a search while typing, forms that keep everything on an error. A page knows
//! texts and view structs whose sums and times are already written out. Who acts and for which merchant comes from the
//! session only, never from what a page sends.

mod islands;

#[cfg(feature = "ssr")]
mod badge;
#[cfg(feature = "ssr")]
mod pay;
#[cfg(feature = "ssr")]
mod rooms;
#[cfg(feature = "ssr")]
mod said;
#[cfg(feature = "ssr")]
mod texts;
#[cfg(feature = "ssr")]
mod tg;
#[cfg(feature = "ssr")]
pub mod ui;
#[cfg(feature = "ssr")]
mod web;

#[cfg(feature = "ssr")]
pub use web::{AppOptions, SiteNames, routes};

/// Gets the page ready for its islands, which its script then wakes one by one.
#[cfg(feature = "hydrate")]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}
