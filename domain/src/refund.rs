//! The life of a refund: asked for, approved, done by the provider or by hand.

words! {
    /// Where a refund stands.
    RefundStatus {
        Requested = "requested",
        Approved = "approved",
        Processing = "processing",
        /// The provider cannot do it (or nobody can tell whether it did): a person must, and prove it.
        ManualRequired = "manual_required",
        Succeeded = "succeeded",
        ManualDone = "manual_done",
        Failed = "failed",
        Rejected = "rejected",
    }
}

words! {
    /// Why a refund was not done by the provider.
    Hindrance {
        NoApi = "no_api",
        Unclear = "unclear",
        Silent = "silent",
        /// By a dispute or a reversal.
        Taken = "taken",
        Refused = "refused",
        RefusedAgain = "refused_again",
    }
}

impl Hindrance {
    /// As noted with the refund and in the journal; the provider's own words may follow.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::NoApi => "the provider account has no refund by API",
            Self::Unclear => "whether the provider gave the money back could not be told",
            Self::Silent => "the provider has not answered for a day",
            Self::Taken => "the bank took the money back meanwhile",
            Self::Refused => "the provider refused",
            Self::RefusedAgain => "asked again, the provider refused",
        }
    }

    /// What a note says in these words, and what follows them; `None` for a person's own words.
    #[must_use]
    pub fn read(note: &str) -> Option<(Self, &str)> {
        let starts = |known: &&Self| note.starts_with(known.sentence());
        let known = *Self::ALL.iter().find(starts)?;
        Some((known, note[known.sentence().len()..].trim_start_matches([':', ' '])))
    }
}

/// Something that happens to a refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundStep {
    Approve,
    Reject,
    /// The provider is being asked.
    Begin,
    Succeed,
    Fail,
    /// A person has to do it.
    NeedsHands,
    /// A person did it, with proof.
    DoneByHand,
}

impl RefundStep {
    pub const ALL: [Self; 7] =
        [Self::Approve, Self::Reject, Self::Begin, Self::Succeed, Self::Fail, Self::NeedsHands, Self::DoneByHand];
}

impl RefundStatus {
    /// Nothing more happens to it.
    #[must_use]
    pub const fn has_ended(self) -> bool {
        matches!(self, Self::Succeeded | Self::ManualDone | Self::Failed | Self::Rejected)
    }

    /// The money is back.
    #[must_use]
    pub const fn is_done(self) -> bool {
        matches!(self, Self::Succeeded | Self::ManualDone)
    }

    /// Where `step` leads, or `None` where it cannot be taken. A step taken twice is refused the second time.
    #[must_use]
    pub const fn after(self, step: RefundStep) -> Option<Self> {
        use RefundStep as Step;
        match (self, step) {
            (Self::Requested, Step::Approve) => Some(Self::Approved),
            (Self::Requested | Self::Approved, Step::Reject) => Some(Self::Rejected),
            (Self::Approved, Step::Begin) => Some(Self::Processing),
            (Self::Approved | Self::Processing, Step::NeedsHands) => Some(Self::ManualRequired),
            (Self::Processing | Self::ManualRequired, Step::Succeed) => Some(Self::Succeeded),
            (Self::Approved | Self::Processing | Self::ManualRequired, Step::Fail) => Some(Self::Failed),
            (Self::ManualRequired, Step::DoneByHand) => Some(Self::ManualDone),
            _ => None,
        }
    }
}

/// The refunds of one payment as sums, minor units. With what is known to be back in all they tell what none of them explains.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Not ended.
    pub open: i64,
    /// Of these, with the provider or with a person: their money may be back at any moment.
    pub in_hands: i64,
    pub done: i64,
}

impl Sums {
    /// Counts one refund; `sent`: the provider was asked, and what became of it is not known.
    #[must_use]
    pub const fn with(mut self, status: RefundStatus, sent: bool, amount_minor: i64) -> Self {
        if status.is_done() {
            self.done += amount_minor;
        }
        if !status.has_ended() {
            self.open += amount_minor;
        }
        if matches!(status, RefundStatus::ManualRequired) || (matches!(status, RefundStatus::Processing) && sent) {
            self.in_hands += amount_minor;
        }
        self
    }

    /// How much of what is back none of ours explains; once known as such it stays so.
    #[must_use]
    pub fn outside(self, refunded_minor: i64, known_minor: i64) -> i64 {
        known_minor.max(refunded_minor - self.done - self.in_hands)
    }

    /// What is to be held: of what is open, what is not known to be back already; never more than is left.
    #[must_use]
    pub fn held(self, refunded_minor: i64, outside_minor: i64, amount_minor: i64) -> i64 {
        let back = (refunded_minor - self.done - outside_minor).max(0);
        (self.open - back).clamp(0, (amount_minor - refunded_minor).max(0))
    }

    /// What must be back in all before it shows that one refund is done which was sent when `base_minor` was back. The
    /// others in hands may have been given since: only a sum that holds all of them cannot be theirs alone. The refund
    /// itself is among those in hands.
    #[must_use]
    pub fn shown_done(self, base_minor: i64, amount_minor: i64, outside_minor: i64) -> i64 {
        let known = (base_minor - self.done - outside_minor).max(0);
        let others = (self.in_hands - amount_minor - known).max(0);
        base_minor.saturating_add(amount_minor).saturating_add(others)
    }

    /// What is back at least: what is done, and what was outside.
    #[must_use]
    pub const fn least(self, outside_minor: i64) -> i64 {
        self.done.saturating_add(outside_minor)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_has_ended_stays() {
        for status in RefundStatus::ALL.iter().filter(|status| status.has_ended()) {
            assert!(RefundStep::ALL.iter().all(|step| status.after(*step).is_none()), "{status}");
        }
    }

    #[test]
    fn a_note_is_read_back() {
        for known in Hindrance::ALL {
            assert_eq!(Hindrance::read(known.sentence()), Some((*known, "")));
        }
        let note = format!("{}: HTTP 422", Hindrance::RefusedAgain.sentence());
        assert_eq!(Hindrance::read(&note), Some((Hindrance::RefusedAgain, "HTTP 422")));
        assert_eq!(Hindrance::read("Ani has sent it"), None);
    }

    #[test]
    fn money_goes_back_only_after_approval() {
        let straight = [RefundStep::Begin, RefundStep::Succeed, RefundStep::DoneByHand, RefundStep::NeedsHands];
        assert!(straight.iter().all(|step| RefundStatus::Requested.after(*step).is_none()));
    }

    #[test]
    fn what_no_refund_explains_is_kept_apart() {
        use RefundStatus as S;
        let none = Sums::default();
        assert_eq!(none.outside(200, 0), 200);
        let asked = none.with(S::Requested, false, 300);
        assert_eq!((asked.outside(200, 0), asked.held(200, 200, 500)), (200, 300), "only asked for");
        let manual = asked.with(S::ManualRequired, false, 200);
        assert_eq!(
            (manual.outside(200, 0), manual.held(200, 0, 1_000)),
            (0, 300),
            "that is the one in somebody's hands"
        );
        let done = asked.with(S::ManualDone, false, 200);
        assert_eq!((done.outside(200, 0), done.least(0), done.held(200, 0, 500)), (0, 200, 300));
        assert_eq!(done.held(400, 200, 500), 100, "never more than is left");
    }

    #[test]
    fn one_gift_shows_one_refund_at_most() {
        use RefundStatus as S;
        let alone = Sums::default().with(S::Processing, true, 200);
        assert_eq!(alone.shown_done(0, 200, 0), 200);
        assert_eq!(alone.with(S::Requested, false, 100).shown_done(0, 200, 0), 200, "asked for is not in hands");
        let beside = alone.with(S::ManualRequired, false, 150);
        assert_eq!(beside.shown_done(0, 200, 0), 350, "a person may have given the other");
        assert_eq!(beside.shown_done(150, 200, 0), 350, "it was back when this one was sent");
        assert_eq!(beside.shown_done(150, 200, 150), 500, "what was back came from outside");
        assert_eq!(beside.with(S::Succeeded, true, 100).shown_done(100, 200, 0), 450);
    }

    proptest! {
        /// Whatever happens, in whatever order: money goes back at most once, and never without approval before it.
        #[test]
        fn any_steps(steps in proptest::collection::vec(proptest::sample::select(&RefundStep::ALL[..]), 0..20)) {
            let (mut status, mut approved, mut paid_back) = (RefundStatus::Requested, false, 0);
            for step in steps {
                if let Some(next) = status.after(step) {
                    prop_assert!(!status.has_ended());
                    approved |= next == RefundStatus::Approved;
                    paid_back += i32::from(next.is_done());
                    status = next;
                }
            }
            prop_assert!(paid_back <= 1);
            prop_assert!(approved || paid_back == 0);
        }
    }
}
