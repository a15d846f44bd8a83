//! A stage: a shop on a fresh database, the sandbox provider beside it, workers on demand, all over HTTP on loopback.

use std::path::PathBuf;

use axum::Router;
use domain::{
    AccountId, Lang, LinkId, Localized, MerchantId, Moment, Money, OrderId, PaymentId, ProductId,
    link::LinkKind,
    product::ProductKind,
    role::{Actor, Permission},
    sending::Limits,
};
use providers::{signature::Secret, vpos::VposSettings};
use sandbox::{
    crm::Crm,
    ehdm::Ehdm,
    telegram::Telegram,
    vpos::{Mischief, Status, Vpos, VposConfig},
};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection};
use serde_json::{Value, json};
use server::{
    bots::Pace,
    catalog::{self, ProductInput},
    clock::Clock,
    db::Db,
    jobs::{JobEnd, Workers},
    journal,
    links::{self, Link, NewLink, What},
    orders,
    payments::{self, Payment, Start},
    secrets::Sealer,
    services::{Parts, Services},
};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

pub use crate::assemble::{fresh_database, services, services_by};
use crate::{
    assemble::{add_account, dashboard, parts_in, program, secure_dashboard, services_in, shop},
    front::Front,
    template,
};

pub const SECRET: &str = "whsec_c3RhZ2Utc2VjcmV0LXN0YWdlLXNlY3JldA==";

/// Opens the CRMs.
pub const CRM_KEY: &str = "stage0crm0key";

/// The master key of a simulation: the same in every run.
const SIMULATED_KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

/// Which database a test runs on.
#[derive(Clone, Copy)]
pub enum On {
    Sqlite,
    Postgres,
}

/// Runs every listed `async fn(Stage)` once on each database.
#[macro_export]
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod sqlite { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() { super::$name($crate::stage::Stage::new($crate::stage::On::Sqlite).await).await; }
        )+ }
        mod postgres { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() { super::$name($crate::stage::Stage::new($crate::stage::On::Postgres).await).await; }
        )+ }
    };
}

pub struct Stage {
    pub services: Services,
    pub clock: Clock,
    pub url: String,
    pub vpos: Vpos,
    pub telegram: Telegram,
    pub ehdm: Ehdm,
    pub bitrix24: Crm,
    pub amocrm: Crm,
    pub merchant: MerchantId,
    pub account: AccountId,
    pub http: reqwest::Client,
    pub database_url: String,
    /// The master key, for a second process on the same database.
    pub key: String,
    front: Front,
    stop: CancellationToken,
    working: Option<JoinHandle<()>>,
    folder: Option<PathBuf>,
}

/// Now, to start a manual clock at: signatures are checked against it.
fn wall_clock() -> Moment {
    Clock::system().now()
}

impl Stage {
    pub async fn new(on: On) -> Self {
        let (database_url, folder) = fresh_database(on).await;
        Self::at(database_url, folder).await
    }

    /// A stage on a database of the caller's; `folder` is removed at the end.
    pub async fn at(database_url: String, folder: Option<PathBuf>) -> Self {
        let db = Db::open(&database_url).await.unwrap();
        Self::on(db, database_url, folder).await
    }

    /// A stage whose program reaches the database by `db`.
    pub async fn on(db: Db, database_url: String, folder: Option<PathBuf>) -> Self {
        let clock = Clock::manual(wall_clock());
        let own = clock.clone();
        let vpos = |config| Vpos::new(config, move || own.now());
        Self::made(db, (database_url, folder), clock, Sealer::fresh_key(), vpos).await
    }

    /// A stage for a simulation: `seed` decides what chance decides, and nothing happens by itself.
    pub async fn simulated(seed: u64) -> Self {
        Self::simulated_on(On::Sqlite, seed).await
    }

    /// As [`Stage::simulated`], on either database.
    pub async fn simulated_on(on: On, seed: u64) -> Self {
        let place = fresh_database(on).await;
        let db = Db::open(&place.0).await.unwrap();
        let clock = Clock::seeded(Moment(1_800_000_000_000), seed);
        let own = clock.clone();
        let vpos = |config| Vpos::by_hand(config, move || own.now());
        Self::made(db, place, clock, SIMULATED_KEY.to_owned(), vpos).await
    }

    async fn made(
        db: Db,
        (database_url, folder): (String, Option<PathBuf>),
        clock: Clock,
        key: String,
        vpos: impl FnOnce(VposConfig) -> Vpos,
    ) -> Self {
        db.migrate().await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let services = services(db, clock.clone(), &url, &url, &key);
        let (merchant, account) = (shop(&services).await, clock.id::<AccountId>());
        let vpos = vpos(VposConfig {
            token: "token".to_owned(),
            webhook_secret: SECRET.to_owned(),
            public_base: format!("{url}/sandbox/vpos"),
        });
        let own = clock.clone();
        let ehdm = Ehdm::new(move || own.now());
        let [bitrix24, amocrm] = [(); 2].map(|()| Crm::new(CRM_KEY));
        let (telegram, front) = (Telegram::default(), Front::before(program(&services)));
        let app = Router::new()
            .nest("/sandbox/telegram", telegram.routes())
            .nest("/sandbox/vpos", vpos.routes())
            .nest("/sandbox/ehdm", ehdm.routes())
            .nest("/sandbox/bitrix24", bitrix24.bitrix24())
            .nest("/sandbox/amocrm", amocrm.amocrm())
            .fallback_service(front.clone());
        // Ends with the stage, for it holds the database's connections, and with them a thread each.
        let stop = CancellationToken::new();
        tokio::spawn(stop.clone().run_until_cancelled_owned(axum::serve(listener, app).into_future()));
        add_account(&services, &merchant, &account, &url, "token").await;
        vpos.send_webhooks_to(format!("{url}/hooks/pay/{account}"));
        Self {
            services,
            clock,
            url,
            vpos,
            telegram,
            ehdm,
            bitrix24,
            amocrm,
            merchant,
            account,
            http: reqwest::Client::new(),
            database_url,
            key,
            front,
            stop,
            working: None,
            folder,
        }
    }

    /// The program ends without a word and starts again on the same database, with nothing in its memory.
    pub async fn restart(&mut self) {
        let db = Db::open(&self.database_url).await.unwrap();
        let folder = self.services.data_dir.clone();
        let http = providers::http_client();
        self.services = services_in(folder, http, db, self.clock.clone(), &self.url, &self.url, &self.key);
        self.front.set(program(&self.services));
    }

    /// As [`Stage::restart`], and from now on Telegram's limits hold: at Telegram, and kept by the program.
    pub async fn restart_within_limits(&mut self) {
        let (folder, own) = (self.services.data_dir.clone(), self.clock.clone());
        let (http, db) = (providers::http_client(), Db::open(&self.database_url).await.unwrap());
        let parts = parts_in(folder, http, db, self.clock.clone(), &self.url, &self.url, &self.key);
        let pace = Pace::keeping(Limits::TELEGRAM, &self.clock);
        self.services = Services::new(Parts { pace, ..parts });
        self.front.set(program(&self.services));
        self.telegram.keep_limits(move || own.now());
    }

    /// The program as it is reached by a name, with the dashboard.
    pub fn named(&mut self, public_url: &str) {
        let (folder, db) = (self.services.data_dir.clone(), self.services.db.clone());
        let (http, clock) = (providers::http_client(), self.clock.clone());
        self.services = services_in(folder, http, db, clock, public_url, &self.url, &self.key);
        self.open_dashboard();
    }

    /// From now on the dashboard and the customers' pages are served too.
    pub fn open_dashboard(&self) {
        self.front.set(program(&self.services).merge(dashboard(&self.services)));
    }

    /// As [`Stage::open_dashboard`], as it is where people reach it by https.
    pub fn open_secure_dashboard(&self) {
        self.front.set(program(&self.services).merge(secure_dashboard(&self.services)));
    }

    pub fn owner(&self) -> Actor {
        Actor::ApiKey { id: self.clock.id(), permissions: Permission::ALL.to_vec() }
    }

    /// The workers, with a stand-in for the bot that only says yes.
    pub fn work(&mut self) {
        let workers = self.workers().with(payments::tell::TELL_CUSTOMER, |_| async { JobEnd::Done });
        self.work_as(workers.with(server::alerts::TELL_STAFF, |_| async { JobEnd::Done }));
    }

    pub fn work_as(&mut self, workers: Workers) {
        self.working = Some(tokio::spawn(workers.run(self.stop.clone())));
    }

    /// The workers and the bot, by long polling.
    pub fn work_with_bot(&mut self) {
        self.work_as(bot::jobs(self.workers(), self.services.clone()));
        tokio::spawn(bot::run(self.services.clone(), bot::Mode::Polling, self.stop.clone()));
    }

    /// More workers on the same database, as another instance has.
    pub fn also(&self, workers: Workers) {
        tokio::spawn(workers.run(self.stop.clone()));
    }

    pub fn workers(&self) -> Workers {
        server::jobs::workers(&self.services)
    }

    pub async fn product(&self, price_minor: i64, stock: Option<i64>) -> ProductId {
        let kitchen = Localized::same("Խոհանոց");
        let owner = self.owner();
        let category = catalog::categories::called(&self.services, &owner, &self.merchant, &kitchen);
        let input = ProductInput {
            kind: ProductKind::Goods,
            name: Localized::same("Սուրճ"),
            text: Localized::default(),
            category: category.await.unwrap(),
            sku: None,
            delivery: Localized::same("Եկեք վերցնելու"),
            price_minor: Some(price_minor),
            compare_at_minor: None,
            donation: None,
            stock,
            digital_goods: false,
            visible: true,
        };
        catalog::create(&self.services, &self.owner(), &self.merchant, input).await.unwrap().id
    }

    /// Gives the product the smallest picture there is.
    pub async fn picture(&self, product: &ProductId) {
        const POINT: &[u8] = b"\
            \x89\x50\x4e\x47\x0d\x0a\x1a\x0a\x00\x00\x00\x0d\x49\x48\x44\x52\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00\x90\x77\x53\xde\x00\
            \x00\x00\x0c\x49\x44\x41\x54\x78\x9c\x63\x78\x31\xc1\x00\x00\x04\x0c\x01\xa9\xd9\x38\x2f\xca\x00\x00\x00\x00\x49\x45\x4e\x44\xae\x42\x60\x82";
        let photo = catalog::read_photo(POINT.to_vec()).await.unwrap();
        catalog::set_photo(&self.services, &self.owner(), &self.merchant, product, photo).await.unwrap();
    }

    pub async fn link(&self, change: impl FnOnce(&mut NewLink)) -> Link {
        let what = What::Free { title: "Սուրճ".to_owned(), amount: Money::amd(500_000) };
        let mut new = NewLink::of(LinkKind::Dynamic, what);
        change(&mut new);
        links::create(&self.services, &self.owner(), &self.merchant, new).await.unwrap()
    }

    pub async fn press_pay(&self, link: &Link, attempt: &str) -> server::failure::Outcome<PaymentId> {
        // Another language than the shop's: what is asked of the provider must not depend on who asks.
        let start = Start::of(&link.code, Lang::Ru, attempt);
        Ok(payments::start(&self.services, start).await?.payment)
    }

    /// A dynamic link of 5 000 drams with a payment begun at the provider.
    pub async fn begun(&self) -> Payment {
        let link = self.link(|_| ()).await;
        let id = self.press_pay(&link, "1").await.unwrap();
        self.payment(&id).await
    }

    /// As [`Stage::begun`], and paid at the provider, who tells nobody: the word of it is brought by hand.
    pub async fn begun_and_ended(&self) -> Payment {
        let payment = self.begun().await;
        let never = Mischief { never_send: true, ..Mischief::default() };
        assert!(self.vpos.end(payment.reference.as_ref().unwrap(), Status::Paid, never));
        payment
    }

    /// As [`Stage::begun`], and paid at the provider, who has told us.
    pub async fn paid(&self) -> Payment {
        let payment = self.begun().await;
        assert!(self.vpos.end(payment.reference.as_ref().unwrap(), Status::Paid, Mischief::default()));
        self.until("the payment is paid", || async { self.payment(&payment.id).await.status.was_paid() }).await;
        self.payment(&payment.id).await
    }

    pub async fn payment(&self, id: &PaymentId) -> Payment {
        payments::get(&self.services.db, &self.merchant, id).await.unwrap()
    }

    pub async fn order(&self, id: &OrderId) -> orders::Order {
        orders::get(&self.services.db, &self.merchant, id).await.unwrap().order
    }

    pub async fn link_now(&self, id: &LinkId) -> Link {
        links::get(&self.services.db, &self.merchant, id).await.unwrap()
    }

    /// A webhook as the provider would send it.
    pub fn event(&self, id: &str, payment: &Payment, status: &str) -> Value {
        json!({
            "id": id,
            "type": "payment.status_changed",
            "data": {
                "sessionId": payment.reference,
                "merchantOrderId": payment.merchant_order_id,
                "amountMinor": payment.amount_minor,
                "currency": "AMD",
                "status": status,
            }
        })
    }

    pub async fn post_event(&self, event: &Value) -> u16 {
        self.post(&self.account, event.to_string().into_bytes(), |_| ()).await
    }

    /// Posts a signed delivery; `change` may spoil its headers (id, timestamp, signature).
    pub async fn post(&self, account: &AccountId, body: Vec<u8>, change: impl FnOnce(&mut [String; 3])) -> u16 {
        let id = serde_json::from_slice::<Value>(&body).ok().and_then(|v| Some(v.get("id")?.as_str()?.to_owned()));
        let (id, now) = (id.unwrap_or_else(|| "evt_x".to_owned()), self.clock.now().0 / 1_000);
        let signature = Secret::parse(SECRET).unwrap().sign(&id, now, &body);
        let mut headers = [id, now.to_string(), signature];
        change(&mut headers);
        let request = self.http.post(format!("{}/hooks/pay/{account}", self.url)).body(body);
        with_headers(request, &headers).send().await.unwrap().status().as_u16()
    }

    pub async fn kinds(&self, payment: &PaymentId) -> Vec<String> {
        let filter = journal::Filter { payment: Some(payment.clone()), ..Default::default() };
        let entries = journal::list(&self.services.db, &self.merchant, &filter, 100).await.unwrap();
        entries.into_iter().rev().map(|entry| entry.kind.to_string()).collect()
    }

    pub async fn events_of(&self, payment: &PaymentId) -> Vec<payments::WebhookEvent> {
        let filter = payments::EventFilter { payment: Some(payment.clone()), ..Default::default() };
        payments::events(&self.services.db, &self.merchant, &filter, 1_000).await.unwrap()
    }

    pub async fn count(&self, sql: &str) -> i64 {
        number(self.services.db.read(), sql).await
    }

    /// The one text that `sql` asks for.
    pub async fn text(&self, sql: &str) -> String {
        let db = self.services.db.read();
        let statement = sea_orm::Statement::from_string(db.get_database_backend(), sql);
        db.query_one_raw(statement).await.unwrap().unwrap().try_get_by_index(0).unwrap()
    }

    /// Journal whole, numbers without gaps, and what it says of money equals the tables.
    pub async fn audit(&self) {
        let verdict = journal::verify(&self.services.db, &self.merchant).await.unwrap();
        assert!(matches!(verdict, journal::Verdict::Whole { .. }), "{verdict:?}");
        let journaled = self
            .count("SELECT CAST(COALESCE(SUM(amount_minor), 0) AS BIGINT) FROM journal WHERE kind = 'payment_paid'")
            .await;
        let stored = self
            .count("SELECT CAST(COALESCE(SUM(amount_minor), 0) AS BIGINT) FROM payments WHERE paid_at IS NOT NULL")
            .await;
        assert_eq!(journaled, stored, "money in the journal and in the tables");
        let back = |table: &str, what: &str| format!("SELECT CAST(COALESCE(SUM({what}), 0) AS BIGINT) FROM {table}");
        let journaled = self.count(&back("journal WHERE kind = 'payment_refunded'", "amount_minor")).await;
        assert_eq!(journaled, self.count(&back("payments", "refunded_minor")).await, "money given back");
        let open = self.count(&back("refunds WHERE ended_at IS NULL", "amount_minor")).await;
        assert!(
            self.count(&back("payments", "refund_held_minor")).await <= open,
            "held for refunds that are under way"
        );
        assert_eq!(journal::compare(&self.services.db, &self.merchant).await.unwrap(), []);
    }

    /// Waits until `done` says yes, at most some seconds.
    pub async fn until<F: Future<Output = bool>>(&self, what: &str, done: impl Fn() -> F) {
        for _ in 0..600 {
            if done().await {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("did not happen: {what}");
    }

    /// Changes the settings of the provider account. Before its first use: it is then kept in memory.
    pub async fn settings(&self, change: impl FnOnce(&mut Value)) {
        self.settings_of(&self.account, change).await;
    }

    pub async fn settings_of(&self, account: &AccountId, change: impl FnOnce(&mut Value)) {
        let assumed = VposSettings::assumed(&format!("{}/sandbox/vpos", self.url));
        let mut settings = serde_json::to_value(assumed).unwrap();
        change(&mut settings);
        let raw = Database::connect(&self.database_url).await.unwrap();
        let cast = if self.services.db.is_postgres() { "::jsonb" } else { "" };
        let sql = format!("UPDATE provider_accounts SET settings = '{settings}'{cast} WHERE id = '{account}'");
        raw.execute_unprepared(&sql).await.unwrap();
    }

    /// An API key that may do everything.
    pub async fn api_key(&self) -> String {
        let all = Permission::ALL.to_vec();
        let made = server::api_keys::create(&self.services, &Actor::System, &self.merchant, "test", all).await;
        made.unwrap().1
    }

    pub async fn another_account(&self, merchant: &MerchantId) -> AccountId {
        let id = self.clock.id::<AccountId>();
        add_account(&self.services, merchant, &id, &self.url, "token").await;
        id
    }

    pub async fn another_merchant(&self) -> MerchantId {
        shop(&self.services).await
    }
}

/// The one number that `sql` asks for.
pub async fn number(db: &DatabaseConnection, sql: &str) -> i64 {
    let statement = sea_orm::Statement::from_string(db.get_database_backend(), sql);
    db.query_one_raw(statement).await.unwrap().unwrap().try_get_by_index(0).unwrap()
}

fn with_headers(request: reqwest::RequestBuilder, headers: &[String; 3]) -> reqwest::RequestBuilder {
    let names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
    names.into_iter().zip(headers).fold(request, |r, (name, value)| r.header(name, value))
}

/// A delivery signed as the provider signs at `now`.
pub fn signed(request: reqwest::RequestBuilder, id: &str, now: Moment, body: String) -> reqwest::RequestBuilder {
    let now = now.0 / 1_000;
    let signature = Secret::parse(SECRET).unwrap().sign(id, now, body.as_bytes());
    with_headers(request.body(body), &[id.to_owned(), now.to_string(), signature])
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.stop.cancel();
        let _ = std::fs::remove_dir_all(&self.services.data_dir);
        match &self.folder {
            Some(folder) => drop(std::fs::remove_dir_all(folder)),
            None => template::over(&self.database_url),
        }
    }
}
