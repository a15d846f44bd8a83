//! The journal: everything that happened to money, append-only, hash-chained, numbered without gaps per merchant.
//!
//! `append` runs in the transaction of what it records. Entries are never changed: the database refuses.

mod balance;
mod checkpoint;
mod day;
mod rows;
pub(crate) mod store;
pub(crate) mod sums;
mod verify;

use std::collections::BTreeMap;

use domain::{
    EntryId, MerchantId, Moment, Money, OrderId, PaymentId,
    journal::{Entry, EntryKind},
};
use sha2::{Digest, Sha256};

pub use balance::{JOURNAL_BALANCE, balances, compare, of_payment, summary};
pub use checkpoint::{JOURNAL_CHECKPOINT, Kept, checkpoint};
pub use day::{DayLine, DayState, OneDay, close_day, days, one_day};
pub use rows::{Model as JournalEntry, checkpoint::Model as Checkpoint, day_close::Model as DayClose};
pub use store::Filter;
pub(crate) use store::refunded_within;
pub use sums::{AccountSum, Balance, Difference, KindSum, Summary};
pub(crate) use sums::{DaySum, by_day_within};
pub use verify::{Verdict, verify, verify_all, verify_signed};

use crate::{
    clock::Clock,
    crm,
    db::Tx,
    endpoints,
    failure::Outcome,
    fiscal,
    jobs::{self, NewJob, Workers},
    services::Services,
    shop,
};

/// An entry to be written; number and hashes are given by [`append`].
#[derive(Clone, Debug)]
pub struct NewEntry {
    pub merchant: MerchantId,
    pub kind: EntryKind,
    pub order: Option<OrderId>,
    pub payment: Option<PaymentId>,
    pub amount: Option<Money>,
    pub actor: String,
    pub data: serde_json::Value,
}

/// Opens the journal of a new merchant, with its schedules.
pub(crate) async fn open(tx: &Tx, now: Moment, merchant: &MerchantId) -> Outcome<()> {
    store::open(&**tx, merchant).await?;
    promise(tx, now, merchant).await
}

/// The kinds of the jobs that watch over a journal for ever.
pub const SCHEDULES: [&str; 2] = [JOURNAL_CHECKPOINT, JOURNAL_BALANCE];

/// One job of each schedule a merchant, however many instances ask for it: it runs, and is put off to its next time.
async fn promise(tx: &Tx, now: Moment, merchant: &MerchantId) -> Outcome<()> {
    let schedule = |kind: &'static str, run_at| {
        let once_key = Some(format!("{kind}:{merchant}"));
        NewJob { once_key, ..NewJob::new(merchant.clone(), kind, run_at) }
    };
    let first = vec![
        schedule(JOURNAL_CHECKPOINT, checkpoint::next_time(now)),
        schedule(JOURNAL_BALANCE, balance::next_time(now)),
    ];
    jobs::enqueue(tx, now, first).await
}

/// Makes sure of every merchant's schedules, at the start of the workers.
///
/// # Errors
/// When the database does not answer.
pub async fn promise_for_all(services: &Services) -> Outcome<()> {
    let (merchants, now) = (shop::all(&services.db).await?, services.clock.now());
    let all = move |tx: Tx| async move {
        for merchant in &merchants {
            promise(&tx, now, merchant).await?;
        }
        Ok(())
    };
    services.db.write_quietly(all).await
}

/// The workers that also watch over journals.
#[must_use]
pub fn watch(workers: Workers, services: &Services) -> Workers {
    let (sign, compare) = (services.clone(), services.clone());
    workers
        .with(JOURNAL_CHECKPOINT, move |job| checkpoint::run(sign.clone(), job))
        .with(JOURNAL_BALANCE, move |job| balance::run(compare.clone(), job))
}

/// Writes `entries` at the end of their merchants' journals, in the given order.
pub(crate) async fn append(tx: &Tx, clock: &Clock, entries: Vec<NewEntry>) -> Outcome<()> {
    if entries.is_empty() {
        return Ok(());
    }
    let mut merchants: Vec<_> = entries.iter().map(|entry| entry.merchant.clone()).collect();
    merchants.sort();
    merchants.dedup();
    let heads = store::lock_heads(&**tx, merchants).await?;
    let mut heads: BTreeMap<_, _> = heads.into_iter().map(|head| (head.merchant_id.clone(), head)).collect();
    let now = clock.now();
    let mut chained = Vec::with_capacity(entries.len());
    for entry in entries {
        let head = heads
            .get_mut(&entry.merchant)
            .ok_or_else(|| anyhow::anyhow!("the merchant {} has no journal", entry.merchant))?;
        let row = chain(entry, clock.id(), now, head.number + 1, &head.hash);
        (head.number, head.hash) = (row.number, row.hash.clone());
        chained.push(row);
    }
    let heard = |entry: &&JournalEntry| heads.get(&entry.merchant_id).is_some_and(|head| head.listeners > 0);
    let heard: Vec<JournalEntry> = chained.iter().filter(heard).cloned().collect();
    let owing = |entry: &&JournalEntry| heads.get(&entry.merchant_id).is_some_and(|head| head.receipts);
    let owing: Vec<JournalEntry> = chained.iter().filter(owing).cloned().collect();
    let moved = |entry: &&JournalEntry| {
        heads.get(&entry.merchant_id).is_some_and(|head| crm::Follows::says(head.deals, entry.kind))
    };
    let moved: Vec<JournalEntry> = chained.iter().filter(moved).cloned().collect();
    store::insert(&**tx, chained).await?;
    for head in heads.values() {
        store::move_head(&**tx, head).await?;
        tx.touch(&head.merchant_id);
    }
    fiscal::promise(tx, clock, &owing).await?;
    crm::promise(tx, now, &moved).await?;
    endpoints::promise(tx, clock, &heard).await
}

/// Notes whether what is written owes receipts.
pub(crate) async fn set_receipts(tx: &Tx, merchant: &MerchantId, owed: bool) -> Outcome<()> {
    store::set_receipts(&**tx, merchant, owed).await
}

/// Notes which entries the shop's deals follow.
pub(crate) async fn set_deals(tx: &Tx, merchant: &MerchantId, follows: crm::Follows) -> Outcome<()> {
    store::set_deals(&**tx, merchant, follows as i64).await
}

/// Notes how many endpoints are told of what is written.
pub(crate) async fn set_listeners(tx: &Tx, merchant: &MerchantId, count: u64) -> Outcome<()> {
    store::set_listeners(&**tx, merchant, i64::try_from(count).unwrap_or(i64::MAX)).await
}

/// An entry of the past, with its id and its time.
pub(crate) type PastEntry = (EntryId, Moment, NewEntry);

/// Writes a merchant's past at the end of its journal, in the given order and chained as always.
pub(crate) async fn append_past(tx: &Tx, merchant: &MerchantId, entries: Vec<PastEntry>) -> Outcome<()> {
    let missing = || anyhow::anyhow!("the merchant {merchant} has no journal");
    let mut head = store::lock_heads(&**tx, vec![merchant.clone()]).await?.pop().ok_or_else(missing)?;
    let mut chained = Vec::with_capacity(entries.len());
    for (id, at, entry) in entries {
        let row = chain(entry, id, at, head.number + 1, &head.hash);
        (head.number, head.hash) = (row.number, row.hash.clone());
        chained.push(row);
    }
    store::insert(&**tx, chained).await?;
    store::move_head(&**tx, &head).await
}

fn chain(entry: NewEntry, id: EntryId, at: Moment, number: i64, prev_hash: &str) -> JournalEntry {
    let mut row = JournalEntry {
        merchant_id: entry.merchant,
        number,
        id,
        kind: entry.kind,
        order_id: entry.order,
        payment_id: entry.payment,
        amount_minor: entry.amount.map(|money| money.amount_minor),
        currency: entry.amount.map(|money| money.currency),
        actor: entry.actor,
        at,
        data: entry.data.to_string(),
        prev_hash: prev_hash.to_owned(),
        hash: String::new(),
    };
    row.hash = row.computed_hash();
    row
}

impl JournalEntry {
    #[must_use]
    pub fn amount(&self) -> Option<Money> {
        Some(Money::new(self.amount_minor?, self.currency?))
    }

    /// The hash these fields must have.
    #[must_use]
    pub fn computed_hash(&self) -> String {
        let entry = Entry {
            merchant: &self.merchant_id,
            number: self.number,
            id: &self.id,
            kind: self.kind,
            order: self.order_id.as_ref(),
            payment: self.payment_id.as_ref(),
            amount: self.amount(),
            actor: &self.actor,
            at: self.at,
            data: &self.data,
            prev_hash: &self.prev_hash,
        };
        hex(&Sha256::digest(entry.canonical()))
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// One page of the journal, newest first.
///
/// # Errors
/// When the database does not answer.
pub async fn list(
    db: &crate::db::Db,
    merchant: &MerchantId,
    filter: &Filter,
    limit: u64,
) -> Outcome<Vec<JournalEntry>> {
    store::list(db.read(), merchant, filter, limit).await
}

/// The number of the last entry: grows with every event of money.
///
/// # Errors
/// When the database does not answer.
pub async fn last_number(db: &crate::db::Db, merchant: &MerchantId) -> Outcome<i64> {
    Ok(store::head(db.read(), merchant).await?.map_or(0, |head| head.number))
}

/// One page of the entries after one number up to another, within a span of time, oldest first.
///
/// # Errors
/// When the database does not answer.
pub async fn between(
    db: &crate::db::Db,
    merchant: &MerchantId,
    place: (i64, i64),
    within: (Option<Moment>, Option<Moment>),
    limit: u64,
) -> Outcome<Vec<JournalEntry>> {
    store::between(db.read(), merchant, place, within, limit).await
}
