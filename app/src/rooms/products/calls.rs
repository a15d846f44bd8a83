//! Products, asked from the server and saved there.

use leptos::{prelude::*, server_fn::codec::Json};
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use crate::badge::Badge;
use crate::{error::AppError, wire::Wire};

/// What the shelf is asked for: the state in its address, as it stands there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    pub q: String,
    /// A kind, or `hidden`.
    pub shelf: String,
    /// Position and id of the last product of the page before.
    pub after: String,
}

#[cfg(feature = "ssr")]
pub struct ProductCard {
    pub id: String,
    pub name: String,
    pub note: String,
    pub price: String,
    pub was: Option<String>,
    pub picture: Option<String>,
    /// Sold out, or hidden.
    pub mark: Option<Badge>,
    pub hidden: bool,
}

#[cfg(feature = "ssr")]
pub struct Found {
    pub cards: Vec<ProductCard>,
    pub next: Option<String>,
}

/// One text in the three languages: Armenian, Russian, English.
pub type Three = [String; 3];

/// A product as typed. Sums in whole units, as a person writes them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ProductForm {
    /// The name in the language of the page; only shown.
    pub title: String,
    pub kind: String,
    pub name: Three,
    pub category: Three,
    pub text: Three,
    pub delivery: Three,
    pub price: String,
    pub compare_at: String,
    pub stock: String,
    pub donation_min: String,
    pub donation_max: String,
    /// Sums separated by commas.
    pub donation_suggested: String,
    pub digital_goods: bool,
    pub visible: bool,
    pub picture: Option<String>,
}

#[server(prefix = "/fn", endpoint = "products", input = Json)]
pub async fn find_products(asked: Asked) -> Result<Wire, AppError> {
    super::desk_work::shelf(&asked).await
}

#[server(prefix = "/fn", endpoint = "products/one", input = Json)]
pub async fn product(id: String) -> Result<Wire, AppError> {
    Wire::of(&super::desk_work::one(&id).await?)
}

/// Saves a product, a new one without an id; answers its id.
#[server(prefix = "/fn", endpoint = "products/save", input = Json)]
pub async fn save_product(id: Option<String>, form: ProductForm) -> Result<Wire, AppError> {
    Wire::of(&super::desk_work::save(id, form).await?)
}
