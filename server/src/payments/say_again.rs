//! Telling the customer once more how a payment stands: "I have deleted the chat".

use domain::{
    MerchantId, PaymentId,
    payment::PaymentStatus,
    role::{Actor, Permission},
};
use serde_json::json;

use super::{
    rows::Model as Payment,
    store,
    tell::{self, Again, Tell, What},
};
use crate::{
    failure::{Outcome, Refusal, RefusalKind, reason},
    jobs, orders,
    services::Services,
    staff::audit,
};

/// Promises the message that fits what the payment is now.
///
/// # Errors
/// `forbidden`, `reason_required`, `too_long`, `not_found`; `no_chat`, `customer_blocked`, `no_bot` where nobody can be
/// reached; `nothing_to_say`.
pub async fn say_again(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    id: &PaymentId,
    asked: Again,
) -> Outcome<()> {
    if !actor.may(Permission::AnswerCustomers) {
        return Err(Refusal::forbidden().into());
    }
    let payment = super::get(&services.db, merchant, id).await?;
    let why = reason("reason", &asked.reason)?;
    tell::reachable(services, &orders::get(&services.db, merchant, &payment.order_id).await?.order).await?;
    let (own, actor, merchant, id) = (services.clone(), actor.clone(), merchant.clone(), id.clone());
    services
        .db
        .write(move |tx| async move {
            let order = orders::store::lock(&*tx, vec![payment.order_id]).await?.pop();
            let order = order.ok_or_else(Refusal::not_found)?;
            let payment = store::get(&*tx, &merchant, &id).await?.ok_or_else(Refusal::not_found)?;
            let tell = fitting(&payment)?;
            let (now, what) = (own.clock.now(), tell.what.word());
            let key = asked.key(now, &order);
            if jobs::store::is_known(&*tx, &key).await? {
                return Ok(());
            }
            let job = tell::again(now, &order, &payment.id, tell, key);
            jobs::enqueue(&tx, now, job.into_iter().collect()).await?;
            let after = json!({ "what": what, "number": order.number, "reason": why });
            audit::record(&tx, &own.clock, &merchant, &actor, "told_again", id.as_str(), None, Some(after)).await
        })
        .await
}

/// # Errors
/// `nothing_to_say`: what the bank took back is not for the bot to tell.
fn fitting(payment: &Payment) -> Result<Tell, Refusal> {
    use PaymentStatus as P;
    let what = match payment.status {
        P::Paid if payment.needs_review => What::Review,
        P::Paid => What::Paid,
        P::PartiallyRefunded | P::Refunded => What::Refunded,
        P::Failed => What::Failed,
        P::Expired => What::Expired,
        P::Created | P::Pending => What::Reminder,
        P::Reversed | P::Disputed => return Err(Refusal::new(RefusalKind::Conflict, "nothing_to_say")),
    };
    let amount_minor = (what == What::Refunded).then_some(payment.refunded_minor);
    Ok(Tell { order: payment.order_id.clone(), what, amount_minor, position: None, receipt: None })
}
