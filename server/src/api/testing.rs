//! A shop on a fresh database, and its API without a socket: for the tests of this crate.
//!
//! Always on SQLite; on PostgreSQL too where `KHANUT_TEST_POSTGRES_URL` is set, as `make test` does.

use std::{
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
};

use axum::{Router, body::Body, http::Request};
use domain::{
    Currency, Lang, Localized, MerchantId, Moment,
    product::ProductKind,
    role::{Actor, Permission},
};
use http_body_util::BodyExt;
use providers::outgoing::Outgoing;
use sea_orm::{ConnectionTrait, Database, QueryTrait};
use serde_json::Value;
use tower::ServiceExt;

use crate::{
    api_keys,
    bots::Pace,
    catalog::{self, Product, ProductInput},
    clock::Clock,
    db::Db,
    jobs::WorkersBeat,
    payments::{Accounts, Intake},
    secrets::Sealer,
    services::{Parts, Services},
    shop::{self, NewMerchant},
    staff::Throttle,
};

pub(crate) struct Shop {
    pub(crate) services: Services,
    pub(crate) merchant: MerchantId,
    pub(crate) api: Router,
    pub(crate) key: String,
    /// Of its database.
    pub(crate) url: String,
    folder: Option<PathBuf>,
}

/// What the API answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: axum::http::HeaderMap,
    pub(crate) json: Value,
}

/// How SQLite would answer a query, step by step; None on another database.
pub(crate) async fn plan(shop: &Shop, query: &impl QueryTrait) -> Option<Vec<String>> {
    let db = shop.services.db.read();
    let mut statement = query.build(db.get_database_backend());
    statement.sql.insert_str(0, "EXPLAIN QUERY PLAN ");
    if shop.services.db.is_postgres() {
        return None;
    }
    let steps = db.query_all_raw(statement).await.unwrap();
    Some(steps.iter().map(|step| step.try_get::<String>("", "detail").unwrap()).collect())
}

/// One shop on each database there is.
pub(crate) async fn shops() -> Vec<Shop> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("u_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let folder = std::env::temp_dir().join(format!("khanut-{name}"));
    std::fs::create_dir_all(&folder).unwrap();
    let mut shops = vec![Shop::open(&format!("sqlite://{}/khanut.db", folder.display()), Some(folder)).await];
    if let Ok(server) = std::env::var("KHANUT_TEST_POSTGRES_URL") {
        let admin = Database::connect(&server).await.unwrap();
        let mut name = name;
        // Numbers of processes come around: a name may have been another test's.
        for again in 0.. {
            match admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await {
                Ok(_) => break,
                Err(error) => assert!(again < 9 && error.to_string().contains("already exists"), "{error}"),
            }
            name.push('x');
        }
        admin.close().await.unwrap();
        let base = server.rsplit_once('/').unwrap().0;
        shops.push(Shop::open(&format!("{base}/{name}"), None).await);
    }
    shops
}

impl Shop {
    async fn open(url: &str, folder: Option<PathBuf>) -> Self {
        let db = Db::open(url).await.unwrap();
        db.migrate().await.unwrap();
        let clock = Clock::manual(Moment(1_900_000_000_000));
        let services = Services::new(Parts {
            intake: Intake::start(db.clone(), clock.clone()),
            sealer: Sealer::from_base64(&Sealer::fresh_key()).unwrap(),
            http: providers::http_client(),
            outgoing: Outgoing::new(true),
            public_url: "https://shop.am".to_owned(),
            telegram_api_url: "https://shop.am/telegram".to_owned(),
            pace: Pace::free(),
            data_dir: std::env::temp_dir(),
            accounts: Accounts::default(),
            beat: WorkersBeat::default(),
            sign_ins: Throttle::default(),
            clock,
            db,
        });
        let new = NewMerchant {
            name: Localized::same("Խանութ"),
            about: Localized::default(),
            policy: Localized::default(),
            currency: Currency::Amd,
            utc_offset_minutes: 240,
            language: Lang::Hy,
            checkout_minutes: 60,
        };
        let merchant = shop::create(&services, new).await.unwrap();
        let all = Permission::ALL.to_vec();
        let key = api_keys::create(&services, &Actor::System, &merchant, "test", all).await.unwrap().1;
        Self { api: super::routes(services.clone()), services, merchant, key, url: url.to_owned(), folder }
    }

    /// A product of this name, counted.
    pub(crate) async fn goods(&self, name: Localized, stock: i64) -> Product {
        let input = ProductInput {
            kind: ProductKind::Goods,
            name,
            text: Localized::default(),
            category: None,
            sku: None,
            delivery: Localized::default(),
            price_minor: Some(500_000),
            compare_at_minor: None,
            donation: None,
            stock: Some(stock),
            digital_goods: false,
            visible: true,
        };
        catalog::create(&self.services, &Actor::System, &self.merchant, input).await.unwrap()
    }

    pub(crate) async fn stock(&self, product: &Product) -> Option<i64> {
        catalog::get(&self.services.db, &self.merchant, &product.id).await.unwrap().stock
    }

    pub(crate) async fn call(&self, method: &str, path: &str, key: Option<&str>, body: Value) -> Answer {
        let mut request = Request::builder().method(method).uri(format!("/v1{path}"));
        request = request.header("authorization", format!("Bearer {}", self.key));
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let request = match body {
            Value::Null => request.body(Body::empty()),
            body => request.header("content-type", "application/json").body(Body::from(body.to_string())),
        };
        let (parts, body) = self.api.clone().oneshot(request.unwrap()).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let json = serde_json::from_slice(&body).unwrap_or(Value::Null);
        Answer { status: parts.status.as_u16(), headers: parts.headers, json }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, None, Value::Null).await
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}
