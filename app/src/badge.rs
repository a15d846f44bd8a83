//! How things stand: a word already translated, and its tone.

use domain::{
    Lang,
    broadcast::BroadcastState,
    deal::DealState,
    endpoint::DeliveryState,
    handover::Step,
    job::JobState,
    link::LinkClosed,
    message::{Delivery, NotSent, ThreadState},
    order::OrderStatus,
    payment::{Decision, PaymentStatus},
    receipt::ReceiptState,
    refund::RefundStatus,
};

use crate::{texts::say, ui::Tone};

/// A status in a shape and a word.
pub struct Badge {
    pub tone: Tone,
    pub text: String,
}

impl Badge {
    fn new(lang: Lang, tone: Tone, key: &str) -> Self {
        Self { tone, text: say(lang, key) }
    }

    /// A payment that needs a person says so first, whatever its status.
    pub(crate) fn payment(lang: Lang, status: PaymentStatus, needs_review: bool) -> Self {
        use PaymentStatus as P;
        let (tone, key) = match status {
            _ if needs_review => (Tone::Review, "payment.needs_review"),
            P::Created => (Tone::Waiting, "payment.created"),
            P::Pending => (Tone::Waiting, "payment.pending"),
            P::Expired => (Tone::Ended, "payment.expired"),
            P::Failed => (Tone::Bad, "payment.failed"),
            P::Paid => (Tone::Good, "payment.paid"),
            P::PartiallyRefunded => (Tone::Info, "payment.partially_refunded"),
            P::Refunded => (Tone::Info, "payment.refunded"),
            P::Reversed => (Tone::Bad, "payment.reversed"),
            P::Disputed => (Tone::Bad, "payment.disputed"),
        };
        Self::new(lang, tone, key)
    }

    /// An order that needs a person says so first, whatever its status.
    pub(crate) fn order(lang: Lang, status: OrderStatus, needs_review: bool) -> Self {
        use OrderStatus as O;
        let (tone, key) = match status {
            _ if needs_review => (Tone::Review, "payment.needs_review"),
            O::Draft => (Tone::Waiting, "order.draft"),
            O::AwaitingPayment => (Tone::Waiting, "order.awaiting_payment"),
            O::Paid => (Tone::Good, "order.paid"),
            O::Fulfilled => (Tone::Good, "order.fulfilled"),
            O::Expired => (Tone::Ended, "order.expired"),
            O::Cancelled => (Tone::Ended, "order.cancelled"),
            O::Failed => (Tone::Bad, "order.failed"),
            O::PartiallyRefunded => (Tone::Info, "order.partially_refunded"),
            O::Refunded => (Tone::Info, "order.refunded"),
        };
        Self::new(lang, tone, key)
    }

    /// Where the goods of an order are.
    pub(crate) fn step(lang: Lang, step: Step) -> Self {
        let (tone, key) = match step {
            Step::ToPack => (Tone::Review, "step.to_pack"),
            Step::Packed => (Tone::Waiting, "step.packed"),
            Step::OnWay => (Tone::Info, "step.on_way"),
            Step::Ready => (Tone::Info, "step.ready"),
            Step::HandedOver => (Tone::Good, "step.handed_over"),
        };
        Self::new(lang, tone, key)
    }

    pub(crate) fn receipt(lang: Lang, state: ReceiptState) -> Self {
        let (tone, key) = match state {
            ReceiptState::Owed => (Tone::Waiting, "receipt.owed"),
            ReceiptState::Registered => (Tone::Good, "receipt.registered"),
            ReceiptState::Refused => (Tone::Bad, "receipt.refused"),
            ReceiptState::Uncertain => (Tone::Review, "receipt.uncertain"),
        };
        Self::new(lang, tone, key)
    }

    pub(crate) fn deal(lang: Lang, state: DealState) -> Self {
        let (tone, key) = match state {
            DealState::Owed => (Tone::Waiting, "deal.owed"),
            DealState::Made => (Tone::Good, "deal.made"),
            DealState::Refused => (Tone::Bad, "deal.refused"),
        };
        Self::new(lang, tone, key)
    }

    pub(crate) fn link(lang: Lang, closed: Option<LinkClosed>) -> Self {
        let (tone, key) = match closed {
            None => (Tone::Good, "link.open"),
            Some(LinkClosed::Inactive) => (Tone::Ended, "link.inactive"),
            Some(LinkClosed::Cancelled) => (Tone::Ended, "link.cancelled"),
            Some(LinkClosed::Expired) => (Tone::Ended, "link.expired"),
            Some(LinkClosed::UsedUp) => (Tone::Ended, "link.used_up"),
            Some(LinkClosed::AlreadyPaid) => (Tone::Info, "link.already_paid"),
            Some(LinkClosed::NotAvailable) => (Tone::Ended, "link.not_available"),
        };
        Self::new(lang, tone, key)
    }

    pub(crate) fn delivery_out(lang: Lang, state: DeliveryState) -> Self {
        let (tone, key) = match state {
            DeliveryState::Waiting => (Tone::Waiting, "deliveries.waiting"),
            DeliveryState::Delivered => (Tone::Good, "deliveries.delivered"),
            DeliveryState::Failed => (Tone::Bad, "deliveries.failed"),
        };
        Self::new(lang, tone, key)
    }

    pub(crate) fn decision(lang: Lang, decision: Decision) -> Self {
        let (tone, key) = match decision {
            Decision::Applied => (Tone::Good, "decision.applied"),
            Decision::Duplicate => (Tone::Ended, "decision.duplicate"),
            Decision::NoChange => (Tone::Ended, "decision.no_change"),
            Decision::Mismatch => (Tone::Review, "decision.mismatch"),
            Decision::UnknownPayment => (Tone::Waiting, "decision.unknown_payment"),
            Decision::UnknownStatus => (Tone::Waiting, "decision.unknown_status"),
            Decision::BadSignature => (Tone::Bad, "decision.bad_signature"),
            Decision::StaleTimestamp => (Tone::Bad, "decision.stale_timestamp"),
            Decision::Unreadable => (Tone::Bad, "decision.unreadable"),
            Decision::TooLarge => (Tone::Bad, "decision.too_large"),
        };
        Self::new(lang, tone, key)
    }

    pub(crate) fn refund(lang: Lang, status: RefundStatus) -> Self {
        use RefundStatus as R;
        let tone = match status {
            R::Requested | R::ManualRequired => Tone::Review,
            R::Approved | R::Processing => Tone::Waiting,
            R::Succeeded | R::ManualDone => Tone::Good,
            R::Failed => Tone::Bad,
            R::Rejected => Tone::Ended,
        };
        Self::new(lang, tone, &["refund.", status.as_str()].concat())
    }

    pub(crate) fn thread(lang: Lang, state: ThreadState) -> Self {
        let tone = match state {
            ThreadState::Waiting => Tone::Review,
            ThreadState::Answered => Tone::Good,
            ThreadState::Closed => Tone::Ended,
        };
        Self::new(lang, tone, &["thread.", state.as_str()].concat())
    }

    /// How far a message of the shop has come, and why no further.
    pub(crate) fn delivery(lang: Lang, delivery: Delivery, not_sent: Option<NotSent>) -> Self {
        match (delivery, not_sent) {
            (Delivery::Queued, _) => Self::new(lang, Tone::Waiting, "delivery.queued"),
            (Delivery::Sent, _) => Self::new(lang, Tone::Good, "delivery.sent"),
            (Delivery::Failed, Some(why)) => Self::new(lang, Tone::Bad, &["not_sent.", why.as_str()].concat()),
            (Delivery::Failed, None) => Self::new(lang, Tone::Bad, "delivery.failed"),
        }
    }

    pub(crate) fn broadcast(lang: Lang, state: BroadcastState) -> Self {
        let tone = match state {
            BroadcastState::Scheduled | BroadcastState::Running => Tone::Waiting,
            BroadcastState::Done => Tone::Good,
            BroadcastState::Cancelled => Tone::Ended,
        };
        Self::new(lang, tone, &["broadcast.", state.as_str()].concat())
    }

    pub(crate) fn job(lang: Lang, state: JobState) -> Self {
        let (tone, key) = match state {
            JobState::Queued => (Tone::Waiting, "job.queued"),
            JobState::Running => (Tone::Waiting, "job.running"),
            JobState::Retrying => (Tone::Waiting, "job.retrying"),
            JobState::Done => (Tone::Good, "job.done"),
            JobState::Dead => (Tone::Bad, "job.dead"),
        };
        Self::new(lang, tone, key)
    }
}
