//! `kill -9` at random moments under a stream of webhooks, links and refunds: what was acknowledged is there, each effect
//! once.
//!
//! The server under test is a child process; it is killed by its own id.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use domain::{
    PaymentId,
    role::{Actor, Permission},
};
use reqwest::RequestBuilder;
use sandbox::vpos::{Mischief, Status};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use server::{api_keys, clock::Clock, payments::Payment};
use tokio::sync::mpsc;

use crate::{
    bank::Bank,
    child::{self, Child},
    dice::Dice,
    on_both,
    stage::{self, Stage},
};

/// Kills on each database.
const KILLS: u64 = 100;
const PAYMENTS: usize = 400;
/// With fewer events, links and refunds acknowledged the kills met nothing.
const LEAST: [usize; 3] = [30, 15, 8];
const LINKS: &str = "/payment-links";
const REFUNDS: &str = "/refunds";

on_both!(nothing_acknowledged_is_lost_and_nothing_happens_twice);

/// What was acknowledged.
struct Told {
    events: Vec<String>,
    links: Vec<String>,
    refunds: Vec<String>,
}

async fn nothing_acknowledged_is_lost_and_nothing_happens_twice(stage: Stage) {
    let stage = &stage;
    let mut open = Vec::new();
    for _ in 0..PAYMENTS {
        open.push(stage.begun().await);
    }
    let stream = Stream::towards(stage).await;
    let bank = Bank::watch(stage).await;
    let killer = async {
        let mut dice = Dice::new(7);
        for i in 0..KILLS {
            let before = stream.heard.load(Ordering::SeqCst);
            let mut child = Child::new(stage, stream.port).start().await;
            // Most work before they die, however slow the machine is; some die while they start.
            if i % 4 != 0 {
                stage.until("it answers", || async { stream.heard.load(Ordering::SeqCst) > before }).await;
            }
            tokio::time::sleep(Duration::from_millis(5 + dice.roll(120))).await;
            child.kill().await;
        }
        stream.over.store(true, Ordering::SeqCst);
    };
    let (mut told, ()) = tokio::join!(stream.flows(&open), killer);
    let counts = [told.events.len(), told.links.len(), told.refunds.len()];
    eprintln!("acknowledged between {KILLS} kills: {counts:?} events, links, refunds");
    assert!(
        counts.iter().zip(LEAST).all(|(count, least)| *count >= least),
        "something happened between the kills: {counts:?}"
    );

    let mut last = Child::new(stage, stream.port).start().await;
    time_passes(stage).await;
    stream.asks_again(&open, &mut told).await;
    all_promises_are_kept(stage).await;
    last.kill().await;
    check(stage, &open, &told).await;
    bank.close().await;
}

/// What is to be asked for again, under its key.
struct Asked {
    path: &'static str,
    key: String,
    body: Value,
}

enum Answer {
    Yes(String),
    /// Somebody died while doing it: its key is free again in a minute.
    Later,
    Over,
}

/// Senders that ask for the same thing again until they hear "yes", as providers and careful shops do.
struct Stream<'a> {
    stage: &'a Stage,
    port: u16,
    secret: String,
    http: reqwest::Client,
    over: AtomicBool,
    /// How often a "yes" came.
    heard: AtomicUsize,
    unanswered: Mutex<Vec<Asked>>,
}

impl<'a> Stream<'a> {
    async fn towards(stage: &'a Stage) -> Self {
        let all = Permission::ALL.to_vec();
        let secret = api_keys::create(&stage.services, &Actor::System, &stage.merchant, "t", all).await.unwrap().1;
        let http = reqwest::Client::builder().timeout(Duration::from_secs(2)).build().unwrap();
        let (over, port) = (AtomicBool::new(false), child::reserved_port());
        Self { stage, port, secret, http, over, heard: AtomicUsize::new(0), unanswered: Mutex::default() }
    }

    /// Until it is over.
    async fn flows(&self, open: &[Payment]) -> Told {
        let (paid, to_refund) = mpsc::unbounded_channel();
        let (events, links, refunds) = tokio::join!(self.events(open, paid), self.links(), self.refunds(to_refund));
        Told { events, links, refunds }
    }

    /// Asks until there is an answer.
    async fn persist(&self, ask: impl Fn() -> RequestBuilder) -> Answer {
        while !self.over.load(Ordering::SeqCst) {
            if let Ok(answer) = ask().send().await
                && let (status, Ok(text)) = (answer.status(), answer.text().await)
            {
                if status.is_success() {
                    self.heard.fetch_add(1, Ordering::SeqCst);
                    return Answer::Yes(text);
                } else if text.contains("idempotency_in_flight") {
                    return Answer::Later;
                }
                assert!(status.is_server_error(), "{status}: {text}");
            }
            // The server is down: nobody hammers it.
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        Answer::Over
    }

    async fn events(&self, open: &[Payment], paid: mpsc::UnboundedSender<PaymentId>) -> Vec<String> {
        let mut told = Vec::new();
        for (i, payment) in open.iter().enumerate() {
            let never = Mischief { never_send: true, ..Mischief::default() };
            assert!(self.stage.vpos.end(payment.reference.as_ref().unwrap(), Status::Paid, never));
            let id = format!("evt_{i}");
            let Answer::Yes(_) = self.persist(|| self.event(&id, payment)).await else { return told };
            told.push(id);
            paid.send(payment.id.clone()).unwrap();
        }
        told
    }

    fn event(&self, id: &str, payment: &Payment) -> RequestBuilder {
        let post = self.http.post(format!("http://127.0.0.1:{}/hooks/pay/{}", self.port, self.stage.account));
        // The child lives on the wall clock, and signatures are timed.
        stage::signed(post, id, Clock::system().now(), self.stage.event(id, payment, "paid").to_string())
    }

    /// Whatever was cut off is asked for again, a while later.
    async fn asks_again(&self, open: &[Payment], told: &mut Told) {
        self.over.store(false, Ordering::SeqCst);
        for (i, payment) in open.iter().enumerate() {
            let session = self.stage.vpos.session(payment.reference.as_ref().unwrap()).unwrap();
            if session.paid_at.is_some() {
                self.persist(|| self.event(&format!("evt_{i}"), payment)).await;
            }
        }
        let unanswered = std::mem::take(&mut *self.unanswered.lock().unwrap());
        for asked in unanswered {
            let made = if asked.path == LINKS { &mut told.links } else { &mut told.refunds };
            made.push(self.made(asked).await.expect("a key is not held for ever"));
        }
    }

    fn api(&self, asked: &Asked) -> RequestBuilder {
        let post = self.http.post(format!("http://127.0.0.1:{}/api/v1{}", self.port, asked.path));
        post.bearer_auth(&self.secret).header("Idempotency-Key", &asked.key).json(&asked.body)
    }

    /// The id of what was made; `None`: it is to be asked for later.
    async fn made(&self, asked: Asked) -> Option<String> {
        let Answer::Yes(text) = self.persist(|| self.api(&asked)).await else {
            self.unanswered.lock().unwrap().push(asked);
            return None;
        };
        let made: Value = serde_json::from_str(&text).unwrap();
        Some(made["id"].as_str().unwrap().to_owned())
    }

    async fn links(&self) -> Vec<String> {
        let body = json!({ "kind": "dynamic", "title": "t", "amount": { "amount_minor": 100, "currency": "AMD" } });
        let mut told = Vec::new();
        for i in 0.. {
            if self.over.load(Ordering::SeqCst) {
                break;
            }
            told.extend(self.made(Asked { path: LINKS, key: format!("link-{i}"), body: body.clone() }).await);
        }
        told
    }

    /// A part of every payment goes back.
    async fn refunds(&self, mut paid: mpsc::UnboundedReceiver<PaymentId>) -> Vec<String> {
        let mut told = Vec::new();
        while let Some(payment) = paid.recv().await {
            let amount = json!({ "amount_minor": 200_000, "currency": "AMD" });
            let body = json!({ "payment_id": payment, "amount": amount, "reason": "The cup was broken" });
            told.extend(self.made(Asked { path: REFUNDS, key: format!("refund-{payment}"), body }).await);
        }
        told
    }
}

async fn all_promises_are_kept(stage: &Stage) {
    let undone =
        "SELECT CAST(COUNT(*) AS BIGINT) FROM jobs WHERE kind IN ('fulfil_order', 'refund') AND state <> 'done'";
    stage
        .until("all promises are kept", || async move {
            time_passes(stage).await;
            tokio::time::sleep(Duration::from_millis(200)).await;
            stage.count(undone).await == 0
        })
        .await;
}

/// Three minutes. A killed worker's lease ends by itself, what it left unclear of a refund or a key is clear after a while:
/// nobody waits for that here. More than once, for its last commit may even come after its death.
async fn time_passes(stage: &Stage) {
    let raw = sea_orm::Database::connect(&stage.database_url).await.unwrap();
    for sql in [
        "UPDATE jobs SET lease_until = 0 WHERE state = 'running'",
        "UPDATE jobs SET run_at = 0 WHERE kind = 'refund' AND state IN ('queued', 'retrying')",
        "UPDATE refunds SET sent_at = sent_at - 180000 WHERE sent_at IS NOT NULL AND ended_at IS NULL",
        "UPDATE idempotency_keys SET created_at = created_at - 180000 WHERE status IS NULL",
    ] {
        // The living worker's own locks may stand in the way: then it is done the next time.
        let _ = raw.execute_unprepared(sql).await;
    }
    raw.close().await.unwrap();
}

async fn check(stage: &Stage, open: &[Payment], told: &Told) {
    stage.audit().await;
    let count = async |from: String| stage.count(&format!("SELECT CAST(COUNT(*) AS BIGINT) FROM {from}")).await;
    for event in &told.events {
        let kept = count(format!("webhook_events WHERE external_id = '{event}'")).await;
        assert!(kept >= 1, "{event} was acknowledged and is gone");
    }
    for link in &told.links {
        assert_eq!(count(format!("links WHERE id = '{link}'")).await, 1, "{link} was acknowledged and is gone");
    }
    for (made, told) in [("links WHERE title = 't'", &told.links), ("refunds", &told.refunds)] {
        let count = usize::try_from(count(made.to_owned()).await).unwrap();
        assert_eq!(count, told.len(), "what is asked for again is made once: {made}");
    }
    for refund in &told.refunds {
        let done = count(format!("refunds WHERE id = '{refund}' AND status = 'succeeded'")).await;
        assert_eq!(done, 1, "{refund} was promised and is not done");
    }
    for payment in open {
        let paid = stage.kinds(&payment.id).await.iter().filter(|kind| *kind == "payment_paid").count();
        let status = stage.payment(&payment.id).await.status;
        assert_eq!(paid, usize::from(status.was_paid()), "{}", payment.id);
    }
    let twice =
        "(SELECT order_id FROM journal WHERE kind = 'order_fulfilled' GROUP BY order_id HAVING COUNT(*) > 1) AS t";
    assert_eq!(count(twice.to_owned()).await, 0, "an order was fulfilled twice");
    assert_eq!(count("orders WHERE status = 'paid'".to_owned()).await, 0, "every paid order is fulfilled in the end");
}
