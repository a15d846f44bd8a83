//! Categories: the shelves of the catalog, in the order the merchant gives them.

use domain::{
    CategoryId, Localized, MerchantId, limits,
    ordering::{Reorder, reordered},
    role::Actor,
};
use serde_json::json;

pub use super::rows::category::Model as Category;
use super::{
    category_store as store,
    edit::{alone, may_edit},
    input::named,
};
use crate::{
    db::{Db, Tx},
    failure::{Outcome, Refusal},
    services::Services,
    staff::audit,
};

/// In the merchant's order.
///
/// # Errors
/// When the database does not answer.
pub async fn list(db: &Db, merchant: &MerchantId) -> Outcome<Vec<Category>> {
    store::list(db.read(), merchant).await
}

/// Those that hold a visible product, and whether visible products stand outside of all.
///
/// # Errors
/// When the database does not answer.
pub async fn filled(db: &Db, merchant: &MerchantId) -> Outcome<(Vec<Category>, bool)> {
    let held = super::store::held_categories(db.read(), merchant).await?;
    let mut all = list(db, merchant).await?;
    all.retain(|category| held.contains(&Some(category.id.clone())));
    Ok((all, held.contains(&None)))
}

/// # Errors
/// `not_found`, also for another merchant's category.
pub async fn get(db: &Db, merchant: &MerchantId, id: &CategoryId) -> Outcome<Category> {
    store::get(db.read(), merchant, id).await?.ok_or_else(|| Refusal::not_found().into())
}

/// A new category, behind the others.
///
/// # Errors
/// `forbidden`, `required`, `too_long`, `too_many_categories`.
pub async fn add(services: &Services, actor: &Actor, merchant: &MerchantId, name: Localized) -> Outcome<Category> {
    may_edit(actor)?;
    let name = named(&name)?;
    let (own, actor, merchant) = (services.clone(), actor.clone(), merchant.clone());
    services
        .db
        .write(move |tx| async move {
            alone(&tx, &merchant).await?;
            insert(&tx, &own, &actor, &merchant, name).await
        })
        .await
}

/// The category that is called so in any language; made when there is none. None for no name.
///
/// # Errors
/// `forbidden`, `too_long`, `too_many_categories`.
pub async fn called(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    name: &Localized,
) -> Outcome<Option<CategoryId>> {
    may_edit(actor)?;
    if name.is_empty() {
        return Ok(None);
    }
    let name = named(name)?;
    let (own, actor, merchant) = (services.clone(), actor.clone(), merchant.clone());
    let found = services.db.write(move |tx| async move {
        alone(&tx, &merchant).await?;
        find_or_add(&tx, &own, &actor, &merchant, name).await
    });
    Ok(Some(found.await?))
}

/// The caller is [`alone`] in the catalog.
pub(super) async fn find_or_add(
    tx: &Tx,
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    name: Localized,
) -> Outcome<CategoryId> {
    let same = |own: &Localized| own.says(&name.hy) || own.says(&name.ru) || own.says(&name.en);
    let known = store::list(&**tx, merchant).await?.into_iter().find(|category| same(&category.name));
    match known {
        Some(category) => Ok(category.id),
        None => Ok(insert(tx, services, actor, merchant, name).await?.id),
    }
}

async fn insert(
    tx: &Tx,
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    name: Localized,
) -> Outcome<Category> {
    let all = store::list(&**tx, merchant).await?;
    if all.len() >= limits::CATEGORIES {
        return Err(Refusal::field("name", "too_many_categories").with("max", limits::CATEGORIES).into());
    }
    let position = all.last().map_or(0, |last| last.position) + 1;
    let category = Category { id: services.clock.id(), merchant_id: merchant.clone(), name, position };
    store::insert(&**tx, category.clone()).await?;
    let (id, after) = (category.id.as_str(), Some(json!({ "name": category.name })));
    audit::record(tx, &services.clock, merchant, actor, "category_created", id, None, after).await?;
    Ok(category)
}

/// # Errors
/// `forbidden`, `not_found`, `required`, `too_long`.
pub async fn rename(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    id: &CategoryId,
    name: Localized,
) -> Outcome<()> {
    may_edit(actor)?;
    let name = named(&name)?;
    let (own, actor, merchant, id) = (services.clone(), actor.clone(), merchant.clone(), id.clone());
    services
        .db
        .write(move |tx| async move {
            let old = store::get(&*tx, &merchant, &id).await?.ok_or_else(Refusal::not_found)?;
            let (before, after) = (json!({ "name": old.name }), json!({ "name": name }));
            store::rename(&*tx, &merchant, &id, &name).await?;
            let (id, before, after) = (id.as_str(), Some(before), Some(after));
            audit::record(&tx, &own.clock, &merchant, &actor, "category_changed", id, before, after).await
        })
        .await
}

/// Takes the category away; its products stay, outside of all.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn remove(services: &Services, actor: &Actor, merchant: &MerchantId, id: &CategoryId) -> Outcome<Category> {
    may_edit(actor)?;
    let (own, actor, merchant, id) = (services.clone(), actor.clone(), merchant.clone(), id.clone());
    services
        .db
        .write(move |tx| async move {
            let old = store::lock(&*tx, &merchant, &id).await?.ok_or_else(Refusal::not_found)?;
            super::store::leave_category(&*tx, &merchant, &id).await?;
            store::remove(&*tx, &merchant, &id).await?;
            let (id, before) = (id.as_str(), Some(json!({ "name": old.name })));
            audit::record(&tx, &own.clock, &merchant, &actor, "category_removed", id, before, None).await?;
            Ok(old)
        })
        .await
}

/// # Errors
/// `forbidden`.
pub async fn order(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    change: Reorder<CategoryId>,
) -> Outcome<()> {
    may_edit(actor)?;
    let (own, actor, merchant) = (services.clone(), actor.clone(), merchant.clone());
    services
        .db
        .write(move |tx| async move {
            let now: Vec<_> = store::lock_all(&*tx, &merchant).await?.into_iter().map(|one| one.id).collect();
            let sorted = reordered(now.clone(), &change);
            if sorted == now {
                return Ok(());
            }
            for (position, id) in (1..).zip(&sorted) {
                store::place(&*tx, &merchant, id, position).await?;
            }
            let (before, after) = (Some(json!({ "order": now })), Some(json!({ "order": sorted })));
            let subject = merchant.as_str();
            audit::record(&tx, &own.clock, &merchant, &actor, "categories_ordered", subject, before, after).await
        })
        .await
}
