//! The sandbox provider's sessions: what is asked, paid and given back. Bounded, in memory; one key is one session.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};

use domain::Moment;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::watch;

/// More sessions than this are forgotten, the oldest first.
const SESSIONS: usize = 50_000;
/// Refunds of one session.
const REFUNDS: usize = 100;
/// How long a session may be paid, milliseconds.
pub(super) const LIFETIME: i64 = 20 * 60 * 1_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Pending,
    Paid,
    Failed,
    Expired,
    Refunded,
    PartiallyRefunded,
}

impl Status {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Paid => "paid",
            Self::Failed => "failed",
            Self::Expired => "expired",
            Self::Refunded => "refunded",
            Self::PartiallyRefunded => "partially_refunded",
        }
    }
}

/// A payment session. `amount_minor` counts as the account does: AMD with two digits.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    pub id: String,
    pub merchant_order_id: String,
    pub amount_minor: i64,
    pub currency: String,
    pub return_url: String,
    pub status: Status,
    pub created_at: Moment,
    pub expires_at: Moment,
    pub paid_at: Option<Moment>,
    pub refunds: Vec<Refund>,
    /// The request's idempotency key, and the request as it came.
    pub key: Option<String>,
    pub asked: Value,
}

/// Money given back.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Refund {
    pub key: Option<String>,
    pub amount_minor: i64,
}

impl Session {
    #[must_use]
    pub fn refunded_minor(&self) -> i64 {
        self.refunds.iter().map(|refund| refund.amount_minor).sum()
    }

    pub(super) fn to_json(&self, checkout_url: &str) -> Value {
        let mut json = json!({
            "id": self.id,
            "merchantOrderId": self.merchant_order_id,
            "amountMinor": self.amount_minor,
            "currency": self.currency,
            "status": self.status.word(),
            "checkoutUrl": checkout_url,
            "returnUrl": self.return_url,
            "createdAt": self.created_at,
            "expiresAt": self.expires_at,
            "paidAt": self.paid_at,
            "refundedMinor": self.refunded_minor(),
        });
        for echo in ["provider", "customer", "metadata"] {
            if let Some(value) = self.asked.get(echo) {
                json[echo] = value.clone();
            }
        }
        json
    }
}

/// Sessions in the order they were made.
#[derive(Default)]
struct World {
    sessions: BTreeMap<u64, Session>,
    next: u64,
    ids: HashMap<String, u64>,
    keys: HashMap<String, u64>,
}

impl World {
    fn insert(&mut self, session: Session) {
        let place = self.next;
        self.next += 1;
        self.ids.insert(session.id.clone(), place);
        if let Some(key) = &session.key {
            self.keys.insert(key.clone(), place);
        }
        self.sessions.insert(place, session);
        if self.sessions.len() > SESSIONS
            && let Some((_, oldest)) = self.sessions.pop_first()
        {
            self.ids.remove(&oldest.id);
            oldest.key.and_then(|key| self.keys.remove(&key));
        }
    }

    fn get(&self, id: &str) -> Option<&Session> {
        self.sessions.get(self.ids.get(id)?)
    }

    fn get_mut(&mut self, id: &str) -> Option<&mut Session> {
        self.sessions.get_mut(self.ids.get(id)?)
    }
}

#[derive(Default)]
pub(super) struct Sessions {
    world: Mutex<World>,
    changed: watch::Sender<()>,
}

pub(super) enum Created {
    New(Session),
    Known(Session),
    OtherBody,
}

pub(super) enum Refunded {
    Done(Box<Session>),
    NoSession,
    TooMuch,
    OtherBody,
}

impl Sessions {
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes whoever keeps the sessions in a file.
    pub(super) fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    pub(super) fn create(&self, session: Session) -> Created {
        let mut world = self.world();
        let known = session.key.as_ref().and_then(|key| world.sessions.get(world.keys.get(key)?));
        match known {
            Some(known) if known.asked == session.asked => return Created::Known(known.clone()),
            Some(_) => return Created::OtherBody,
            None => {}
        }
        world.insert(session.clone());
        drop(world);
        self.changed.send_replace(());
        Created::New(session)
    }

    pub(super) fn get(&self, id: &str) -> Option<Session> {
        self.world().get(id).cloned()
    }

    /// The newest sessions, newest first.
    pub(super) fn newest(&self, limit: usize) -> Vec<Session> {
        self.world().sessions.values().rev().take(limit).cloned().collect()
    }

    /// Moves a pending session; `None` when there is none or it has ended already.
    pub(super) fn end(&self, id: &str, status: Status, now: Moment) -> Option<Session> {
        let mut world = self.world();
        let session = world.get_mut(id).filter(|session| session.status == Status::Pending)?;
        session.status = status;
        session.paid_at = (status == Status::Paid).then_some(now);
        let ended = session.clone();
        drop(world);
        self.changed.send_replace(());
        Some(ended)
    }

    /// Pending sessions whose time has passed.
    pub(super) fn overdue(&self, now: Moment) -> Vec<String> {
        let late = |session: &&Session| session.status == Status::Pending && session.expires_at <= now;
        self.world().sessions.values().filter(late).map(|session| session.id.clone()).collect()
    }

    /// Gives money back, once per key.
    pub(super) fn refund(&self, id: &str, asked: Refund) -> Refunded {
        let mut world = self.world();
        let Some(session) = world.get_mut(id) else { return Refunded::NoSession };
        let known = session.refunds.iter().find(|refund| refund.key.is_some() && refund.key == asked.key);
        match known {
            Some(known) if known.amount_minor == asked.amount_minor => {
                return Refunded::Done(Box::new(session.clone()));
            }
            Some(_) => return Refunded::OtherBody,
            None => {}
        }
        let paid = matches!(session.status, Status::Paid | Status::PartiallyRefunded);
        let left = session.amount_minor - session.refunded_minor();
        if !paid || asked.amount_minor <= 0 || asked.amount_minor > left || session.refunds.len() >= REFUNDS {
            return Refunded::TooMuch;
        }
        session.status = if asked.amount_minor == left { Status::Refunded } else { Status::PartiallyRefunded };
        session.refunds.push(asked);
        let done = session.clone();
        drop(world);
        self.changed.send_replace(());
        Refunded::Done(Box::new(done))
    }

    /// All sessions, oldest first, to be kept.
    pub(super) fn all(&self) -> Vec<Session> {
        self.world().sessions.values().cloned().collect()
    }

    /// Takes up what was kept.
    pub(super) fn restore(&self, kept: Vec<Session>) {
        let mut world = self.world();
        for session in kept {
            world.insert(session);
        }
    }
}
