//! What is awake in the browser. Everything here adds to a page that works without it.

mod awake;
#[cfg(feature = "hydrate")]
mod drag;
mod live;
#[cfg(feature = "hydrate")]
mod page;
mod palette;

#[cfg(feature = "ssr")]
pub(crate) use awake::Awake;
#[cfg(feature = "ssr")]
pub(crate) use live::LiveMark;
#[cfg(feature = "ssr")]
pub(crate) use palette::{Hit, Palette};
