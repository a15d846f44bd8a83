//! The books, dying at each commit of a comparison: a bank's file that is uploaded, read, given to somebody and accepted, and
//! look-ups that are begun, and begun again.

use domain::AccountId;
use sandbox::vpos::{Mischief, Status};
use server::{payments::Payment, reconcile};

use crate::{
    chat::Chat,
    counter::pressed,
    crash::{Story, count_all, every_point},
    crash_after::Shop,
    person::member,
    stage::{On, Stage},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_point_on_sqlite() {
    every_point::<Books>(On::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_point_on_postgres() {
    every_point::<Books>(On::Postgres).await;
}

struct Books {
    shop: Shop,
    /// Paid, and known only to the bank's file.
    missed: Payment,
    /// An account at which nothing was paid.
    idle: AccountId,
    /// A comparison that stands still.
    stuck: String,
    person: String,
}

impl Story for Books {
    const ONLY_THESE: bool = true;
    const WANTED: &'static [&'static str] = &[
        "commit:reconcile::begin::begin_lookup:before",
        "commit:reconcile::begin::begin_lookup:after",
        "commit:reconcile::begin::upload:before",
        "commit:reconcile::begin::upload:after",
        "commit:reconcile::begin::name_columns:before",
        "commit:reconcile::begin::name_columns:after",
        "commit:reconcile::begin::again:before",
        "commit:reconcile::begin::again:after",
        "commit:reconcile::run::finish:before",
        "commit:reconcile::run::finish:after",
        "commit:reconcile::resolve::own:before",
        "commit:reconcile::resolve::own:after",
        "commit:reconcile::resolve::one:before",
        "commit:reconcile::resolve::one:after",
    ];
    const MESSAGES: &'static [(&'static str, i64, &'static str)] = &[];

    async fn open(on: On) -> Self {
        let shop = Shop::of(Stage::new(on).await).await;
        let stage = &shop.chat.stage;
        let missed = stage.begun().await;
        let never = Mischief { never_send: true, ..Mischief::default() };
        assert!(stage.vpos.end(missed.reference.as_ref().unwrap(), Status::Paid, never));
        let person = member(stage, &stage.merchant, "ani@x.am", domain::role::Role::Accountant).await.to_string();
        let idle = stage.another_account(&stage.merchant).await;
        let (owner, period) = (stage.owner(), crate::reconcile::today(stage));
        let stuck = reconcile::begin_lookup(&stage.services, &owner, &stage.merchant, &idle, period).await.unwrap();
        for sql in [
            "UPDATE merchants SET staff_bot_id = NULL, staff_chat_id = NULL",
            "UPDATE orders SET bot_id = NULL, telegram_user_id = NULL",
            "UPDATE jobs SET run_at = 9000000000000000 WHERE kind = 'check_payment'",
            "DELETE FROM jobs WHERE kind = 'reconcile'",
            "UPDATE reconciliations SET trouble = '{\"code\":null,\"values\":{}}'",
        ] {
            shop.write(sql).await;
        }
        Self { missed, idle, stuck: stuck.to_string(), person, shop }
    }

    fn chat(&self) -> &Chat {
        &self.shop.chat
    }

    fn port(&self) -> u16 {
        self.shop.port
    }

    async fn script(&self) -> Vec<String> {
        tokio::select! {
            () = self.are_compared() => Vec::new(),
            () = self.shop.time_flies() => Vec::new(),
        }
    }

    async fn check(&self, _: &[String]) {
        let stage = &self.shop.chat.stage;
        assert!(stage.payment(&self.missed.id).await.status.was_paid(), "the bank's word is settled");
        count_all(
            stage,
            &[
                ("reconciliations WHERE state = 'running'", 0),
                ("reconciliation_exceptions", 1),
                ("reconciliation_exceptions WHERE resolution = 'accepted'", 1),
                ("audit_log WHERE action = 'exception_resolved'", 1),
                ("audit_log WHERE action = 'file_columns_named'", 1),
                ("audit_log WHERE action = 'reconciled_again'", 1),
                ("journal WHERE kind = 'payment_paid'", 2),
                ("fulfilments", 2),
            ],
        )
        .await;
    }
}

impl Books {
    async fn press(&self, verb: &str, id: &str, body: &str) -> String {
        pressed(&self.shop.chat.stage, self.shop.port, verb, id, body.to_owned()).await
    }

    async fn are_compared(&self) {
        let stage = &self.shop.chat.stage;
        self.press("look_up", self.idle.as_str(), "").await;
        self.press("begin_again", &self.stuck, "").await;
        let line = |payment: &Payment| format!("{};5000,00;paid\n", payment.merchant_order_id);
        let lines = ["Order;Amount;Status\n", &line(&self.shop.sold), &line(&self.missed)].concat();
        let file = self.press("upload", stage.account.as_str(), &lines).await;
        self.press("name_columns", &file, "").await;
        let done = format!("SELECT COUNT(*) FROM reconciliations WHERE id = '{file}' AND state = 'done'");
        stage.until("it is compared", || async { stage.count(&done).await == 1 }).await;
        self.press("take", &file, &self.person).await;
        self.press("accept", &file, "").await;
        let given = || async { stage.order(&self.missed.order_id).await.fulfilled_at.is_some() };
        stage.until("it is given", given).await;
        self.shop.all_done().await;
    }
}
