//! Silence is handled: look-ups find what no webhook told, and our clock ends what nobody paid.

use domain::{moment::MINUTE, order::OrderStatus, payment::PaymentStatus};
use sandbox::vpos::{Mischief, Status};

use crate::{on_both, stage::Stage};

on_both!(
    a_customer_who_closes_the_tab_after_paying_gets_the_goods,
    a_payment_without_a_word_ends_by_our_clock_after_a_last_look_up,
    an_order_nobody_began_to_pay_expires_with_its_link,
    a_crash_between_asking_and_noting_asks_again_with_the_same_key,
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
