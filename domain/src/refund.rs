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
    fn money_goes_back_only_after_approval() {
        let straight = [RefundStep::Begin, RefundStep::Succeed, RefundStep::DoneByHand, RefundStep::NeedsHands];
        assert!(straight.iter().all(|step| RefundStatus::Requested.after(*step).is_none()));
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
