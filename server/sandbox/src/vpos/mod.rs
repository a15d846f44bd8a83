//! The sandbox provider: a stand-in for VPOS.am that speaks the assumed contract over HTTP, with a checkout page and
//! switches for mischief. For demos and tests; never mounted in production.

mod api;
mod checkout;
mod state;
mod webhooks;

use std::sync::{Arc, PoisonError, RwLock};

use axum::Router;
use domain::Moment;

pub use state::{Session, Status};
pub use webhooks::Mischief;

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

#[derive(Clone)]
pub struct Vpos(Arc<Parts>);

struct Parts {
    config: VposConfig,
    /// Set once the account's id is known.
    webhook_url: RwLock<Option<String>>,
    sessions: Sessions,
    webhooks: webhooks::Sender,
    now: Box<dyn Fn() -> Moment + Send + Sync>,
}

impl Vpos {
    /// `now` is the clock of the installation. Must be called within a tokio runtime: webhooks are sent by a task.
    #[must_use]
    pub fn new(config: VposConfig, now: impl Fn() -> Moment + Send + Sync + 'static) -> Self {
        let webhooks = webhooks::Sender::new(&config.webhook_secret);
        let parts = Parts {
            config,
            webhook_url: RwLock::default(),
            sessions: Sessions::default(),
            webhooks,
            now: Box::new(now),
        };
        let vpos = Self(Arc::new(parts));
        vpos.clone().watch_expiry();
        vpos
    }

    /// Where webhooks go from now on.
    pub fn send_webhooks_to(&self, url: String) {
        *self.0.webhook_url.write().unwrap_or_else(PoisonError::into_inner) = Some(url);
    }

    /// To be nested under `/sandbox/vpos`.
    pub fn routes(&self) -> Router {
        Router::new().merge(api::routes()).merge(checkout::routes()).with_state(self.clone())
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

    /// Ends a pending session as its checkout page would; false when it has ended already.
    pub fn end(&self, id: &str, status: Status, mischief: Mischief) -> bool {
        let Some(session) = self.0.sessions.end(id, status, self.now()) else { return false };
        if let Some(url) = self.0.webhook_url.read().unwrap_or_else(PoisonError::into_inner).clone() {
            self.0.webhooks.announce(url, session, mischief, self.now());
        }
        true
    }

    fn now(&self) -> Moment {
        (self.0.now)()
    }

    fn checkout_url(&self, id: &str) -> String {
        format!("{}/checkout/{id}", self.0.config.public_base)
    }

    /// The provider's own clock ends what nobody paid.
    fn watch_expiry(self) {
        let parts = Arc::downgrade(&self.0);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(std::time::Duration::from_secs(1)).await;
                let Some(parts) = parts.upgrade() else { return };
                let vpos = Self(parts);
                for id in vpos.0.sessions.overdue(vpos.now()) {
                    vpos.end(&id, Status::Expired, Mischief::default());
                }
            }
        });
    }
}
