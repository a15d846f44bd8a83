//! `/products/{id}/variants`: the forms a product is sold in.

use axum::{Json, extract::State, http::StatusCode};
use domain::{Currency, ProductId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    guard::Caller,
    input::{Body, Id},
    problem::Problem,
    products::in_currency,
    wire::{Amount, Texts},
};
use crate::{
    catalog::variants::{self, VariantInput},
    failure::Refusal,
    services::Services,
    shop,
};

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Variant {
    #[schema(example = "var_01kb2y6m5d3q0w9v8r7t6s5e4x")]
    id: String,
    name: Texts,
    price: Amount,
    compare_at_price: Option<Amount>,
    /// Null: not counted.
    stock: Option<i64>,
    /// Not on sale.
    hidden: bool,
}

impl Variant {
    pub(super) fn of(currency: Currency, variant: &variants::Variant) -> Self {
        let amount = |minor: i64| Amount { amount_minor: minor, currency };
        Self {
            id: variant.id.to_string(),
            name: variant.name.clone().into(),
            price: amount(variant.price_minor),
            compare_at_price: variant.compare_at_minor.map(amount),
            stock: variant.stock,
            hidden: variant.hidden,
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": { "hy": "250 գ", "ru": "250 г", "en": "250 g" },
    "price": { "amount_minor": 450_000, "currency": "AMD" },
    "stock": 12,
}))]
pub(super) struct NewVariant {
    name: Texts,
    price: Amount,
    compare_at_price: Option<Amount>,
    /// For goods; without it, it is not counted.
    stock: Option<i64>,
    #[serde(default)]
    hidden: bool,
}

/// Adds a variant to a product: from now on the product is sold as one of its variants only.
#[utoipa::path(post, path = "/products/{id}/variants", tag = "Products", params(("id" = String, Path)),
    request_body = NewVariant, responses(
    (status = 201, body = Variant), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn create(
    State(services): State<Services>,
    caller: Caller,
    Id(product): Id<ProductId>,
    Body(new): Body<NewVariant>,
) -> Result<(StatusCode, Json<Variant>), Problem> {
    let currency = shop::get(&services.db, &caller.merchant).await?.currency;
    let input = VariantInput {
        name: new.name.into(),
        price_minor: in_currency("price", Some(new.price), currency)?
            .ok_or_else(|| Refusal::field("price", "required"))?,
        compare_at_minor: in_currency("compare_at_price", new.compare_at_price, currency)?,
        stock: new.stock,
        hidden: new.hidden,
    };
    let variant = variants::add_once(&services, &caller.actor, &caller.merchant, &product, input, caller.cause).await?;
    Ok((StatusCode::CREATED, Json(Variant::of(currency, &variant))))
}
