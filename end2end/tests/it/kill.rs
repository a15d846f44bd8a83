//! `kill -9` at random moments under a stream of webhooks and links: what was acknowledged is there, each effect once.
//!
//! The server under test is this test binary itself, started again as a child with [`child`]; it is killed by its own id.

use std::{
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::Router;
use domain::{
    payment::PaymentStatus,
    role::{Actor, Permission},
};
use sea_orm::ConnectionTrait;
use serde_json::json;
use server::{
    api_keys,
    clock::Clock,
    db::Db,
    fulfilment,
    jobs::{JobEnd, Workers, WorkersBeat},
    orders, payments,
};
use tokio::{
    net::TcpListener,
    process::{Child, Command},
};
use tokio_util::sync::CancellationToken;

use crate::{
    on_both,
    stage::{self, Stage},
};

/// Kills on each database.
const KILLS: u64 = 100;
const PAYMENTS: usize = 400;

on_both!(nothing_acknowledged_is_lost_and_nothing_happens_twice);

/// Not a test of its own: the server that is killed. Runs only when the parent names its database and port.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child() {
    let (Ok(database), Ok(port), Ok(key)) = (
        std::env::var("KHANUT_TEST_CHILD_DATABASE"),
        std::env::var("KHANUT_TEST_CHILD_PORT"),
        std::env::var("KHANUT_TEST_CHILD_KEY"),
    ) else {
        return;
    };
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await.unwrap();
    let db = Db::open(&database).await.unwrap();
    let services = stage::services(db, Clock::system(), &format!("http://127.0.0.1:{port}"), &key);
    let fulfil = services.clone();
    let workers = Workers::new(services.db.clone(), services.clock.clone(), WorkersBeat::default())
        .with(fulfilment::FULFIL_ORDER, move |job| fulfilment::run(fulfil.clone(), job))
        .with(payments::tell::TELL_CUSTOMER, |_| async { JobEnd::Done })
        .with(payments::CHECK_PAYMENT, |_| async { JobEnd::Done })
        .with(orders::EXPIRE_ORDER, |_| async { JobEnd::Done });
    tokio::spawn(workers.run(CancellationToken::new()));
    let app = Router::new().merge(payments::hook_routes(services.clone())).nest("/api", server::api::routes(services));
    axum::serve(listener, app).await.unwrap();
}

fn start(database: &str, port: u16, key: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["kill::child", "--exact", "--nocapture", "--test-threads=1"])
        .env("KHANUT_TEST_CHILD_DATABASE", database)
        .env("KHANUT_TEST_CHILD_PORT", port.to_string())
        .env("KHANUT_TEST_CHILD_KEY", key)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

async fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}

async fn wait_for(port: u16) {
    for _ in 0..1_000 {
        if tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the child does not listen");
}

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
    let port = free_port().await;
    let over = Arc::new(AtomicBool::new(false));
    let stream = stream(stage, port, &open, &secret, over.clone());
    let killer = async {
        let mut dice = 7_u64;
        for _ in 0..KILLS {
            let mut child = start(&stage.database_url, port, &stage.key);
            wait_for(port).await;
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            tokio::time::sleep(Duration::from_millis(5 + (dice >> 33) % 150)).await;
            child.kill().await.unwrap();
        }
        over.store(true, Ordering::SeqCst);
    };
    let (told, ()) = tokio::join!(stream, killer);
    assert!(told.events.len() > 20, "the stream was heard: {}", told.events.len());

    let mut last = start(&stage.database_url, port, &stage.key);
    wait_for(port).await;
    let undone = "SELECT CAST(COUNT(*) AS BIGINT) FROM jobs WHERE kind = 'fulfil_order' AND state <> 'done'";
    let release = "UPDATE jobs SET lease_until = 0 WHERE state = 'running'";
    let raw = sea_orm::Database::connect(&stage.database_url).await.unwrap();
    let raw = &raw;
    stage
        .until("all promises are kept", || async move {
            // A killed worker's lease would end by itself in two minutes; its last commit may even come after its death.
            raw.execute_unprepared(release).await.unwrap();
            tokio::time::sleep(Duration::from_millis(200)).await;
            stage.count(undone).await == 0
        })
        .await;
    last.kill().await.unwrap();
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
