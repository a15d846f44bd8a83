//! The one writer of webhooks: drains what has arrived, settles it in one transaction, then answers each.
//!
//! A sender that hangs up loses nothing: its delivery is in the queue, not in its request. When the queue is full, or the
//! commit fails, the sender hears "not now" and comes again; nobody hears "yes" before the commit.

use std::{collections::HashSet, sync::Arc, time::Duration};

use bytes::Bytes;
use domain::{AccountId, EventId, MerchantId, Moment, payment::Decision, role::Actor};
use providers::Callback;
use serde_json::json;
use tokio::sync::{mpsc, oneshot};

use super::{
    rows::event,
    settle::{Evidence, Settled, Source, settle},
    store,
};
use crate::{
    clock::Clock,
    db::{Db, Tx},
    failure::Outcome,
    sabotage::{self, Defence, broken},
    staff::audit,
};

/// Deliveries in one transaction, at most.
const GROUP: usize = 256;
const QUEUE: usize = 4_096;
/// So many failures one after another are the database's, not the deliveries'.
const HOPELESS: usize = 3;
/// A sender waits no longer for a commit. What is committed later is known when it comes again.
const PATIENCE: Duration = Duration::from_secs(20);

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

type Waiting = (Delivery, oneshot::Sender<Option<Receipt>>);

/// The way to the writer. Cheap to clone.
#[derive(Clone)]
pub struct Intake(mpsc::Sender<Waiting>);

impl Intake {
    /// Starts the writer; it ends when the last handle is dropped.
    #[must_use]
    pub fn start(db: Db, clock: Clock) -> Self {
        let (queue, arrivals) = mpsc::channel(QUEUE);
        tokio::spawn(write_groups(db, clock, arrivals));
        Self(queue)
    }

    /// Hands a delivery to the writer and waits for the commit; `None` means "not committed, come again".
    pub async fn accept(&self, delivery: Delivery) -> Option<Receipt> {
        let (answer, receipt) = oneshot::channel();
        self.0.try_send((delivery, answer)).ok()?;
        tokio::time::timeout(PATIENCE, receipt).await.ok()?.ok().flatten()
    }
}

async fn write_groups(db: Db, clock: Clock, mut arrivals: mpsc::Receiver<Waiting>) {
    let mut group = Vec::with_capacity(GROUP);
    while arrivals.recv_many(&mut group, GROUP).await > 0 {
        let (deliveries, answers): (Vec<_>, Vec<_>) = group.drain(..).unzip();
        metrics::histogram!("khanut_webhook_group_size").record(u32::try_from(deliveries.len()).unwrap_or(u32::MAX));
        if broken(Defence::AckAfterCommit) {
            answer_blindly(&clock, answers);
            commit(&db, &clock, Arc::new(deliveries)).await;
            continue;
        }
        let receipts = commit(&db, &clock, Arc::new(deliveries)).await;
        sabotage::point("intake:answer:before");
        for (answer, receipt) in answers.into_iter().zip(receipts) {
            // The sender hung up: the commit stands all the same.
            let _ = answer.send(receipt);
        }
    }
}

/// What must never happen: a "yes" that nothing stands behind.
fn answer_blindly(clock: &Clock, answers: Vec<oneshot::Sender<Option<Receipt>>>) {
    for answer in answers {
        let receipt = Receipt { event: clock.id(), decision: Decision::Applied, reason: String::new() };
        let _ = answer.send(Some(receipt));
    }
}

/// One transaction for the group; if that fails, one for each, so that a delivery that cannot be written harms no other.
async fn commit(db: &Db, clock: &Clock, group: Arc<Vec<Delivery>>) -> Vec<Option<Receipt>> {
    match write(db, clock, group.clone()).await {
        Ok(receipts) => return receipts.into_iter().map(Some).collect(),
        Err(failure) if group.len() == 1 => {
            tracing::error!(%failure, "a webhook could not be committed; its sender will come again");
            return vec![None];
        }
        Err(failure) => tracing::warn!(%failure, size = group.len(), "a group of webhooks failed; trying one by one"),
    }
    let (mut receipts, mut failed) = (Vec::with_capacity(group.len()), 0);
    for delivery in group.iter() {
        if failed >= HOPELESS {
            receipts.push(None);
            continue;
        }
        let one = write(db, clock, Arc::new(vec![delivery.clone()])).await;
        if let Err(failure) = &one {
            tracing::error!(%failure, "a webhook could not be committed; its sender will come again");
        }
        failed = if one.is_ok() { 0 } else { failed + 1 };
        receipts.push(one.ok().and_then(|mut one| one.pop()));
    }
    receipts
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
    for (index, settled) in settled_rows.into_iter().zip(settle(tx, clock, &evidence).await?) {
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
