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

words! {
    /// How much of the money that came for an order through some of its payments is still there. The more, the higher.
    Held {
        /// None ever came.
        Nothing = "nothing",
        /// It came, and all of it was given back.
        Back = "back",
        Part = "part",
        /// One payment's whole sum at least; taken back or disputed at the bank, it is for staff to look at.
        Whole = "whole",
    }
}

impl Held {
    /// By one payment.
    #[must_use]
    pub const fn by(payment: PaymentStatus) -> Self {
        use PaymentStatus as P;
        match payment {
            P::Created | P::Pending | P::Expired | P::Failed => Self::Nothing,
            P::Refunded => Self::Back,
            P::PartiallyRefunded => Self::Part,
            P::Paid | P::Reversed | P::Disputed => Self::Whole,
        }
    }
}

/// What stands around the payment that has just moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Around {
    /// By the other payments of the same order.
    pub others: Held,
    /// Another payment of the same order still waits for its outcome.
    pub other_open: bool,
    /// Another payment of the same order has failed.
    pub other_failed: bool,
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

/// The order after one of its payments has moved to `payment`. Where it stands follows from all its payments together, not
/// from the order in which they moved.
#[must_use]
pub fn follow(order: OrderStatus, payment: PaymentStatus, around: Around) -> Follow {
    use PaymentStatus as P;
    let held = Held::by(payment).max(around.others);
    let status = if held == Held::Nothing { unpaid(order, payment, around) } else { paid(order, held) };
    let (deliver, review) = match payment {
        P::Paid if around.others != Held::Nothing || order.was_paid() => (false, Some(ReviewReason::DuplicatePayment)),
        P::Paid if around.deliverable => (true, None),
        P::Paid => (false, Some(ReviewReason::LateUndeliverable)),
        P::Reversed => (false, Some(ReviewReason::Reversed)),
        P::Disputed => (false, Some(ReviewReason::Disputed)),
        _ => (false, None),
    };
    Follow { status, deliver, review }
}

const fn paid(order: OrderStatus, held: Held) -> OrderStatus {
    match (held, order) {
        (Held::Part, _) => OrderStatus::PartiallyRefunded,
        (Held::Back, _) => OrderStatus::Refunded,
        (_, OrderStatus::Fulfilled) => OrderStatus::Fulfilled,
        _ => OrderStatus::Paid,
    }
}

/// A try that has ended ends its order when no other is open: as failed if any of them failed.
fn unpaid(order: OrderStatus, payment: PaymentStatus, around: Around) -> OrderStatus {
    use OrderStatus as O;
    let may_end = matches!(order, O::AwaitingPayment | O::Expired | O::Failed) && !around.other_open;
    match payment {
        PaymentStatus::Failed if may_end => O::Failed,
        PaymentStatus::Expired if may_end && around.other_failed => O::Failed,
        PaymentStatus::Expired if may_end => O::Expired,
        _ => order,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use OrderStatus as O;
    use PaymentStatus as P;

    const ALONE: Around = Around { others: Held::Nothing, other_open: false, other_failed: false, deliverable: true };

    #[test]
    fn first_payment_delivers_second_is_a_duplicate() {
        for before in [O::AwaitingPayment, O::Failed, O::Expired, O::Cancelled, O::Draft] {
            assert_eq!(follow(before, P::Paid, ALONE), Follow { status: O::Paid, deliver: true, review: None });
        }
        for (before, after) in [(O::Paid, O::Paid), (O::Fulfilled, O::Fulfilled), (O::Refunded, O::Paid)] {
            let follow = follow(before, P::Paid, Around { others: Held::Back, ..ALONE });
            let review = Some(ReviewReason::DuplicatePayment);
            assert_eq!(follow, Follow { status: after, deliver: false, review });
        }
    }

    #[test]
    fn an_order_is_given_back_when_all_its_money_is() {
        let after = |payment, others| follow(O::Fulfilled, payment, Around { others, ..ALONE }).status;
        let table = [
            (P::Refunded, Held::Nothing, O::Refunded),
            (P::Refunded, Held::Back, O::Refunded),
            (P::Refunded, Held::Part, O::PartiallyRefunded),
            (P::Refunded, Held::Whole, O::Fulfilled),
            (P::PartiallyRefunded, Held::Back, O::PartiallyRefunded),
            (P::PartiallyRefunded, Held::Whole, O::Fulfilled),
            (P::Disputed, Held::Nothing, O::Fulfilled),
        ];
        for (payment, others, status) in table {
            assert_eq!(after(payment, others), status, "{payment} {others}");
        }
    }

    #[test]
    fn late_money_without_stock_goes_to_review() {
        let after = follow(O::Expired, P::Paid, Around { deliverable: false, ..ALONE });
        assert_eq!(after.review, Some(ReviewReason::LateUndeliverable));
        assert!(!after.deliver);
    }

    #[test]
    fn tries_that_ended_end_the_order_in_any_order() {
        let open = Around { other_open: true, ..ALONE };
        let failed = Around { other_failed: true, ..ALONE };
        assert_eq!(follow(O::AwaitingPayment, P::Failed, open).status, O::AwaitingPayment);
        assert_eq!(follow(O::AwaitingPayment, P::Failed, ALONE).status, O::Failed);
        assert_eq!(follow(O::AwaitingPayment, P::Expired, ALONE).status, O::Expired);
        assert_eq!(follow(O::AwaitingPayment, P::Expired, failed).status, O::Failed);
        assert_eq!(follow(O::Expired, P::Failed, ALONE).status, O::Failed);
        assert_eq!(follow(O::Cancelled, P::Failed, ALONE).status, O::Cancelled);
    }

    #[test]
    fn nothing_but_refund_moves_a_paid_order_down() {
        for before in [O::Paid, O::Fulfilled] {
            for late in [P::Created, P::Pending, P::Failed, P::Expired] {
                let after = follow(before, late, Around { others: Held::Whole, ..ALONE });
                assert_eq!(after, Follow { status: before, deliver: false, review: None });
            }
        }
    }
}
