//! The pictures of a product. The first is the one of its card and of the bot; the others are seen where the product is
//! looked at alone.
//!
//! The first stands with the product, the others beside it: together they are one list, and none of it stands there twice.
//! Whoever changes one holds the product's lock first.

use domain::{
    FileId, MerchantId, ProductId, limits,
    ordering::{Reorder, reordered},
    role::Actor,
};
use serde_json::json;

use super::{
    Photo, Product,
    edit::{alone, hang, may_edit},
    gallery_store, store,
};
use crate::{
    db::{Db, Tx},
    failure::{Outcome, Refusal},
    services::Services,
    staff::audit,
};

/// All pictures of the product, the first one first.
///
/// # Errors
/// When the database does not answer.
pub async fn list(db: &Db, product: &Product) -> Outcome<Vec<FileId>> {
    let further = gallery_store::of_product(db.read(), &product.merchant_id, &product.id).await?;
    Ok(product.photo_id.iter().cloned().chain(further).collect())
}

/// The pictures behind the first one, of several products, each with its product.
///
/// # Errors
/// When the database does not answer.
pub async fn further(db: &Db, merchant: &MerchantId, products: Vec<ProductId>) -> Outcome<Vec<(ProductId, FileId)>> {
    gallery_store::of_products(db.read(), merchant, products).await
}

async fn all(tx: &Tx, product: &Product) -> Outcome<Vec<FileId>> {
    let further = gallery_store::of_product(&**tx, &product.merchant_id, &product.id).await?;
    Ok(product.photo_id.iter().cloned().chain(further).collect())
}

/// What is done to the pictures.
enum Step {
    Add(Photo),
    Remove(FileId),
    Order(Reorder<FileId>),
}

/// Behind the others.
///
/// # Errors
/// `forbidden`, `not_found`, `too_many_photos`.
pub async fn add(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    id: &ProductId,
    photo: Photo,
) -> Outcome<()> {
    change(services, actor, merchant, id, Step::Add(photo)).await
}

/// # Errors
/// `forbidden`, `not_found`.
pub async fn remove(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    (id, photo): (&ProductId, &FileId),
) -> Outcome<()> {
    change(services, actor, merchant, id, Step::Remove(photo.clone())).await
}

/// # Errors
/// `forbidden`, `not_found`.
pub async fn order(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    id: &ProductId,
    order: Reorder<FileId>,
) -> Outcome<()> {
    change(services, actor, merchant, id, Step::Order(order)).await
}

async fn change(services: &Services, actor: &Actor, merchant: &MerchantId, id: &ProductId, step: Step) -> Outcome<()> {
    may_edit(actor)?;
    let (own, actor, merchant, id) = (services.clone(), actor.clone(), merchant.clone(), id.clone());
    services
        .db
        .write(move |tx| async move {
            alone(&tx, &merchant).await?;
            let product = store::lock(&*tx, &merchant, &id).await?.ok_or_else(Refusal::not_found)?;
            let before = all(&tx, &product).await?;
            let (action, after) = taken(&tx, &own, &merchant, before.clone(), step).await?;
            if before == after {
                return Ok(());
            }
            put(&tx, &own, product, &after).await?;
            for gone in before.iter().filter(|photo| !after.contains(photo)) {
                store::let_go(&*tx, &merchant, gone).await?;
            }
            let (before, after) = (Some(json!({ "photos": before })), Some(json!({ "photos": after })));
            audit::record(&tx, &own.clock, &merchant, &actor, action, id.as_str(), before, after).await
        })
        .await
}

/// What the step makes of the pictures, and how the audit log calls it.
async fn taken(
    tx: &Tx,
    services: &Services,
    merchant: &MerchantId,
    mut photos: Vec<FileId>,
    step: Step,
) -> Outcome<(&'static str, Vec<FileId>)> {
    match step {
        Step::Add(_) if photos.len() >= limits::PHOTOS => {
            Err(Refusal::field("photo", "too_many_photos").with("max", limits::PHOTOS).into())
        }
        Step::Add(photo) => {
            photos.push(hang(tx, services, photo, merchant).await?);
            Ok(("photo_added", photos))
        }
        Step::Remove(photo) => {
            let place = photos.iter().position(|own| *own == photo).ok_or_else(Refusal::not_found)?;
            photos.remove(place);
            Ok(("photo_removed", photos))
        }
        Step::Order(order) => Ok(("photos_ordered", reordered(photos, &order))),
    }
}

async fn put(tx: &Tx, services: &Services, product: Product, photos: &[FileId]) -> Outcome<()> {
    let (first, further) = photos.split_first().map_or((None, &[][..]), |(first, further)| (Some(first), further));
    let (merchant, id) = (product.merchant_id.clone(), product.id.clone());
    let product = Product { photo_id: first.cloned(), updated_at: services.clock.now(), ..product };
    store::save(&**tx, product).await?;
    gallery_store::replace(&**tx, &merchant, &id, further).await
}

/// The next picture moves up to where the first one was; none where there is no other.
pub(super) async fn next(tx: &Tx, product: &Product) -> Outcome<Option<FileId>> {
    let further = gallery_store::of_product(&**tx, &product.merchant_id, &product.id).await?;
    let Some((next, rest)) = further.split_first() else { return Ok(None) };
    gallery_store::replace(&**tx, &product.merchant_id, &product.id, rest).await?;
    Ok(Some(next.clone()))
}
