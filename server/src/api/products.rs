//! `/products`.

use std::str::FromStr;

use axum::{Json, extract::State, http::StatusCode};
use domain::{
    CategoryId, Currency, FileId, MerchantId, ProductId,
    product::{DonationTerms, ProductKind},
    role::Permission,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    document::{page_limit, product_kinds},
    guard::Caller,
    input::{Body, Id, Params},
    problem::Problem,
    variants::Variant,
    wire::{Amount, Page, Texts, given, limit, parsed, words},
};
use crate::{
    catalog::{
        self, ProductInput,
        categories::{self, Category},
        gallery,
    },
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
    #[schema(schema_with = product_kinds)]
    kind: &'static str,
    name: Texts,
    text: Texts,
    /// The name of its category.
    category: Texts,
    category_id: Option<String>,
    /// The shop's own code.
    sku: Option<String>,
    /// What the customer gets to read after paying.
    delivery: Texts,
    /// Null for donations. A product with variants is sold at their prices.
    price: Option<Amount>,
    compare_at_price: Option<Amount>,
    donation: Option<Donation>,
    /// Null: not counted.
    stock: Option<i64>,
    digital_goods: bool,
    visible: bool,
    /// The forms it is sold in, in the shop's order; where there are any, one of them must be chosen.
    variants: Vec<Variant>,
    photo_url: Option<String>,
    /// All its pictures, `photo_url` first.
    photo_urls: Vec<String>,
    created_at: String,
    updated_at: String,
}

/// What stands around products: the shop's currency, its categories, and their variants.
struct Around {
    currency: Currency,
    categories: Vec<Category>,
    variants: Vec<catalog::variants::Variant>,
    photos: Vec<(ProductId, FileId)>,
}

impl Around {
    async fn of(services: &Services, merchant: &MerchantId, products: &[catalog::Product]) -> Result<Self, Problem> {
        let ids = || products.iter().map(|product| product.id.clone());
        Ok(Self {
            photos: gallery::further(&services.db, merchant, ids().collect()).await?,
            currency: shop::get(&services.db, merchant).await?.currency,
            categories: categories::list(&services.db, merchant).await?,
            variants: catalog::variants::of_products(&services.db, merchant, ids().collect()).await?,
        })
    }
}

async fn render_one(services: &Services, product: catalog::Product) -> Result<Json<Product>, Problem> {
    let around = Around::of(services, &product.merchant_id, std::slice::from_ref(&product)).await?;
    Ok(Json(render(services, &around, product)))
}

fn render(services: &Services, around: &Around, product: catalog::Product) -> Product {
    let currency = around.currency;
    let amount = |minor: i64| Amount { amount_minor: minor, currency };
    let category = around.categories.iter().find(|one| Some(&one.id) == product.category_id.as_ref());
    let variants = around.variants.iter().filter(|variant| variant.product_id == product.id);
    let further = around.photos.iter().filter(|(of, _)| *of == product.id).map(|(_, photo)| photo);
    let url = |photo: &FileId| services.url(&format!("/files/{photo}"));
    let photo_urls = product.photo_id.iter().chain(further).map(url).collect();
    Product {
        variants: variants.map(|variant| Variant::of(currency, variant)).collect(),
        id: product.id.into(),
        kind: product.kind.as_str(),
        name: product.name.into(),
        text: product.text.into(),
        category: category.map(|one| one.name.clone()).unwrap_or_default().into(),
        category_id: product.category_id.map(Into::into),
        sku: product.sku,
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
        photo_urls,
        photo_url: product.photo_id.as_ref().map(url),
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
    #[param(schema_with = product_kinds)]
    kind: Option<String>,
    visible: Option<bool>,
    #[param(schema_with = page_limit)]
    limit: Option<u64>,
    cursor: Option<String>,
}

/// A place in the catalog: the position of a product and its id.
struct Place(i64, ProductId);

impl FromStr for Place {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (position, id) = text.split_once('.').ok_or(())?;
        Ok(Self(position.parse().map_err(drop)?, id.parse().map_err(drop)?))
    }
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
    let limit = limit(query.limit)?;
    let filter = catalog::Filter {
        search: words(query.q)?,
        kind: parsed::<ProductKind>("kind", query.kind.as_deref())?,
        visible: query.visible,
        category: None,
        after: parsed::<Place>("cursor", query.cursor.as_deref())?.map(|Place(position, id)| (position, id)),
    };
    let rows = catalog::list(&services.db, &caller.merchant, &filter, limit + 1).await?;
    let place = |product: &catalog::Product| format!("{}.{}", product.position, product.id);
    let around = Around::of(&services, &caller.merchant, &rows).await?;
    Ok(Json(Page::of(rows, limit, place, |product| render(&services, &around, product))))
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
    render_one(&services, catalog::get(&services.db, &caller.merchant, &id).await?).await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "kind": "goods",
    "name": { "hy": "Սուրճ 250 գ", "ru": "Кофе 250 г", "en": "Coffee, 250 g" },
    "price": { "amount_minor": 450_000, "currency": "AMD" },
    "stock": 12,
}))]
pub(super) struct NewProduct {
    #[schema(schema_with = product_kinds)]
    kind: String,
    name: Texts,
    #[serde(default)]
    text: Texts,
    /// A category of this name in any language; made when there is none.
    #[serde(default)]
    category: Texts,
    /// The shop's own code, unique in it.
    sku: Option<String>,
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

pub(super) fn in_currency(
    field: &'static str,
    amount: Option<Amount>,
    currency: Currency,
) -> Result<Option<i64>, Problem> {
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
    responses(
    (status = 201, body = Product), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn create(
    State(services): State<Services>,
    caller: Caller,
    Body(new): Body<NewProduct>,
) -> Result<(StatusCode, Json<Product>), Problem> {
    let currency = shop::get(&services.db, &caller.merchant).await?.currency;
    let unknown = || Refusal::field("kind", "kind_unknown");
    let category = categories::called(&services, &caller.actor, &caller.merchant, &new.category.into()).await?;
    let input = ProductInput {
        kind: new.kind.parse().map_err(|_| unknown())?,
        name: new.name.into(),
        text: new.text.into(),
        category,
        sku: new.sku,
        delivery: new.delivery.into(),
        price_minor: in_currency("price", new.price, currency)?,
        compare_at_minor: in_currency("compare_at_price", new.compare_at_price, currency)?,
        donation: new.donation.map(terms),
        stock: new.stock,
        digital_goods: new.digital_goods,
        visible: new.visible,
    };
    let product = catalog::create_once(&services, &caller.actor, &caller.merchant, input, caller.cause).await?;
    Ok((StatusCode::CREATED, render_one(&services, product).await?))
}

/// What may be changed; what is left out stays, and `null` takes a value away.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "price": { "amount_minor": 480_000, "currency": "AMD" }, "visible": true }))]
pub(super) struct ProductPatch {
    name: Option<Texts>,
    text: Option<Texts>,
    /// A category of this name in any language, made when there is none; empty texts take it away.
    category: Option<Texts>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    sku: Option<Option<String>>,
    delivery: Option<Texts>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Amount>)]
    price: Option<Option<Amount>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Amount>)]
    compare_at_price: Option<Option<Amount>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Donation>)]
    donation: Option<Option<Donation>>,
    /// Null: not counted.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<i64>)]
    stock: Option<Option<i64>>,
    digital_goods: Option<bool>,
    visible: Option<bool>,
}

impl ProductPatch {
    fn read(self, currency: Currency, category: Option<Option<CategoryId>>) -> Result<catalog::ProductPatch, Problem> {
        let minor = |field, amount: Option<Option<Amount>>| {
            amount.map(|amount| in_currency(field, amount, currency)).transpose()
        };
        Ok(catalog::ProductPatch {
            name: self.name.map(Into::into),
            text: self.text.map(Into::into),
            category,
            sku: self.sku,
            delivery: self.delivery.map(Into::into),
            price_minor: minor("price", self.price)?,
            compare_at_minor: minor("compare_at_price", self.compare_at_price)?,
            donation: self.donation.map(|donation| donation.map(terms)),
            stock: self.stock,
            digital_goods: self.digital_goods,
            visible: self.visible,
        })
    }
}

/// Changes a product.
#[utoipa::path(patch, path = "/products/{id}", tag = "Products", params(("id" = String, Path)),
    request_body = ProductPatch, responses(
    (status = 200, body = Product), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn patch(
    State(services): State<Services>,
    caller: Caller,
    Id(id): Id<ProductId>,
    Body(mut patch): Body<ProductPatch>,
) -> Result<Json<Product>, Problem> {
    let currency = shop::get(&services.db, &caller.merchant).await?.currency;
    let category = match patch.category.take() {
        Some(name) => Some(categories::called(&services, &caller.actor, &caller.merchant, &name.into()).await?),
        None => None,
    };
    let patch = patch.read(currency, category)?;
    let product = catalog::patch(&services, &caller.actor, &caller.merchant, &id, patch).await?;
    render_one(&services, product).await
}
