//! Delivering again what was paid and did not arrive: staff's button.

use domain::{
    MerchantId, Moment, OrderId, PaymentId,
    role::{Actor, Permission},
};
use serde_json::json;

use super::{FULFIL_ORDER, job};
use crate::{
    db::Tx,
    failure::{Outcome, Refusal, RefusalKind},
    jobs::{self, NewJob},
    orders::{self, Order},
    payments,
    services::Services,
    staff::audit,
};

/// Promises to give what the order bought: by the job that is there, whatever became of it, or by a new one.
pub(crate) async fn promise_again(tx: &Tx, now: Moment, order: &Order, payment: &PaymentId) -> Outcome<()> {
    if jobs::store::hurry(&**tx, &order.merchant_id, &order.id, FULFIL_ORDER, now).await? {
        return Ok(());
    }
    let once_key = Some(format!("fulfil:{}:{}", order.id, now.0));
    jobs::enqueue(tx, now, vec![NewJob { once_key, ..job(now, order, payment) }]).await
}

/// Tries now to give what a paid order bought, whatever became of earlier tries. What was given is not given twice.
///
/// # Errors
/// `forbidden`, `not_found`, `payment_not_paid`.
pub async fn again(services: &Services, actor: &Actor, merchant: &MerchantId, id: &OrderId) -> Outcome<()> {
    if !actor.may(Permission::ResolveReview) {
        return Err(Refusal::forbidden().into());
    }
    let (own, actor, merchant, id) = (services.clone(), actor.clone(), merchant.clone(), id.clone());
    services
        .db
        .write(move |tx| async move {
            let order = orders::store::lock(&*tx, vec![id.clone()]).await?.pop();
            let order = order.filter(|order| order.merchant_id == merchant).ok_or_else(Refusal::not_found)?;
            let all = payments::store::of_orders(&*tx, vec![id]).await?;
            let is_due = order.is_to_be_delivered(&all);
            let kept = all.into_iter().find(|payment| payment.status.is_kept());
            let Some(payment) = kept.filter(|_| is_due) else {
                return Err(Refusal::new(RefusalKind::Conflict, "payment_not_paid").into());
            };
            promise_again(&tx, own.clock.now(), &order, &payment.id).await?;
            let (before, after) = (json!({ "status": order.status }), json!({ "number": order.number }));
            let subject = order.id.to_string();
            let (before, after) = (Some(before), Some(after));
            audit::record(&tx, &own.clock, &merchant, &actor, "delivered_again", &subject, before, after).await
        })
        .await
}
