//! Pages.
pub mod ui;
