//! A sale of two people, one is declined and one pays, that dies at every point it passes.

use std::time::Duration;

use sandbox::{
    telegram::Message,
    vpos::{Mischief, Status},
};
use server::clock::Clock;

use crate::{
    chat::{ANI, Chat, KATE, pay_code},
    child,
    crash::{Story, count_all, every_point, persist},
    stage::{self, On, Stage},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_point_on_sqlite() {
    every_point::<Sale>(On::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_point_on_postgres() {
    every_point::<Sale>(On::Postgres).await;
}

/// The one that was declined gives it back, the one that pays gets it.
const STOCK: i64 = 1;

struct Sale {
    chat: Chat,
    port: u16,
}

impl Story for Sale {
    const WANTED: &'static [&'static str] = &[
        "commit:bots::keep::write:before",
        "commit:bots::keep::write:after",
        "commit:orders::open::place:before",
        "commit:orders::open::place:after",
        "commit:payments::intake::write:before",
        "commit:payments::start::open_unbegun:after",
        "commit:payments::start::note:before",
        "commit:fulfilment::fulfil:after",
        "commit:jobs::work::Workers::turn:before",
        "intake:answer:before",
        "provider:begin:before",
        "provider:begin:after",
        "provider:status:before",
        "provider:status:after",
        "telegram:answer:before",
        "telegram:answer:after",
        "telegram:delete:before",
        "telegram:delete:after",
        "telegram:show:before",
        "telegram:show:after",
        "telegram:updates:after",
    ];
    const MESSAGES: &'static [(&'static str, i64, &'static str)] = &[
        ("tell:paid:", ANI, "Վճարումն ստացված է"),
        ("tell:delivered:", ANI, "Եկեք վերցնելու"),
        ("tell:failed:", KATE, "nothing was charged"),
    ];

    async fn open(on: On) -> Self {
        let stage = Stage::new(on).await;
        let product = stage.product(500_000, Some(STOCK)).await;
        // A message with a picture cannot be edited: it is taken away.
        stage.picture(&product).await;
        Self { chat: Chat::unattended(stage).await, port: child::reserved_port() }
    }

    fn chat(&self) -> &Chat {
        &self.chat
    }

    fn port(&self) -> u16 {
        self.port
    }

    async fn script(&self) -> Vec<String> {
        let (chat, stage) = (&self.chat, &self.chat.stage);
        let mut told = Vec::new();
        for (person, status, word) in [(KATE, Status::Failed, "failed"), (ANI, Status::Paid, "paid")] {
            let order = self.order(person).await;
            let payment = self.press_pay(&pay_code(&order)).await;
            let payment = stage.payment(&payment.parse().unwrap()).await;
            // "Check payment": a look-up, answered before anything is known.
            let looked = || async { stage.count("SELECT CAST(COUNT(*) AS BIGINT) FROM telegram_updates").await };
            let before = looked().await;
            chat.press_data(person, &order, "k:");
            stage.until("the press arrives", || async { looked().await > before }).await;
            self.all_done().await;
            let never = Mischief { never_send: true, ..Mischief::default() };
            assert!(stage.vpos.end(payment.reference.as_ref().unwrap(), status, never));
            let id = format!("evt_{word}");
            self.send(&id, stage.event(&id, &payment, word).to_string()).await;
            told.push(id);
            for (_, _, text) in Self::MESSAGES.iter().filter(|(_, hears, _)| *hears == person) {
                chat.hears(person, text).await;
            }
            self.all_done().await;
        }
        told
    }

    async fn check(&self, _: &[String]) {
        let stage = &self.chat.stage;
        count_all(
            stage,
            &[
                ("orders", 2),
                ("orders WHERE status = 'fulfilled'", 1),
                ("orders WHERE status = 'failed'", 1),
                ("orders WHERE needs_review", 0),
                ("payments", 2),
                ("payments WHERE status = 'paid'", 1),
                ("payments WHERE status = 'failed'", 1),
                ("journal WHERE kind = 'payment_started'", 2),
                ("journal WHERE kind = 'payment_paid'", 1),
                ("journal WHERE kind = 'payment_failed'", 1),
                ("journal WHERE kind = 'order_fulfilled'", 1),
                ("fulfilments", 1),
                ("jobs WHERE kind = 'fulfil_order'", 1),
            ],
        )
        .await;
        assert_eq!(stage.count("SELECT stock FROM products").await, STOCK - 1, "given back once, sold once");
        assert_eq!(stage.vpos.sessions().len(), 2, "asked again under the same key");
    }
}

impl Sale {
    /// Chooses and confirms. A summary that was shown but not remembered is shown anew: people press again.
    async fn order(&self, person: i64) -> Message {
        let mut summary = Some(self.chat.chooses_coffee(person).await);
        for tries in 0..500 {
            if let Some(summary) = summary.take().filter(|_| tries % 50 == 0) {
                self.chat.press_data(person, &summary, "ok:");
            }
            if let Some(order) = self.chat.newest(person, "k:") {
                return order;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
            summary = self.chat.newest(person, "ok:");
        }
        panic!("the order was not made");
    }

    /// Nothing is owed to the customer any more.
    async fn all_done(&self) {
        let owed = "SELECT CAST(COUNT(*) AS BIGINT) FROM jobs WHERE state <> 'done' AND kind IN ('handle_update', 'fulfil_order', 'tell_customer')";
        let stage = &self.chat.stage;
        stage.until("everything promised is done", || async { stage.count(owed).await == 0 }).await;
    }

    async fn press_pay(&self, code: &str) -> String {
        let url = format!("http://127.0.0.1:{}/pay/{code}", self.port);
        persist(|| self.chat.stage.http.post(&url)).await
    }

    async fn send(&self, id: &str, body: String) {
        let url = format!("http://127.0.0.1:{}/hooks/pay/{}", self.port, self.chat.stage.account);
        let send = || stage::signed(self.chat.stage.http.post(&url), id, Clock::system().now(), body.clone());
        persist(send).await;
    }
}
