//! Deals, dying around each request to the CRM and each commit beside it, with an answer that is lost besides: in the end
//! the order has one deal, and it stands as the order does.

use domain::deal::CrmKind;
use sandbox::crm::Mischief;
use serde_json::json;
use server::payments::Payment;

use crate::{
    chat::{ANI, Chat},
    crash::{Story, count_all, every_point, persist},
    crash_after::Shop,
    deals::connect,
    stage::{On, Stage},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_point_on_sqlite() {
    every_point::<Followed>(On::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_point_on_postgres() {
    every_point::<Followed>(On::Postgres).await;
}

struct Followed {
    shop: Shop,
    /// Paid since the shop has a CRM.
    sold: Payment,
}

impl Story for Followed {
    const ONLY_THESE: bool = true;
    const WANTED: &'static [&'static str] = &[
        "commit:crm::run::turn:before",
        "commit:crm::run::turn:after",
        "crm:ask:before",
        "crm:ask:after",
        "commit:crm::run::note:before",
        "commit:crm::run::note:after",
    ];
    const MESSAGES: &'static [(&'static str, i64, &'static str)] = &[];

    async fn open(on: On) -> Self {
        let shop = Shop::of(Stage::new(on).await).await;
        let stage = &shop.chat.stage;
        connect(stage, &stage.merchant, CrmKind::Bitrix24).await;
        let sold = stage.paid().await;
        shop.belongs_to_ani(&sold).await;
        // The first is looked for, and added into silence.
        stage.bitrix24.mischief([Mischief::Fine, Mischief::DropAfter]);
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
            () = self.is_followed() => Vec::new(),
            () = self.shop.time_flies() => Vec::new(),
        }
    }

    async fn check(&self, _: &[String]) {
        let stage = &self.shop.chat.stage;
        let there: Vec<_> = stage.bitrix24.deals().into_iter().map(|deal| (deal.origin, deal.sum)).collect();
        assert_eq!(there, [(self.sold.order_id.to_string(), "3000.0".to_owned())], "one, as it stands now");
        let made = "deals WHERE state = 'made' AND external_id = '1' AND sent_at IS NULL";
        count_all(stage, &[("deals", 1), (made, 1)]).await;
    }
}

impl Followed {
    async fn is_followed(&self) {
        let (shop, stage) = (&self.shop, &self.shop.chat.stage);
        shop.both_start().await;
        let made = "SELECT COUNT(*) FROM deals WHERE state = 'made'";
        stage.until("the deal is made", || async { stage.count(made).await == 1 }).await;
        let url = format!("http://127.0.0.1:{}/api/v1/refunds", shop.port);
        let amount = json!({ "amount_minor": 200_000, "currency": "AMD" });
        let body = json!({ "payment_id": self.sold.id, "reason": "broken", "amount": amount });
        persist(|| stage.http.post(&url).bearer_auth(&shop.key).header("idempotency-key", "broken cup").json(&body))
            .await;
        shop.chat.hears(ANI, "վերադարձվել է ձեզ").await;
        shop.all_done().await;
        let owed = "SELECT COUNT(*) FROM jobs WHERE kind = 'sync_deal' AND state <> 'done'";
        stage.until("the CRM's lane is empty", || async { stage.count(owed).await == 0 }).await;
    }
}
