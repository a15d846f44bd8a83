//! A product once more: with its variants and questions, without its code, and hidden until somebody has looked at it.

use domain::{MerchantId, ProductId, role::Actor};

use super::{
    Product,
    edit::{alone, may_edit, written},
    gallery_store, question_store, store, variant_store,
};
use crate::{
    db::Tx,
    failure::{Outcome, Refusal},
    services::Services,
    staff::audit,
};

/// # Errors
/// `forbidden`, `not_found`.
pub async fn copy(services: &Services, actor: &Actor, merchant: &MerchantId, id: &ProductId) -> Outcome<Product> {
    may_edit(actor)?;
    let (own, actor, merchant, id) = (services.clone(), actor.clone(), merchant.clone(), id.clone());
    services
        .db
        .write(move |tx| async move {
            alone(&tx, &merchant).await?;
            let old = store::get(&*tx, &merchant, &id).await?.ok_or_else(Refusal::not_found)?;
            let now = own.clock.now();
            let product = Product {
                id: own.clock.id(),
                sku: None,
                visible: false,
                position: store::last_position(&*tx, &merchant).await? + 1,
                created_at: now,
                updated_at: now,
                ..old
            };
            store::insert(&*tx, product.clone()).await?;
            parts(&tx, &own, &merchant, &id, &product.id).await?;
            let mut after = written(&product)?;
            after["copy_of"] = id.as_str().into();
            let subject = product.id.as_str();
            audit::record(&tx, &own.clock, &merchant, &actor, "product_created", subject, None, Some(after)).await?;
            Ok(product)
        })
        .await
}

/// Its further pictures, variants and questions; times are offered anew.
async fn parts(tx: &Tx, services: &Services, merchant: &MerchantId, of: &ProductId, to: &ProductId) -> Outcome<()> {
    let photos = gallery_store::of_product(&**tx, merchant, of).await?;
    gallery_store::replace(&**tx, merchant, to, &photos).await?;
    for mut variant in variant_store::of_product(&**tx, merchant, of).await? {
        (variant.id, variant.product_id) = (services.clock.id(), to.clone());
        variant_store::insert(&**tx, variant).await?;
    }
    for mut question in question_store::of_product(&**tx, merchant, of).await? {
        (question.id, question.product_id) = (services.clock.id(), to.clone());
        question_store::insert(&**tx, question).await?;
    }
    Ok(())
}
