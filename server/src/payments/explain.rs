//! Money that went back, beside the refunds of ours: what none of them explains is kept apart and flagged, and what is held
//! follows from what is still open.

use domain::{
    payment::{PaymentStatus, ReviewReason},
    refund::Sums,
};

use super::{rows::Model as Payment, settle::flag, store};
use crate::{
    alerts::{self, Alert, What},
    clock::Clock,
    db::Tx,
    failure::Outcome,
    jobs,
    orders::{self, Order},
    refunds,
};

/// `is_known`: a person has said that it went back. A provider may say that money went back, but not how much: then a refund
/// under way explains it.
pub(super) fn explain(payment: &mut Payment, order: &mut Order, sums: Sums, is_known: bool) {
    let outside = sums.outside(payment.refunded_minor, payment.refunded_outside_minor);
    let no_sum = payment.status == PaymentStatus::PartiallyRefunded && payment.refunded_minor == 0;
    if (outside > payment.refunded_outside_minor || (no_sum && sums.in_hands == 0)) && !is_known {
        tracing::warn!(payment = %payment.id, outside, "money went back at the provider without a refund of ours");
        flag(payment, order, ReviewReason::RefundOutside);
    }
    payment.refunded_outside_minor = outside;
    payment.refund_held_minor = sums.held(payment.refunded_minor, outside, payment.amount_minor);
}

/// Staff hear once of each reason.
pub(super) fn review_key(payment: &Payment) -> String {
    format!("review:{}:{}", payment.id, payment.review_reason.map_or("", ReviewReason::as_str))
}

/// A refund of this payment has moved: what it no longer explains is flagged, what it no longer needs is free. Under the
/// lock of the order.
pub(crate) async fn refunds_moved(tx: &Tx, clock: &Clock, payment: &mut Payment, order: &mut Order) -> Outcome<()> {
    let sums = refunds::store::sums(&**tx, &payment.merchant_id, &payment.id).await?;
    let (was_flagged, outside) = (payment.needs_review, payment.refunded_outside_minor);
    let is_known = sums.outside(payment.refunded_minor, outside) == outside;
    explain(payment, order, sums, is_known);
    let notes = store::Notes {
        refund_held_minor: payment.refund_held_minor,
        refunded_outside_minor: payment.refunded_outside_minor,
        review_reason: payment.review_reason,
    };
    store::note(&**tx, &payment.merchant_id, &payment.id, notes).await?;
    if was_flagged || !payment.needs_review {
        return Ok(());
    }
    orders::store::change(&**tx, vec![order.id.clone()], (&*order).into()).await?;
    let alert = Alert {
        order: Some(order.number),
        amount: Some(payment.amount()),
        reason: payment.review_reason,
        ..What::Review.into()
    };
    let key = review_key(payment);
    jobs::enqueue(tx, clock.now(), vec![alerts::job(clock.now(), &payment.merchant_id, &key, &alert)?]).await
}
