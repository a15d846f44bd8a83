//! The outbox: work owed after a commit, kept until done.
//!
//! A job is written in the transaction that promises it, claimed with a lease, done outside any transaction and reported
//! in another. Doing one twice is harmless. Jobs of one lane run one after another, in the order they were promised.

mod own;
mod retry;
mod rows;
pub(crate) mod store;
mod work;

use domain::{MerchantId, Moment, OrderId, PaymentId};
pub use own::workers;
pub use retry::{counts, list, retry};
pub use rows::Model as Job;
pub use store::of_order;
pub use work::{Handler, Workers, WorkersBeat};

use crate::{
    alerts, bots, broadcasts, calls, clubs, crm, db::Tx, endpoints, failure::Outcome, fiscal, fulfilment, journal,
    messages, orders, payments, reconcile, refunds,
};

/// Every kind of work that is promised: each has its words in the dashboard.
pub const KINDS: [&str; 22] = [
    alerts::TELL_DIGEST,
    alerts::TELL_STAFF,
    alerts::WATCH,
    bots::HANDLE_UPDATE,
    broadcasts::SEND_BROADCAST,
    broadcasts::START_BROADCAST,
    calls::CALL_BACKEND,
    clubs::CHECK_CLUB,
    clubs::LEAVE_CLUB,
    crm::SYNC_DEAL,
    endpoints::SEND_EVENT,
    fiscal::REGISTER_RECEIPT,
    fulfilment::FULFIL_ORDER,
    journal::SCHEDULES[0],
    journal::SCHEDULES[1],
    messages::NOTE_STAFF,
    messages::SEND_ANSWER,
    orders::EXPIRE_ORDER,
    payments::CHECK_PAYMENT,
    payments::tell::TELL_CUSTOMER,
    reconcile::RECONCILE,
    refunds::REFUND,
];

/// Schedules, one of each a merchant: they fail and are tried again, but whoever watches never falls asleep for good.
pub(crate) const SCHEDULES: [&str; 3] = [alerts::WATCH, journal::SCHEDULES[0], journal::SCHEDULES[1]];

/// What may wait: taken up only where nothing else is due, and only a few at once. The index `jobs_bulk` knows the word.
pub(crate) const BULK: &str = broadcasts::SEND_BROADCAST;

/// A job to be promised.
#[derive(Clone, Debug)]
pub struct NewJob {
    pub merchant: MerchantId,
    pub kind: &'static str,
    /// JSON; carries ids, not copies of rows.
    pub payload: String,
    pub lane: Option<String>,
    /// At most one job with this key ever exists.
    pub once_key: Option<String>,
    pub order: Option<OrderId>,
    pub payment: Option<PaymentId>,
    pub run_at: Moment,
}

impl NewJob {
    #[must_use]
    pub const fn new(merchant: MerchantId, kind: &'static str, run_at: Moment) -> Self {
        Self { merchant, kind, payload: String::new(), lane: None, once_key: None, order: None, payment: None, run_at }
    }
}

/// How one try of a job ended.
#[derive(Debug)]
pub enum JobEnd {
    Done,
    /// Not finished by nature (a schedule): run again at this time. Not a failure.
    Again(Moment),
    /// Failed for now: tried again later, until the tries are used up.
    Retry(anyhow::Error),
    /// As `Retry`, but not before this time (the other side said so).
    RetryAt(Moment, anyhow::Error),
    /// Trying again cannot help: dead at once.
    GiveUp(anyhow::Error),
}

impl From<Outcome<()>> for JobEnd {
    fn from(outcome: Outcome<()>) -> Self {
        match outcome {
            Ok(()) => Self::Done,
            Err(failure) => Self::Retry(failure.into()),
        }
    }
}

/// Promises `jobs` in the transaction of what they follow from. Those whose `once_key` exists are passed over.
///
/// # Errors
/// When the database refuses.
pub async fn enqueue(tx: &Tx, now: Moment, jobs: Vec<NewJob>) -> Outcome<()> {
    store::insert(&**tx, now, jobs).await
}
