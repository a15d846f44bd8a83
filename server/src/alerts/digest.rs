//! Digests: how the shop did yesterday and last week, told in the staff's chat at the shop's hour, each once.

use domain::{Day, MerchantId, Moment, Money, journal::EntryKind, schedule::DigestOf};
use serde::{Deserialize, Serialize};

use crate::{
    db::Db,
    failure::Outcome,
    jobs::{self, NewJob},
    journal::{self, Balance},
    orders::{self, Sold},
    reports,
    services::Services,
    shop::Merchant,
};

pub const TELL_DIGEST: &str = "tell_digest";

/// Products named in a digest.
const MOST_SOLD: u64 = 3;

/// The payload of a `tell_digest` job: days of the shop's calendar, both included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    pub of: DigestOf,
    pub first: Day,
    pub last: Day,
}

/// Promises the digests that are due and not promised yet; a shop without a staff chat has nobody to tell.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn promise(services: &Services, shop: &Merchant) -> Outcome<()> {
    if shop.staff_chat_id.is_none() {
        return Ok(());
    }
    let now = services.clock.now();
    let mut jobs = Vec::new();
    for (of, first, last) in shop.digests().due(now, shop.utc_offset_minutes) {
        let job = job(now, &shop.id, &Told { of, first, last })?;
        let is_new = !jobs::store::is_known(services.db.read(), job.once_key.as_deref().unwrap_or_default()).await?;
        if is_new && shop.created_at < last.span(shop.utc_offset_minutes).1 {
            jobs.push(job);
        }
    }
    if jobs.is_empty() {
        return Ok(());
    }
    services.db.write(move |tx| async move { jobs::enqueue(&tx, now, jobs).await }).await
}

fn job(now: Moment, merchant: &MerchantId, told: &Told) -> Outcome<NewJob> {
    Ok(NewJob {
        payload: serde_json::to_string(told)?,
        lane: Some(format!("staff:{merchant}")),
        once_key: Some(format!("digest:{merchant}:{}:{}", told.of, told.first)),
        ..NewJob::new(merchant.clone(), TELL_DIGEST, now)
    })
}

/// How the shop did on some days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    /// In the shop's own currency.
    pub money: Balance,
    /// What was left of the days before, as many.
    pub before: Money,
    pub paid: i64,
    pub failed: i64,
    pub expired: i64,
    pub sold: Vec<Sold>,
    /// What waits for a person now.
    pub waiting: u64,
}

/// # Errors
/// When the database does not answer.
pub async fn digest(db: &Db, shop: &Merchant, told: &Told, now: Moment) -> Outcome<Digest> {
    let offset = shop.utc_offset_minutes;
    let span = (told.first.span(offset).0, told.last.span(offset).1);
    let before = (span.0.plus(-span.1.since(span.0)), span.0);
    let own = |all: Vec<Balance>| all.into_iter().find(|sum| sum.currency == shop.currency);
    let nothing = Balance { currency: shop.currency, received_minor: 0, refunded_minor: 0, taken_minor: 0 };
    let summary = journal::summary(db, &shop.id, span).await?;
    let count = |kind| summary.kinds.iter().filter(|sum| sum.kind == kind).map(|sum| sum.count).sum();
    Ok(Digest {
        paid: count(EntryKind::PaymentPaid),
        failed: count(EntryKind::PaymentFailed),
        expired: count(EntryKind::PaymentExpired),
        money: own(summary.totals.clone()).unwrap_or(nothing),
        before: own(journal::balances(db, &shop.id, Some(before)).await?).unwrap_or(nothing).net(),
        sold: orders::most_sold(db, &shop.id, span, MOST_SOLD).await?,
        waiting: reports::waiting(db, shop, now).await?,
    })
}
