//! What follows a sale, dying at every point it passes: money goes back through the provider (once with a lost answer), a
//! reconciliation finds by asking what was never told, our clock ends a payment after a last look-up, staff are alerted.

use std::{collections::BTreeSet, time::Duration};

use domain::moment::DAY;
use sandbox::vpos::{Mischief, Status, Trouble};
use sea_orm::{ConnectionTrait, Database};
use serde_json::json;
use server::{
    alerts::TELL_STAFF,
    clock::Clock,
    endpoints::{self, NewEndpoint},
    jobs::JobEnd,
    links::What,
    payments::{Payment, tell::TELL_CUSTOMER},
    reconcile::{self, Period},
};

use crate::{
    chat::{ANI, Chat, KATE},
    child,
    crash::{Story, count_all, every_point, persist},
    endpoints::Receiver,
    stage::{self, On, Stage},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_point_on_sqlite() {
    every_point::<Afternoon>(On::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_point_on_postgres() {
    every_point::<Afternoon>(On::Postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_point_of_a_lost_answer_on_sqlite() {
    every_point::<LostAnswer>(On::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_point_of_a_lost_answer_on_postgres() {
    every_point::<LostAnswer>(On::Postgres).await;
}

const BACK: i64 = 200_000;
const BACK_SAID: (&str, i64, &str) = ("tell:refunded:", ANI, "վերադարձվել է ձեզ");

/// A shop with its customers, as it stands after lunch.
pub struct Shop {
    pub chat: Chat,
    pub port: u16,
    pub key: String,
    /// Sold and delivered.
    pub sold: Payment,
}

impl Shop {
    pub async fn open(on: On) -> Self {
        Self::of(Stage::new(on).await).await
    }

    pub async fn of(stage: Stage) -> Self {
        let sold = stage.paid().await;
        let workers = stage.workers().with(TELL_CUSTOMER, |_| async { JobEnd::Done });
        workers.with(TELL_STAFF, |_| async { JobEnd::Done }).drain().await.unwrap();
        let key = stage.api_key().await;
        let shop = Self { chat: Chat::unattended(stage).await, port: child::reserved_port(), key, sold };
        shop.write("UPDATE merchants SET staff_bot_id = (SELECT id FROM bots), staff_chat_id = 1003").await;
        shop.belongs_to_ani(&shop.sold).await;
        shop
    }

    /// As if ordered in the bot.
    pub async fn belongs_to_ani(&self, payment: &Payment) {
        let order = &payment.order_id;
        self.write(&format!(
            "UPDATE orders SET bot_id = (SELECT id FROM bots), telegram_user_id = {ANI}, language = 'hy' WHERE id = '{order}'"
        ))
        .await;
    }

    pub async fn write(&self, sql: &str) {
        let raw = Database::connect(&self.chat.stage.database_url).await.unwrap();
        raw.execute_unprepared(sql).await.unwrap();
        raw.close().await.unwrap();
    }

    /// Waits that last minutes end at once, for as long as this is polled.
    pub async fn time_flies(&self) {
        let raw = Database::connect(&self.chat.stage.database_url).await.unwrap();
        loop {
            let now = Clock::system().now().0;
            for sql in [
                format!(
                    "UPDATE jobs SET run_at = 0 WHERE state IN ('queued', 'retrying') AND run_at > {now} AND (
                        kind IN ('refund', 'reconcile', 'tell_customer', 'tell_staff', 'fulfil_order', 'handle_update', 'send_event', 'register_receipt', 'sync_deal')
                        OR (kind = 'check_payment' AND payment_id IN (
                            SELECT id FROM payments WHERE status = 'pending' AND expires_at < {now} - 60000)))"
                ),
                "UPDATE refunds SET sent_at = sent_at - 60000 WHERE status = 'processing' AND sent_at IS NOT NULL"
                    .to_owned(),
                "UPDATE deals SET sent_at = sent_at - 60000 WHERE sent_at IS NOT NULL".to_owned(),
                "UPDATE idempotency_keys SET created_at = created_at - 60000 WHERE status IS NULL".to_owned(),
            ] {
                // The living worker's own locks may stand in the way: then it is done the next time.
                let _ = raw.execute_unprepared(&sql).await;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    pub async fn both_start(&self) {
        for person in [ANI, KATE] {
            self.chat.says(person, "/start");
            self.chat.hears(person, "Խանութ").await;
        }
    }

    /// Asked through the API until it is heard; then the money is back, and the customer knows.
    async fn money_goes_back(&self) {
        let stage = &self.chat.stage;
        let url = format!("http://127.0.0.1:{}/api/v1/refunds", self.port);
        let amount = json!({ "amount_minor": BACK, "currency": "AMD" });
        let body = json!({ "payment_id": self.sold.id, "reason": "broken", "amount": amount });
        let ask = || stage.http.post(&url).bearer_auth(&self.key).header("idempotency-key", "broken cup").json(&body);
        persist(ask).await;
        self.chat.hears(ANI, BACK_SAID.2).await;
    }

    pub async fn all_done(&self) {
        let owed = "SELECT COUNT(*) FROM jobs WHERE state <> 'done' AND kind IN ('refund', 'reconcile', 'tell_customer', 'tell_staff', 'fulfil_order', 'handle_update', 'send_event')";
        let stage = &self.chat.stage;
        stage.until("everything promised is done", || async { stage.count(owed).await == 0 }).await;
    }

    async fn money_is_back_once(&self) {
        let stage = &self.chat.stage;
        let there = stage.vpos.session(self.sold.reference.as_ref().unwrap()).unwrap();
        assert_eq!((there.refunded_minor(), there.refunds.len()), (BACK, 1), "given back once");
        let here = stage.payment(&self.sold.id).await;
        assert_eq!((here.refunded_minor, here.refund_held_minor, here.needs_review), (BACK, 0, false));
        count_all(
            stage,
            &[
                ("refunds", 1),
                ("refunds WHERE status = 'succeeded'", 1),
                ("journal WHERE kind = 'refund_requested'", 1),
                ("journal WHERE kind = 'refund_approved'", 1),
                ("journal WHERE kind = 'refund_succeeded'", 1),
                ("journal WHERE kind = 'payment_refunded'", 1),
                ("jobs WHERE kind = 'refund'", 1),
                ("orders WHERE status = 'partially_refunded'", 1),
            ],
        )
        .await;
    }
}

/// Only a refund, whose answer is lost on the way; the shop's own program is told of each step.
struct LostAnswer {
    shop: Shop,
    receiver: Receiver,
}

impl Story for LostAnswer {
    const WANTED: &'static [&'static str] = &[
        "commit:refunds::run::claim:before",
        "commit:refunds::run::claim:after",
        "provider:refund:before",
        "provider:refund:after",
        "provider:status_of_refund:before",
        "provider:status_of_refund:after",
        "commit:refunds::run::succeeded:before",
        "commit:refunds::run::succeeded:after",
        "endpoint:send:before",
        "endpoint:send:after",
        "commit:endpoints::send::note:before",
        "commit:endpoints::send::note:after",
    ];
    const MESSAGES: &'static [(&'static str, i64, &'static str)] = &[BACK_SAID];

    async fn open(on: On) -> Self {
        let shop = Shop::open(on).await;
        let (stage, receiver) = (&shop.chat.stage, Receiver::default());
        let new = NewEndpoint { url: receiver.listen().await, ..NewEndpoint::default() };
        endpoints::create(&stage.services, &stage.owner(), &stage.merchant, new).await.unwrap();
        stage.vpos.trouble([Trouble::LoseAnswer]);
        Self { shop, receiver }
    }

    fn chat(&self) -> &Chat {
        &self.shop.chat
    }

    fn port(&self) -> u16 {
        self.shop.port
    }

    async fn script(&self) -> Vec<String> {
        let story = async {
            self.shop.both_start().await;
            self.shop.money_goes_back().await;
            self.shop.all_done().await;
        };
        tokio::select! {
            () = story => Vec::new(),
            () = self.shop.time_flies() => Vec::new(),
        }
    }

    async fn check(&self, _: &[String]) {
        self.shop.money_is_back_once().await;
        let told = "SELECT COUNT(*) FROM deliveries WHERE state = 'delivered'";
        assert_eq!(self.shop.chat.stage.count(told).await, 4, "asked, approved, done, given back");
        // Twice is allowed under the same id, never otherwise.
        let came: BTreeSet<_> = self.receiver.came().into_iter().map(|came| (came.id, came.body)).collect();
        assert_eq!(came.len(), 4);
    }
}

/// A refund, a reconciliation, an expiry and an alert.
struct Afternoon {
    shop: Shop,
    /// Paid, and never told.
    missed: Payment,
    /// Begun, holds the last piece, and is never paid.
    forgotten: Payment,
    /// Another sum is claimed for it than was asked.
    odd: Payment,
}

impl Story for Afternoon {
    const WANTED: &'static [&'static str] = &[
        "commit:api_keys::idempotency::claim:before",
        "commit:api_keys::idempotency::claim:after",
        "commit:refunds::ask::ask:before",
        "commit:refunds::ask::ask:after",
        "commit:api_keys::idempotency::keep:before",
        "commit:api_keys::idempotency::keep:after",
        "commit:refunds::run::claim:before",
        "provider:refund:before",
        "provider:refund:after",
        "commit:refunds::run::succeeded:before",
        "provider:status_for_books:before",
        "provider:status_for_books:after",
        "commit:reconcile::run::finish:before",
        "commit:reconcile::run::finish:after",
        "commit:payments::start::settle_one:before",
        "commit:payments::start::settle_one:after",
        "provider:status:before",
        "provider:status:after",
        "commit:fulfilment::fulfil:before",
        "commit:payments::intake::write:before",
        "intake:answer:before",
        "telegram:show:before",
        "telegram:show:after",
    ];
    const MESSAGES: &'static [(&'static str, i64, &'static str)] = &[
        BACK_SAID,
        ("tell:paid:", ANI, "Վճարումն ստացված է"),
        ("tell:expired:", ANI, "ժամանակը սպառվել է"),
        ("alert:%:review:", KATE, "գումարը չի համընկնում"),
    ];

    async fn open(on: On) -> Self {
        let shop = Shop::open(on).await;
        let stage = &shop.chat.stage;
        let (missed, odd) = (stage.begun().await, stage.begun().await);
        let product = stage.product(450_000, Some(1)).await;
        let link = stage.link(|new| new.what = What::Product(product)).await;
        let forgotten = stage.payment(&stage.press_pay(&link, "1").await.unwrap()).await;
        shop.belongs_to_ani(&missed).await;
        shop.belongs_to_ani(&forgotten).await;
        // Nothing is looked up before its turn in the story.
        shop.write("UPDATE jobs SET run_at = 9000000000000000 WHERE kind = 'check_payment'").await;
        let never = Mischief { never_send: true, ..Mischief::default() };
        assert!(stage.vpos.end(missed.reference.as_ref().unwrap(), Status::Paid, never));
        Self { missed, forgotten, odd, shop }
    }

    fn chat(&self) -> &Chat {
        &self.shop.chat
    }

    fn port(&self) -> u16 {
        self.shop.port
    }

    async fn script(&self) -> Vec<String> {
        let story = async {
            self.shop.both_start().await;
            self.shop.money_goes_back().await;
            self.books_are_compared().await;
            self.time_runs_out().await;
            let told = self.another_sum_is_claimed().await;
            self.shop.all_done().await;
            vec![told]
        };
        tokio::select! {
            told = story => told,
            () = self.shop.time_flies() => Vec::new(),
        }
    }

    async fn check(&self, _: &[String]) {
        self.shop.money_is_back_once().await;
        let stage = &self.shop.chat.stage;
        count_all(
            stage,
            &[
                ("reconciliations WHERE state = 'done'", 1),
                ("payments WHERE status = 'paid'", 1),
                ("payments WHERE status = 'expired'", 1),
                ("payments WHERE needs_review", 1),
                ("orders WHERE status = 'fulfilled'", 1),
                ("orders WHERE status = 'expired'", 1),
                ("journal WHERE kind = 'payment_paid'", 2),
                ("journal WHERE kind = 'payment_expired'", 1),
                ("journal WHERE kind = 'payment_mismatch'", 1),
                ("journal WHERE kind = 'order_fulfilled'", 2),
                ("fulfilments", 2),
                ("jobs WHERE kind = 'fulfil_order'", 2),
                ("jobs WHERE kind = 'tell_staff'", 1),
            ],
        )
        .await;
        assert_eq!(stage.count("SELECT stock FROM products").await, 1, "given back once");
    }
}

impl Afternoon {
    async fn books_are_compared(&self) {
        let stage = &self.shop.chat.stage;
        let now = stage.clock.now();
        let period = Period { from: now.plus(-DAY), until: now.plus(DAY) };
        let owner = stage.owner();
        reconcile::begin_lookup(&stage.services, &owner, &stage.merchant, &stage.account, period).await.unwrap();
        self.shop.chat.hears(ANI, "Վճարումն ստացված է").await;
        assert!(stage.payment(&self.missed.id).await.status.was_paid());
        self.shop.all_done().await;
    }

    async fn time_runs_out(&self) {
        let id = &self.forgotten.id;
        self.shop.write(&format!("UPDATE payments SET expires_at = created_at - 3600000 WHERE id = '{id}'")).await;
        self.shop.chat.hears(ANI, "ժամանակը սպառվել է").await;
        self.shop.all_done().await;
    }

    async fn another_sum_is_claimed(&self) -> String {
        let stage = &self.shop.chat.stage;
        let id = "evt_less".to_owned();
        let mut event = stage.event(&id, &self.odd, "paid");
        event["data"]["amountMinor"] = 5_000.into();
        let url = format!("http://127.0.0.1:{}/hooks/pay/{}", self.shop.port, stage.account);
        persist(|| stage::signed(stage.http.post(&url), &id, Clock::system().now(), event.to_string())).await;
        self.shop.chat.hears(KATE, "գումարը չի համընկնում").await;
        id
    }
}
