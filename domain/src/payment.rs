//! The life of a payment: what a proof must match, and where it may lead.
//!
//! A status only ever climbs: `next` takes the higher of what is known and what is reported. So repeats change nothing,
//! nothing undoes `paid`, and any order of arrival of the same reports ends the same.

use crate::{ids::AccountId, money::Money};

words! {
    /// Where a payment stands. The order of the list is the order of climbing.
    PaymentStatus {
        Created = "created",
        Pending = "pending",
        /// By our clock, after a last look-up, or by the provider's word.
        Expired = "expired",
        Failed = "failed",
        Paid = "paid",
        PartiallyRefunded = "partially_refunded",
        Refunded = "refunded",
        Reversed = "reversed",
        Disputed = "disputed",
    }
}

impl PaymentStatus {
    /// Still waiting for its outcome.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Created | Self::Pending)
    }

    /// Money came in for it at some time, whatever happened to that money later.
    #[must_use]
    pub const fn was_paid(self) -> bool {
        matches!(self, Self::Paid | Self::PartiallyRefunded | Self::Refunded | Self::Reversed | Self::Disputed)
    }

    /// Money of it is with the shop: not all of it was given back, and the bank has not taken it.
    #[must_use]
    pub const fn is_kept(self) -> bool {
        matches!(self, Self::Paid | Self::PartiallyRefunded)
    }

    /// The bank took back what was not refunded, or holds it in a dispute.
    #[must_use]
    pub const fn was_taken(self) -> bool {
        matches!(self, Self::Reversed | Self::Disputed)
    }
}

words! {
    /// What a provider says of a payment, in our words. An adapter that does not know the provider's word says `Unknown`.
    Reported {
        Waiting = "waiting",
        Paid = "paid",
        Failed = "failed",
        Cancelled = "cancelled",
        Expired = "expired",
        PartiallyRefunded = "partially_refunded",
        Refunded = "refunded",
        Reversed = "reversed",
        Disputed = "disputed",
        Unknown = "unknown",
    }
}

impl Reported {
    /// Says that money moved: believed only when it matches in full.
    #[must_use]
    pub const fn claims_money(self) -> bool {
        matches!(self, Self::Paid | Self::PartiallyRefunded | Self::Refunded | Self::Reversed | Self::Disputed)
    }

    const fn status(self) -> PaymentStatus {
        match self {
            Self::Unknown => PaymentStatus::Created,
            Self::Waiting => PaymentStatus::Pending,
            Self::Expired => PaymentStatus::Expired,
            Self::Failed | Self::Cancelled => PaymentStatus::Failed,
            Self::Paid => PaymentStatus::Paid,
            Self::PartiallyRefunded => PaymentStatus::PartiallyRefunded,
            Self::Refunded => PaymentStatus::Refunded,
            Self::Reversed => PaymentStatus::Reversed,
            Self::Disputed => PaymentStatus::Disputed,
        }
    }
}

/// The total transition function.
#[must_use]
pub fn next(status: PaymentStatus, reported: Reported) -> PaymentStatus {
    status.max(reported.status())
}

/// What a payment has become: its status, and how much of it was given back, in minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub status: PaymentStatus,
    pub refunded_minor: i64,
}

/// The standing of a payment of `amount_minor` after a report that may say how much was given back in all. Both parts only
/// climb, and agree: with something given back it is partially refunded, with everything refunded.
#[must_use]
pub fn stand(now: Standing, reported: Reported, refunded_minor: Option<i64>, amount_minor: i64) -> Standing {
    let told = match reported {
        Reported::Refunded => amount_minor,
        _ if reported.claims_money() => refunded_minor.unwrap_or(0).clamp(0, amount_minor),
        _ => 0,
    };
    let refunded_minor = now.refunded_minor.max(told);
    let by_sum = match refunded_minor {
        0 => PaymentStatus::Created,
        sum if sum == amount_minor => PaymentStatus::Refunded,
        _ => PaymentStatus::PartiallyRefunded,
    };
    Standing { status: next(now.status, reported).max(by_sum), refunded_minor }
}

/// What was asked of the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked<'a> {
    pub account: &'a AccountId,
    pub merchant_order_id: &'a str,
    pub amount: Money,
}

/// What a signed webhook or an authenticated look-up says. `None`: it does not say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof<'a> {
    pub account: &'a AccountId,
    pub merchant_order_id: Option<&'a str>,
    pub amount_minor: Option<i64>,
    pub currency: Option<&'a str>,
}

words! {
    /// Why a proof does not fit, or why staff should look. Kept with the payment and the order.
    ReviewReason {
        AccountMismatch = "account_mismatch",
        OrderMismatch = "order_mismatch",
        AmountMismatch = "amount_mismatch",
        CurrencyMismatch = "currency_mismatch",
        /// A second payment of one order.
        DuplicatePayment = "duplicate_payment",
        /// Paid after expiry, and the stock is gone.
        LateUndeliverable = "late_undeliverable",
        Reversed = "reversed",
        Disputed = "disputed",
        /// What was bought could not be given, and tries are used up.
        FulfilmentFailed = "fulfilment_failed",
        /// Money went back at the provider without a refund of ours.
        RefundOutside = "refund_outside",
    }
}

impl ReviewReason {
    /// Of two reasons the one to be shown: money that the bank takes back overrules what was to be looked at before.
    #[must_use]
    pub const fn graver(self, other: Self) -> Self {
        match (self, other) {
            (Self::Disputed, _) => self,
            (_, Self::Disputed | Self::Reversed) => other,
            _ => self,
        }
    }

    /// Somebody claims money that does not fit what was asked: until a person has looked, our clock ends nothing.
    #[must_use]
    pub const fn is_mismatch(self) -> bool {
        matches!(self, Self::AccountMismatch | Self::OrderMismatch | Self::AmountMismatch | Self::CurrencyMismatch)
    }
}

/// Rule 2: account, order id, amount and currency of the proof must equal what was asked.
///
/// # Errors
/// The first difference, the graver first.
pub fn matches(asked: &Asked<'_>, proof: &Proof<'_>) -> Result<(), ReviewReason> {
    if proof.account != asked.account {
        return Err(ReviewReason::AccountMismatch);
    }
    if proof.merchant_order_id != Some(asked.merchant_order_id) {
        return Err(ReviewReason::OrderMismatch);
    }
    if proof.currency != Some(asked.amount.currency.as_str()) {
        return Err(ReviewReason::CurrencyMismatch);
    }
    if proof.amount_minor != Some(asked.amount.amount_minor) {
        return Err(ReviewReason::AmountMismatch);
    }
    Ok(())
}

words! {
    /// What was decided about one delivery from a provider.
    Decision {
        /// It changed the payment.
        Applied = "applied",
        /// This event was already known by its id.
        Duplicate = "duplicate",
        /// A new event that says nothing new, or something older.
        NoChange = "no_change",
        /// It does not match what was asked: the payment needs review.
        Mismatch = "mismatch",
        UnknownPayment = "unknown_payment",
        /// The provider's status word is not known here: waiting goes on, staff are told.
        UnknownStatus = "unknown_status",
        BadSignature = "bad_signature",
        StaleTimestamp = "stale_timestamp",
        Unreadable = "unreadable",
        TooLarge = "too_large",
    }
}

impl Decision {
    /// A refused delivery never moves money; it is only kept.
    #[must_use]
    pub const fn is_refusal(self) -> bool {
        matches!(self, Self::BadSignature | Self::StaleTimestamp | Self::Unreadable | Self::TooLarge)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn paid_is_not_undone_and_late_paid_is_allowed() {
        use PaymentStatus as S;
        for weaker in [Reported::Waiting, Reported::Failed, Reported::Cancelled, Reported::Expired, Reported::Unknown] {
            assert_eq!(next(S::Paid, weaker), S::Paid, "{weaker}");
        }
        for before in [S::Created, S::Pending, S::Failed, S::Expired] {
            assert_eq!(next(before, Reported::Paid), S::Paid, "{before}");
        }
        assert_eq!(next(S::Paid, Reported::Refunded), S::Refunded);
        assert_eq!(next(S::Refunded, Reported::Paid), S::Refunded);
        for status in S::ALL {
            assert_eq!(next(*status, Reported::Unknown), *status, "an unknown word means wait");
        }
    }

    #[test]
    fn each_difference_is_named() {
        let (ours, other) = (AccountId::make(1, [1; 10]), AccountId::make(1, [2; 10]));
        let asked = Asked { account: &ours, merchant_order_id: "K7-1", amount: Money::amd(500_000) };
        let good = Proof {
            account: &ours,
            merchant_order_id: Some("K7-1"),
            amount_minor: Some(500_000),
            currency: Some("AMD"),
        };
        let table = [
            (good.clone(), Ok(())),
            (Proof { account: &other, ..good.clone() }, Err(ReviewReason::AccountMismatch)),
            (Proof { merchant_order_id: Some("K8-1"), ..good.clone() }, Err(ReviewReason::OrderMismatch)),
            (Proof { merchant_order_id: None, ..good.clone() }, Err(ReviewReason::OrderMismatch)),
            (Proof { amount_minor: Some(5_000), ..good.clone() }, Err(ReviewReason::AmountMismatch)),
            (Proof { amount_minor: None, ..good.clone() }, Err(ReviewReason::AmountMismatch)),
            (Proof { currency: Some("USD"), ..good.clone() }, Err(ReviewReason::CurrencyMismatch)),
            (Proof { currency: Some("amd"), ..good }, Err(ReviewReason::CurrencyMismatch)),
        ];
        for (proof, wanted) in table {
            assert_eq!(matches(&asked, &proof), wanted, "{proof:?}");
        }
    }

    #[test]
    fn a_dispute_is_seen_whatever_was_to_be_looked_at_before() {
        use ReviewReason as R;
        let shown = |first: R, later: R| first.graver(later);
        assert_eq!(shown(R::LateUndeliverable, R::Disputed), R::Disputed);
        assert_eq!(shown(R::Reversed, R::Disputed), R::Disputed);
        assert_eq!(shown(R::Disputed, R::Reversed), R::Disputed);
        assert_eq!(shown(R::DuplicatePayment, R::AmountMismatch), R::DuplicatePayment);
    }

    #[test]
    fn sums_given_back_and_status_agree() {
        use PaymentStatus as S;
        let paid = Standing { status: S::Paid, refunded_minor: 0 };
        let after = |now, reported, sum| stand(now, reported, sum, 1_000);
        let part = after(paid, Reported::PartiallyRefunded, Some(400));
        assert_eq!(part, Standing { status: S::PartiallyRefunded, refunded_minor: 400 });
        assert_eq!(after(part, Reported::PartiallyRefunded, Some(300)), part, "an older word");
        let all = Standing { status: S::Refunded, refunded_minor: 1_000 };
        assert_eq!(after(part, Reported::PartiallyRefunded, Some(1_000)), all);
        assert_eq!(after(part, Reported::Refunded, None), all);
        assert_eq!(after(paid, Reported::Paid, Some(400)), part, "a word that has not caught up");
        assert_eq!(after(paid, Reported::Waiting, Some(400)), paid, "no claim of money, no sum");
        assert_eq!(after(all, Reported::PartiallyRefunded, Some(5_000)), all);
    }

    fn reports() -> impl Strategy<Value = Vec<Reported>> {
        proptest::collection::vec(proptest::sample::select(Reported::ALL), 0..12)
    }

    proptest! {
        #[test]
        fn standings_end_the_same_in_any_order(
            all in proptest::collection::vec((proptest::sample::select(Reported::ALL), proptest::option::of(0..1_200_i64)), 0..8),
            turn in 0..8_usize,
        ) {
            let start = Standing { status: PaymentStatus::Created, refunded_minor: 0 };
            let end = |all: &[(Reported, Option<i64>)]| all.iter().fold(start, |now, (r, sum)| stand(now, *r, *sum, 1_000));
            let mut other = all.clone();
            other.reverse();
            let middle = turn.min(other.len());
            other.rotate_left(middle);
            other.extend(all.clone());
            prop_assert_eq!(end(&all), end(&other));
            let Standing { status, refunded_minor } = end(&all);
            prop_assert!(refunded_minor == 0 || status >= PaymentStatus::PartiallyRefunded);
            prop_assert!(refunded_minor < 1_000 || status >= PaymentStatus::Refunded);
        }

        #[test]
        fn any_order_and_repetition_ends_the_same(mut all in reports(), seed in any::<u64>()) {
            let end = all.iter().fold(PaymentStatus::Created, |s, r| next(s, *r));
            all.extend(all.clone());
            let len = all.len().max(1);
            for i in 0..all.len() {
                let j = usize::try_from(seed.rotate_left(u32::try_from(i % 64).unwrap()) % len as u64).unwrap();
                all.swap(i, j);
            }
            prop_assert_eq!(all.iter().fold(PaymentStatus::Created, |s, r| next(s, *r)), end);
        }
    }
}
