//! What happens once is the database's own word: two servers that know nothing of each other hear the same event at the same
//! moment, and a promise is made twice.
//!
//! Each test can be run without the index behind it (`KHANUT_TEST_DROP`): that is how the controls know that it is this
//! index which keeps the rule. On SQLite writers take turns, and no two can be past the question whether an event is known.

use axum::Router;
use domain::payment::Decision;
use sea_orm::{ConnectionTrait, Database, TransactionTrait};
use server::{
    db::Db,
    jobs::{self, NewJob},
    payments::{self, Payment},
};
use tokio::net::TcpListener;

use crate::stage::{self, On, Stage};

/// Takes the index away if this run is a control.
async fn without_its_index(stage: &Stage, table: &str) {
    if std::env::var("KHANUT_TEST_DROP").is_ok_and(|dropped| dropped == table) {
        let raw = Database::connect(&stage.database_url).await.unwrap();
        raw.execute_unprepared(&format!("ALTER TABLE {table} DROP CONSTRAINT {table}_once_key_key")).await.unwrap();
        raw.close().await.unwrap();
    }
}

/// Another server on the same database; gives its address.
async fn another_server(stage: &Stage) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let db = Db::open(&stage.database_url).await.unwrap();
    let services = stage::services(db, stage.clock.clone(), &url, &stage.url, &stage.key);
    let app = Router::new().merge(payments::hook_routes(services));
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

async fn hears(stage: &Stage, server: &str, payment: &Payment) -> u16 {
    let event = stage.event("evt_same", payment, "paid").to_string();
    let request = stage.http.post(format!("{server}/hooks/pay/{}", stage.account));
    stage::signed(request, "evt_same", stage.clock.now(), event).send().await.unwrap().status().as_u16()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_hear_one_event() {
    let stage = &Stage::new(On::Postgres).await;
    without_its_index(stage, "webhook_events").await;
    let (payment, other) = (&stage.begun().await, another_server(stage).await);
    let raw = Database::connect(&stage.database_url).await.unwrap();
    let held = raw.begin().await.unwrap();
    held.execute_unprepared(&format!("SELECT id FROM orders WHERE id = '{}' FOR UPDATE", payment.order_id))
        .await
        .unwrap();
    let waiting =
        "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let release = async {
        stage.until("both have found it new", || async { stage.count(waiting).await == 2 }).await;
        held.commit().await.unwrap();
    };
    let (first, second, ()) = tokio::join!(hears(stage, &stage.url, payment), hears(stage, &other, payment), release);
    let counted = "SELECT COUNT(*) FROM webhook_events WHERE external_id = 'evt_same' AND once_key IS NOT NULL";
    assert_eq!(stage.count(counted).await, 1, "the event counts once");
    let mut answers = [first, second];
    answers.sort_unstable();
    assert_eq!(answers, [200, 503], "whoever came second comes again");
    assert_eq!(hears(stage, &other, payment).await, 200);
    let mut decisions: Vec<_> = stage.events_of(&payment.id).await.iter().map(|event| event.decision).collect();
    decisions.sort();
    assert_eq!(decisions, [Decision::Applied, Decision::Duplicate]);
    stage.audit().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_promise_is_made_once() {
    let stage = &Stage::new(On::Postgres).await;
    without_its_index(stage, "jobs").await;
    let now = stage.clock.now();
    for _ in 0..2 {
        let job = NewJob { once_key: Some("same".to_owned()), ..NewJob::new(stage.merchant.clone(), "model", now) };
        let promise = stage.services.db.write(move |tx| async move { jobs::enqueue(&tx, now, vec![job]).await });
        promise.await.expect("a promise is made, or was made before");
    }
    assert_eq!(stage.count("SELECT COUNT(*) FROM jobs WHERE once_key = 'same'").await, 1);
}
