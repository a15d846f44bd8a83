//! What is awake in the browser. Everything here adds to a page that works without it.
//!
//! One island (`Awake`) wakes all of it; what it works on is drawn by the server, so no state and no view travels here.

mod awake;
mod live;
#[cfg(feature = "hydrate")]
mod page;
mod palette;

#[cfg(feature = "ssr")]
pub(crate) use awake::Awake;
#[cfg(feature = "ssr")]
pub(crate) use live::live_mark;
#[cfg(feature = "ssr")]
pub(crate) use palette::palette;
