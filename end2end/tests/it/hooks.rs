//! Webhooks as strangers send them: the answers of the contract, everything kept, nothing moved without proof.

use domain::{
    AccountId,
    payment::{Decision, PaymentStatus},
    role::{Actor, Role},
};
use providers::signature::Secret;
use sea_orm::ConnectionTrait;
use server::payments;

use crate::{
    on_both,
    stage::{SECRET, Stage},
};

on_both!(
    bad_deliveries_get_the_answers_of_the_contract,
    both_secrets_of_a_rotation_are_accepted,
    an_uncommitted_delivery_is_never_acknowledged,
    clients_that_hang_up_poison_nothing,
    an_early_delivery_can_be_replayed,
    junk_is_answered_but_not_kept_without_end,
);

async fn bad_deliveries_get_the_answers_of_the_contract(stage: Stage) {
    let payment = stage.begun().await;
    let body = stage.event("evt_1", &payment, "paid").to_string().into_bytes();
    let account = &stage.account;
    assert_eq!(stage.post(account, body.clone(), |h| h[2] = "v1,AAAA".to_owned()).await, 401, "wrong signature");
    assert_eq!(stage.post(account, body.clone(), |h| h[2] = String::new()).await, 401, "no signature");
    let stale = stage.clock.now().0 / 1_000 - 301;
    let signature = Secret::parse(SECRET).unwrap().sign("evt_1", stale, &body);
    let old = |h: &mut [String; 3]| (h[1], h[2]) = (stale.to_string(), signature);
    assert_eq!(stage.post(account, body.clone(), old).await, 401, "stale timestamp");
    assert_eq!(stage.post(account, b"not json".to_vec(), |_| ()).await, 400, "unreadable");
    assert_eq!(stage.post(account, b"{}".to_vec(), |_| ()).await, 400, "names no payment");
    assert_eq!(stage.post(account, vec![b'x'; 65 * 1024], |_| ()).await, 413, "too large");
    assert_eq!(stage.post(&stage.clock.id::<AccountId>(), body, |_| ()).await, 404, "unknown account");
    let unknown = serde_json::json!({ "id": "evt_u", "data": { "sessionId": "ps_none", "merchantOrderId": "K0-0-none",
        "amountMinor": 1, "currency": "AMD", "status": "paid" } });
    assert_eq!(stage.post_event(&unknown).await, 200, "kept for staff");

    let after = stage.payment(&payment.id).await;
    assert_eq!((after.status, after.needs_review), (PaymentStatus::Pending, false));
    let log = payments::events(&stage.services.db, &stage.merchant, &Default::default(), 100).await.unwrap();
    let mut decisions: Vec<_> = log.iter().map(|event| event.decision).collect();
    decisions.sort();
    use Decision as D;
    let wanted = [
        D::UnknownPayment,
        D::BadSignature,
        D::BadSignature,
        D::StaleTimestamp,
        D::Unreadable,
        D::Unreadable,
        D::TooLarge,
    ];
    assert_eq!(decisions, wanted);
    assert!(log.iter().filter(|event| event.decision.is_refusal()).all(|event| !event.signature_ok));
}

async fn both_secrets_of_a_rotation_are_accepted(stage: Stage) {
    let payment = stage.begun().await;
    let body = stage.event("evt_1", &payment, "paid").to_string().into_bytes();
    let other = Secret::parse("whsec_b3RoZXI=").unwrap().sign("evt_1", stage.clock.now().0 / 1_000, &body);
    assert_eq!(stage.post(&stage.account, body, |h| h[2] = format!("{other} {}", h[2])).await, 200);
    assert_eq!(stage.payment(&payment.id).await.status, PaymentStatus::Paid);
}

async fn an_uncommitted_delivery_is_never_acknowledged(stage: Stage) {
    let payment = stage.begun().await;
    let raw = sea_orm::Database::connect(&stage.database_url).await.unwrap();
    let (on, off) = match raw.get_database_backend() {
        sea_orm::DbBackend::Postgres => (
            "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'disk full'; END $$;
             CREATE TRIGGER no_jobs BEFORE INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION no()",
            "DROP TRIGGER no_jobs ON jobs",
        ),
        _ => (
            "CREATE TRIGGER no_jobs BEFORE INSERT ON jobs BEGIN SELECT RAISE(ABORT, 'disk full'); END",
            "DROP TRIGGER no_jobs",
        ),
    };
    raw.execute_unprepared(on).await.unwrap();
    let event = stage.event("evt_1", &payment, "paid");
    assert_eq!(stage.post_event(&event).await, 503);
    assert_eq!(stage.payment(&payment.id).await.status, PaymentStatus::Pending, "all or nothing");
    assert_eq!(stage.kinds(&payment.id).await.len(), 2);
    raw.execute_unprepared(off).await.unwrap();
    assert_eq!(stage.post_event(&event).await, 200, "the sender's next try succeeds");
    assert_eq!(stage.payment(&payment.id).await.status, PaymentStatus::Paid);
    stage.audit().await;
}

/// Requests that are cut off, at every moment of their way.
const STORM: u64 = 10_000;

async fn clients_that_hang_up_poison_nothing(stage: Stage) {
    let payment = stage.begun().await;
    let begun = std::sync::atomic::AtomicU64::new(0);
    let cut_off = async || {
        loop {
            let i = begun.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            if i >= STORM {
                return;
            }
            let event = stage.event(&format!("evt_{i}"), &payment, "pending");
            let request = stage.post_event(&event);
            let _ = tokio::time::timeout(std::time::Duration::from_micros(i * 17 % 3_000), request).await;
        }
    };
    crate::money::all_at_once((0..16).map(|_| cut_off())).await;
    let payments = stage.begun().await;
    assert_eq!(stage.post_event(&stage.event("evt_end", &payments, "paid")).await, 200);
    assert_eq!(stage.payment(&payments.id).await.status, PaymentStatus::Paid);
    stage.audit().await;
}

async fn an_early_delivery_can_be_replayed(stage: Stage) {
    let link = stage.link(|_| ()).await;
    let payment = stage.press_pay(&link, "1").await.unwrap();
    let payment = stage.payment(&payment).await;
    let mut event = stage.event("evt_1", &payment, "paid");
    event["data"]["sessionId"] = serde_json::Value::Null;
    event["data"]["merchantOrderId"] = "K9-9-early".into();
    event["data"]["sessionId"] = "ps_early".into();
    assert_eq!(stage.post_event(&event).await, 200);
    let raw = sea_orm::Database::connect(&stage.database_url).await.unwrap();
    let adopt = format!(
        "UPDATE payments SET reference = 'ps_early', merchant_order_id = 'K9-9-early' WHERE id = '{}'",
        payment.id
    );
    raw.execute_unprepared(&adopt).await.unwrap();
    let log = payments::events(&stage.services.db, &stage.merchant, &Default::default(), 10).await.unwrap();
    let support = Actor::Staff { id: stage.clock.id(), role: Role::Support };
    stage.clock.advance(24 * 3_600 * 1_000);
    let receipt = payments::replay(&stage.services, &support, &stage.merchant, &log[0].id).await.unwrap();
    assert_eq!(receipt.decision, Decision::Applied);
    assert_eq!(stage.payment(&payment.id).await.status, PaymentStatus::Paid);
    let accountant = Actor::Staff { id: stage.clock.id(), role: Role::Accountant };
    assert!(payments::replay(&stage.services, &accountant, &stage.merchant, &log[0].id).await.is_err());
}

async fn junk_is_answered_but_not_kept_without_end(stage: Stage) {
    let payment = stage.begun().await;
    let forged = |h: &mut [String; 3]| h[2] = "v1,AAAA".to_owned();
    for _ in 0..230 {
        assert_eq!(stage.post(&stage.account, vec![b'x'; 20_000], forged).await, 401);
    }
    assert_eq!(stage.count("SELECT COUNT(*) FROM webhook_events").await, 200);
    assert_eq!(stage.count("SELECT CAST(MAX(LENGTH(body)) AS BIGINT) FROM webhook_events").await, 8_192);
    assert_eq!(stage.post_event(&stage.event("evt_1", &payment, "paid")).await, 200, "an honest one passes");
    assert_eq!(stage.payment(&payment.id).await.status, PaymentStatus::Paid);
    stage.clock.advance(10 * domain::moment::SECOND);
    stage.post(&stage.account, b"x".to_vec(), forged).await;
    assert_eq!(stage.count("SELECT COUNT(*) FROM webhook_events").await, 202);
}
