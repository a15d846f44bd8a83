//! Payment links: fixed ones that open a new order at each checkout, dynamic ones that belong to one order.
//!
//! A link is never deleted; whether it leads to checkout is decided by `domain::link::open`, under a lock when it counts.

pub mod batch;
mod create;
pub(crate) mod dynamic;
mod many;
mod page;
mod rows;
pub(crate) mod store;

use domain::{
    CustomerId, LinkId, MerchantId, OrderId, limits,
    link::LinkKind,
    role::{Actor, Permission},
};

pub use create::{NewLink, What, create};
pub use many::{Many, change_many};
pub use page::{Choices, LinkPage, Method, open};
pub use rows::Model as Link;
pub use rows::opening::Model as Opening;
pub use store::{Filter, Labelled, Patch};

use crate::{
    db::{Db, Tx},
    failure::{Outcome, Refusal, RefusalKind, text},
    orders,
    services::Services,
    staff::audit,
};

impl Link {
    /// Where the link leads.
    #[must_use]
    pub fn url(&self, services: &Services) -> String {
        services.url(&format!("/pay/{}", self.code))
    }
}

/// # Errors
/// `not_found`, also for another merchant's link.
pub async fn get(db: &Db, merchant: &MerchantId, id: &LinkId) -> Outcome<Link> {
    store::get(db.read(), merchant, id).await?.ok_or_else(|| Refusal::not_found().into())
}

/// The merchant's link with this code.
///
/// # Errors
/// When the database does not answer.
pub async fn by_code(db: &Db, merchant: &MerchantId, code: &str) -> Outcome<Option<Link>> {
    Ok(store::by_code(db.read(), code).await?.filter(|link| link.merchant_id == *merchant))
}

/// The dynamic link of an order.
///
/// # Errors
/// When the database does not answer.
pub async fn of_order(db: &Db, merchant: &MerchantId, order: &domain::OrderId) -> Outcome<Option<Link>> {
    store::of_order(db.read(), merchant, order).await
}

/// The days on which a link was opened, the first ones first.
///
/// # Errors
/// When the database does not answer.
pub async fn openings(db: &Db, merchant: &MerchantId, id: &LinkId, at_most: u64) -> Outcome<Vec<Opening>> {
    store::openings(db.read(), merchant, id, at_most).await
}

/// The merchant's links of these ids, newest first.
///
/// # Errors
/// When the database does not answer.
pub async fn by_ids(db: &Db, merchant: &MerchantId, ids: Vec<LinkId>) -> Outcome<Vec<Link>> {
    store::by_ids(db.read(), merchant, ids).await
}

/// One page of links, newest first.
///
/// # Errors
/// When the database does not answer.
pub async fn list(db: &Db, merchant: &MerchantId, filter: &Filter, limit: u64) -> Outcome<Vec<Link>> {
    store::list(db.read(), merchant, filter, limit).await
}

/// Relabels a link, or switches it on or off.
///
/// # Errors
/// `forbidden`, `not_found`, `too_long`.
pub async fn patch(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    id: &LinkId,
    patch: Patch,
) -> Outcome<Link> {
    may_edit(actor)?;
    let label = patch.label.as_deref().map(|label| text("label", label, limits::LABEL)).transpose()?;
    let patch = Patch { label, active: patch.active };
    let (own, actor, merchant, id) = (services.clone(), actor.clone(), merchant.clone(), id.clone());
    services
        .db
        .write(move |tx| async move {
            let before = locked(&tx, &merchant, &id).await?;
            patch_locked(&tx, &own, &actor, &before, &patch).await?;
            store::get(&*tx, &merchant, &id).await?.ok_or_else(|| Refusal::not_found().into())
        })
        .await
}

async fn locked(tx: &Tx, merchant: &MerchantId, id: &LinkId) -> Outcome<Link> {
    let link = store::lock_many(&**tx, merchant, vec![id.clone()]).await?.pop();
    link.ok_or_else(|| Refusal::not_found().into())
}

/// False when the link is so already.
async fn patch_locked(tx: &Tx, services: &Services, actor: &Actor, link: &Link, patch: &Patch) -> Outcome<bool> {
    let wanted = Link {
        label: patch.label.clone().unwrap_or_else(|| link.label.clone()),
        active: patch.active.unwrap_or(link.active),
        ..link.clone()
    };
    if wanted == *link {
        return Ok(false);
    }
    store::patch(&**tx, link, patch).await?;
    let (id, was, is) = (link.id.as_str(), Some(summary(link)), Some(summary(&wanted)));
    audit::record(tx, &services.clock, &link.merchant_id, actor, "link_changed", id, was, is).await?;
    Ok(true)
}

/// Cancels a link that is not paid: it leads nowhere from now on.
///
/// # Errors
/// `forbidden`, `not_found`, `link_already_paid` for a paid dynamic link.
pub async fn cancel(services: &Services, actor: &Actor, merchant: &MerchantId, id: &LinkId) -> Outcome<Link> {
    may_edit(actor)?;
    let (own, actor, merchant, id) = (services.clone(), actor.clone(), merchant.clone(), id.clone());
    services
        .db
        .write(move |tx| async move {
            let link = locked(&tx, &merchant, &id).await?;
            may_cancel(&link)?;
            if link.cancelled_at.is_none() {
                cancel_locked(&tx, &own, &actor, &link).await?;
            }
            store::get(&*tx, &merchant, &id).await?.ok_or_else(|| Refusal::not_found().into())
        })
        .await
}

/// The customer gives up an order of theirs that is not paid: its link leads nowhere from now on, and what was reserved is
/// free again as soon as no payment is under way. Given up already, nothing more happens.
///
/// # Errors
/// `not_found`, also for another customer's order; `link_already_paid`.
pub async fn give_up(
    services: &Services,
    merchant: &MerchantId,
    customer: &CustomerId,
    order: &OrderId,
) -> Outcome<()> {
    let (own, merchant, customer, order) = (services.clone(), merchant.clone(), customer.clone(), order.clone());
    services
        .db
        .write(move |tx| async move {
            let mine = orders::store::get(&*tx, &merchant, &order).await?;
            mine.filter(|order| order.customer_id.as_ref() == Some(&customer)).ok_or_else(Refusal::not_found)?;
            let link = store::of_order(&*tx, &merchant, &order).await?.ok_or_else(Refusal::not_found)?;
            let link = locked(&tx, &merchant, &link.id).await?;
            may_cancel(&link)?;
            if link.cancelled_at.is_none() {
                store::cancel(&*tx, &link.id, own.clock.now()).await?;
                dynamic::cancel_order(&tx, &own, &link, &Actor::Customer).await?;
            }
            Ok(())
        })
        .await
}

fn may_cancel(link: &Link) -> Result<(), Refusal> {
    if link.kind == LinkKind::Dynamic && link.paid_count > 0 {
        return Err(Refusal::new(RefusalKind::Conflict, "link_already_paid"));
    }
    Ok(())
}

/// True: it is done.
async fn cancel_locked(tx: &Tx, services: &Services, actor: &Actor, link: &Link) -> Outcome<bool> {
    store::cancel(&**tx, &link.id, services.clock.now()).await?;
    dynamic::cancel_order(tx, services, link, actor).await?;
    let (id, was, is) = (link.id.as_str(), summary(link), serde_json::json!({ "cancelled": true }));
    audit::record(tx, &services.clock, &link.merchant_id, actor, "link_cancelled", id, Some(was), Some(is)).await?;
    Ok(true)
}

/// The labels in use, in the order of letters, each with how many links stand under it.
///
/// # Errors
/// When the database does not answer.
pub async fn labels(db: &Db, merchant: &MerchantId, limit: u64) -> Outcome<Vec<Labelled>> {
    store::labels(db.read(), merchant, limit).await
}

fn may_edit(actor: &Actor) -> Result<(), Refusal> {
    if actor.may(Permission::EditLinks) { Ok(()) } else { Err(Refusal::forbidden()) }
}

fn summary(link: &Link) -> serde_json::Value {
    serde_json::json!({ "label": link.label, "active": link.active, "cancelled": link.cancelled_at.is_some() })
}
