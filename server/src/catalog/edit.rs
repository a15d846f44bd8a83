//! Making and changing products.

use domain::{
    FileId, Localized, MerchantId, ProductId,
    product::ProductKind,
    role::{Actor, Permission},
};
use serde_json::Value;

use super::{
    Product, ProductInput, ProductPatch, category_store, gallery, input::merged, photo::Photo, store, variant_store,
    variants,
};
use crate::{
    causes,
    db::Tx,
    failure::{Outcome, Refusal},
    services::Services,
    shop,
    staff::audit,
};

/// What becomes of a product's picture.
#[derive(Clone, Debug, Default)]
pub enum Picture {
    #[default]
    AsItIs,
    Gone,
    New(Photo),
}

/// A product's form as it was sent.
#[derive(Clone, Debug)]
pub struct Edited {
    pub input: ProductInput,
    /// The stock that the form was filled from: what was sold or given back meanwhile stays so, and the form's change is
    /// made on top of it.
    pub stock_shown: Option<i64>,
    pub picture: Picture,
}

pub(super) fn may_edit(actor: &Actor) -> Result<(), Refusal> {
    if actor.may(Permission::EditCatalog) { Ok(()) } else { Err(Refusal::forbidden()) }
}

/// Whoever changes what stands in the catalog comes through here first: codes stay unique, places too, and no limit is
/// passed by two at once. Sales do not wait for it.
pub(super) async fn alone(tx: &Tx, merchant: &MerchantId) -> Outcome<()> {
    tx.alone(&["catalog ", merchant.as_str()].concat()).await
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
    make(services, actor, merchant, input, None, None).await
}

/// As [`create`], once for its cause, such as an idempotency key.
///
/// # Errors
/// As [`create`].
pub async fn create_once(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    input: ProductInput,
    cause: Option<String>,
) -> Outcome<Product> {
    make(services, actor, merchant, input, None, cause).await
}

/// As [`create`], with its picture: both or neither.
///
/// # Errors
/// As [`create`].
pub async fn create_pictured(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    input: ProductInput,
    photo: Option<Photo>,
) -> Outcome<Product> {
    make(services, actor, merchant, input, photo, None).await
}

async fn make(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    input: ProductInput,
    photo: Option<Photo>,
    cause: Option<String>,
) -> Outcome<Product> {
    may_edit(actor)?;
    let input = input.checked(shop::get(&services.db, merchant).await?.currency)?;
    let (own, actor, merchant) = (services.clone(), actor.clone(), merchant.clone());
    services
        .db
        .write(move |tx| async move {
            alone(&tx, &merchant).await?;
            let cause = cause.as_deref();
            if let Some(first) = causes::made(&tx, &merchant, cause).await?
                && let Some(first) = store::get(&*tx, &merchant, &first).await?
            {
                return Ok(first);
            }
            fits(&tx, &merchant, None, &input).await?;
            let position = store::last_position(&*tx, &merchant).await? + 1;
            let blank = blank(&own, &merchant, input.kind, position);
            let mut product = input.into_product(blank);
            if let Some(photo) = photo {
                product.photo_id = Some(hang(&tx, &own, photo, &merchant).await?);
            }
            store::insert(&*tx, product.clone()).await?;
            causes::note(&tx, &merchant, cause, product.id.as_str()).await?;
            let (id, after) = (product.id.as_str(), Some(written(&product)?));
            audit::record(&tx, &own.clock, &merchant, &actor, "product_created", id, None, after).await?;
            Ok(product)
        })
        .await
}

pub(super) async fn hang(tx: &Tx, services: &Services, photo: Photo, merchant: &MerchantId) -> Outcome<FileId> {
    let (picture, small) = photo.rows(services, merchant);
    let id = picture.id.clone();
    store::insert_picture(&**tx, picture, small).await?;
    Ok(id)
}

/// A product as the audit log says it.
pub(super) fn written(product: &Product) -> Outcome<Value> {
    let mut value = serde_json::to_value(ProductInput::from(product))?;
    value["photo"] = serde_json::to_value(&product.photo_id)?;
    Ok(value)
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

/// Writes every field, as a form does, and its picture: both or neither.
///
/// # Errors
/// `forbidden`, `not_found`, and refusals that name the wrong field.
pub async fn update(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    id: &ProductId,
    edited: Edited,
) -> Outcome<Product> {
    let Edited { input, stock_shown, picture } = edited;
    let merge = move |now: ProductInput| {
        let stock = merged(now.stock, stock_shown, input.stock);
        ProductInput { stock, ..input }
    };
    change(services, actor, merchant, id, picture, merge).await
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
    change(services, actor, merchant, id, Picture::AsItIs, |old| patch.over(old)).await
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
    change(services, actor, merchant, id, Picture::New(photo), |old| old).await.map(drop)
}

/// Decides on the locked row, so that no sale falls between reading and writing.
async fn change(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    id: &ProductId,
    picture: Picture,
    decide: impl FnOnce(ProductInput) -> ProductInput + Send + 'static,
) -> Outcome<Product> {
    may_edit(actor)?;
    let currency = shop::get(&services.db, merchant).await?.currency;
    let (own, actor, merchant, id) = (services.clone(), actor.clone(), merchant.clone(), id.clone());
    services
        .db
        .write(move |tx| async move {
            alone(&tx, &merchant).await?;
            let old = store::lock(&*tx, &merchant, &id).await?.ok_or_else(Refusal::not_found)?;
            let input = decide(ProductInput::from(&old)).checked(currency)?;
            fits(&tx, &merchant, Some(&old), &input).await?;
            let mut product = input.into_product(old.clone());
            product.photo_id = match picture {
                Picture::AsItIs => product.photo_id,
                Picture::Gone => gallery::next(&tx, &old).await?,
                Picture::New(photo) => Some(hang(&tx, &own, photo, &merchant).await?),
            };
            if product == old {
                return Ok(old);
            }
            product.updated_at = own.clock.now();
            replace(&tx, &own, &actor, old, &product).await?;
            Ok(product)
        })
        .await
}

/// Writes the product in the place of `old`, and lets go of what `old` alone needed.
async fn replace(tx: &Tx, services: &Services, actor: &Actor, old: Product, new: &Product) -> Outcome<()> {
    let merchant = &new.merchant_id;
    store::save(&**tx, new.clone()).await?;
    if old.kind == ProductKind::Goods && new.kind != ProductKind::Goods {
        variants::uncount(tx, services, actor, merchant, &new.id).await?;
    }
    let (before, after) = (Some(written(&old)?), Some(written(new)?));
    let id = new.id.as_str();
    audit::record(tx, &services.clock, merchant, actor, "product_changed", id, before, after).await?;
    match old.photo_id {
        Some(photo) if new.photo_id.as_ref() != Some(&photo) => store::let_go(&**tx, merchant, &photo).await,
        _ => Ok(()),
    }
}
