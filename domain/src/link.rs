//! When a payment link may be opened and paid.

use crate::moment::Moment;

words! {
    /// Fixed: reusable, every checkout makes its own order. Dynamic: for one order, paid at most once.
    LinkKind { Fixed = "fixed", Dynamic = "dynamic" }
}

words! {
    /// Why a link does not lead to checkout.
    LinkClosed {
        Inactive = "inactive",
        Cancelled = "cancelled",
        Expired = "expired",
        UsedUp = "used_up",
        AlreadyPaid = "already_paid",
        NotAvailable = "not_available",
    }
}

/// What decides whether a link is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkState {
    pub kind: LinkKind,
    pub active: bool,
    pub cancelled: bool,
    pub expires_at: Option<Moment>,
    /// Paid orders allowed; `None` is unlimited. A dynamic link allows one.
    pub max_payments: Option<i64>,
    pub paid: i64,
    /// Orders of a limited link that hold a use while their payment is open.
    pub held: i64,
}

/// # Errors
/// Why the link is closed at `now`.
pub fn open(link: &LinkState, now: Moment) -> Result<(), LinkClosed> {
    if link.kind == LinkKind::Dynamic && link.paid > 0 {
        return Err(LinkClosed::AlreadyPaid);
    }
    if link.cancelled {
        return Err(LinkClosed::Cancelled);
    }
    if !link.active {
        return Err(LinkClosed::Inactive);
    }
    if link.expires_at.is_some_and(|end| now >= end) {
        return Err(LinkClosed::Expired);
    }
    if link.max_payments.is_some_and(|max| link.paid + link.held >= max) {
        return Err(LinkClosed::UsedUp);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        let free = LinkState {
            kind: LinkKind::Fixed,
            active: true,
            cancelled: false,
            expires_at: Some(Moment(100)),
            max_payments: Some(2),
            paid: 1,
            held: 0,
        };
        let now = Moment(99);
        let table = [
            (free, Ok(())),
            (LinkState { held: 1, ..free }, Err(LinkClosed::UsedUp)),
            (LinkState { paid: 2, ..free }, Err(LinkClosed::UsedUp)),
            (LinkState { max_payments: None, paid: 1_000, ..free }, Ok(())),
            (LinkState { active: false, ..free }, Err(LinkClosed::Inactive)),
            (LinkState { cancelled: true, ..free }, Err(LinkClosed::Cancelled)),
            (LinkState { expires_at: Some(now), ..free }, Err(LinkClosed::Expired)),
            (LinkState { kind: LinkKind::Dynamic, ..free }, Err(LinkClosed::AlreadyPaid)),
        ];
        for (link, wanted) in table {
            assert_eq!(open(&link, now), wanted, "{link:?}");
        }
    }
}
