//! The life of an order, as its payments move it.

use crate::payment::{PaymentStatus, ReviewReason};

words! {
    /// Where an order stands; `needs_review` is a flag beside it.
    OrderStatus {
        Draft = "draft",
        AwaitingPayment = "awaiting_payment",
        Paid = "paid",
        Fulfilled = "fulfilled",
        Expired = "expired",
        Cancelled = "cancelled",
        Failed = "failed",
        PartiallyRefunded = "partially_refunded",
        Refunded = "refunded",
    }
}

impl OrderStatus {
    /// Money for it came in and was kept at least for a while.
    #[must_use]
    pub const fn was_paid(self) -> bool {
        matches!(self, Self::Paid | Self::Fulfilled | Self::PartiallyRefunded | Self::Refunded)
    }

    /// A new payment may be started: the first one, or another after one that did not succeed.
    #[must_use]
    pub const fn may_be_paid(self) -> bool {
        matches!(self, Self::Draft | Self::AwaitingPayment | Self::Failed | Self::Expired)
    }
}

/// What stands around the payment that has just moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Around {
    /// Another payment of the same order was paid before.
    pub other_paid: bool,
    /// Another payment of the same order still waits for its outcome.
    pub other_open: bool,
    /// The stock is still held for this order, or can be taken again.
    pub deliverable: bool,
}

/// What follows for the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Follow {
    pub status: OrderStatus,
    pub deliver: bool,
    pub review: Option<ReviewReason>,
}

/// The order after one of its payments has moved to `payment`.
#[must_use]
pub fn follow(order: OrderStatus, payment: PaymentStatus, around: Around) -> Follow {
    use OrderStatus as O;
    use PaymentStatus as P;
    let to = |status| Follow { status, deliver: false, review: None };
    let flagged = |status, reason| Follow { status, deliver: false, review: Some(reason) };
    match payment {
        P::Created | P::Pending => to(order),
        P::Paid if around.other_paid || order.was_paid() => flagged(order, ReviewReason::DuplicatePayment),
        P::Paid if around.deliverable => Follow { status: O::Paid, deliver: true, review: None },
        P::Paid => flagged(O::Paid, ReviewReason::LateUndeliverable),
        P::Failed if matches!(order, O::AwaitingPayment | O::Expired) && !around.other_open => to(O::Failed),
        P::Expired if order == O::AwaitingPayment && !around.other_open => to(O::Expired),
        P::Failed | P::Expired => to(order),
        P::PartiallyRefunded if around.other_paid => to(order),
        P::PartiallyRefunded => to(O::PartiallyRefunded),
        P::Refunded if around.other_paid => to(order),
        P::Refunded => to(O::Refunded),
        P::Reversed => flagged(order, ReviewReason::Reversed),
        P::Disputed => flagged(order, ReviewReason::Disputed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use OrderStatus as O;
    use PaymentStatus as P;

    const ALONE: Around = Around { other_paid: false, other_open: false, deliverable: true };

    #[test]
    fn first_payment_delivers_second_is_a_duplicate() {
        for before in [O::AwaitingPayment, O::Failed, O::Expired, O::Cancelled, O::Draft] {
            assert_eq!(follow(before, P::Paid, ALONE), Follow { status: O::Paid, deliver: true, review: None });
        }
        for before in [O::Paid, O::Fulfilled, O::Refunded, O::PartiallyRefunded] {
            let after = follow(before, P::Paid, Around { other_paid: true, ..ALONE });
            assert_eq!(after, Follow { status: before, deliver: false, review: Some(ReviewReason::DuplicatePayment) });
        }
    }

    #[test]
    fn late_money_without_stock_goes_to_review() {
        let after = follow(O::Expired, P::Paid, Around { deliverable: false, ..ALONE });
        assert_eq!(after.review, Some(ReviewReason::LateUndeliverable));
        assert!(!after.deliver);
    }

    #[test]
    fn one_failed_try_does_not_end_an_order_with_another_open() {
        assert_eq!(follow(O::AwaitingPayment, P::Failed, ALONE).status, O::Failed);
        assert_eq!(
            follow(O::AwaitingPayment, P::Failed, Around { other_open: true, ..ALONE }).status,
            O::AwaitingPayment
        );
    }

    #[test]
    fn nothing_but_refund_moves_a_paid_order_down() {
        for before in [O::Paid, O::Fulfilled] {
            for late in [P::Created, P::Pending, P::Failed, P::Expired] {
                assert_eq!(follow(before, late, ALONE), Follow { status: before, deliver: false, review: None });
            }
        }
    }
}
