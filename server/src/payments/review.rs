//! What staff do with a payment that needs review: look, and say what became of it; or deliver all the same.
//!
//! Nothing here changes where a payment stands; that takes evidence.

use domain::{
    MerchantId, PaymentId,
    journal::EntryKind,
    order::OrderStatus,
    payment::{PaymentStatus, ReviewReason},
    role::{Actor, Permission},
};
use serde_json::json;

use super::{book::counted_lines, rows::Model as Payment, store, tell};
use crate::{
    catalog,
    db::Tx,
    failure::{Failure, Outcome, Refusal, RefusalKind, reason},
    fulfilment, jobs,
    journal::{self, NewEntry},
    orders::{self, Order},
    promos,
    services::Services,
    staff::audit,
};

/// Closes the review of a payment, with a word about what was done.
///
/// # Errors
/// `forbidden`, `not_found`, `reason_required`, `too_long`, `nothing_to_review`.
pub async fn close_review(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    id: &PaymentId,
    comment: &str,
) -> Outcome<()> {
    let comment = checked(actor, comment)?;
    let (own, actor, merchant, id) = (services.clone(), actor.clone(), merchant.clone(), id.clone());
    services
        .db
        .write(move |tx| async move {
            let (payment, order) = open(&tx, &merchant, &id).await?;
            resolve(&tx, &own, &actor, &payment, &order, "closed", &comment).await?;
            Ok(())
        })
        .await
}

/// Delivers what a late payment bought, although it was not to be had any more: the shop has found it after all.
///
/// # Errors
/// `forbidden`, `not_found`, `reason_required`, `too_long`, `nothing_to_review`, `payment_not_paid`.
pub async fn deliver_anyway(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    id: &PaymentId,
    comment: &str,
) -> Outcome<()> {
    let comment = checked(actor, comment)?;
    let (own, actor, merchant, id) = (services.clone(), actor.clone(), merchant.clone(), id.clone());
    services
        .db
        .write(move |tx| async move {
            let (payment, order) = open(&tx, &merchant, &id).await?;
            if payment.status != PaymentStatus::Paid || order.status != OrderStatus::Paid {
                return Err(Refusal::new(RefusalKind::Conflict, "payment_not_paid").into());
            }
            let mut order = order;
            if !order.holds_stock {
                // Counted where there is something to count; what is given beyond that is the shop's own word.
                let lines = counted_lines(&tx, &order).await?;
                order.holds_stock = catalog::take_stock(&tx, &merchant, &lines, own.clock.now()).await?;
                promos::take(&tx, &order).await?;
            }
            let order = resolve(&tx, &own, &actor, &payment, &order, "delivered", &comment).await?;
            let now = own.clock.now();
            let told = tell::job(now, &order, Some(&payment.id), tell::What::Paid);
            jobs::enqueue(&tx, now, told.into_iter().collect()).await?;
            fulfilment::promise_again(&tx, now, &order, &payment.id).await
        })
        .await
}

/// A payment that was to be looked at because it should go back has gone back: there is nothing to look at any more.
pub(crate) async fn close_after_refund(tx: &Tx, services: &Services, payment: &Payment) -> Outcome<()> {
    let (payment, order) = match open(tx, &payment.merchant_id, &payment.id).await {
        Ok(reviewed) => reviewed,
        Err(Failure::Refused(_)) => return Ok(()),
        Err(failure) => return Err(failure),
    };
    let wanted_back =
        matches!(payment.review_reason, Some(ReviewReason::DuplicatePayment | ReviewReason::LateUndeliverable));
    if wanted_back && payment.status == PaymentStatus::Refunded {
        resolve(tx, services, &Actor::System, &payment, &order, "refunded", "").await?;
    }
    Ok(())
}

fn checked(actor: &Actor, comment: &str) -> Result<String, Refusal> {
    if !actor.may(Permission::ResolveReview) {
        return Err(Refusal::forbidden());
    }
    reason("comment", comment)
}

async fn open(tx: &Tx, merchant: &MerchantId, id: &PaymentId) -> Outcome<(Payment, Order)> {
    let payment = store::get(&**tx, merchant, id).await?.ok_or_else(Refusal::not_found)?;
    let order =
        orders::store::lock(&**tx, vec![payment.order_id.clone()]).await?.pop().ok_or_else(Refusal::not_found)?;
    let payment = store::get(&**tx, merchant, id).await?.ok_or_else(Refusal::not_found)?;
    if !payment.needs_review {
        return Err(Refusal::new(RefusalKind::Conflict, "nothing_to_review").into());
    }
    Ok((payment, order))
}

/// Takes the flag off the payment, and off its order when no other payment of it has one.
async fn resolve(
    tx: &Tx,
    services: &Services,
    actor: &Actor,
    payment: &Payment,
    order: &Order,
    how: &'static str,
    comment: &str,
) -> Outcome<Order> {
    let why = payment.review_reason;
    let notes = store::Notes {
        refund_held_minor: payment.refund_held_minor,
        refunded_outside_minor: payment.refunded_outside_minor,
        review_reason: None,
    };
    store::note(&**tx, &payment.merchant_id, &payment.id, notes).await?;
    let all = store::of_orders(&**tx, vec![order.id.clone()]).await?;
    let left = all.iter().find(|other| other.needs_review).and_then(|other| other.review_reason);
    let order = Order { needs_review: left.is_some(), review_reason: left, ..order.clone() };
    orders::store::change(&**tx, vec![order.id.clone()], (&order).into()).await?;
    let data = json!({ "review": why.map(ReviewReason::as_str), "how": how, "comment": comment });
    let entry = NewEntry {
        merchant: payment.merchant_id.clone(),
        kind: EntryKind::ReviewResolved,
        order: Some(order.id.clone()),
        payment: Some(payment.id.clone()),
        amount: Some(payment.amount()),
        actor: actor.label(),
        data: data.clone(),
    };
    journal::append(tx, &services.clock, vec![entry]).await?;
    let (merchant, subject) = (&payment.merchant_id, payment.id.as_str());
    let before = json!({ "needs_review": true, "review_reason": why.map(ReviewReason::as_str) });
    audit::record(tx, &services.clock, merchant, actor, "review_resolved", subject, Some(before), Some(data)).await?;
    Ok(order)
}
