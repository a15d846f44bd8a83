//! Taking a product away that was never sold. One that an order or a link names can only be hidden: its story stays.

use domain::{MerchantId, ProductId, role::Actor};

use super::{
    Product, attachment,
    edit::{alone, may_edit, written},
    gallery_store, question_store, slot_store, store, variant_store,
};
use crate::{
    calls, clubs, codes,
    failure::{Outcome, Refusal, RefusalKind},
    links, orders,
    services::Services,
    staff::audit,
};

/// # Errors
/// `forbidden`, `not_found`, `product_is_sold`.
pub async fn remove(services: &Services, actor: &Actor, merchant: &MerchantId, id: &ProductId) -> Outcome<Product> {
    may_edit(actor)?;
    let (own, actor, merchant, id) = (services.clone(), actor.clone(), merchant.clone(), id.clone());
    services
        .db
        .write(move |tx| async move {
            alone(&tx, &merchant).await?;
            // Whoever orders it or makes a link to it waits for the lock, and then finds it gone.
            let old = store::lock(&*tx, &merchant, &id).await?.ok_or_else(Refusal::not_found)?;
            if orders::store::names_product(&*tx, &merchant, &id).await?
                || links::store::names_product(&*tx, &merchant, &id).await?
            {
                return Err(Refusal::new(RefusalKind::Conflict, "product_is_sold").into());
            }
            variant_store::remove_of_product(&*tx, &merchant, &id).await?;
            question_store::remove_of_product(&*tx, &merchant, &id).await?;
            slot_store::remove_of_product(&*tx, &merchant, &id).await?;
            clubs::store::remove_club(&*tx, &merchant, &id).await?;
            calls::store::remove_target(&*tx, &merchant, &id).await?;
            attachment::let_go(&tx, &merchant, &id).await?;
            codes::store::remove_left(&*tx, &merchant, &id).await?;
            let photos = gallery_store::of_product(&*tx, &merchant, &id).await?;
            gallery_store::replace(&*tx, &merchant, &id, &[]).await?;
            store::remove(&*tx, &merchant, &id).await?;
            for photo in old.photo_id.iter().chain(&photos) {
                store::let_go(&*tx, &merchant, photo).await?;
            }
            let (subject, before) = (id.as_str(), Some(written(&old)?));
            audit::record(&tx, &own.clock, &merchant, &actor, "product_removed", subject, before, None).await?;
            Ok(old)
        })
        .await
}

/// Whether the product may be removed, rather than hidden.
///
/// # Errors
/// When the database does not answer.
pub async fn removable(db: &crate::db::Db, merchant: &MerchantId, id: &ProductId) -> Outcome<bool> {
    Ok(!orders::store::names_product(db.read(), merchant, id).await?
        && !links::store::names_product(db.read(), merchant, id).await?)
}
