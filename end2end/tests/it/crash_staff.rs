//! What staff do at the counter, dying at each commit of it: refunds that two people decide, that fail, that a person makes;
//! reviews, deliveries, work tried again, links, days and accounts. Everybody presses until they are answered.

use domain::{
    AccountId, LinkId,
    moment::{DAY, HOUR},
};
use sandbox::vpos::{Mischief, Status, Trouble};
use serde_json::{Value, json};
use server::payments::Payment;

use crate::{
    chat::Chat,
    counter::pressed,
    crash::{Story, count_all, every_point},
    crash_after::Shop,
    stage::{On, Stage},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_point_of_refunds_on_sqlite() {
    every_point::<Hands>(On::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_point_of_refunds_on_postgres() {
    every_point::<Hands>(On::Postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_point_at_the_counter_on_sqlite() {
    every_point::<Counter>(On::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_point_at_the_counter_on_postgres() {
    every_point::<Counter>(On::Postgres).await;
}

/// A shop whose staff are told nothing in the chat: there is nobody to hear it.
async fn quiet_shop(stage: Stage) -> Shop {
    let shop = Shop::of(stage).await;
    shop.write("UPDATE merchants SET staff_bot_id = NULL, staff_chat_id = NULL, refund_pair_minor = 0").await;
    shop.write("UPDATE orders SET bot_id = NULL, telegram_user_id = NULL").await;
    shop
}

/// Refunds, each asked for by one person and decided by another.
struct Hands {
    shop: Shop,
    /// At an account without refunds by API.
    by_hand: Payment,
}

impl Story for Hands {
    const ONLY_THESE: bool = true;
    const WANTED: &'static [&'static str] = &[
        "commit:refunds::ask::ask:before",
        "commit:refunds::ask::ask:after",
        "commit:refunds::ask::decide:before",
        "commit:refunds::ask::decide:after",
        "commit:refunds::run::not_sent:before",
        "commit:refunds::run::not_sent:after",
        "commit:refunds::run::failed:before",
        "commit:refunds::run::failed:after",
        "commit:refunds::run::needs_hands:before",
        "commit:refunds::run::needs_hands:after",
        "commit:refunds::by_hand::done_by_hand:before",
        "commit:refunds::by_hand::done_by_hand:after",
        "commit:refunds::by_hand::failed_by_hand:before",
        "commit:refunds::by_hand::failed_by_hand:after",
    ];
    const MESSAGES: &'static [(&'static str, i64, &'static str)] = &[];

    async fn open(on: On) -> Self {
        let shop = quiet_shop(Stage::new(on).await).await;
        let stage = &shop.chat.stage;
        let account = stage.another_account(&stage.merchant).await;
        stage.settings_of(&account, |settings| settings["refund_path"] = Value::Null).await;
        let by_hand = paid_at(stage, &account).await;
        Self { shop, by_hand }
    }

    fn chat(&self) -> &Chat {
        &self.shop.chat
    }

    fn port(&self) -> u16 {
        self.shop.port
    }

    async fn script(&self) -> Vec<String> {
        tokio::select! {
            () = self.people_decide() => Vec::new(),
            () = self.shop.time_flies() => Vec::new(),
        }
    }

    async fn check(&self, _: &[String]) {
        let stage = &self.shop.chat.stage;
        count_all(
            stage,
            &[
                ("refunds", 5),
                ("refunds WHERE ended_at IS NULL", 0),
                ("refunds WHERE status = 'rejected'", 1),
                ("refunds WHERE status = 'manual_done'", 1),
                ("journal WHERE kind = 'refund_requested'", 5),
                ("journal WHERE kind = 'refund_approved'", 4),
                ("journal WHERE kind = 'refund_rejected'", 1),
                ("journal WHERE kind = 'refund_manual_required'", 2),
                ("journal WHERE kind = 'refund_manual_done'", 1),
                ("payments WHERE refund_held_minor <> 0 OR needs_review", 0),
            ],
        )
        .await;
        // The one that the provider refuses may be done when it is asked once more after a death.
        let [done, failed] =
            ["succeeded", "failed"].map(|status| format!("SELECT COUNT(*) FROM refunds WHERE status = '{status}'"));
        let (done, failed) = (stage.count(&done).await, stage.count(&failed).await);
        assert!((1..=2).contains(&done) && done + failed == 3, "{done} done, {failed} failed");
        let there = stage.vpos.session(self.shop.sold.reference.as_ref().unwrap()).unwrap();
        assert_eq!((there.refunds.len(), there.refunded_minor()), (done as usize, 100_000 * done), "each given once");
    }
}

impl Hands {
    async fn press(&self, verb: &str, id: &str, body: &str) -> String {
        pressed(&self.shop.chat.stage, self.shop.port, verb, id, body.to_owned()).await
    }

    async fn is(&self, refund: &str, status: &[&str]) {
        let stage = &self.shop.chat.stage;
        let list = status.join("', '");
        let sql = format!("SELECT COUNT(*) FROM refunds WHERE id = '{refund}' AND status IN ('{list}')");
        stage.until(&list, || async { stage.count(&sql).await == 1 }).await;
    }

    async fn people_decide(&self) {
        let vpos = &self.shop.chat.stage.vpos;
        let (sold, by_hand) = (self.shop.sold.id.to_string(), self.by_hand.id.to_string());
        let no = self.press("ask", &sold, "the first").await;
        self.press("reject", &no, "").await;
        for (cause, trouble) in [("busy", Trouble::Answer(429)), ("refused", Trouble::Answer(422))] {
            let refund = self.press("ask", &sold, cause).await;
            vpos.trouble([trouble]);
            self.press("approve", &refund, "").await;
            self.is(&refund, &["succeeded", "failed"]).await;
        }
        let (given, not_given) = (self.press("ask", &by_hand, "given").await, self.press("ask", &by_hand, "not").await);
        for refund in [&given, &not_given] {
            self.press("approve", refund, "").await;
            self.is(refund, &["manual_required"]).await;
        }
        in_the_cabinet(&self.shop.chat.stage, &self.by_hand).await;
        self.press("write_down", &given, "").await;
        self.press("give_up", &not_given, "").await;
        self.shop.all_done().await;
    }
}

async fn in_the_cabinet(stage: &Stage, payment: &Payment) {
    let reference = payment.reference.as_ref().unwrap();
    let url = format!("{}/sandbox/vpos/v1/payment-sessions/{reference}/refunds", stage.url);
    let body = json!({ "amountMinor": 100_000, "currency": "AMD" });
    let given = stage.http.post(url).bearer_auth("token").header("idempotency-key", "cabinet").json(&body);
    assert!(given.send().await.unwrap().status().is_success());
}

/// Paid at this account, and told.
async fn paid_at(stage: &Stage, account: &AccountId) -> Payment {
    let link = stage.link(|_| ()).await;
    let start = server::payments::Start {
        account: Some(account.clone()),
        ..server::payments::Start::of(&link.code, domain::Lang::Hy, "1")
    };
    let id = server::payments::start(&stage.services, start).await.unwrap().payment;
    let payment = stage.payment(&id).await;
    let never = Mischief { never_send: true, ..Mischief::default() };
    assert!(stage.vpos.end(payment.reference.as_ref().unwrap(), Status::Paid, never));
    let event = stage.event(&format!("evt_{id}"), &payment, "paid");
    assert_eq!(stage.post(account, event.to_string().into_bytes(), |_| ()).await, 200);
    payment
}

/// Everything else that is pressed.
struct Counter {
    shop: Shop,
    /// Another sum was claimed for it than was asked.
    odd: Payment,
    /// Paid too late for its stock, and in review.
    late: Payment,
    /// Paid, and the work to deliver it was given up.
    lost: [Payment; 2],
    /// Of links that nobody has paid: one that ends by itself, and one to be cancelled.
    unpaid: [LinkId; 2],
    event: String,
}

impl Story for Counter {
    const ONLY_THESE: bool = true;
    const WANTED: &'static [&'static str] = &[
        "commit:payments::review::close_review:before",
        "commit:payments::review::close_review:after",
        "commit:payments::review::deliver_anyway:before",
        "commit:payments::review::deliver_anyway:after",
        "commit:payments::check::hear:before",
        "commit:payments::check::hear:after",
        "commit:payments::intake::write:before",
        "commit:payments::intake::write:after",
        "commit:payments::connect::connect:before",
        "commit:payments::connect::connect:after",
        "commit:payments::connect::write:before",
        "commit:payments::connect::write:after",
        "provider:check:before",
        "provider:check:after",
        "commit:fulfilment::again::again:before",
        "commit:fulfilment::again::again:after",
        "commit:jobs::retry::retry:before",
        "commit:jobs::retry::retry:after",
        "commit:orders::expire::expire:before",
        "commit:orders::expire::expire:after",
        "commit:links::cancel:before",
        "commit:links::cancel:after",
        "commit:journal::day::close_day:before",
        "commit:journal::day::close_day:after",
        "commit:journal::checkpoint::checkpoint:before",
        "commit:journal::checkpoint::checkpoint:after",
        "checkpoint:file:before",
        "checkpoint:file:after",
    ];
    const MESSAGES: &'static [(&'static str, i64, &'static str)] = &[];

    async fn open(on: On) -> Self {
        let shop = quiet_shop(Stage::new(on).await).await;
        let stage = &shop.chat.stage;
        let (late, lost) = (stage.paid().await, [stage.paid().await, stage.paid().await]);
        let odd = stage.begun().await;
        let mut less = stage.event("evt_less", &odd, "paid");
        less["data"]["amountMinor"] = 5_000.into();
        assert_eq!(stage.post_event(&less).await, 200);
        let soon = Some(stage.clock.now().plus(HOUR));
        let ends = stage.link(|new| new.expires_at = soon).await;
        let unpaid = [ends.id, stage.link(|_| ()).await.id];
        let event = stage.events_of(&odd.id).await.remove(0).id.to_string();
        let in_review = |table: &str, id: &str| {
            format!("UPDATE {table} SET needs_review = TRUE, review_reason = 'late_undeliverable' WHERE id = '{id}'")
        };
        for sql in [
            "UPDATE jobs SET state = 'dead', last_error = 'x' WHERE kind = 'fulfil_order' AND state <> 'done'"
                .to_owned(),
            "UPDATE jobs SET run_at = 9000000000000000 WHERE kind = 'check_payment'".to_owned(),
            format!(
                "UPDATE jobs SET run_at = 0 WHERE kind = 'expire_order' AND order_id = '{}'",
                ends.order_id.unwrap()
            ),
            format!("UPDATE merchants SET created_at = created_at - {}", 3 * DAY),
            in_review("payments", late.id.as_str()),
            in_review("orders", late.order_id.as_str()),
        ] {
            shop.write(&sql).await;
        }
        Self { shop, odd, late, lost, unpaid, event }
    }

    fn chat(&self) -> &Chat {
        &self.shop.chat
    }

    fn port(&self) -> u16 {
        self.shop.port
    }

    async fn script(&self) -> Vec<String> {
        tokio::select! {
            () = self.is_pressed() => Vec::new(),
            () = self.shop.time_flies() => Vec::new(),
        }
    }

    async fn check(&self, _: &[String]) {
        let stage = &self.shop.chat.stage;
        count_all(
            stage,
            &[
                ("orders WHERE status = 'fulfilled'", 4),
                ("fulfilments", 4),
                ("journal WHERE kind = 'order_fulfilled'", 4),
                ("payments WHERE needs_review", 0),
                ("journal WHERE kind = 'review_resolved'", 2),
                ("journal WHERE kind = 'payment_mismatch'", 1),
                ("orders WHERE status = 'expired'", 1),
                ("journal WHERE kind = 'order_expired'", 1),
                ("links WHERE cancelled_at IS NOT NULL", 1),
                ("audit_log WHERE action = 'link_cancelled'", 1),
                ("audit_log WHERE action = 'review_resolved'", 2),
                ("day_closes", 1),
                ("audit_log WHERE action = 'day_closed'", 1),
            ],
        )
        .await;
        for at_least_one in ["journal_checkpoints", "audit_log WHERE action = 'payment_checked'"] {
            assert!(stage.count(&format!("SELECT COUNT(*) FROM {at_least_one}")).await >= 1, "{at_least_one}");
        }
        let replayed = stage.count("SELECT COUNT(*) FROM audit_log WHERE action = 'webhook_replayed'").await;
        let weighed = stage.count("SELECT COUNT(*) FROM webhook_events WHERE external_id = 'evt_less'").await;
        assert!(replayed >= 1 && replayed == weighed - 1, "{replayed} in the log, {weighed} weighed");
        let added = "SELECT COUNT(*) FROM audit_log WHERE action = 'payment_method_added'";
        let kept = "SELECT COUNT(*) FROM provider_accounts WHERE name = 'Another'";
        assert_eq!(stage.count(added).await, stage.count(kept).await, "each that is kept is in the log");
    }
}

impl Counter {
    async fn press(&self, verb: &str, id: &str, body: &str) -> String {
        pressed(&self.shop.chat.stage, self.shop.port, verb, id, body.to_owned()).await
    }

    async fn is_pressed(&self) {
        let stage = &self.shop.chat.stage;
        let [again, retried] = &self.lost;
        self.press("close_review", self.odd.id.as_str(), "").await;
        self.press("deliver_anyway", self.late.id.as_str(), "").await;
        self.press("deliver_again", again.order_id.as_str(), "").await;
        self.press("retry", "all", "").await;
        for payment in [&self.late, again, retried] {
            let given = || async { stage.order(&payment.order_id).await.fulfilled_at.is_some() };
            stage.until("it is given", given).await;
        }
        let kept = "SELECT COUNT(*) FROM journal_checkpoints";
        let signed = || async {
            self.shop.write("UPDATE jobs SET run_at = 0 WHERE kind = 'journal_checkpoint' AND state = 'queued'").await;
            stage.count(kept).await > 0
        };
        stage.until("the journal's head is signed", signed).await;
        self.press("check", self.late.id.as_str(), "").await;
        self.press("replay", &self.event, "").await;
        let [ends, cancelled] = &self.unpaid;
        self.press("cancel", cancelled.as_str(), "").await;
        let ended = format!(
            "SELECT COUNT(*) FROM orders WHERE id IN (SELECT order_id FROM links WHERE id = '{ends}') AND status = 'expired'"
        );
        stage.until("the order ends", || async { stage.count(&ended).await == 1 }).await;
        self.press("close_day", "yesterday", "").await;
        let account = self.press("connect", "vpos", &stage.url).await;
        self.press("switch", &account, "off").await;
        self.shop.all_done().await;
    }
}
