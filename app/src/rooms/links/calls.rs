//! Links, asked from the server and changed there.

use leptos::{prelude::*, server_fn::codec::Json};
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use crate::{badge::Badge, rooms::story::Known};
use crate::{error::AppError, wire::Wire};

/// What the list is asked for: the state in its address, as it stands there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    pub q: String,
    pub shelf: String,
    pub before: String,
}

#[cfg(feature = "ssr")]
pub struct LinkRow {
    pub id: String,
    pub name: String,
    pub sub: String,
    pub kind: String,
    pub sum: String,
    pub status: Badge,
    pub counts: String,
    pub url: String,
}

#[cfg(feature = "ssr")]
pub struct Found {
    pub rows: Vec<LinkRow>,
    pub next: Option<String>,
}

/// A link, ready to hand over.
#[cfg(feature = "ssr")]
pub struct LinkView {
    pub id: String,
    pub name: String,
    pub label: String,
    pub sum: String,
    pub status: Badge,
    pub url: String,
    /// The same through the shop's bot.
    pub telegram: Option<String>,
    pub active: bool,
    pub cancelled: bool,
    pub cancellable: bool,
    pub known: Vec<Known>,
}

/// A product that a link may lead to.
#[derive(Serialize, Deserialize)]
pub struct Choice {
    pub id: String,
    pub name: String,
    pub donation: bool,
}

/// A new link as typed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LinkForm {
    pub kind: String,
    pub product: String,
    pub title: String,
    pub amount: String,
    pub label: String,
    /// `2026-11-24T18:00` in the shop's zone.
    pub expires_at: String,
    pub max_payments: String,
    pub telegram_user_id: String,
    pub external_order_id: String,
}

#[server(prefix = "/fn", endpoint = "links", input = Json)]
pub async fn find_links(asked: Asked) -> Result<Wire, AppError> {
    super::desk_work::list(&asked).await
}

#[server(prefix = "/fn", endpoint = "links/one", input = Json)]
pub async fn link(id: String) -> Result<Wire, AppError> {
    super::desk_work::one(&id).await
}

#[server(prefix = "/fn", endpoint = "links/choices", input = Json)]
pub async fn link_choices() -> Result<Wire, AppError> {
    Wire::of(&super::desk_work::choices().await?)
}

/// Answers the id of the new link.
#[server(prefix = "/fn", endpoint = "links/create", input = Json)]
pub async fn create_link(form: LinkForm) -> Result<Wire, AppError> {
    Wire::of(&super::desk_work::create(form).await?)
}

#[server(prefix = "/fn", endpoint = "links/label", input = Json)]
pub async fn label_link(id: String, label: String) -> Result<Wire, AppError> {
    Wire::of(&super::desk_work::patch(&id, Some(label), None).await?)
}

#[server(prefix = "/fn", endpoint = "links/switch", input = Json)]
pub async fn switch_link(id: String, active: bool) -> Result<Wire, AppError> {
    Wire::of(&super::desk_work::patch(&id, None, Some(active)).await?)
}

#[server(prefix = "/fn", endpoint = "links/cancel", input = Json)]
pub async fn cancel_link(id: String) -> Result<Wire, AppError> {
    Wire::of(&super::desk_work::cancel(&id).await?)
}
