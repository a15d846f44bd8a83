//! Comparing what a provider or bank says with what we know: the rules, without files and databases.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{ids::PaymentId, money::Currency};

words! {
    /// In what a line of theirs and a payment of ours differ.
    Exception {
        /// They were paid, we still wait (or gave up).
        PaidThere = "paid_there",
        /// We were paid, they know nothing of it.
        UnknownThere = "unknown_there",
        /// They were paid, and no payment of ours fits.
        UnknownHere = "unknown_here",
        /// A line that names no order of ours, nor a reference.
        NoOrderId = "no_order_id",
        AmountDiffers = "amount_differs",
        /// They gave more back than we have written down.
        RefundUnrecorded = "refund_unrecorded",
        /// We gave back more than they know of.
        RefundUnknownThere = "refund_unknown_there",
        /// The same payment, paid twice.
        PaidTwice = "paid_twice",
        /// The provider did not answer about this payment.
        NotAnswered = "not_answered",
    }
}

/// One line of theirs. Sums in minor units; `refund` of money that went back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Theirs {
    /// Where it stood in the file, from 1.
    pub line: u32,
    pub order_id: Option<String>,
    pub reference: Option<String>,
    pub amount_minor: i64,
    pub currency: Currency,
    pub refund: bool,
}

/// One payment of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ours {
    pub payment: PaymentId,
    pub order_id: String,
    pub reference: Option<String>,
    pub amount_minor: i64,
    pub currency: Currency,
    pub was_paid: bool,
    /// Paid in the time their list is of, which must therefore name it.
    pub expected: bool,
    /// Given back so far.
    pub refunded_minor: i64,
    /// Given back in the time their list is of, which must therefore name it.
    pub refunded_within_minor: i64,
}

/// One difference. `theirs` are the lines it is seen in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub kind: Exception,
    pub payment: Option<PaymentId>,
    pub theirs: Vec<Theirs>,
}

/// What came of comparing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// Payments on which both agree.
    pub matched: u64,
    pub differences: Vec<Difference>,
}

/// Compares. The order of lines changes nothing but the order of differences without a payment.
#[must_use]
pub fn compare(ours: &[Ours], theirs: &[Theirs]) -> Compared {
    let by_reference: BTreeMap<&str, usize> =
        ours.iter().enumerate().filter_map(|(place, own)| Some((own.reference.as_deref()?, place))).collect();
    let by_order: BTreeMap<&str, usize> =
        ours.iter().enumerate().map(|(place, own)| (own.order_id.as_str(), place)).collect();
    let mut lines: BTreeMap<usize, Vec<&Theirs>> = BTreeMap::new();
    let mut compared = Compared::default();
    for line in theirs {
        let named =
            |id: &Option<String>, all: &BTreeMap<&str, usize>| id.as_deref().and_then(|id| all.get(id).copied());
        match named(&line.reference, &by_reference).or_else(|| named(&line.order_id, &by_order)) {
            Some(place) => lines.entry(place).or_default().push(line),
            None => {
                let nameless = line.order_id.is_none() && line.reference.is_none();
                let kind = if nameless { Exception::NoOrderId } else { Exception::UnknownHere };
                compared.differences.push(Difference { kind, payment: None, theirs: vec![line.clone()] });
            }
        }
    }
    for (place, own) in ours.iter().enumerate() {
        let lines = lines.remove(&place).unwrap_or_default();
        let kinds = judge(own, &lines);
        compared.matched += u64::from(kinds.is_empty() && (own.expected || !lines.is_empty()));
        compared.differences.extend(kinds.into_iter().map(|kind| Difference {
            kind,
            payment: Some(own.payment.clone()),
            theirs: lines.iter().map(|line| (*line).clone()).collect(),
        }));
    }
    compared
}

fn judge(own: &Ours, lines: &[&Theirs]) -> BTreeSet<Exception> {
    let mut kinds = BTreeSet::new();
    let paid: Vec<_> = lines.iter().filter(|line| !line.refund).collect();
    let given_back =
        lines.iter().filter(|line| line.refund).fold(0_i64, |sum, line| sum.saturating_add(line.amount_minor));
    match (own.was_paid, paid.len()) {
        (true, 0) if own.expected => drop(kinds.insert(Exception::UnknownThere)),
        (false, 1..) => drop(kinds.insert(Exception::PaidThere)),
        _ => {}
    }
    if paid.len() > 1 {
        kinds.insert(Exception::PaidTwice);
    }
    let other_sum = paid.iter().any(|line| line.amount_minor != own.amount_minor);
    if other_sum || lines.iter().any(|line| line.currency != own.currency) {
        kinds.insert(Exception::AmountDiffers);
    }
    if given_back > own.refunded_minor {
        kinds.insert(Exception::RefundUnrecorded);
    }
    if given_back < own.refunded_within_minor && !kinds.contains(&Exception::UnknownThere) {
        kinds.insert(Exception::RefundUnknownThere);
    }
    kinds
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ours(number: u8, was_paid: bool, refunded_minor: i64) -> Ours {
        Ours {
            payment: PaymentId::make(1, [number; 10]),
            order_id: format!("K{number}"),
            reference: Some(format!("ps_{number}")),
            amount_minor: 1_000,
            currency: Currency::Amd,
            was_paid,
            expected: was_paid,
            refunded_minor,
            refunded_within_minor: refunded_minor,
        }
    }

    /// Paid before the time their list is of.
    fn earlier(refunded_minor: i64, refunded_within_minor: i64) -> Ours {
        Ours { expected: false, refunded_within_minor, ..ours(1, true, refunded_minor) }
    }

    fn line(number: u8, amount_minor: i64, refund: bool) -> Theirs {
        let order_id = Some(format!("K{number}"));
        Theirs { line: u32::from(number), order_id, reference: None, amount_minor, currency: Currency::Amd, refund }
    }

    fn in_dollars(line: Theirs) -> Theirs {
        Theirs { currency: Currency::Usd, ..line }
    }

    fn kinds(compared: &Compared) -> Vec<Exception> {
        compared.differences.iter().map(|difference| difference.kind).collect()
    }

    #[test]
    fn each_difference_has_its_name() {
        use Exception as E;
        let paid = || ours(1, true, 0);
        let table: Vec<(Vec<Ours>, Vec<Theirs>, Vec<E>)> = vec![
            (vec![paid()], vec![line(1, 1_000, false)], vec![]),
            (vec![paid()], vec![], vec![E::UnknownThere]),
            (vec![ours(1, false, 0)], vec![line(1, 1_000, false)], vec![E::PaidThere]),
            (vec![ours(1, false, 0)], vec![], vec![]),
            (vec![paid()], vec![line(1, 999, false)], vec![E::AmountDiffers]),
            (vec![paid()], vec![line(1, 1_000, false), line(1, 1_000, false)], vec![E::PaidTwice]),
            (vec![paid()], vec![line(1, 1_000, false), line(1, 400, true)], vec![E::RefundUnrecorded]),
            (vec![ours(1, true, 400)], vec![line(1, 1_000, false), line(1, 400, true)], vec![]),
            (vec![ours(1, true, 400)], vec![line(1, 1_000, false)], vec![E::RefundUnknownThere]),
            (vec![ours(1, false, 0)], vec![line(1, 1_000, false); 2], vec![E::PaidThere, E::PaidTwice]),
            (
                vec![paid()],
                vec![line(1, 1_000, false), in_dollars(line(1, 400, true))],
                vec![E::AmountDiffers, E::RefundUnrecorded],
            ),
            (vec![earlier(0, 0)], vec![], vec![]),
            (vec![earlier(0, 0)], vec![line(1, 1_000, false)], vec![]),
            (vec![earlier(0, 0)], vec![line(1, 400, true)], vec![E::RefundUnrecorded]),
            (vec![earlier(400, 400)], vec![line(1, 400, true)], vec![]),
            (vec![earlier(400, 400)], vec![], vec![E::RefundUnknownThere]),
            (vec![Ours { refunded_within_minor: 0, ..ours(1, true, 400) }], vec![line(1, 1_000, false)], vec![]),
            (vec![], vec![line(7, 1_000, false)], vec![E::UnknownHere]),
            (vec![], vec![Theirs { order_id: None, ..line(7, 1_000, false) }], vec![E::NoOrderId]),
        ];
        for (ours, theirs, wanted) in table {
            assert_eq!(kinds(&compare(&ours, &theirs)), wanted, "{ours:?} {theirs:?}");
        }
    }

    #[test]
    fn their_reference_speaks_before_the_order_id() {
        let both = [ours(1, true, 0), ours(2, true, 0)];
        let crossed = Theirs { reference: Some("ps_2".to_owned()), ..line(1, 1_000, false) };
        let compared = compare(&both, &[crossed, line(1, 1_000, false)]);
        assert_eq!((compared.matched, kinds(&compared)), (2, vec![]));
    }

    proptest! {
        /// Every line is accounted for, and the order of lines does not matter.
        #[test]
        fn nothing_is_lost(
            numbers in proptest::collection::vec((0..6_u8, 900..1_100_i64, any::<bool>()), 0..12),
            paid in proptest::collection::vec(any::<bool>(), 4),
        ) {
            let all: Vec<_> = (0..4_u8).zip(&paid).map(|(number, paid)| ours(number, *paid, 0)).collect();
            let mut lines: Vec<_> = numbers.iter().map(|(number, sum, refund)| line(*number, *sum, *refund)).collect();
            let compared = compare(&all, &lines);
            let strange = lines.iter().filter(|line| !all.iter().any(|own| Some(&own.order_id) == line.order_id.as_ref())).count();
            prop_assert_eq!(compared.differences.iter().filter(|d| d.payment.is_none()).count(), strange);
            lines.reverse();
            let sorted = |compared: Compared| {
                let mut kinds: Vec<_> = compared.differences.into_iter().map(|d| (d.kind, d.payment)).collect();
                kinds.sort();
                (compared.matched, kinds)
            };
            prop_assert_eq!(sorted(compare(&all, &lines)), sorted(compared));
        }
    }
}
