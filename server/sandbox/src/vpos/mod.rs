//! The sandbox provider: a stand-in for VPOS.am that speaks the assumed contract over HTTP, with a checkout page and
//! switches for mischief. For demos and tests; never mounted in production.

mod api;
mod checkout;
mod keep;
mod log;
mod state;
mod texts;
mod webhooks;

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use axum::{Json, Router};
use domain::Moment;
use serde_json::Value;

pub use state::{Refund, Session, Status};
pub use webhooks::{Delivery, Mischief};

use state::Sessions;

/// What the sandbox needs to know of the merchant.
#[derive(Clone, Debug)]
pub struct VposConfig {
    /// The bearer token of the merchant's account.
    pub token: String,
    pub webhook_secret: String,
    /// Where its pages are reached from a browser: `http://127.0.0.1:3000/sandbox/vpos`.
    pub public_base: String,
}

/// What goes wrong with a call of the API on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// This HTTP status, and nothing is done.
    Answer(u16),
    /// It is done, but the answer is lost on the way: 504.
    LoseAnswer,
    /// A refund is taken up and not done: the answer shows the payment as it stands.
    TakeUp,
    /// It is done, and the answer does not say how much was given back.
    LeaveOutSum,
    /// It is done, and the answer speaks of another sum than was asked.
    OtherSum,
    /// Nothing goes wrong: for the place between two troubles.
    Fine,
}

/// The sandbox provider; clones are the same one.
#[derive(Clone)]
pub struct Vpos(Arc<Parts>);

struct Parts {
    config: VposConfig,
    /// Set once the account's id is known.
    webhook_url: RwLock<Option<String>>,
    sessions: Sessions,
    webhooks: webhooks::Sender,
    troubles: Mutex<VecDeque<Trouble>>,
    silent: AtomicBool,
    /// How many sessions were named, where their ids are to be the same in every run.
    named: Option<AtomicU64>,
    now: Box<dyn Fn() -> Moment + Send + Sync>,
}

impl Vpos {
    /// `now` is the clock of the installation. Must be called within a tokio runtime: webhooks are sent by a task.
    #[must_use]
    pub fn new(config: VposConfig, now: impl Fn() -> Moment + Send + Sync + 'static) -> Self {
        let vpos = Self::made(config, None, now);
        vpos.clone().watch_expiry();
        vpos
    }

    /// For simulations: its ids are the same in every run, and nothing happens by itself ([`Vpos::expire`]).
    #[must_use]
    pub fn by_hand(config: VposConfig, now: impl Fn() -> Moment + Send + Sync + 'static) -> Self {
        Self::made(config, Some(AtomicU64::new(0)), now)
    }

    fn made(config: VposConfig, named: Option<AtomicU64>, now: impl Fn() -> Moment + Send + Sync + 'static) -> Self {
        let webhooks = webhooks::Sender::new(&config.webhook_secret);
        let parts = Parts {
            config,
            webhook_url: RwLock::default(),
            sessions: Sessions::default(),
            webhooks,
            troubles: Mutex::default(),
            silent: AtomicBool::new(false),
            named,
            now: Box::new(now),
        };
        Self(Arc::new(parts))
    }

    /// Where webhooks go from now on.
    pub fn send_webhooks_to(&self, url: String) {
        *self.0.webhook_url.write().unwrap_or_else(PoisonError::into_inner) = Some(url);
    }

    /// To be nested under `/sandbox/vpos`.
    pub fn routes(&self) -> Router {
        Router::new().merge(api::routes(self)).merge(checkout::routes()).merge(log::routes()).with_state(self.clone())
    }

    /// Knows a payment from before, as if it had been made and ended here.
    pub fn remember(&self, past: Session) {
        self.0.sessions.restore(vec![past]);
    }

    /// The newest sessions, newest first.
    #[must_use]
    pub fn sessions(&self) -> Vec<Session> {
        self.0.sessions.newest(1_000)
    }

    #[must_use]
    pub fn session(&self, id: &str) -> Option<Session> {
        self.0.sessions.get(id)
    }

    /// The webhooks of late, newest first.
    #[must_use]
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.0.webhooks.deliveries()
    }

    /// The next calls of the API go wrong, one after the other; what came before is forgotten.
    pub fn trouble(&self, troubles: impl IntoIterator<Item = Trouble>) {
        *self.0.troubles.lock().unwrap_or_else(PoisonError::into_inner) = troubles.into_iter().collect();
    }

    /// From now on no call of the API is answered but with 503; or all are again.
    pub fn be_silent(&self, silent: bool) {
        self.0.silent.store(silent, Ordering::SeqCst);
    }

    /// Gives money back as somebody does in the provider's cabinet; false when there is not so much.
    #[must_use]
    pub fn give_back(&self, id: &str, amount_minor: i64) -> bool {
        matches!(self.0.sessions.refund(id, Refund { key: None, amount_minor }), state::Refunded::Done(_))
    }

    fn next_trouble(&self) -> Option<Trouble> {
        if self.0.silent.load(Ordering::SeqCst) {
            return Some(Trouble::Answer(503));
        }
        self.0.troubles.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    /// Ends a pending session as its checkout page would; false when it has ended already.
    pub fn end(&self, id: &str, status: Status, mischief: Mischief) -> bool {
        let Some(session) = self.0.sessions.end(id, status, self.now()) else { return false };
        if let Some(url) = self.0.webhook_url.read().unwrap_or_else(PoisonError::into_inner).clone() {
            self.0.webhooks.announce(url, session, mischief, self.now());
        }
        true
    }

    /// Ends the pending sessions whose time has passed.
    pub fn expire(&self, mischief: Mischief) {
        for id in self.0.sessions.overdue(self.now()) {
            self.end(&id, Status::Expired, mischief);
        }
    }

    fn now(&self) -> Moment {
        (self.0.now)()
    }

    fn session_id(&self) -> String {
        let counted = self.0.named.as_ref().map(|named| named.fetch_add(1, Ordering::SeqCst));
        counted.map_or_else(|| crate::random_id("ps_"), |count| format!("ps_{count:020}"))
    }

    fn checkout_url(&self, id: &str) -> String {
        format!("{}/checkout/{id}", self.0.config.public_base)
    }

    fn shown(&self, session: &Session) -> Json<Value> {
        Json(session.to_json(&self.checkout_url(&session.id)))
    }

    /// The provider's own clock ends what nobody paid.
    fn watch_expiry(self) {
        let parts = Arc::downgrade(&self.0);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(std::time::Duration::from_secs(1)).await;
                let Some(parts) = parts.upgrade() else { return };
                Self(parts).expire(Mischief::default());
            }
        });
    }
}
