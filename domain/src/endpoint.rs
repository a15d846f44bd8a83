//! Outgoing webhooks: what is told to the merchant's own address, and how far it has come.

use crate::journal::EntryKind;

words! {
    /// How far a delivery to an endpoint has come.
    DeliveryState {
        /// Promised, or tried in vain and to be tried again.
        Waiting = "waiting",
        Delivered = "delivered",
        /// Tries are used up, or the endpoint was off; it can be sent again by hand.
        Failed = "failed",
    }
}

/// The type of an event that somebody asked for to try an endpoint.
pub const TEST: &str = "endpoint.test";

/// The type of the event that tells of an entry: its kind with a dot after what it is about, `payment.paid`.
#[must_use]
pub fn event_type(kind: EntryKind) -> String {
    kind.as_str().replacen('_', ".", 1)
}

/// The kind of entry that a type names.
#[must_use]
pub fn kind_of(event_type: &str) -> Option<EntryKind> {
    event_type.replacen('.', "_", 1).parse().ok().filter(|kind| self::event_type(*kind) == event_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_type_of_its_own_that_reads_back() {
        assert_eq!(event_type(EntryKind::PaymentPaid), "payment.paid");
        assert_eq!(event_type(EntryKind::RefundManualDone), "refund.manual_done");
        for kind in EntryKind::ALL {
            assert_eq!(kind_of(&event_type(*kind)), Some(*kind));
        }
        assert_eq!((kind_of("payment_paid"), kind_of(TEST)), (None, None));
    }
}
