//! `Services`: what every verb works with. Cheap to clone; made once at start-up.

use std::{path::PathBuf, sync::Arc};

use domain::MerchantId;
use providers::outgoing::Outgoing;

use crate::{
    bots::{Pace, Updates},
    clock::Clock,
    db::Db,
    jobs::WorkersBeat,
    payments::{Accounts, Intake},
    secrets::Sealer,
    staff::Throttle,
};

#[derive(Clone)]
pub struct Services {
    parts: Arc<Parts>,
    /// Where updates of bots are stored.
    pub updates: Updates,
}

pub struct Parts {
    pub db: Db,
    pub clock: Clock,
    pub sealer: Sealer,
    /// For calls to providers.
    pub http: reqwest::Client,
    /// For webhooks to addresses that merchants name.
    pub outgoing: Outgoing,
    /// Where customers and providers reach this program, without a slash at the end.
    pub public_url: String,
    /// The Bot API server, `https://api.telegram.org` unless a sandbox or an own server stands in.
    pub telegram_api_url: String,
    /// The gate before everything that bots send there.
    pub pace: Pace,
    /// Where this instance keeps what must not stand in the database alone.
    pub data_dir: PathBuf,
    pub accounts: Accounts,
    pub intake: Intake,
    pub beat: WorkersBeat,
    /// The brake on guessing passwords.
    pub sign_ins: Throttle,
}

impl std::ops::Deref for Services {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.parts
    }
}

impl Services {
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let updates = Updates::start(parts.db.clone(), parts.clock.clone());
        Self { parts: Arc::new(parts), updates }
    }

    /// Told after each commit whose journal has grown.
    #[must_use]
    pub fn live(&self) -> tokio::sync::broadcast::Receiver<MerchantId> {
        self.db.touched.subscribe()
    }

    /// The address of a path on this installation.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.public_url)
    }
}
