//! What a stage is put together from: a fresh database, the program's services and routes, a shop with an account.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
};

use app::{AppOptions, SiteNames};
use axum::Router;
use domain::{AccountId, Currency, Lang, Localized, MerchantId};
use providers::{outgoing::Outgoing, vpos::VposSettings};
use server::{
    bots::Pace,
    clock::Clock,
    db::Db,
    jobs::WorkersBeat,
    payments::{self, Accounts, Intake, NewAccount},
    secrets::Sealer,
    services::{Parts, Services},
    shop::{self, NewMerchant},
    staff::Throttle,
};

use crate::{
    stage::{On, SECRET},
    template,
};

static COUNT: AtomicU32 = AtomicU32::new(0);

pub async fn fresh_database(on: On) -> (String, Option<PathBuf>) {
    let name = format!("t_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    match on {
        On::Sqlite => {
            // In memory where that can be: no test asks whether the disk itself keeps its word.
            let memory = PathBuf::from("/dev/shm");
            let base = if memory.is_dir() { memory } else { std::env::temp_dir() };
            let folder = base.join(format!("khanut-{name}"));
            std::fs::create_dir_all(&folder).unwrap();
            (template::sqlite(&folder).await, Some(folder))
        }
        On::Postgres => {
            let server = std::env::var("KHANUT_TEST_POSTGRES_URL")
                .expect("tests on PostgreSQL need KHANUT_TEST_POSTGRES_URL: run them by `make test`");
            let mut name = name;
            // Numbers of processes come around: a name may have been another test's.
            for _ in 0..9 {
                match template::postgres(&server, &name).await {
                    Ok(url) => return (url, None),
                    Err(error) => assert!(error.to_string().contains("already exists"), "{error}"),
                }
                name.push('x');
            }
            panic!("{name} and its like are all taken");
        }
    }
}

/// `strangers`: where the sandbox stands, when it is not in this process.
pub fn services(db: Db, clock: Clock, url: &str, strangers: &str, key: &str) -> Services {
    services_by(providers::http_client(), db, clock, url, strangers, key)
}

/// With a client of the caller's.
pub fn services_by(http: reqwest::Client, db: Db, clock: Clock, url: &str, strangers: &str, key: &str) -> Services {
    let name = format!("khanut-data-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    services_in(std::env::temp_dir().join(name), http, db, clock, url, strangers, key)
}

pub fn services_in(
    data_dir: PathBuf,
    http: reqwest::Client,
    db: Db,
    clock: Clock,
    url: &str,
    strangers: &str,
    key: &str,
) -> Services {
    Services::new(parts_in(data_dir, http, db, clock, url, strangers, key))
}

pub fn parts_in(
    data_dir: PathBuf,
    http: reqwest::Client,
    db: Db,
    clock: Clock,
    url: &str,
    strangers: &str,
    key: &str,
) -> Parts {
    Parts {
        intake: Intake::start(db.clone(), clock.clone()),
        sealer: Sealer::from_base64(key).unwrap(),
        http,
        outgoing: Outgoing::new(true),
        public_url: url.to_owned(),
        telegram_api_url: format!("{strangers}/sandbox/telegram"),
        pace: Pace::free(),
        data_dir,
        accounts: Accounts::default(),
        beat: WorkersBeat::default(),
        sign_ins: Throttle::default(),
        clock,
        db,
    }
}

/// What the program answers to.
pub fn program(services: &Services) -> Router {
    Router::new()
        .merge(payments::hook_routes(services.clone()))
        .nest("/api", server::api::routes(services.clone()))
        .merge(bot::routes(services.clone()))
}

/// What people see.
pub fn dashboard(services: &Services) -> Router {
    let names = SiteNames::new(|name| format!("/assets/{name}"));
    app::routes(services.clone(), names, AppOptions::default())
}

/// The same, served by https.
pub fn secure_dashboard(services: &Services) -> Router {
    let names = SiteNames::new(|name| format!("/assets/{name}"));
    app::routes(services.clone(), names, AppOptions { secure_cookies: true, ..AppOptions::default() })
}

pub async fn shop(services: &Services) -> MerchantId {
    let new = NewMerchant {
        name: Localized::same("Խանութ"),
        about: Localized::default(),
        policy: Localized::default(),
        currency: Currency::Amd,
        utc_offset_minutes: 240,
        language: Lang::Hy,
        checkout_minutes: 60,
    };
    shop::create(services, new).await.unwrap()
}

pub async fn add_account(services: &Services, merchant: &MerchantId, id: &AccountId, url: &str, token: &str) {
    let settings = VposSettings::assumed(&format!("{url}/sandbox/vpos"));
    let secrets = [("token", token), ("webhook_secret", SECRET)];
    let new = NewAccount {
        id: id.clone(),
        provider: "vpos".to_owned(),
        name: "VPOS".to_owned(),
        settings: serde_json::to_value(settings).unwrap(),
        secrets: secrets
            .map(|(name, secret)| (name.to_owned(), secret.to_owned()))
            .into_iter()
            .collect::<BTreeMap<_, _>>(),
    };
    payments::add_account(services, merchant, new).await.unwrap();
}
