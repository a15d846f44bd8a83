//! How things stand, as it travels from the server to a page: a word already translated, and its mood.

use serde::{Deserialize, Serialize};

use crate::ui::Tone;

#[derive(Clone, Copy, Serialize, Deserialize)]
pub enum Mood {
    Waiting,
    Good,
    Bad,
    Ended,
    Review,
    Info,
}

impl From<Mood> for Tone {
    fn from(mood: Mood) -> Self {
        match mood {
            Mood::Waiting => Self::Waiting,
            Mood::Good => Self::Good,
            Mood::Bad => Self::Bad,
            Mood::Ended => Self::Ended,
            Mood::Review => Self::Review,
            Mood::Info => Self::Info,
        }
    }
}

/// A status in a shape and a word.
#[derive(Serialize, Deserialize)]
pub struct Badge {
    pub mood: Mood,
    pub text: String,
}

#[cfg(feature = "ssr")]
mod server_side {
    use domain::{
        Lang,
        job::JobState,
        link::LinkClosed,
        payment::{Decision, PaymentStatus},
    };

    use super::{Badge, Mood};
    use crate::texts::say;

    impl Badge {
        fn new(lang: Lang, mood: Mood, key: &str) -> Self {
            Self { mood, text: say(lang, key) }
        }

        /// A payment that needs a person says so first, whatever its status.
        pub(crate) fn payment(lang: Lang, status: PaymentStatus, needs_review: bool) -> Self {
            use PaymentStatus as P;
            let (mood, key) = match status {
                _ if needs_review => (Mood::Review, "payment.needs_review"),
                P::Created => (Mood::Waiting, "payment.created"),
                P::Pending => (Mood::Waiting, "payment.pending"),
                P::Expired => (Mood::Ended, "payment.expired"),
                P::Failed => (Mood::Bad, "payment.failed"),
                P::Paid => (Mood::Good, "payment.paid"),
                P::PartiallyRefunded => (Mood::Info, "payment.partially_refunded"),
                P::Refunded => (Mood::Info, "payment.refunded"),
                P::Reversed => (Mood::Bad, "payment.reversed"),
                P::Disputed => (Mood::Bad, "payment.disputed"),
            };
            Self::new(lang, mood, key)
        }

        pub(crate) fn link(lang: Lang, closed: Option<LinkClosed>) -> Self {
            let (mood, key) = match closed {
                None => (Mood::Good, "link.open"),
                Some(LinkClosed::Inactive) => (Mood::Ended, "link.inactive"),
                Some(LinkClosed::Cancelled) => (Mood::Ended, "link.cancelled"),
                Some(LinkClosed::Expired) => (Mood::Ended, "link.expired"),
                Some(LinkClosed::UsedUp) => (Mood::Ended, "link.used_up"),
                Some(LinkClosed::AlreadyPaid) => (Mood::Info, "link.already_paid"),
                Some(LinkClosed::NotAvailable) => (Mood::Ended, "link.not_available"),
            };
            Self::new(lang, mood, key)
        }

        pub(crate) fn decision(lang: Lang, decision: Decision) -> Self {
            let (mood, key) = match decision {
                Decision::Applied => (Mood::Good, "decision.applied"),
                Decision::Duplicate => (Mood::Ended, "decision.duplicate"),
                Decision::NoChange => (Mood::Ended, "decision.no_change"),
                Decision::Mismatch => (Mood::Review, "decision.mismatch"),
                Decision::UnknownPayment => (Mood::Waiting, "decision.unknown_payment"),
                Decision::UnknownStatus => (Mood::Waiting, "decision.unknown_status"),
                Decision::BadSignature => (Mood::Bad, "decision.bad_signature"),
                Decision::StaleTimestamp => (Mood::Bad, "decision.stale_timestamp"),
                Decision::Unreadable => (Mood::Bad, "decision.unreadable"),
                Decision::TooLarge => (Mood::Bad, "decision.too_large"),
            };
            Self::new(lang, mood, key)
        }

        pub(crate) fn job(lang: Lang, state: JobState) -> Self {
            let (mood, key) = match state {
                JobState::Queued => (Mood::Waiting, "job.queued"),
                JobState::Running => (Mood::Waiting, "job.running"),
                JobState::Retrying => (Mood::Waiting, "job.retrying"),
                JobState::Done => (Mood::Good, "job.done"),
                JobState::Dead => (Mood::Bad, "job.dead"),
            };
            Self::new(lang, mood, key)
        }
    }
}
