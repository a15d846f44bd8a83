//! The journal's words, and the one spelling of an entry that is hashed.

use crate::{
    ids::{EntryId, MerchantId, OrderId, PaymentId},
    moment::Moment,
    money::Money,
};

words! {
    /// What happened to money.
    EntryKind {
        OrderOpened = "order_opened",
        OrderCancelled = "order_cancelled",
        OrderExpired = "order_expired",
        OrderFulfilled = "order_fulfilled",
        /// The shop's people took its goods a step nearer to the customer, or a mistaken step back.
        OrderHandover = "order_handover",
        PaymentStarted = "payment_started",
        PaymentPending = "payment_pending",
        PaymentPaid = "payment_paid",
        PaymentFailed = "payment_failed",
        PaymentExpired = "payment_expired",
        PaymentRefunded = "payment_refunded",
        PaymentReversed = "payment_reversed",
        PaymentDisputed = "payment_disputed",
        /// A proof did not match what was asked.
        PaymentMismatch = "payment_mismatch",
        /// A second payment of one order.
        PaymentDuplicate = "payment_duplicate",
        /// A person of the shop has looked at a payment that needed it.
        ReviewResolved = "review_resolved",
        RefundRequested = "refund_requested",
        RefundApproved = "refund_approved",
        RefundRejected = "refund_rejected",
        RefundManualRequired = "refund_manual_required",
        RefundManualDone = "refund_manual_done",
        RefundSucceeded = "refund_succeeded",
        RefundFailed = "refund_failed",
        /// A fiscal receipt of a sale or of a return has its number.
        ReceiptRegistered = "receipt_registered",
        /// The cash register refused a receipt.
        ReceiptRefused = "receipt_refused",
        /// A day was closed; the entry holds the signature of the close.
        DayClosed = "day_closed",
    }
}

/// One line of the journal, all but its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    pub merchant: &'a MerchantId,
    pub number: i64,
    pub id: &'a EntryId,
    pub kind: EntryKind,
    pub order: Option<&'a OrderId>,
    pub payment: Option<&'a PaymentId>,
    pub amount: Option<Money>,
    pub actor: &'a str,
    pub at: Moment,
    /// JSON, as stored.
    pub data: &'a str,
    pub prev_hash: &'a str,
}

/// The hash before the first entry.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

impl Entry<'_> {
    /// What is hashed: a JSON array of every field in a fixed order. SHA-256 of it, in hex, is the entry's hash.
    #[must_use]
    pub fn canonical(&self) -> String {
        serde_json::json!([
            self.merchant.as_str(),
            self.number,
            self.id.as_str(),
            self.kind.as_str(),
            self.order.map(OrderId::as_str),
            self.payment.map(PaymentId::as_str),
            self.amount.map(|m| m.amount_minor),
            self.amount.map(|m| m.currency.as_str()),
            self.actor,
            self.at.0,
            self.data,
            self.prev_hash,
        ])
        .to_string()
    }
}
