//! `/products`.

use axum::{Json, extract::State, http::StatusCode};
use domain::{
    Currency, Moment, ProductId,
    product::{DonationTerms, ProductKind},
    role::Permission,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    guard::Caller,
    input::{Body, Id, Params},
    problem::Problem,
    wire::{Amount, Page, Texts, limit, parsed},
};
use crate::{
    catalog::{self, ProductInput},
    failure::Refusal,
    services::Services,
    shop,
};

/// The sums a customer may give, in minor units.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Donation {
    #[serde(default)]
    suggested_minor: Vec<i64>,
    min_minor: i64,
    max_minor: i64,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Product {
    #[schema(example = "prd_01kb2y6m5d3q0w9v8r7t6s5e4x")]
    id: String,
    /// service, booking, goods, digital, club or donation
    kind: &'static str,
    name: Texts,
    text: Texts,
    category: Texts,
    /// What the customer gets to read after paying.
    delivery: Texts,
    /// Null for donations.
    price: Option<Amount>,
    compare_at_price: Option<Amount>,
    donation: Option<Donation>,
    /// Null: not counted.
    stock: Option<i64>,
    digital_goods: bool,
    visible: bool,
    photo_url: Option<String>,
    created_at: String,
    updated_at: String,
}

fn render(services: &Services, currency: Currency, product: catalog::Product) -> Product {
    let amount = |minor: i64| Amount { amount_minor: minor, currency };
    Product {
        id: product.id.into(),
        kind: product.kind.as_str(),
        name: product.name.into(),
        text: product.text.into(),
        category: product.category.into(),
        delivery: product.delivery.into(),
        price: product.price_minor.map(amount),
        compare_at_price: product.compare_at_minor.map(amount),
        donation: product.donation.map(|t| Donation {
            suggested_minor: t.suggested_minor,
            min_minor: t.min_minor,
            max_minor: t.max_minor,
        }),
        stock: product.stock,
        digital_goods: product.digital_goods,
        visible: product.visible,
        photo_url: product.photo_id.map(|id| services.url(&format!("/files/{id}"))),
        created_at: product.created_at.rfc3339(),
        updated_at: product.updated_at.rfc3339(),
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct ListQuery {
    /// Part of a name.
    q: Option<String>,
    kind: Option<String>,
    visible: Option<bool>,
    limit: Option<u64>,
    cursor: Option<String>,
}

fn cursor(text: &str) -> Option<(i64, ProductId)> {
    let (position, id) = text.split_once('.')?;
    Some((position.parse().ok()?, id.parse().ok()?))
}

fn see(caller: &Caller) -> Result<(), Problem> {
    if caller.actor.may(Permission::SeeCatalog) { Ok(()) } else { Err(Refusal::forbidden().into()) }
}

/// The catalog, in the merchant's order.
#[utoipa::path(get, path = "/products", tag = "Products", params(ListQuery), responses(
    (status = 200, body = Page<Product>), (status = 401, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn list(
    State(services): State<Services>,
    caller: Caller,
    Params(query): Params<ListQuery>,
) -> Result<Json<Page<Product>>, Problem> {
    see(&caller)?;
    let (limit, currency) = (limit(query.limit)?, shop::get(&services.db, &caller.merchant).await?.currency);
    let filter = catalog::Filter {
        search: query.q,
        kind: parsed::<ProductKind>("kind", query.kind.as_deref())?,
        visible: query.visible,
        after: query.cursor.as_deref().and_then(cursor),
    };
    let rows = catalog::list(&services.db, &caller.merchant, &filter, limit + 1).await?;
    let place = |product: &catalog::Product| format!("{}.{}", product.position, product.id);
    Ok(Json(Page::of(rows, limit, place, |product| render(&services, currency, product))))
}

/// One product.
#[utoipa::path(get, path = "/products/{id}", tag = "Products", params(("id" = String, Path)), responses(
    (status = 200, body = Product), (status = 404, body = Problem)))]
pub(super) async fn get(
    State(services): State<Services>,
    caller: Caller,
    Id(id): Id<ProductId>,
) -> Result<Json<Product>, Problem> {
    see(&caller)?;
    let currency = shop::get(&services.db, &caller.merchant).await?.currency;
    Ok(Json(render(&services, currency, catalog::get(&services.db, &caller.merchant, &id).await?)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewProduct {
    /// service, booking, goods, digital, club or donation
    kind: String,
    name: Texts,
    #[serde(default)]
    text: Texts,
    #[serde(default)]
    category: Texts,
    #[serde(default)]
    delivery: Texts,
    price: Option<Amount>,
    compare_at_price: Option<Amount>,
    donation: Option<Donation>,
    stock: Option<i64>,
    #[serde(default)]
    digital_goods: bool,
    #[serde(default = "yes")]
    visible: bool,
}

const fn yes() -> bool {
    true
}

fn in_currency(field: &'static str, amount: Option<Amount>, currency: Currency) -> Result<Option<i64>, Problem> {
    match amount {
        Some(amount) if amount.currency != currency => {
            Err(Refusal::field(field, "currency_not_accepted").with("currency", currency).into())
        }
        other => Ok(other.map(|amount| amount.amount_minor)),
    }
}

fn terms(donation: Donation) -> DonationTerms {
    let Donation { suggested_minor, min_minor, max_minor } = donation;
    DonationTerms { suggested_minor, min_minor, max_minor }
}

/// Adds a product.
#[utoipa::path(post, path = "/products", tag = "Products", request_body = NewProduct,
    params(("Idempotency-Key" = Option<String>, Header)), responses(
    (status = 201, body = Product), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn create(
    State(services): State<Services>,
    caller: Caller,
    Body(new): Body<NewProduct>,
) -> Result<(StatusCode, Json<Product>), Problem> {
    let currency = shop::get(&services.db, &caller.merchant).await?.currency;
    let unknown = || Refusal::field("kind", "kind_unknown");
    let input = ProductInput {
        kind: new.kind.parse().map_err(|_| unknown())?,
        name: new.name.into(),
        text: new.text.into(),
        category: new.category.into(),
        delivery: new.delivery.into(),
        price_minor: in_currency("price", new.price, currency)?,
        compare_at_minor: in_currency("compare_at", new.compare_at_price, currency)?,
        donation: new.donation.map(terms),
        stock: new.stock,
        digital_goods: new.digital_goods,
        visible: new.visible,
    };
    let product = catalog::create(&services, &caller.actor, &caller.merchant, input).await?;
    Ok((StatusCode::CREATED, Json(render(&services, currency, product))))
}

/// What may be changed; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ProductPatch {
    name: Option<Texts>,
    text: Option<Texts>,
    category: Option<Texts>,
    delivery: Option<Texts>,
    price: Option<Amount>,
    stock: Option<i64>,
    visible: Option<bool>,
}

/// Changes a product.
#[utoipa::path(patch, path = "/products/{id}", tag = "Products", params(("id" = String, Path)),
    request_body = ProductPatch, responses(
    (status = 200, body = Product), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn patch(
    State(services): State<Services>,
    caller: Caller,
    Id(id): Id<ProductId>,
    Body(patch): Body<ProductPatch>,
) -> Result<Json<Product>, Problem> {
    let currency = shop::get(&services.db, &caller.merchant).await?.currency;
    let product = catalog::get(&services.db, &caller.merchant, &id).await?;
    let old = ProductInput::from(&product);
    let input = ProductInput {
        name: patch.name.map_or(old.name, Into::into),
        text: patch.text.map_or(old.text, Into::into),
        category: patch.category.map_or(old.category, Into::into),
        delivery: patch.delivery.map_or(old.delivery, Into::into),
        price_minor: in_currency("price", patch.price, currency)?.or(old.price_minor),
        stock: patch.stock.or(old.stock),
        visible: patch.visible.unwrap_or(old.visible),
        ..old
    };
    let product = catalog::update(&services, &caller.actor, &caller.merchant, &id, input).await?;
    Ok(Json(render(&services, currency, product)))
}

/// Times as the API writes them.
pub(super) fn time(at: Option<Moment>) -> Option<String> {
    at.map(Moment::rfc3339)
}
