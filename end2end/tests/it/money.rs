//! The rules of money, each with a test that fails when the rule is broken.

use domain::{
    Money,
    link::LinkKind,
    order::OrderStatus,
    payment::{Decision, PaymentStatus, ReviewReason},
};
use sea_orm::ConnectionTrait;
use server::{
    failure::Failure,
    journal::{self, Verdict},
    links::{self, What},
    payments::{self, Start},
};

use crate::{on_both, stage::Stage};

on_both!(
    a_signed_paid_webhook_pays_delivers_and_is_journaled,
    sixty_four_copies_at_once_have_one_effect,
    another_event_with_the_same_meaning_changes_nothing,
    proof_that_does_not_match_goes_to_review,
    another_wrong_sum_is_told_anew_and_the_same_is_not,
    a_cancelled_link_opens_no_checkout_and_the_chosen_way_is_taken,
    evidence_of_another_account_or_merchant_moves_nothing,
    paid_is_never_undone,
    any_order_of_events_ends_the_same,
    a_second_payment_of_one_order_is_a_duplicate,
    late_money_is_delivered_while_stock_lasts,
    the_last_item_is_sold_once,
    a_limited_link_is_paid_so_often_and_no_more,
    two_presses_of_pay_are_one_payment,
    failed_then_paid_again_on_the_same_order,
    journal_entries_cannot_be_changed_and_tampering_is_named,
    refunds_never_exceed_what_was_paid,
);

async fn a_signed_paid_webhook_pays_delivers_and_is_journaled(mut stage: Stage) {
    stage.work();
    let payment = stage.begun().await;
    assert_eq!((payment.status, payment.amount()), (PaymentStatus::Pending, Money::amd(500_000)));
    assert_eq!(stage.order(&payment.order_id).await.status, OrderStatus::AwaitingPayment);
    assert_eq!(stage.post_event(&stage.event("evt_1", &payment, "paid")).await, 200);
    assert_eq!(stage.payment(&payment.id).await.status, PaymentStatus::Paid);
    stage
        .until("the order is fulfilled", || async {
            stage.order(&payment.order_id).await.status == OrderStatus::Fulfilled
        })
        .await;
    assert_eq!(stage.kinds(&payment.id).await, ["payment_started", "payment_pending", "payment_paid"]);
    assert_eq!(stage.link_now(payment.link_id.as_ref().unwrap()).await.paid_count, 1);
    stage.audit().await;
}

async fn sixty_four_copies_at_once_have_one_effect(stage: Stage) {
    let payment = stage.begun().await;
    let event = stage.event("evt_same", &payment, "paid");
    let answers = futures(64, || stage.post_event(&event)).await;
    assert!(answers.iter().all(|status| *status == 200), "{answers:?}");
    assert_eq!(stage.kinds(&payment.id).await, ["payment_started", "payment_pending", "payment_paid"]);
    let log = stage.events_of(&payment.id).await;
    assert_eq!(log.len(), 64, "every delivery is visible");
    assert_eq!(log.iter().filter(|event| event.decision == Decision::Applied).count(), 1);
    assert_eq!(log.iter().filter(|event| event.decision == Decision::Duplicate).count(), 63);
    assert_eq!(stage.count("SELECT CAST(COUNT(*) AS BIGINT) FROM jobs WHERE kind = 'fulfil_order'").await, 1);
    stage.audit().await;
}

pub async fn futures<T, F: Future<Output = T>>(count: usize, make: impl Fn() -> F) -> Vec<T> {
    all_at_once((0..count).map(|_| make())).await
}

/// Begins them all, then waits for all.
pub async fn all_at_once<T, F: Future<Output = T>>(all: impl Iterator<Item = F>) -> Vec<T> {
    let mut all: Vec<_> = all.map(Box::pin).collect();
    let mut done = Vec::new();
    std::future::poll_fn(|context| {
        all.retain_mut(|future| match future.as_mut().poll(context) {
            std::task::Poll::Ready(value) => {
                done.push(value);
                false
            }
            std::task::Poll::Pending => true,
        });
        if all.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done
}

async fn another_event_with_the_same_meaning_changes_nothing(stage: Stage) {
    let payment = stage.begun().await;
    stage.post_event(&stage.event("evt_1", &payment, "paid")).await;
    stage.post_event(&stage.event("evt_2", &payment, "paid")).await;
    let log = stage.events_of(&payment.id).await;
    assert_eq!(log.iter().filter(|event| event.decision == Decision::NoChange).count(), 1);
    assert_eq!(stage.kinds(&payment.id).await.len(), 3);
    assert_eq!(stage.count("SELECT CAST(COUNT(*) AS BIGINT) FROM jobs WHERE kind = 'fulfil_order'").await, 1);
}

async fn proof_that_does_not_match_goes_to_review(stage: Stage) {
    let spoil: [(&str, serde_json::Value, ReviewReason); 3] = [
        ("amountMinor", 5_000.into(), ReviewReason::AmountMismatch),
        ("currency", "USD".into(), ReviewReason::CurrencyMismatch),
        ("merchantOrderId", "K1-1-other".into(), ReviewReason::OrderMismatch),
    ];
    for (field, value, reason) in spoil {
        let payment = stage.begun().await;
        let mut event = stage.event(&format!("evt_{field}"), &payment, "paid");
        event["data"][field] = value;
        assert_eq!(stage.post_event(&event).await, 200, "accepted and kept");
        let after = stage.payment(&payment.id).await;
        assert_eq!((after.status, after.needs_review), (PaymentStatus::Pending, true), "{field}");
        assert_eq!(after.review_reason, Some(reason));
        let order = stage.order(&payment.order_id).await;
        assert_eq!((order.status, order.needs_review), (OrderStatus::AwaitingPayment, true));
        assert_eq!(stage.events_of(&payment.id).await[0].decision, Decision::Mismatch);
    }
    assert_eq!(stage.count("SELECT CAST(COUNT(*) AS BIGINT) FROM jobs WHERE kind = 'fulfil_order'").await, 0);
    stage.audit().await;
}

async fn another_wrong_sum_is_told_anew_and_the_same_is_not(stage: Stage) {
    let payment = stage.begun().await;
    let claim = async |id: &str, sum: i64| {
        let mut event = stage.event(id, &payment, "paid");
        event["data"]["amountMinor"] = sum.into();
        assert_eq!(stage.post_event(&event).await, 200);
        stage.payment(&payment.id).await.needs_review
    };
    assert!(claim("evt_1", 499_900).await);
    payments::close_review(&stage.services, &stage.owner(), &stage.merchant, &payment.id, "seen").await.unwrap();
    assert!(!claim("evt_2", 499_900).await, "what a person has seen is not asked again");
    assert!(claim("evt_3", 100).await);
    let mismatches = "SELECT COUNT(*) FROM journal WHERE kind = 'payment_mismatch'";
    assert_eq!(stage.count(mismatches).await, 2);
}

async fn a_cancelled_link_opens_no_checkout_and_the_chosen_way_is_taken(stage: Stage) {
    let link = stage.link(|_| ()).await;
    let first = stage.press_pay(&link, "1").await.unwrap();
    let other = stage.another_account(&stage.merchant).await;
    let by_other = Start { account: Some(other.clone()), ..Start::of(&link.code, domain::Lang::Hy, "1") };
    let second = payments::start(&stage.services, by_other.clone()).await.unwrap().payment;
    assert_ne!(second, first);
    assert_eq!(stage.payment(&second).await.account_id, other);
    assert_eq!(payments::start(&stage.services, by_other).await.unwrap().payment, second, "pressed twice");
    let order = stage.payment(&first).await.order_id;
    assert_eq!(stage.payment(&second).await.order_id, order);
    links::patch(
        &stage.services,
        &stage.owner(),
        &stage.merchant,
        &link.id,
        links::Patch { active: Some(false), label: None },
    )
    .await
    .unwrap();
    let refused = stage.press_pay(&link, "1").await.unwrap_err();
    assert!(format!("{refused:?}").contains("link_inactive"), "{refused:?}");
}

async fn evidence_of_another_account_or_merchant_moves_nothing(stage: Stage) {
    let payment = stage.begun().await;
    let event = stage.event("evt_1", &payment, "paid").to_string().into_bytes();
    let same_merchant = stage.another_account(&stage.merchant).await;
    assert_eq!(stage.post(&same_merchant, event.clone(), |_| ()).await, 200);
    let after = stage.payment(&payment.id).await;
    assert_eq!((after.status, after.review_reason), (PaymentStatus::Pending, Some(ReviewReason::AccountMismatch)));

    let payment = stage.begun().await;
    let event = stage.event("evt_2", &payment, "paid").to_string().into_bytes();
    let stranger = stage.another_merchant().await;
    let foreign = stage.another_account(&stranger).await;
    assert_eq!(stage.post(&foreign, event, |_| ()).await, 200);
    let after = stage.payment(&payment.id).await;
    assert_eq!((after.status, after.needs_review), (PaymentStatus::Pending, false), "not even a flag crosses the wall");
    assert!(stage.events_of(&payment.id).await.is_empty());
}

async fn paid_is_never_undone(stage: Stage) {
    let payment = stage.begun().await;
    stage.post_event(&stage.event("evt_0", &payment, "paid")).await;
    for (i, late) in ["failed", "expired", "pending", "cancelled", "something_new"].iter().enumerate() {
        assert_eq!(stage.post_event(&stage.event(&format!("evt_late_{i}"), &payment, late)).await, 200);
        assert_eq!(stage.payment(&payment.id).await.status, PaymentStatus::Paid, "{late}");
        assert_eq!(stage.order(&payment.order_id).await.status, OrderStatus::Paid, "{late}");
    }
    stage.audit().await;
}

async fn any_order_of_events_ends_the_same(stage: Stage) {
    let orders = [
        ["pending", "failed", "paid", "expired"],
        ["expired", "paid", "pending", "failed"],
        ["paid", "pending", "expired", "failed"],
        ["failed", "expired", "pending", "paid"],
    ];
    for (i, statuses) in orders.iter().enumerate() {
        let payment = stage.begun().await;
        for (j, status) in statuses.iter().chain(statuses.iter().rev()).enumerate() {
            stage.post_event(&stage.event(&format!("evt_{i}_{j}"), &payment, status)).await;
        }
        let (end, order) = (stage.payment(&payment.id).await, stage.order(&payment.order_id).await);
        assert_eq!((end.status, end.needs_review), (PaymentStatus::Paid, false), "{statuses:?}");
        assert_eq!((order.status, order.needs_review), (OrderStatus::Paid, false), "{statuses:?}");
    }
    stage.audit().await;
}

async fn a_second_payment_of_one_order_is_a_duplicate(stage: Stage) {
    let link = stage.link(|_| ()).await;
    let first = stage.press_pay(&link, "1").await.unwrap();
    let first = stage.payment(&first).await;
    stage.post_event(&stage.event("evt_1", &first, "failed")).await;
    let second = stage.press_pay(&link, "2").await.unwrap();
    let second = stage.payment(&second).await;
    assert_eq!(first.order_id, second.order_id);
    stage.post_event(&stage.event("evt_2", &second, "paid")).await;
    stage.post_event(&stage.event("evt_3", &first, "paid")).await;
    let late = stage.payment(&first.id).await;
    assert_eq!((late.status, late.review_reason), (PaymentStatus::Paid, Some(ReviewReason::DuplicatePayment)));
    assert!(!stage.payment(&second.id).await.needs_review);
    assert_eq!(stage.kinds(&first.id).await.last().map(String::as_str), Some("payment_duplicate"));
    assert_eq!(stage.count("SELECT CAST(COUNT(*) AS BIGINT) FROM jobs WHERE kind = 'fulfil_order'").await, 1);
    assert_eq!(stage.link_now(&link.id).await.paid_count, 1);
    stage.audit().await;
}

async fn late_money_is_delivered_while_stock_lasts(stage: Stage) {
    let product = stage.product(500_000, Some(1)).await;
    let buy = || stage.link(|new| new.what = What::Product(product.clone()));
    let late = stage.press_pay(&buy().await, "1").await.unwrap();
    let late = stage.payment(&late).await;
    stage.post_event(&stage.event("evt_1", &late, "expired")).await;
    assert_eq!(stage.order(&late.order_id).await.status, OrderStatus::Expired);
    stage.post_event(&stage.event("evt_2", &late, "paid")).await;
    let order = stage.order(&late.order_id).await;
    assert_eq!((order.status, order.needs_review), (OrderStatus::Paid, false), "the item was free again");

    let product = stage.product(500_000, Some(1)).await;
    let buy = || stage.link(|new| new.what = What::Product(product.clone()));
    let late = stage.press_pay(&buy().await, "1").await.unwrap();
    let late = stage.payment(&late).await;
    stage.post_event(&stage.event("evt_3", &late, "expired")).await;
    stage.press_pay(&buy().await, "2").await.expect("the freed item is held by the second customer");
    stage.post_event(&stage.event("evt_4", &late, "paid")).await;
    let order = stage.order(&late.order_id).await;
    assert_eq!((order.status, order.review_reason), (OrderStatus::Paid, Some(ReviewReason::LateUndeliverable)));
    stage.audit().await;
}

async fn the_last_item_is_sold_once(stage: Stage) {
    let product = stage.product(500_000, Some(1)).await;
    let mut links = Vec::new();
    for _ in 0..64 {
        links.push(stage.link(|new| (new.kind, new.what) = (LinkKind::Fixed, What::Product(product.clone()))).await);
    }
    let (stage, links) = (&stage, &links);
    let next = std::sync::atomic::AtomicUsize::new(0);
    let results = futures(64, || {
        let i = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        async move { stage.press_pay(&links[i], "1").await }
    })
    .await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "sold to one");
    for refused in results.into_iter().filter_map(Result::err) {
        let Failure::Refused(refusal) = refused else { panic!("{refused}") };
        assert_eq!(refusal.code, "sold_out");
    }
    assert_eq!(stage.count("SELECT stock FROM products").await, 0);
}

async fn a_limited_link_is_paid_so_often_and_no_more(stage: Stage) {
    let link = stage.link(|new| (new.kind, new.max_payments) = (LinkKind::Fixed, Some(2))).await;
    let (stage, link) = (&stage, &link);
    let next = std::sync::atomic::AtomicUsize::new(0);
    let results = futures(8, || {
        let i = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        async move { stage.press_pay(link, &i.to_string()).await }
    })
    .await;
    let held: Vec<_> = results.into_iter().filter_map(Result::ok).collect();
    assert_eq!(held.len(), 2);
    let payment = stage.payment(&held[0]).await;
    stage.post_event(&stage.event("evt_1", &payment, "expired")).await;
    stage.press_pay(link, "again").await.expect("an expired payment gives its use back");
    let payment = stage.payment(&held[1]).await;
    stage.post_event(&stage.event("evt_2", &payment, "paid")).await;
    let after = stage.link_now(&link.id).await;
    assert_eq!((after.paid_count, after.held_count), (1, 1));
}

async fn two_presses_of_pay_are_one_payment(stage: Stage) {
    let link = stage.link(|new| new.kind = LinkKind::Fixed).await;
    let (one, two) = tokio::join!(stage.press_pay(&link, "same"), stage.press_pay(&link, "same"));
    assert_eq!(one.unwrap(), two.unwrap());
    assert_eq!(stage.vpos.sessions().len(), 1);
    assert_eq!(stage.count("SELECT CAST(COUNT(*) AS BIGINT) FROM orders").await, 1);
}

async fn failed_then_paid_again_on_the_same_order(stage: Stage) {
    let link = stage.link(|_| ()).await;
    let first = stage.press_pay(&link, "1").await.unwrap();
    let first = stage.payment(&first).await;
    stage.post_event(&stage.event("evt_1", &first, "failed")).await;
    assert_eq!(stage.order(&first.order_id).await.status, OrderStatus::Failed);
    let second = stage.press_pay(&link, "2").await.unwrap();
    let second = stage.payment(&second).await;
    assert_eq!(stage.order(&first.order_id).await.status, OrderStatus::AwaitingPayment);
    stage.post_event(&stage.event("evt_2", &second, "paid")).await;
    assert_eq!(stage.order(&first.order_id).await.status, OrderStatus::Paid);
    let again = stage.press_pay(&link, "3").await.unwrap_err();
    assert!(matches!(again, Failure::Refused(refusal) if refusal.code == "link_already_paid"));
}

async fn journal_entries_cannot_be_changed_and_tampering_is_named(stage: Stage) {
    let payment = stage.begun().await;
    stage.post_event(&stage.event("evt_1", &payment, "paid")).await;
    let raw = sea_orm::Database::connect(&stage.database_url).await.unwrap();
    for sql in ["UPDATE journal SET amount_minor = 1 WHERE number = 2", "DELETE FROM journal WHERE number = 2"] {
        let error = raw.execute_unprepared(sql).await.unwrap_err().to_string();
        assert!(error.contains("never"), "{error}");
    }
    let off = match raw.get_database_backend() {
        sea_orm::DbBackend::Postgres => "ALTER TABLE journal DISABLE TRIGGER ALL",
        _ => "DROP TRIGGER journal_no_update",
    };
    raw.execute_unprepared(off).await.unwrap();
    raw.execute_unprepared("UPDATE journal SET amount_minor = 1 WHERE number = 2").await.unwrap();
    let verdict = journal::verify(&stage.services.db, &stage.merchant).await.unwrap();
    assert!(matches!(verdict, Verdict::Broken { first_bad: 2, .. }), "{verdict:?}");
}

async fn refunds_never_exceed_what_was_paid(stage: Stage) {
    let payment = stage.begun().await;
    let raw = sea_orm::Database::connect(&stage.database_url).await.unwrap();
    let sql = format!("UPDATE payments SET refunded_minor = amount_minor + 1 WHERE id = '{}'", payment.id);
    assert!(raw.execute_unprepared(&sql).await.is_err(), "the database itself guards the sum");
}
