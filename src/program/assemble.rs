//! Putting the parts together: database, services, workers, bots, pages; and taking them down again without loss.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use anyhow::Context;
use axum::Router;
use domain::sending::Limits;
use providers::outgoing::Outgoing;
use server::{
    alerts,
    bots::Pace,
    clock::Clock,
    db::Db,
    jobs::{self, WorkersBeat},
    journal,
    payments::{Accounts, Intake},
    secrets::Sealer,
    services::{Parts, Services},
    staff::Throttle,
};
use tokio::{net::TcpListener, task::JoinSet};
use tokio_util::sync::CancellationToken;

use super::http;
use crate::site::Site;

/// What a running program needs to know.
#[derive(Clone, Debug)]
pub struct Settings {
    pub database_url: String,
    /// Where this instance keeps the checkpoints of journals beside the database.
    pub data_dir: PathBuf,
    /// 32 bytes in base64.
    pub master_key: String,
    /// Without a slash at the end.
    pub public_url: String,
    pub telegram_api_url: String,
    /// How many instances share the database, and so what a bot may send.
    pub instances: u16,
    /// Serve pages, hooks and API.
    pub serve: bool,
    /// Outgoing webhooks may reach addresses of own networks, and without TLS.
    pub private_endpoints: bool,
    /// Run jobs and long polling.
    pub work: bool,
    /// The demo's stripe on every page, the sandbox beside it.
    pub demo: bool,
}

/// A running program. Dropped without [`Running::stop`], its tasks end where they are, as after a crash.
pub struct Running {
    pub services: Services,
    pub address: Option<SocketAddr>,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

/// # Errors
/// When the master key is wrong or the database cannot be opened.
pub async fn services(settings: &Settings, clock: Clock) -> anyhow::Result<Services> {
    let db = Db::open(&settings.database_url).await?;
    Ok(Services::new(Parts {
        intake: Intake::start(db.clone(), clock.clone()),
        sealer: Sealer::from_base64(&settings.master_key)?,
        http: providers::http_client(),
        outgoing: Outgoing::new(settings.private_endpoints),
        public_url: settings.public_url.trim_end_matches('/').to_owned(),
        telegram_api_url: settings.telegram_api_url.trim_end_matches('/').to_owned(),
        pace: Pace::keeping(Limits::TELEGRAM.shared_by(settings.instances), &clock),
        data_dir: settings.data_dir.clone(),
        accounts: Accounts::default(),
        beat: WorkersBeat::default(),
        sign_ins: Throttle::default(),
        clock,
        db,
    }))
}

/// Starts what `settings` ask for on `listener`; `beside` is mounted too (the sandbox, in a demo).
///
/// # Errors
/// When the browser's files are missing.
pub fn start(
    services: Services,
    settings: &Settings,
    listener: Option<TcpListener>,
    beside: Router,
) -> anyhow::Result<Running> {
    let stop = CancellationToken::new();
    let mut tasks = JoinSet::new();
    let mut address = None;
    if let Some(listener) = listener.filter(|_| settings.serve) {
        address = Some(listener.local_addr().context("the listening socket has no address")?);
        let site = Arc::new(Site::load(&Site::find()?)?);
        let app = http::routes(&services, settings, &site).merge(beside);
        tasks.spawn(http::serve(listener, app, stop.clone()));
    }
    if settings.work {
        tasks.spawn(work(services.clone(), stop.clone()));
        let webhooks = settings.serve && settings.public_url.starts_with("https://");
        let mode = if webhooks { bot::Mode::Webhook } else { bot::Mode::Polling };
        tasks.spawn(bot::run(services.clone(), mode, stop.clone()));
    }
    Ok(Running { services, address, stop, tasks })
}

/// Shops older than a schedule, or whose schedule was lost, get it back first.
async fn work(services: Services, stop: CancellationToken) {
    for kept in [alerts::start_watching(&services).await, journal::promise_for_all(&services).await] {
        if let Err(failure) = kept {
            tracing::error!(%failure, "schedules of shops from before could not be looked at; they stay as they are");
        }
    }
    bot::jobs(jobs::workers(&services), services.clone()).run(stop).await;
}

impl Running {
    /// Takes no new work, ends what is under way, then closes the database: nothing promised is lost.
    pub async fn stop(mut self) {
        self.stop.cancel();
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(Duration::from_secs(20), all).await.is_err() {
            tracing::warn!("something did not end in time; what it promised is in the outbox");
        }
        self.services.db.clone().close().await;
    }

    /// Ends when a task ends that should run for ever.
    pub async fn ended(&mut self) {
        self.tasks.join_next().await;
    }
}
