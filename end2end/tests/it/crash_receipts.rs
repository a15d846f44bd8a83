//! Receipts, dying around each request to the register and each commit beside it, with an answer that is lost besides: in the
//! end every sale and every return is registered once.

use domain::receipt::ReceiptState;
use sandbox::ehdm::Mischief;
use serde_json::json;
use server::payments::Payment;

use crate::{
    chat::{ANI, Chat},
    crash::{Story, count_all, every_point, persist},
    crash_after::Shop,
    receipts::{CRN, connect},
    stage::{On, Stage},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_point_on_sqlite() {
    every_point::<Registered>(On::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_point_on_postgres() {
    every_point::<Registered>(On::Postgres).await;
}

struct Registered {
    shop: Shop,
    /// Paid since the shop has a register.
    sold: Payment,
}

impl Story for Registered {
    const ONLY_THESE: bool = true;
    const WANTED: &'static [&'static str] = &[
        "commit:fiscal::run::turn:before",
        "commit:fiscal::run::turn:after",
        "ehdm:ask:before",
        "ehdm:ask:after",
        "commit:fiscal::run::note:before",
        "commit:fiscal::run::note:after",
    ];
    const MESSAGES: &'static [(&'static str, i64, &'static str)] = &[];

    async fn open(on: On) -> Self {
        let shop = Shop::of(Stage::new(on).await).await;
        let stage = &shop.chat.stage;
        connect(stage, &stage.merchant).await;
        let sold = stage.paid().await;
        shop.belongs_to_ani(&sold).await;
        stage.ehdm.mischief([Mischief::DropAfter]);
        Self { sold, shop }
    }

    fn chat(&self) -> &Chat {
        &self.shop.chat
    }

    fn port(&self) -> u16 {
        self.shop.port
    }

    async fn script(&self) -> Vec<String> {
        tokio::select! {
            () = self.are_registered() => Vec::new(),
            () = self.shop.time_flies() => Vec::new(),
        }
    }

    async fn check(&self, _: &[String]) {
        let stage = &self.shop.chat.stage;
        let there: Vec<_> = stage.ehdm.receipts(CRN).into_iter().map(|printed| (printed.total, printed.of)).collect();
        assert_eq!(there, [(500_000, None), (200_000, Some(1))], "each once");
        let registered = format!("receipts WHERE state = '{}'", ReceiptState::Registered);
        count_all(
            stage,
            &[
                ("receipts", 2),
                (&registered, 2),
                ("journal WHERE kind = 'receipt_registered'", 2),
                ("jobs WHERE once_key LIKE 'tell:receipt:%' AND state = 'done'", 2),
            ],
        )
        .await;
    }
}

impl Registered {
    async fn are_registered(&self) {
        let (shop, stage) = (&self.shop, &self.shop.chat.stage);
        shop.both_start().await;
        shop.chat.hears(ANI, "ֆիսկալ կտրոն № 1").await;
        let url = format!("http://127.0.0.1:{}/api/v1/refunds", shop.port);
        let amount = json!({ "amount_minor": 200_000, "currency": "AMD" });
        let body = json!({ "payment_id": self.sold.id, "reason": "broken", "amount": amount });
        persist(|| stage.http.post(&url).bearer_auth(&shop.key).header("idempotency-key", "broken cup").json(&body))
            .await;
        shop.chat.hears(ANI, "վերադարձի կտրոն № 2").await;
        shop.all_done().await;
        let owed = "SELECT COUNT(*) FROM jobs WHERE kind = 'register_receipt' AND state <> 'done'";
        stage.until("the register's lane is empty", || async { stage.count(owed).await == 0 }).await;
    }
}
