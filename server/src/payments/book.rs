//! What one batch of settling has open: locked orders, their payments, and everything to be written at the end.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::{
    AccountId, LinkId, MerchantId, OrderId, PaymentId, journal::EntryKind, order::Held, payment::PaymentStatus,
};
use serde_json::Value;

use super::{rows::Model as Payment, settle::Evidence, store};
use crate::{
    alerts::{self, Alert},
    catalog::{self, Counted},
    clock::Clock,
    db::Tx,
    failure::Outcome,
    jobs::{self, NewJob},
    journal::{self, NewEntry},
    links,
    orders::{self, Order},
    promos,
};

#[derive(Default)]
pub(crate) struct Book {
    by_order_id: HashMap<(MerchantId, String), PaymentId>,
    by_reference: HashMap<(AccountId, String), PaymentId>,
    payments: HashMap<PaymentId, Payment>,
    orders: HashMap<OrderId, Order>,
    by_order: HashMap<OrderId, Vec<PaymentId>>,
    /// As read: what differs at the end is written.
    payments_before: HashMap<PaymentId, store::Change>,
    orders_before: HashMap<OrderId, orders::store::Change>,
    references: Vec<(PaymentId, String)>,
    links: BTreeMap<LinkId, links::store::Uses>,
    entries: Vec<NewEntry>,
    jobs: Vec<NewJob>,
}

/// The other payments of an order.
pub(crate) struct Siblings {
    pub(crate) held: Held,
    pub(crate) open: bool,
    pub(crate) failed: bool,
}

pub(crate) enum LinkCount {
    Paid,
    Released,
}

impl Book {
    /// Finds the payments meant, then locks the links that may be counted and their orders, then reads all payments of these orders.
    pub(crate) async fn load(tx: &Tx, evidence: &[Evidence]) -> Outcome<Self> {
        let mut book = Self::default();
        let order_ids = locate(tx, evidence).await?;
        links::store::lock_of_unpaid(&**tx, &order_ids).await?;
        for order in orders::store::lock(&**tx, order_ids.iter().cloned().collect()).await? {
            book.orders_before.insert(order.id.clone(), (&order).into());
            book.orders.insert(order.id.clone(), order);
        }
        for payment in store::of_orders(&**tx, order_ids.into_iter().collect()).await? {
            book.admit(payment);
        }
        Ok(book)
    }

    fn admit(&mut self, payment: Payment) {
        let id = payment.id.clone();
        self.by_order_id.insert((payment.merchant_id.clone(), payment.merchant_order_id.clone()), id.clone());
        if let Some(reference) = &payment.reference {
            self.by_reference.insert((payment.account_id.clone(), reference.clone()), id.clone());
        }
        self.by_order.entry(payment.order_id.clone()).or_default().push(id.clone());
        self.payments_before.insert(id.clone(), (&payment).into());
        self.payments.insert(id, payment);
    }

    /// The provider's own reference names the payment first; else our order id, within the merchant.
    pub(crate) fn find(&self, evidence: &Evidence) -> Option<PaymentId> {
        let reference = evidence.seen.reference.as_ref();
        let by_reference = reference.and_then(|r| self.by_reference.get(&(evidence.account.clone(), r.clone())));
        let order_id = evidence.seen.merchant_order_id.as_ref();
        let by_order_id = || order_id.and_then(|id| self.by_order_id.get(&(evidence.merchant.clone(), id.clone())));
        by_reference.or_else(by_order_id).cloned()
    }

    pub(crate) fn take(&mut self, id: &PaymentId) -> Outcome<(Payment, Order)> {
        let lost = || anyhow::anyhow!("a payment found a moment ago is gone: {id}");
        let payment = self.payments.get(id).cloned().ok_or_else(lost)?;
        let order = self.orders.get(&payment.order_id).cloned().ok_or_else(lost)?;
        Ok((payment, order))
    }

    pub(crate) fn put(&mut self, payment: Payment, order: Order) {
        self.payments.insert(payment.id.clone(), payment);
        self.orders.insert(order.id.clone(), order);
    }

    /// After a crash between asking and noting, the webhook may be the first to tell the reference.
    pub(crate) fn adopt_reference(&mut self, payment: &mut Payment, reference: Option<&str>) {
        if let (None, Some(reference)) = (&payment.reference, reference) {
            payment.reference = Some(reference.to_owned());
            self.by_reference.insert((payment.account_id.clone(), reference.to_owned()), payment.id.clone());
            self.references.push((payment.id.clone(), reference.to_owned()));
        }
    }

    pub(crate) fn siblings(&self, payment: &Payment) -> Siblings {
        let ids = self.by_order.get(&payment.order_id).map_or(&[][..], Vec::as_slice);
        let others = || ids.iter().filter(|id| **id != payment.id).filter_map(|id| self.payments.get(id));
        Siblings {
            held: others().map(|other| Held::by(other.status)).max().unwrap_or(Held::Nothing),
            open: others().any(|other| other.status.is_open()),
            failed: others().any(|other| other.status == PaymentStatus::Failed),
        }
    }

    /// The goods are still held for this order, or can be taken again.
    pub(crate) async fn deliverable(&self, tx: &Tx, clock: &Clock, order: &mut Order) -> Outcome<bool> {
        if order.holds_stock || order.status.was_paid() {
            return Ok(true);
        }
        let lines = counted_lines(tx, order).await?;
        let taken = catalog::take_stock(tx, &order.merchant_id, &lines, clock.now()).await?;
        if taken && !promos::take(tx, order).await? {
            catalog::give_back_stock(tx, &order.merchant_id, &lines).await?;
            return Ok(false);
        }
        order.holds_stock = taken;
        Ok(taken)
    }

    /// Gives back the goods and the use of the link that an ended order held.
    pub(crate) async fn release(&mut self, tx: &Tx, order: &mut Order) -> Outcome<()> {
        if order.holds_stock {
            let lines = counted_lines(tx, order).await?;
            catalog::give_back_stock(tx, &order.merchant_id, &lines).await?;
            promos::give_back(tx, order).await?;
            order.holds_stock = false;
        }
        self.count_link(order, LinkCount::Released);
        Ok(())
    }

    pub(crate) fn count_link(&mut self, order: &mut Order, count: LinkCount) {
        let Some(link) = &order.link_id else { return };
        let uses = self.links.entry(link.clone()).or_default();
        if matches!(count, LinkCount::Paid) {
            uses.paid += 1;
            uses.received_minor = uses.received_minor.saturating_add(order.amount_minor);
        }
        uses.held -= i64::from(order.holds_link);
        order.holds_link = false;
    }

    /// Whether this very claim about the payment stands in the journal, or will after this batch.
    pub(crate) async fn knows_mismatch(&self, tx: &Tx, payment: &Payment, said: &Value) -> Outcome<bool> {
        let same = |data: &Value| data["mismatch"] == said["mismatch"] && data["told"] == said["told"];
        let is_new =
            |entry: &&NewEntry| entry.kind == EntryKind::PaymentMismatch && entry.payment.as_ref() == Some(&payment.id);
        if self.entries.iter().filter(is_new).any(|entry| same(&entry.data)) {
            return Ok(true);
        }
        let known = journal::store::mismatches(&**tx, &payment.merchant_id, &payment.id).await?;
        Ok(known.iter().any(|entry| serde_json::from_str::<Value>(&entry.data).is_ok_and(|data| same(&data))))
    }

    pub(crate) fn journal(&mut self, entry: NewEntry) {
        self.entries.push(entry);
    }

    pub(crate) fn promise(&mut self, jobs: Vec<NewJob>) {
        self.jobs.extend(jobs);
    }

    pub(crate) fn alert(&mut self, clock: &Clock, merchant: &MerchantId, key: &str, alert: &Alert) -> Outcome<()> {
        self.jobs.push(alerts::job(clock.now(), merchant, key, alert)?);
        Ok(())
    }

    pub(crate) async fn write(self, tx: &Tx, clock: &Clock) -> Outcome<()> {
        let mut payments = BTreeMap::<store::Change, Vec<PaymentId>>::new();
        for payment in self.payments.values() {
            let now = store::Change::from(payment);
            if self.payments_before.get(&payment.id) != Some(&now) {
                payments.entry(now).or_default().push(payment.id.clone());
            }
        }
        for (change, ids) in payments {
            store::change(&**tx, ids, change).await?;
        }
        let mut orders = BTreeMap::<orders::store::Change, Vec<OrderId>>::new();
        for order in self.orders.values() {
            let now = orders::store::Change::from(order);
            if self.orders_before.get(&order.id) != Some(&now) {
                orders.entry(now).or_default().push(order.id.clone());
            }
        }
        for (change, ids) in orders {
            orders::store::change(&**tx, ids, change).await?;
        }
        for (id, reference) in self.references {
            store::set_reference(&**tx, &id, &reference).await?;
        }
        for (link, uses) in self.links {
            links::store::count(&**tx, &link, uses).await?;
        }
        jobs::enqueue(tx, clock.now(), self.jobs).await?;
        journal::append(tx, clock, self.entries).await
    }
}

/// The orders of the payments that `evidence` may mean.
async fn locate(tx: &Tx, evidence: &[Evidence]) -> Outcome<BTreeSet<OrderId>> {
    let merchants: BTreeSet<_> = evidence.iter().map(|e| e.merchant.clone()).collect();
    let order_ids: BTreeSet<_> = evidence.iter().filter_map(|e| e.seen.merchant_order_id.clone()).collect();
    let mut found = store::by_merchant_order_id(&**tx, merchants, order_ids).await?;
    // Two providers may call two payments the same.
    let known: BTreeSet<_> = found.iter().filter_map(|p| Some((&p.account_id, p.reference.as_ref()?))).collect();
    let named = evidence.iter().filter_map(|e| Some((&e.account, e.seen.reference.as_ref()?)));
    let (accounts, missing): (BTreeSet<_>, BTreeSet<_>) =
        named.filter(|one| !known.contains(one)).map(|(account, name)| (account.clone(), name.clone())).unzip();
    found.extend(store::by_reference(&**tx, accounts, missing).await?);
    Ok(found.into_iter().map(|payment| payment.order_id).collect())
}

/// What each line of a product counts.
pub(crate) async fn counted_lines(tx: &Tx, order: &Order) -> Outcome<Vec<Counted>> {
    let lines = orders::store::lines(&**tx, &order.merchant_id, vec![order.id.clone()]).await?;
    let counted = |line: orders::Line| {
        let (slot, variant, quantity) = (line.slot_id, line.variant_id, line.quantity);
        Some(Counted { product: line.product_id?, slot, variant, quantity })
    };
    Ok(lines.into_iter().filter_map(counted).collect())
}
