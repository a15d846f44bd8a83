//! Broadcasts: one text to many customers who may be written to, each at most once.
//!
//! Who receives it is fixed when it starts. A turn takes a few receivers (`sending`, committed), writes to them and notes
//! what became of each (committed). What Telegram turned away is tried again; where no answer came, because the process
//! died or the connection broke, the message may have arrived, so it stays `unknown` and is never sent a second time.
//! One bot has one turn at a time (its lane), paced by `domain::broadcast`; turns are bulk work, which the outbox takes up
//! only where nothing else is due. Customers who want no more of these are passed over, also in the middle.

mod create;
mod rows;
mod start;
pub(crate) mod store;
mod turn;

use domain::{BroadcastId, Lang, MerchantId, Moment, broadcast::Receipt, broadcast::Segment};
use serde::{Deserialize, Serialize};

pub use create::{NewBroadcast, cancel, create};
pub use rows::Model as Broadcast;
pub use start::run as run_start;
pub use turn::{report, take};

use crate::{
    db::Db,
    failure::{Outcome, Refusal},
};

pub const START_BROADCAST: &str = "start_broadcast";
pub const SEND_BROADCAST: &str = "send_broadcast";

/// The payload of both jobs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Payload {
    pub broadcast: BroadcastId,
}

/// # Errors
/// `not_found`, also for another merchant's broadcast.
pub async fn get(db: &Db, merchant: &MerchantId, id: &BroadcastId) -> Outcome<Broadcast> {
    store::get(db.read(), merchant, id).await?.ok_or_else(|| Refusal::not_found().into())
}

/// One page of broadcasts, newest first.
///
/// # Errors
/// When the database does not answer.
pub async fn list(db: &Db, merchant: &MerchantId, before: Option<&BroadcastId>, limit: u64) -> Outcome<Vec<Broadcast>> {
    store::list(db.read(), merchant, before, limit).await
}

/// How many customers a segment means now, by their language.
///
/// # Errors
/// When the database does not answer.
pub async fn count(db: &Db, merchant: &MerchantId, segment: &Segment, now: Moment) -> Outcome<Vec<(Lang, i64)>> {
    store::count(db.read(), merchant, segment, now).await
}

/// What became of the messages of these broadcasts.
///
/// # Errors
/// When the database does not answer.
pub async fn results(
    db: &Db,
    merchant: &MerchantId,
    ids: Vec<BroadcastId>,
) -> Outcome<Vec<(BroadcastId, Receipt, i64)>> {
    store::results(db.read(), merchant, ids).await
}

/// Orders that receivers made within a week of their message, and paid.
///
/// # Errors
/// When the database does not answer.
pub async fn orders_after(db: &Db, merchant: &MerchantId, id: &BroadcastId) -> Outcome<i64> {
    store::orders_after(db.read(), merchant, id).await
}
