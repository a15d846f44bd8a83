//! The sandbox provider's sessions: what is asked, what is paid, and what mischief is set. Bounded, in memory.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::Moment;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// More sessions than this are forgotten, the oldest first.
const SESSIONS: usize = 100_000;
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
    pub refunded_minor: i64,
}

impl Session {
    pub(super) fn to_json(&self, checkout_url: &str) -> Value {
        json!({
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
        })
    }
}

#[derive(Default)]
struct World {
    sessions: BTreeMap<String, Session>,
    /// Idempotency key → session and the request's body.
    keys: HashMap<String, (String, Value)>,
}

#[derive(Clone, Default)]
pub(super) struct Sessions(Arc<Mutex<World>>);

pub(super) enum Created {
    New(Session),
    Known(Session),
    OtherBody,
}

impl Sessions {
    fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn create(&self, key: Option<&str>, body: &Value, session: Session) -> Created {
        let mut world = self.world();
        if let Some((id, first)) = key.and_then(|key| world.keys.get(key)) {
            let known = world.sessions.get(id).cloned();
            return match known {
                Some(known) if first == body => Created::Known(known),
                _ => Created::OtherBody,
            };
        }
        if let Some(key) = key {
            world.keys.insert(key.to_owned(), (session.id.clone(), body.clone()));
        }
        world.sessions.insert(session.id.clone(), session.clone());
        if world.sessions.len() > SESSIONS {
            world.sessions.pop_first();
        }
        Created::New(session)
    }

    pub(super) fn get(&self, id: &str) -> Option<Session> {
        self.world().sessions.get(id).cloned()
    }

    /// The newest sessions, newest first.
    pub(super) fn newest(&self, limit: usize) -> Vec<Session> {
        self.world().sessions.values().rev().take(limit).cloned().collect()
    }

    /// Moves a pending session; `None` when there is none or it has ended already.
    pub(super) fn end(&self, id: &str, status: Status, now: Moment) -> Option<Session> {
        let mut world = self.world();
        let session = world.sessions.get_mut(id).filter(|session| session.status == Status::Pending)?;
        session.status = status;
        session.paid_at = (status == Status::Paid).then_some(now);
        Some(session.clone())
    }

    /// Pending sessions whose time has passed.
    pub(super) fn overdue(&self, now: Moment) -> Vec<String> {
        let late = |session: &&Session| session.status == Status::Pending && session.expires_at <= now;
        self.world().sessions.values().filter(late).map(|session| session.id.clone()).collect()
    }

    /// Gives money back; `None` when there is not so much left.
    pub(super) fn refund(&self, id: &str, amount_minor: i64) -> Option<Session> {
        let mut world = self.world();
        let session = world.sessions.get_mut(id)?;
        let paid = matches!(session.status, Status::Paid | Status::PartiallyRefunded);
        let total = session.refunded_minor.checked_add(amount_minor)?;
        if !paid || amount_minor <= 0 || total > session.amount_minor {
            return None;
        }
        session.refunded_minor = total;
        session.status = if total == session.amount_minor { Status::Refunded } else { Status::PartiallyRefunded };
        Some(session.clone())
    }
}
