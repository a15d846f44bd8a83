//! Ten thousand senders that hang up: the server stays whole, and each event took effect entirely or not at all.

use std::{sync::Arc, time::Duration};

use domain::payment::PaymentStatus;
use providers::signature::Secret;
use tokio::{io::AsyncWriteExt, net::TcpStream, sync::Semaphore, task::JoinSet};

use crate::{
    bank::Bank,
    on_both,
    stage::{SECRET, Stage},
};

const SENDERS: usize = 10_000;
const PAYMENTS: usize = 100;
/// Each event is sent several times.
const EVENTS: usize = 2_000;
const AT_ONCE: usize = 64;

on_both!(ten_thousand_hang_ups_poison_nothing);

async fn ten_thousand_hang_ups_poison_nothing(stage: Stage) {
    let mut payments = Vec::new();
    for _ in 0..PAYMENTS {
        payments.push(stage.begun_and_ended().await);
    }
    let events: Vec<_> =
        (0..EVENTS).map(|i| request(&stage, i, &stage.event(&id(i), &payments[i % PAYMENTS], "paid"))).collect();
    let bank = Bank::watch(&stage).await;
    hang_up(&stage, Arc::new(events)).await;
    let heard = quiet(&stage).await;
    assert!(heard > 100, "the storm was heard: {heard}");
    whole(&stage).await;

    // The pool answers, and what was lost on the way is sent again, as providers do.
    for (i, payment) in payments.iter().enumerate() {
        assert_eq!(stage.post_event(&stage.event(&id(i), payment, "paid")).await, 200);
        assert_eq!(stage.payment(&payment.id).await.status, PaymentStatus::Paid);
    }
    whole(&stage).await;
    assert_eq!(stage.count("SELECT CAST(COUNT(*) AS BIGINT) FROM jobs WHERE kind = 'fulfil_order'").await, 100);
    bank.close().await;
}

fn id(i: usize) -> String {
    format!("evt_{i}")
}

/// The bytes of one delivery, and where its body begins.
fn request(stage: &Stage, i: usize, event: &serde_json::Value) -> (Vec<u8>, usize) {
    let (body, id, now) = (event.to_string(), id(i), stage.clock.now().0 / 1_000);
    let signature = Secret::parse(SECRET).unwrap().sign(&id, now, body.as_bytes());
    let head = format!(
        "POST /hooks/pay/{} HTTP/1.1\r\nHost: khanut\r\nContent-Length: {}\r\n\
         webhook-id: {id}\r\nwebhook-timestamp: {now}\r\nwebhook-signature: {signature}\r\n\r\n",
        stage.account,
        body.len()
    );
    let begins = head.len();
    ([head, body].concat().into_bytes(), begins)
}

/// Some break off before the body, some within it, most right after it; nobody waits for the answer.
async fn hang_up(stage: &Stage, events: Arc<Vec<(Vec<u8>, usize)>>) {
    let address = stage.url.trim_start_matches("http://").to_owned();
    let room = Arc::new(Semaphore::new(AT_ONCE));
    let mut senders = JoinSet::new();
    for i in 0..SENDERS {
        let (address, events) = (address.clone(), events.clone());
        let turn = room.clone().acquire_owned().await.unwrap();
        senders.spawn(async move {
            let (bytes, body) = &events[i % EVENTS];
            let end = match i % 7 {
                0 => *body,
                1 => usize::midpoint(*body, bytes.len()),
                _ => bytes.len(),
            };
            let mut connection = TcpStream::connect(address).await.unwrap();
            connection.write_all(&bytes[..end]).await.unwrap();
            // A few linger a moment, so that the end of the connection meets the server at different points.
            tokio::time::sleep(Duration::from_micros((i % 50) as u64 * 40)).await;
            drop((connection, turn));
        });
    }
    senders.join_all().await;
}

/// Waits until no more deliveries come in, and says how many came.
async fn quiet(stage: &Stage) -> i64 {
    let kept = || stage.count("SELECT CAST(COUNT(*) AS BIGINT) FROM webhook_events");
    let mut last = kept().await;
    loop {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let now = kept().await;
        if now == last {
            return now;
        }
        last = now;
    }
}

/// What was committed was committed whole: delivery, payment, order, journal, job.
async fn whole(stage: &Stage) {
    stage.audit().await;
    let count = async |from: &str| stage.count(&format!("SELECT CAST(COUNT(*) AS BIGINT) FROM {from}")).await;
    let paid = count("payments WHERE status = 'paid'").await;
    for same in [
        "webhook_events WHERE decision = 'applied'",
        "orders WHERE status = 'paid'",
        "journal WHERE kind = 'payment_paid'",
        "jobs WHERE kind = 'fulfil_order'",
    ] {
        assert_eq!(count(same).await, paid, "{same}");
    }
    assert_eq!(count("webhook_events WHERE payment_id IS NULL").await, 0, "every delivery kept is whole");
}
