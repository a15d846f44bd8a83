//! Delivering again what was paid and did not arrive, or was lost: staff's button.

use domain::{
    MerchantId, Moment, OrderId, PaymentId,
    moment::MINUTE,
    order::OrderStatus,
    role::{Actor, Permission},
};
use serde_json::json;

use super::{FULFIL_ORDER, Lines, job, may_be_sent, store, told};
use crate::{
    calls, clubs,
    db::Tx,
    failure::{Outcome, Refusal, RefusalKind, reason},
    jobs::{self, NewJob},
    orders::{self, Order},
    payments::{
        self,
        tell::{self, Again},
    },
    services::Services,
    staff::audit,
};

/// Promises to give what the order bought: by the job that is there, whatever became of it, or by a new one.
pub(crate) async fn promise_again(tx: &Tx, now: Moment, order: &Order, payment: &PaymentId) -> Outcome<()> {
    calls::again(tx, now, &order.merchant_id, &order.id).await?;
    if jobs::store::hurry(&**tx, &order.merchant_id, &order.id, FULFIL_ORDER, now).await? {
        return Ok(());
    }
    let once_key = Some(format!("fulfil:{}:{}", order.id, now.0));
    jobs::enqueue(tx, now, vec![NewJob { once_key, ..job(now, order, payment) }]).await
}

/// Gives what a paid order bought once more. What was not given yet is tried now, whatever became of earlier tries; what was
/// given is sent as it was given, text for text and code for code: nothing is taken from the shelf a second time.
///
/// # Errors
/// `forbidden`, `not_found`, `reason_required`, `too_long`, `payment_not_paid`; where it was given already also `no_chat`,
/// `customer_blocked`, `no_bot`, and `nothing_was_given` where there is nothing that can be sent.
pub async fn again(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    id: &OrderId,
    asked: Again,
) -> Outcome<()> {
    if !actor.may(Permission::ResolveReview) {
        return Err(Refusal::forbidden().into());
    }
    let whole = orders::get(&services.db, merchant, id).await?;
    let why = reason("reason", &asked.reason)?;
    if whole.order.fulfilled_at.is_some() {
        tell::reachable(services, &whole.order).await?;
    }
    let (own, actor, merchant, id) = (services.clone(), actor.clone(), merchant.clone(), id.clone());
    services
        .db
        .write(move |tx| async move {
            let order = orders::store::lock(&*tx, vec![id.clone()]).await?.pop().ok_or_else(Refusal::not_found)?;
            let all = payments::store::of_orders(&*tx, vec![id]).await?;
            let is_due = order.is_to_be_delivered(&all);
            let kept = all.into_iter().find(|payment| payment.status.is_kept());
            let payment = kept.ok_or_else(not_paid)?.id;
            if is_due {
                promise_again(&tx, own.clock.now(), &order, &payment).await?;
            } else if !send_again(&tx, own.clock.now(), &order, &payment, &asked).await? {
                return Ok(());
            }
            let before = json!({ "status": order.status });
            let after = json!({ "number": order.number, "reason": why });
            let subject = order.id.to_string();
            let (before, after) = (Some(before), Some(after));
            audit::record(&tx, &own.clock, &merchant, &actor, "delivered_again", &subject, before, after).await
        })
        .await
}

fn not_paid() -> Refusal {
    Refusal::new(RefusalKind::Conflict, "payment_not_paid")
}

/// The customer asks for what an order gave once more; asked twice within a minute, it comes once. False where there is
/// nothing to send.
///
/// # Errors
/// `not_found`, `payment_not_paid`, `nothing_was_given`.
pub async fn for_customer(services: &Services, merchant: &MerchantId, id: &OrderId) -> Outcome<bool> {
    orders::get(&services.db, merchant, id).await?;
    let (own, id) = (services.clone(), id.clone());
    services
        .db
        .write(move |tx| async move {
            let order = orders::store::lock(&*tx, vec![id.clone()]).await?.pop().ok_or_else(Refusal::not_found)?;
            let all = payments::store::of_orders(&*tx, vec![id]).await?;
            let payment = all.into_iter().find(|payment| payment.status.is_kept()).ok_or_else(not_paid)?.id;
            let now = own.clock.now();
            let asked = Again { reason: String::new(), once: Some(format!("customer:{}", now.0 / MINUTE)) };
            send_again(&tx, now, &order, &payment, &asked).await
        })
        .await
}

/// Whether it is promised now, and not by an earlier press of the same button.
async fn send_again(tx: &Tx, now: Moment, order: &Order, payment: &PaymentId, asked: &Again) -> Outcome<bool> {
    if !matches!(order.status, OrderStatus::Fulfilled | OrderStatus::PartiallyRefunded) {
        return Err(not_paid().into());
    }
    if !may_be_sent(&**tx, &order.merchant_id, &order.id).await? {
        return Err(Refusal::new(RefusalKind::Conflict, "nothing_was_given").into());
    }
    let key = asked.key(now, order);
    if jobs::store::is_known(&**tx, &key).await? {
        return Ok(false);
    }
    let given = store::of_order(&**tx, &order.merchant_id, &order.id).await?;
    let lines = orders::store::lines(&**tx, &order.merchant_id, vec![order.id.clone()]).await?;
    let entered = clubs::store::terms_of(&**tx, &order.merchant_id, vec![order.id.clone()]).await?;
    let answered = calls::told_of(&**tx, &order.merchant_id, vec![order.id.clone()]).await?;
    let again = told::tells(order, &given, &lines, &Lines { entered: &entered, answered: &answered })
        .into_iter()
        .filter_map(|tell| {
            let key = [&key, &*tell.part()].concat();
            tell::again(now, order, payment, tell, key)
        });
    jobs::enqueue(tx, now, again.collect()).await?;
    Ok(true)
}
