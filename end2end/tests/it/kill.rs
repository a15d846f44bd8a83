//! `kill -9` at random moments under a stream of webhooks and links: what was acknowledged is there, each effect once.
//!
//! The server under test is a child process; it is killed by its own id.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use domain::{
    payment::PaymentStatus,
    role::{Actor, Permission},
};
use sea_orm::ConnectionTrait;
use serde_json::json;
use server::{api_keys, clock::Clock, payments};

use crate::{
    bank::Bank,
    child::{self, Child},
    on_both,
    stage::{self, Stage},
};

/// Kills on each database.
const KILLS: u64 = 100;
const PAYMENTS: usize = 400;

on_both!(nothing_acknowledged_is_lost_and_nothing_happens_twice);

/// What the stream was told "yes" to.
#[derive(Default)]
struct Acknowledged {
    events: Vec<String>,
    links: Vec<String>,
}

async fn nothing_acknowledged_is_lost_and_nothing_happens_twice(stage: Stage) {
    let stage = &stage;
    // The child lives on the wall clock, and signatures are timed.
    let mut open = Vec::new();
    for _ in 0..PAYMENTS {
        open.push(stage.begun().await);
    }
    let secret = api_keys::create(&stage.services, &Actor::System, &stage.merchant, "t", Permission::ALL.to_vec())
        .await
        .unwrap()
        .1;
    let port = child::free_port().await;
    let over = Arc::new(AtomicBool::new(false));
    let bank = Bank::watch(&stage.database_url);
    let stream = stream(stage, port, &open, &secret, over.clone());
    let killer = async {
        let mut dice = 7_u64;
        for _ in 0..KILLS {
            let mut child = Child::new(stage, port).start().await;
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            tokio::time::sleep(Duration::from_millis(5 + (dice >> 33) % 120)).await;
            child.kill().await;
        }
        over.store(true, Ordering::SeqCst);
    };
    let (told, ()) = tokio::join!(stream, killer);
    assert!(told.events.len() > 20, "the stream was heard: {}", told.events.len());

    let mut last = Child::new(stage, port).start().await;
    let undone = "SELECT CAST(COUNT(*) AS BIGINT) FROM jobs WHERE kind = 'fulfil_order' AND state <> 'done'";
    let release = "UPDATE jobs SET lease_until = 0 WHERE state = 'running'";
    let raw = sea_orm::Database::connect(&stage.database_url).await.unwrap();
    let raw = &raw;
    stage
        .until("all promises are kept", || async move {
            // A killed worker's lease would end by itself in two minutes; its last commit may even come after its death.
            // The living worker's own locks may stand in the way: then it is done the next time.
            let _ = raw.execute_unprepared(release).await;
            tokio::time::sleep(Duration::from_millis(200)).await;
            stage.count(undone).await == 0
        })
        .await;
    last.kill().await;
    bank.close().await;
    check(stage, &open, &told).await;
}

/// Sends events and links until it is over; a "no" or a broken connection is tried again, as providers do.
async fn stream(
    stage: &Stage,
    port: u16,
    open: &[payments::Payment],
    secret: &str,
    over: Arc<AtomicBool>,
) -> Acknowledged {
    let mut told = Acknowledged::default();
    let base = format!("http://127.0.0.1:{port}");
    let client = reqwest::Client::builder().timeout(Duration::from_secs(2)).build().unwrap();
    let mut i = 0;
    while !over.load(Ordering::SeqCst) {
        let payment = &open[i % open.len()];
        let id = format!("evt_{}", i % open.len());
        let event = stage.event(&id, payment, "paid");
        let request = stage::signed(
            client.post(format!("{base}/hooks/pay/{}", stage.account)),
            &id,
            Clock::system().now(),
            event.to_string(),
        );
        if request.send().await.is_ok_and(|response| response.status().is_success()) {
            told.events.push(id);
        }
        let body = json!({ "kind": "dynamic", "title": "t", "amount": { "amount_minor": 100, "currency": "AMD" } });
        let key = format!("link-{i}");
        let request =
            client.post(format!("{base}/api/v1/payment-links")).bearer_auth(secret).header("Idempotency-Key", &key);
        if let Ok(response) = request.json(&body).send().await
            && response.status() == 201
            && let Ok(link) = response.json::<serde_json::Value>().await
        {
            told.links.push(link["id"].as_str().unwrap().to_owned());
        }
        i += 1;
        tokio::task::yield_now().await;
    }
    told
}

async fn check(stage: &Stage, open: &[payments::Payment], told: &Acknowledged) {
    stage.audit().await;
    for event in &told.events {
        let sql = format!("SELECT CAST(COUNT(*) AS BIGINT) FROM webhook_events WHERE external_id = '{event}'");
        assert!(stage.count(&sql).await >= 1, "{event} was acknowledged and is gone");
    }
    for link in &told.links {
        let sql = format!("SELECT CAST(COUNT(*) AS BIGINT) FROM links WHERE id = '{link}'");
        assert_eq!(stage.count(&sql).await, 1, "{link} was acknowledged and is gone");
    }
    for payment in open {
        let paid = stage.kinds(&payment.id).await.iter().filter(|kind| *kind == "payment_paid").count();
        let status = stage.payment(&payment.id).await.status;
        assert_eq!(paid, usize::from(status == PaymentStatus::Paid), "{}", payment.id);
    }
    let twice = "SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT order_id FROM journal WHERE kind = 'order_fulfilled' GROUP BY order_id HAVING COUNT(*) > 1) AS t";
    assert_eq!(stage.count(twice).await, 0, "an order was fulfilled twice");
    let unpaid = "SELECT CAST(COUNT(*) AS BIGINT) FROM orders WHERE status = 'paid'";
    assert_eq!(stage.count(unpaid).await, 0, "every paid order is fulfilled in the end");
}
