//! The one writer of webhooks: settles what has arrived in one transaction, then answers each (see `db::groups`).

use std::{collections::HashSet, sync::Arc};

use bytes::Bytes;
use domain::{AccountId, EventId, MerchantId, Moment, payment::Decision, role::Actor};
use providers::Callback;
use serde_json::json;

use super::{
    rows::event,
    settle::{Evidence, Settled, Source, decide},
    store,
};
use crate::{
    clock::Clock,
    db::{Db, Groups, Tx},
    failure::Outcome,
    sabotage::{self, Defence, broken},
    staff::audit,
};

/// One delivery, read and checked, not yet settled.
#[derive(Clone, Debug)]
pub struct Delivery {
    pub merchant: MerchantId,
    pub account: AccountId,
    pub headers: String,
    pub body: Bytes,
    pub received_at: Moment,
    /// What it says, or why it is refused.
    pub read: Result<Callback, (Decision, String)>,
    /// A replay by staff: its own line in the log, beside the first.
    pub replay: Option<Replay>,
}

/// Who weighs a delivery again, which one, and what was decided about it then.
#[derive(Clone, Debug)]
pub struct Replay {
    pub by: Actor,
    pub event: EventId,
    pub decision: Decision,
}

/// What became of a delivery.
#[derive(Clone, Debug)]
pub struct Receipt {
    pub event: EventId,
    pub decision: Decision,
    pub reason: String,
}

/// The way to the writer. Cheap to clone.
#[derive(Clone)]
pub struct Intake {
    groups: Groups<Delivery, Receipt>,
    clock: Clock,
}

impl Intake {
    /// Starts the writer; it ends when the last handle is dropped.
    #[must_use]
    pub fn start(db: Db, clock: Clock) -> Self {
        let own = clock.clone();
        let groups = Groups::start("webhooks", move |group| {
            let (db, clock) = (db.clone(), own.clone());
            async move {
                let receipts = write(&db, &clock, group).await;
                sabotage::point("intake:answer:before");
                receipts
            }
        });
        Self { groups, clock }
    }

    /// Hands a delivery to the writer and waits for the commit; `None` means "not committed, come again".
    pub async fn accept(&self, delivery: Delivery) -> Option<Receipt> {
        if broken(Defence::AckAfterCommit) {
            // What must never happen: a "yes" that nothing stands behind.
            drop(self.groups.hand_over(delivery)?);
            return Some(Receipt { event: self.clock.id(), decision: Decision::Applied, reason: String::new() });
        }
        self.groups.accept(delivery).await
    }
}

async fn write(db: &Db, clock: &Clock, group: Arc<Vec<Delivery>>) -> Outcome<Vec<Receipt>> {
    let clock = clock.clone();
    db.write(move |tx| async move { settle_group(&tx, &clock, &group).await }).await
}

async fn settle_group(tx: &Tx, clock: &Clock, group: &[Delivery]) -> Outcome<Vec<Receipt>> {
    let keys = group.iter().filter_map(once_key).collect();
    let mut known: HashSet<String> = store::known_events(&**tx, keys).await?.into_iter().collect();
    let mut events = Vec::with_capacity(group.len());
    let (mut evidence, mut settled_rows) = (Vec::new(), Vec::new());
    for delivery in group {
        let mut row = row(clock, delivery);
        match (&delivery.read, once_key(delivery)) {
            (Ok(_), Some(key)) if known.contains(&key) && delivery.replay.is_none() => {
                (row.decision, row.reason) = (Decision::Duplicate, "this event was received before".to_owned());
            }
            (Ok(callback), key) => {
                row.once_key = key.filter(|key| known.insert(key.clone()));
                evidence.push(as_evidence(delivery, callback, &row.id));
                settled_rows.push(events.len());
            }
            (Err((decision, reason)), _) => (row.decision, row.reason) = (*decision, reason.clone()),
        }
        events.push(row);
    }
    let (book, settled) = decide(tx, clock, &evidence).await?;
    for (index, settled) in settled_rows.into_iter().zip(settled) {
        let Settled { decision, reason, payment } = settled;
        (events[index].decision, events[index].reason, events[index].payment_id) = (decision, reason, payment);
    }
    link_duplicates(tx, group, &mut events).await?;
    for (delivery, row) in group.iter().zip(&events) {
        if let Some(replay) = &delivery.replay {
            let (before, after) = (json!({ "decision": replay.decision }), json!({ "decision": row.decision }));
            let (merchant, subject, action) = (&delivery.merchant, replay.event.as_str(), "webhook_replayed");
            audit::record(tx, clock, merchant, &replay.by, action, subject, Some(before), Some(after)).await?;
        }
    }
    let receipts =
        events.iter().map(|row| Receipt { event: row.id.clone(), decision: row.decision, reason: row.reason.clone() });
    let receipts = receipts.collect();
    store::insert_events(&**tx, events).await?;
    // Last: from here to the commit nothing else can be written in these shops' journals.
    book.write(tx, clock).await?;
    Ok(receipts)
}

/// A repeated delivery belongs to the payment it names, so that the payment's story shows it.
async fn link_duplicates(tx: &Tx, group: &[Delivery], events: &mut [event::Model]) -> Outcome<()> {
    let repeated = |row: &event::Model| row.decision == Decision::Duplicate;
    let named = |delivery: &Delivery| delivery.read.as_ref().ok().and_then(|c| c.seen.merchant_order_id.clone());
    let ids = group.iter().zip(events.iter()).filter(|(_, row)| repeated(row)).filter_map(|(d, _)| named(d)).collect();
    let merchants = group.iter().map(|delivery| delivery.merchant.clone()).collect();
    let payments = store::by_merchant_order_id(&**tx, merchants, ids).await?;
    for (delivery, row) in group.iter().zip(events.iter_mut()).filter(|(_, row)| row.decision == Decision::Duplicate) {
        let same = |p: &&super::Payment| {
            p.merchant_id == delivery.merchant && Some(&p.merchant_order_id) == named(delivery).as_ref()
        };
        row.payment_id = payments.iter().find(same).map(|payment| payment.id.clone());
    }
    Ok(())
}

fn once_key(delivery: &Delivery) -> Option<String> {
    let callback = delivery.read.as_ref().ok().filter(|_| !broken(Defence::OnceKey))?;
    Some(format!("{}:{}", delivery.account, callback.external_id))
}

fn row(clock: &Clock, delivery: &Delivery) -> event::Model {
    let callback = delivery.read.as_ref().ok();
    event::Model {
        id: clock.id(),
        merchant_id: delivery.merchant.clone(),
        account_id: delivery.account.clone(),
        external_id: callback.map(|callback| callback.external_id.clone()),
        once_key: None,
        signature_ok: callback.is_some(),
        decision: Decision::Unreadable,
        reason: String::new(),
        payment_id: None,
        headers: delivery.headers.clone(),
        body: delivery.body.to_vec(),
        received_at: delivery.received_at,
    }
}

fn as_evidence(delivery: &Delivery, callback: &Callback, event: &EventId) -> Evidence {
    Evidence {
        merchant: delivery.merchant.clone(),
        account: delivery.account.clone(),
        source: Source {
            road: "webhook",
            actor: delivery.replay.as_ref().map_or(&Actor::Provider, |replay| &replay.by).label(),
            event: Some(event.to_string()),
        },
        seen: callback.seen.clone(),
    }
}
