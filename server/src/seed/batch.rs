//! What is written together: the rows of some orders, and the journal's entries up to the time they reach.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
};

use domain::{MerchantId, Moment};

use super::ROWS;
use crate::{
    db::Tx,
    failure::Outcome,
    fulfilment::{self, Fulfilment},
    jobs::{self, NewJob},
    journal::{self, PastEntry},
    links::{self, Link},
    orders::{self, Line, Order},
    payments::{self, Payment, WebhookEvent},
    refunds::{self, Refund},
    services::Services,
    staff::{self, audit::AuditLine},
};

/// Orders written in one transaction.
const ORDERS: usize = 500;

#[derive(Default)]
pub(super) struct Batch {
    pub(super) links: Vec<Link>,
    pub(super) orders: Vec<Order>,
    pub(super) lines: Vec<Line>,
    pub(super) payments: Vec<Payment>,
    pub(super) events: Vec<WebhookEvent>,
    pub(super) given: Vec<Fulfilment>,
    pub(super) refunds: Vec<Refund>,
    pub(super) audit: Vec<AuditLine>,
    pub(super) jobs: Vec<NewJob>,
    /// By time; what lies ahead of the orders written so far waits for its turn in the chain.
    turn: BinaryHeap<Reverse<(Moment, usize)>>,
    waiting: BTreeMap<usize, PastEntry>,
    promised: usize,
    /// Entries written so far.
    pub(super) entries: usize,
    pub(super) payments_written: usize,
}

impl Batch {
    pub(super) const fn is_full(&self) -> bool {
        self.orders.len() >= ORDERS
    }

    /// Entries there are or will be.
    pub(super) const fn promised(&self) -> usize {
        self.promised
    }

    pub(super) fn journal(&mut self, entry: PastEntry) {
        self.promised += 1;
        self.turn.push(Reverse((entry.1, self.promised)));
        self.waiting.insert(self.promised, entry);
    }

    /// The entries before `until`, in the order of their times.
    fn due(&mut self, until: Option<Moment>) -> Vec<PastEntry> {
        let mut due = Vec::new();
        while let Some(Reverse((at, place))) = self.turn.peek() {
            if until.is_some_and(|until| *at >= until) {
                break;
            }
            due.extend(self.waiting.remove(place));
            self.turn.pop();
        }
        due
    }

    /// Writes all rows, and the entries before `until`; with none, all of them.
    pub(super) async fn write(
        &mut self,
        services: &Services,
        merchant: &MerchantId,
        until: Option<Moment>,
    ) -> Outcome<()> {
        let entries = self.due(until);
        self.entries += entries.len();
        self.payments_written += self.payments.len();
        let empty = Self {
            turn: std::mem::take(&mut self.turn),
            waiting: std::mem::take(&mut self.waiting),
            promised: self.promised,
            entries: self.entries,
            payments_written: self.payments_written,
            ..Self::default()
        };
        let (rows, merchant) = (std::mem::replace(self, empty), merchant.clone());
        services.db.write_quietly(move |tx| async move { rows.insert(&tx, &merchant, entries).await }).await
    }

    async fn insert(self, tx: &Tx, merchant: &MerchantId, entries: Vec<PastEntry>) -> Outcome<()> {
        for links in cut(self.links) {
            links::store::insert_all(&**tx, links).await?;
        }
        if !self.orders.is_empty() {
            // With one or two lines each, both fit into one statement.
            orders::store::insert_past(&**tx, self.orders, self.lines).await?;
        }
        for payments in cut(self.payments) {
            payments::store::insert_past(&**tx, payments).await?;
        }
        for events in cut(self.events) {
            payments::store::insert_events(&**tx, events).await?;
        }
        for given in cut(self.given) {
            fulfilment::store::insert_once(&**tx, given).await?;
        }
        for refunds in cut(self.refunds) {
            refunds::store::insert_past(&**tx, refunds).await?;
        }
        for lines in cut(self.audit) {
            staff::store::insert_past_audit(&**tx, lines).await?;
        }
        for jobs in cut(self.jobs) {
            jobs::store::insert_past(&**tx, jobs).await?;
        }
        for entries in cut(entries) {
            journal::append_past(tx, merchant, entries).await?;
        }
        Ok(())
    }
}

fn cut<T>(mut rows: Vec<T>) -> Vec<Vec<T>> {
    let mut parts = Vec::new();
    while rows.len() > ROWS {
        let rest = rows.split_off(ROWS);
        parts.push(std::mem::replace(&mut rows, rest));
    }
    if !rows.is_empty() {
        parts.push(rows);
    }
    parts
}
