//! Variants: the forms a product is sold in, each with its price and stock. A product that has variants is sold as one of
//! them only, and a hidden one is not sold; whoever changes one holds the product's lock first.

use std::collections::BTreeSet;

use domain::{
    Currency, Localized, MerchantId, ProductId, VariantId, limits,
    ordering::{Reorder, reordered},
    product::{ProductKind, max_quantity},
    role::Actor,
};
use serde::Serialize;
use serde_json::json;

pub use super::rows::variant::Model as Variant;
use super::{Product, edit::may_edit, input, store as product_store, variant_store as store};
use crate::{
    causes,
    db::{Db, Tx},
    failure::{Outcome, Refusal, RefusalKind},
    orders,
    services::Services,
    shop,
    staff::audit,
};

/// Everything staff write about a variant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VariantInput {
    pub name: Localized,
    pub price_minor: i64,
    pub compare_at_minor: Option<i64>,
    /// None: not counted.
    pub stock: Option<i64>,
    pub hidden: bool,
}

impl From<&Variant> for VariantInput {
    fn from(variant: &Variant) -> Self {
        Self {
            name: variant.name.clone(),
            price_minor: variant.price_minor,
            compare_at_minor: variant.compare_at_minor,
            stock: variant.stock,
            hidden: variant.hidden,
        }
    }
}

impl VariantInput {
    pub(super) fn checked(mut self, kind: ProductKind, currency: Currency) -> Result<Self, Refusal> {
        if kind == ProductKind::Donation {
            return Err(Refusal::field("name", "donation_has_no_variants"));
        }
        self.name = input::named(&self.name)?;
        input::price(self.price_minor, currency)?;
        input::compare_at(Some(self.price_minor), self.compare_at_minor, currency)?;
        input::stock(kind, self.stock)?;
        Ok(self)
    }

    pub(super) fn into_variant(self, to: Variant) -> Variant {
        let Self { name, price_minor, compare_at_minor, stock, hidden } = self;
        Variant { name, price_minor, compare_at_minor, stock, hidden, ..to }
    }
}

impl Variant {
    /// How many of it one order may ask for.
    #[must_use]
    pub fn most(&self, kind: ProductKind) -> i64 {
        if self.hidden { 0 } else { max_quantity(kind, self.stock) }
    }
}

/// The variants of products, in the merchant's order, hidden ones too.
///
/// # Errors
/// When the database does not answer.
pub async fn of_products(db: &Db, merchant: &MerchantId, products: BTreeSet<ProductId>) -> Outcome<Vec<Variant>> {
    store::of_products(db.read(), merchant, products).await
}

/// The variants of one product, in the merchant's order, hidden ones too.
///
/// # Errors
/// When the database does not answer.
pub async fn list(db: &Db, merchant: &MerchantId, product: &ProductId) -> Outcome<Vec<Variant>> {
    store::of_product(db.read(), merchant, product).await
}

/// The merchant's variant of this id.
///
/// # Errors
/// When the database does not answer.
pub async fn get(db: &Db, merchant: &MerchantId, id: &VariantId) -> Outcome<Option<Variant>> {
    store::get(db.read(), merchant, id).await
}

/// The variant that is sold: none where the product has none.
pub(crate) async fn sold(tx: &Tx, product: &Product, wanted: Option<&VariantId>) -> Outcome<Option<Variant>> {
    let all = store::of_product(&**tx, &product.merchant_id, &product.id).await?;
    let Some(wanted) = wanted else {
        return if all.is_empty() { Ok(None) } else { Err(Refusal::field("variant", "variant_required").into()) };
    };
    let one = all.into_iter().find(|variant| variant.id == *wanted && !variant.hidden);
    one.map(Some).ok_or_else(|| Refusal::field("variant", "variant_gone").into())
}

/// # Errors
/// `forbidden`, `not_found`, `too_many_variants`, and refusals that name the wrong field.
pub async fn add(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    product: &ProductId,
    input: VariantInput,
) -> Outcome<Variant> {
    add_once(services, actor, merchant, product, input, None).await
}

/// As [`add`], once for its cause, such as an idempotency key.
///
/// # Errors
/// As [`add`].
pub async fn add_once(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    product: &ProductId,
    input: VariantInput,
    cause: Option<String>,
) -> Outcome<Variant> {
    may_edit(actor)?;
    let currency = shop::get(&services.db, merchant).await?.currency;
    let (own, actor, merchant, product) = (services.clone(), actor.clone(), merchant.clone(), product.clone());
    services
        .db
        .write(move |tx| async move {
            let (product, all) = lock(&tx, &merchant, &product).await?;
            let cause = cause.as_deref();
            let first: Option<VariantId> = causes::made(&tx, &merchant, cause).await?;
            if let Some(first) = all.iter().find(|variant| Some(&variant.id) == first.as_ref()) {
                return Ok(first.clone());
            }
            let input = input.checked(product.kind, currency)?;
            if all.len() >= limits::VARIANTS {
                return Err(Refusal::field("name", "too_many_variants").with("max", limits::VARIANTS).into());
            }
            let after = Some(serde_json::to_value(&input)?);
            let variant = input.into_variant(Variant {
                id: own.clock.id(),
                merchant_id: merchant.clone(),
                product_id: product.id,
                name: Localized::default(),
                price_minor: 0,
                compare_at_minor: None,
                stock: None,
                hidden: false,
                position: all.last().map_or(0, |last| last.position) + 1,
            });
            store::insert(&*tx, variant.clone()).await?;
            causes::note(&tx, &merchant, cause, variant.id.as_str()).await?;
            let id = variant.id.as_str();
            audit::record(&tx, &own.clock, &merchant, &actor, "variant_created", id, None, after).await?;
            Ok(variant)
        })
        .await
}

/// The product, then its variants: locked in the one order.
async fn lock(tx: &Tx, merchant: &MerchantId, product: &ProductId) -> Outcome<(Product, Vec<Variant>)> {
    let product = product_store::lock(&**tx, merchant, product).await?.ok_or_else(Refusal::not_found)?;
    let all = store::lock_of_product(&**tx, merchant, &product.id).await?;
    Ok((product, all))
}

/// Writes every field, as a form does. `stock_shown` is the stock that the form was filled from: what was sold or given
/// back meanwhile stays so, and the form's change is made on top of it.
///
/// # Errors
/// `forbidden`, `not_found`, and refusals that name the wrong field.
pub async fn update(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    (product, id): (&ProductId, &VariantId),
    input: VariantInput,
    stock_shown: Option<i64>,
) -> Outcome<Variant> {
    may_edit(actor)?;
    let currency = shop::get(&services.db, merchant).await?.currency;
    let (own, actor, merchant) = (services.clone(), actor.clone(), merchant.clone());
    let (product, id) = (product.clone(), id.clone());
    services
        .db
        .write(move |tx| async move {
            let (product, all) = lock(&tx, &merchant, &product).await?;
            let old = all.into_iter().find(|variant| variant.id == id).ok_or_else(Refusal::not_found)?;
            let stock = input::merged(old.stock, stock_shown, input.stock);
            let input = VariantInput { stock, ..input }.checked(product.kind, currency)?;
            let (before, after) = (serde_json::to_value(VariantInput::from(&old))?, serde_json::to_value(&input)?);
            if before == after {
                return Ok(old);
            }
            let variant = input.into_variant(old);
            store::save(&*tx, variant.clone()).await?;
            let (id, before, after) = (id.as_str(), Some(before), Some(after));
            audit::record(&tx, &own.clock, &merchant, &actor, "variant_changed", id, before, after).await?;
            Ok(variant)
        })
        .await
}

/// Nothing of the product is counted any more, as of a service: its variants neither. The caller holds the product's lock.
pub(super) async fn uncount(
    tx: &Tx,
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    product: &ProductId,
) -> Outcome<()> {
    for variant in store::lock_of_product(&**tx, merchant, product).await? {
        let Some(stock) = variant.stock else { continue };
        store::save(&**tx, Variant { stock: None, ..variant.clone() }).await?;
        let (before, after) = (Some(json!({ "stock": stock })), Some(json!({ "stock": null })));
        let id = variant.id.as_str();
        audit::record(tx, &services.clock, merchant, actor, "variant_changed", id, before, after).await?;
    }
    Ok(())
}

/// Takes away a variant that nobody has ordered; one that stands in an order can only be hidden.
///
/// # Errors
/// `forbidden`, `not_found`, `variant_is_ordered`.
pub async fn remove(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    (product, id): (&ProductId, &VariantId),
) -> Outcome<Variant> {
    may_edit(actor)?;
    let (own, actor, merchant) = (services.clone(), actor.clone(), merchant.clone());
    let (product, id) = (product.clone(), id.clone());
    services
        .db
        .write(move |tx| async move {
            let (_, all) = lock(&tx, &merchant, &product).await?;
            let old = all.into_iter().find(|variant| variant.id == id).ok_or_else(Refusal::not_found)?;
            if orders::store::names_variant(&*tx, &merchant, &id).await? {
                return Err(Refusal::new(RefusalKind::Conflict, "variant_is_ordered").into());
            }
            store::remove(&*tx, &merchant, &id).await?;
            let (id, before) = (id.as_str(), Some(serde_json::to_value(VariantInput::from(&old))?));
            audit::record(&tx, &own.clock, &merchant, &actor, "variant_removed", id, before, None).await?;
            Ok(old)
        })
        .await
}

/// # Errors
/// `forbidden`, `not_found`.
pub async fn order(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    product: &ProductId,
    change: Reorder<VariantId>,
) -> Outcome<()> {
    may_edit(actor)?;
    let (own, actor, merchant, product) = (services.clone(), actor.clone(), merchant.clone(), product.clone());
    services
        .db
        .write(move |tx| async move {
            let (product, all) = lock(&tx, &merchant, &product).await?;
            let now: Vec<_> = all.iter().map(|variant| variant.id.clone()).collect();
            let sorted = reordered(now.clone(), &change);
            if sorted == now {
                return Ok(());
            }
            for mut variant in all {
                let place = sorted.iter().position(|id| *id == variant.id).unwrap_or_default();
                variant.position = i64::try_from(place).unwrap_or_default() + 1;
                store::save(&*tx, variant).await?;
            }
            let (id, before, after) = (product.id.as_str(), json!({ "order": now }), json!({ "order": sorted }));
            audit::record(&tx, &own.clock, &merchant, &actor, "variants_ordered", id, Some(before), Some(after)).await
        })
        .await
}
