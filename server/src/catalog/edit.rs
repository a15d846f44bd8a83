//! Making and changing products.

use domain::{
    Localized, MerchantId, ProductId,
    product::ProductKind,
    role::{Actor, Permission},
};
use serde_json::json;

use super::{Product, ProductInput, ProductPatch, category_store, input::merged, photo::Photo, store, variant_store};
use crate::{
    db::Tx,
    failure::{Outcome, Refusal},
    services::Services,
    staff::audit,
};

pub(super) fn may_edit(actor: &Actor) -> Result<(), Refusal> {
    if actor.may(Permission::EditCatalog) { Ok(()) } else { Err(Refusal::forbidden()) }
}

/// A product that nothing is written of yet.
pub(super) fn blank(services: &Services, merchant: &MerchantId, kind: ProductKind, position: i64) -> Product {
    let now = services.clock.now();
    Product {
        id: services.clock.id(),
        merchant_id: merchant.clone(),
        kind,
        name: Localized::default(),
        text: Localized::default(),
        category_id: None,
        sku: None,
        delivery: Localized::default(),
        price_minor: None,
        compare_at_minor: None,
        donation: None,
        stock: None,
        photo_id: None,
        digital_goods: false,
        visible: false,
        position,
        created_at: now,
        updated_at: now,
    }
}

/// # Errors
/// `forbidden`, and refusals that name the wrong field.
pub async fn create(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    input: ProductInput,
) -> Outcome<Product> {
    may_edit(actor)?;
    let input = input.checked()?;
    let (own, actor, merchant) = (services.clone(), actor.clone(), merchant.clone());
    services
        .db
        .write(move |tx| async move {
            fits(&tx, &merchant, None, &input).await?;
            let position = store::last_position(&*tx, &merchant).await? + 1;
            let blank = blank(&own, &merchant, input.kind, position);
            let after = serde_json::to_value(&input)?;
            let product = input.into_product(blank);
            store::insert(&*tx, product.clone()).await?;
            let id = product.id.as_str();
            audit::record(&tx, &own.clock, &merchant, &actor, "product_created", id, None, Some(after)).await?;
            Ok(product)
        })
        .await
}

/// What only the rest of the catalog can say: the category is there, the code is free, and variants have a price.
async fn fits(tx: &Tx, merchant: &MerchantId, old: Option<&Product>, input: &ProductInput) -> Outcome<()> {
    if let Some(category) = &input.category
        && category_store::get(&**tx, merchant, category).await?.is_none()
    {
        return Err(Refusal::field("category", "category_gone").into());
    }
    if let Some(sku) = &input.sku
        && let Some(other) = store::by_sku(&**tx, merchant, sku).await?
        && old.is_none_or(|old| old.id != other.id)
    {
        return Err(Refusal::field("sku", "sku_taken").with("sku", sku).into());
    }
    if let Some(old) = old
        && input.kind == ProductKind::Donation
        && !variant_store::of_product(&**tx, merchant, &old.id).await?.is_empty()
    {
        return Err(Refusal::field("kind", "donation_has_no_variants").into());
    }
    Ok(())
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
    id: &ProductId,
    input: ProductInput,
    stock_shown: Option<i64>,
) -> Outcome<Product> {
    let merge = move |now: ProductInput| {
        let stock = merged(now.stock, stock_shown, input.stock);
        ProductInput { stock, ..input }
    };
    change(services, actor, merchant, id, merge).await
}

/// Writes the named fields only: a sale at the same time keeps its stock, another's change keeps its text.
///
/// # Errors
/// `forbidden`, `not_found`, and refusals that name the wrong field.
pub async fn patch(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    id: &ProductId,
    patch: ProductPatch,
) -> Outcome<Product> {
    change(services, actor, merchant, id, |old| patch.over(old)).await
}

/// Decides on the locked row, so that no sale falls between reading and writing.
async fn change(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    id: &ProductId,
    decide: impl FnOnce(ProductInput) -> ProductInput + Send + 'static,
) -> Outcome<Product> {
    may_edit(actor)?;
    let (own, actor, merchant, id) = (services.clone(), actor.clone(), merchant.clone(), id.clone());
    services
        .db
        .write(move |tx| async move {
            let old = store::lock(&*tx, &merchant, &id).await?.ok_or_else(Refusal::not_found)?;
            let before = ProductInput::from(&old);
            let input = decide(before.clone()).checked()?;
            fits(&tx, &merchant, Some(&old), &input).await?;
            let (before, after) = (Some(serde_json::to_value(&before)?), Some(serde_json::to_value(&input)?));
            if before == after {
                return Ok(old);
            }
            let product = Product { updated_at: own.clock.now(), ..input.into_product(old) };
            store::save(&*tx, product.clone()).await?;
            let id = id.as_str();
            audit::record(&tx, &own.clock, &merchant, &actor, "product_changed", id, before, after).await?;
            Ok(product)
        })
        .await
}

/// Gives the product a picture.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn set_photo(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    id: &ProductId,
    photo: Photo,
) -> Outcome<()> {
    may_edit(actor)?;
    let (picture, small) = photo.rows(services, merchant);
    let (own, actor, merchant, id) = (services.clone(), actor.clone(), merchant.clone(), id.clone());
    services
        .db
        .write(move |tx| async move {
            let old = store::lock(&*tx, &merchant, &id).await?.ok_or_else(Refusal::not_found)?;
            let (before, after) = (json!({ "photo": old.photo_id }), json!({ "photo": picture.id }));
            let photo = picture.id.clone();
            store::insert_picture(&*tx, picture, small).await?;
            store::set_photo(&*tx, &merchant, &id, &photo, own.clock.now()).await?;
            let (id, before, after) = (id.as_str(), Some(before), Some(after));
            audit::record(&tx, &own.clock, &merchant, &actor, "product_changed", id, before, after).await
        })
        .await
}
