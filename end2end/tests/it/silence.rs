//! Silence is handled: look-ups find what no webhook told, and our clock ends what nobody paid.

use domain::{
    moment::{DAY, HOUR, MINUTE},
    order::OrderStatus,
    payment::{PaymentStatus, ReviewReason},
};
use sandbox::vpos::{Mischief, Status, Trouble};
use server::{
    alerts::TELL_STAFF,
    jobs::JobEnd,
    payments::{self, Payment},
};

use crate::{on_both, stage::Stage};

on_both!(
    a_customer_who_closes_the_tab_after_paying_gets_the_goods,
    a_payment_without_a_word_ends_by_our_clock_after_a_last_look_up,
    an_order_nobody_began_to_pay_expires_with_its_link,
    a_crash_between_asking_and_noting_asks_again_with_the_same_key,
    a_claim_that_does_not_fit_freezes_the_payment_until_a_person_has_looked,
    a_word_nobody_knows_means_wait_for_a_day_beyond_the_end,
    a_silent_provider_ends_nothing_and_staff_hear_of_it,
    money_that_came_late_does_not_hide_behind_a_day_of_silence,
);

async fn a_customer_who_closes_the_tab_after_paying_gets_the_goods(mut stage: Stage) {
    stage.work();
    let payment = stage.begun().await;
    let never = Mischief { never_send: true, ..Mischief::default() };
    assert!(stage.vpos.end(payment.reference.as_ref().unwrap(), Status::Paid, never));
    stage.clock.advance(15_000);
    stage
        .until("a look-up finds the payment", || async {
            stage.order(&payment.order_id).await.status == OrderStatus::Fulfilled
        })
        .await;
    assert!(stage.events_of(&payment.id).await.is_empty(), "no webhook came");
    stage.audit().await;
}

async fn a_payment_without_a_word_ends_by_our_clock_after_a_last_look_up(mut stage: Stage) {
    let payment = stage.begun().await;
    stage.work();
    stage.clock.advance(61 * MINUTE);
    stage
        .until("the payment expires", || async { stage.payment(&payment.id).await.status == PaymentStatus::Expired })
        .await;
    assert_eq!(stage.order(&payment.order_id).await.status, OrderStatus::Expired);
    stage.audit().await;
}

async fn an_order_nobody_began_to_pay_expires_with_its_link(mut stage: Stage) {
    let link = stage.link(|_| ()).await;
    stage.work();
    stage.clock.advance(61 * MINUTE);
    let order = link.order_id.clone().unwrap();
    stage.until("the order expires", || async { stage.order(&order).await.status == OrderStatus::Expired }).await;
    assert!(stage.press_pay(&link, "1").await.is_err());
}

async fn a_crash_between_asking_and_noting_asks_again_with_the_same_key(mut stage: Stage) {
    use sea_orm::ConnectionTrait;
    let payment = stage.begun().await;
    let raw = sea_orm::Database::connect(&stage.database_url).await.unwrap();
    let forget = format!(
        "UPDATE payments SET reference = NULL, checkout_url = NULL, status = 'created' WHERE id = '{}'",
        payment.id
    );
    raw.execute_unprepared(&forget).await.unwrap();
    stage.work();
    stage.clock.advance(15_000);
    stage
        .until("the reference is known again", || async {
            stage.payment(&payment.id).await.reference == payment.reference
        })
        .await;
    assert_eq!(stage.vpos.sessions().len(), 1, "the same key is the same session");
}

/// Moves the clock and waits until the payment has been looked up after that.
async fn looked_up_after(stage: &Stage, wait: i64) {
    stage.clock.advance(wait);
    let ahead = format!(
        "SELECT COUNT(*) FROM jobs WHERE kind = 'check_payment' AND state = 'queued' AND run_at > {}",
        stage.clock.now().0
    );
    stage.until("a look-up is over", || async { stage.count(&ahead).await == 1 }).await;
}

async fn ends(stage: &Stage, payment: &Payment) {
    stage
        .until("the payment expires", || async { stage.payment(&payment.id).await.status == PaymentStatus::Expired })
        .await;
    stage.audit().await;
}

async fn a_claim_that_does_not_fit_freezes_the_payment_until_a_person_has_looked(mut stage: Stage) {
    let payment = stage.begun().await;
    let mut event = stage.event("evt_1", &payment, "paid");
    event["data"]["amountMinor"] = 499_900.into();
    assert_eq!(stage.post_event(&event).await, 200);
    stage.work();
    looked_up_after(&stage, 61 * MINUTE).await;
    looked_up_after(&stage, 3 * DAY).await;
    let frozen = stage.payment(&payment.id).await;
    assert_eq!((frozen.status, frozen.review_reason), (PaymentStatus::Pending, Some(ReviewReason::AmountMismatch)));
    assert_eq!(stage.count("SELECT COUNT(*) FROM jobs WHERE kind = 'tell_customer'").await, 0, "nobody is misled");
    payments::close_review(&stage.services, &stage.owner(), &stage.merchant, &payment.id, "it was a test")
        .await
        .unwrap();
    stage.clock.advance(HOUR);
    ends(&stage, &payment).await;
}

async fn a_word_nobody_knows_means_wait_for_a_day_beyond_the_end(mut stage: Stage) {
    let words = serde_json::json!({ "pending": "unknown", "created": "unknown" });
    stage.settings(|settings| settings["words"] = words).await;
    let payment = stage.begun().await;
    stage.work();
    looked_up_after(&stage, 61 * MINUTE).await;
    looked_up_after(&stage, 20 * HOUR).await;
    assert!(stage.payment(&payment.id).await.status.is_open());
    assert!(stage.count("SELECT COUNT(*) FROM jobs WHERE payload LIKE '%unknown_word%'").await > 0, "staff hear of it");
    stage.clock.advance(5 * HOUR);
    ends(&stage, &payment).await;
}

async fn a_silent_provider_ends_nothing_and_staff_hear_of_it(mut stage: Stage) {
    // From the beginning of a day: what is said once a day is said by the calendar.
    stage.clock.advance(DAY - stage.clock.now().0.rem_euclid(DAY));
    let payment = stage.begun().await;
    stage.vpos.trouble(std::iter::repeat_n(Trouble::Answer(503), 10_000));
    stage.work();
    let told = "SELECT COUNT(*) FROM jobs WHERE payload LIKE '%\"silence\"%'";
    looked_up_after(&stage, 61 * MINUTE).await;
    assert_eq!(stage.count(told).await, 0, "it may be short");
    looked_up_after(&stage, 2 * HOUR).await;
    looked_up_after(&stage, HOUR).await;
    assert_eq!(stage.count(told).await, 1, "once a day");
    // Longer than a job is tried: a look-up is never given up.
    looked_up_after(&stage, 3 * DAY).await;
    assert_eq!((stage.payment(&payment.id).await.status, stage.count(told).await), (PaymentStatus::Pending, 2));
    stage.vpos.trouble([]);
    stage.clock.advance(HOUR);
    ends(&stage, &payment).await;
}

async fn money_that_came_late_does_not_hide_behind_a_day_of_silence(stage: Stage) {
    let payment = stage.begun().await;
    let hours = async |count: usize| {
        for _ in 0..count {
            stage.clock.advance(HOUR);
            let workers = stage.workers().with(payments::tell::TELL_CUSTOMER, |_| async { JobEnd::Done });
            workers.with(TELL_STAFF, |_| async { JobEnd::Done }).drain().await.unwrap();
        }
    };
    hours(2).await;
    assert_eq!(stage.payment(&payment.id).await.status, PaymentStatus::Expired);
    stage.vpos.remember(sandbox::vpos::Session {
        status: Status::Paid,
        paid_at: Some(stage.clock.now()),
        ..stage.vpos.session(payment.reference.as_ref().unwrap()).unwrap()
    });
    stage.vpos.be_silent(true);
    hours(30).await;
    stage.vpos.be_silent(false);
    hours(7).await;
    assert!(stage.payment(&payment.id).await.status.was_paid(), "it is asked for until it is answered");
    stage.audit().await;
}
