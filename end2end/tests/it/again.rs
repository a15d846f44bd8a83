//! What staff send once more: the same text to the same chat, once for each asking, with a reason; nothing is taken from
//! the shelf a second time, and the journal does not hear of it.

use domain::{
    order::OrderStatus,
    payment::PaymentStatus,
    role::{Actor, Role},
};
use sandbox::vpos::{Mischief, Status};
use server::{
    failure::{Failure, Outcome},
    fulfilment,
    orders::{Asked, Piece},
    payments::{self, Payment, tell::Again},
    staff::audit,
};

use crate::{
    buyer::{self, heard},
    on_both,
    person::{PASSWORD, Person, member},
    stage::Stage,
};

on_both!(
    what_was_given_is_sent_again_and_taken_once,
    the_message_of_a_payment_is_sent_again,
    who_cannot_be_reached_is_said,
    a_reason_is_asked_for_and_what_was_typed_stays,
);

const ANI: i64 = 7;

fn why(reason: &str, once: &str) -> Again {
    Again { reason: reason.to_owned(), once: Some(once.to_owned()) }
}

fn refused(outcome: Outcome<()>) -> &'static str {
    match outcome {
        Err(Failure::Refused(refusal)) => refusal.code,
        other => panic!("{other:?}"),
    }
}

/// Ani has ordered one of two cups in the bot; not paid yet.
async fn ordered(stage: &Stage) -> Payment {
    let bot = buyer::bot(stage).await;
    let product = stage.product(450_000, Some(2)).await;
    let placed =
        buyer::orders(stage, &bot, ANI, vec![Asked::Product(Piece::one(product))], "1".to_owned()).await.unwrap();
    let payment = stage.press_pay(&placed.link, "1").await.unwrap();
    stage.payment(&payment).await
}

/// Paid, and what was bought is given.
async fn bought(stage: &mut Stage) -> Payment {
    let payment = ordered(stage).await;
    assert!(stage.vpos.end(payment.reference.as_ref().unwrap(), Status::Paid, Mischief::default()));
    worked(stage).await;
    stage.until("the payment is paid", || async { stage.payment(&payment.id).await.status.was_paid() }).await;
    worked(stage).await;
    assert_eq!(stage.order(&payment.order_id).await.status, OrderStatus::Fulfilled);
    stage.payment(&payment.id).await
}

async fn worked(stage: &Stage) {
    bot::jobs(stage.workers(), stage.services.clone()).drain().await.unwrap();
}

async fn what_was_given_is_sent_again_and_taken_once(mut stage: Stage) {
    let payment = bought(&mut stage).await;
    assert_eq!(heard(&stage, ANI, "Եկեք վերցնելու"), 1);
    let entries = stage.kinds(&payment.id).await;
    let support = Actor::Staff { id: stage.clock.id(), role: Role::Support };
    let again = async |actor: &Actor, asked| {
        fulfilment::again(&stage.services, actor, &stage.merchant, &payment.order_id, asked).await
    };
    // Pressed twice it is one asking; the next asking is another.
    again(&support, why("the chat was deleted", "a")).await.unwrap();
    again(&support, why("the chat was deleted", "a")).await.unwrap();
    worked(&stage).await;
    assert_eq!(heard(&stage, ANI, "Եկեք վերցնելու"), 2);
    stage.clock.advance(1_000);
    again(&support, why("and once more", "b")).await.unwrap();
    worked(&stage).await;
    assert_eq!(heard(&stage, ANI, "Եկեք վերցնելու"), 3);
    assert_eq!(stage.count("SELECT stock FROM products").await, 1, "taken once");
    assert_eq!(stage.count("SELECT COUNT(*) FROM fulfilments").await, 1, "given once");
    assert_eq!(stage.kinds(&payment.id).await, entries, "no money has moved");
    let acts = audit::about(&stage.services.db, &stage.merchant, &[payment.order_id.as_str()], 10).await.unwrap();
    let acts: Vec<_> = acts.iter().map(|line| (line.action.as_str(), line.after.clone().unwrap())).collect();
    assert_eq!(acts.len(), 2, "{acts:?}");
    assert!(acts[0].0 == "delivered_again" && acts[0].1.contains("the chat was deleted"), "{acts:?}");
    let accountant = Actor::Staff { id: stage.clock.id(), role: Role::Accountant };
    assert_eq!(refused(again(&accountant, why("x", "c")).await), "forbidden");
    assert_eq!(refused(again(&support, why("  ", "c")).await), "reason_required");
    stage.audit().await;
}

async fn the_message_of_a_payment_is_sent_again(mut stage: Stage) {
    let payment = bought(&mut stage).await;
    let before = heard(&stage, ANI, "Payment received");
    let owner = stage.owner();
    let say = async |asked| payments::say_again(&stage.services, &owner, &stage.merchant, &payment.id, asked).await;
    say(why("nothing was seen", "a")).await.unwrap();
    say(why("nothing was seen", "a")).await.unwrap();
    worked(&stage).await;
    let told =
        stage.count("SELECT COUNT(*) FROM jobs WHERE kind = 'tell_customer' AND once_key LIKE 'tell:again:%'").await;
    assert_eq!((told, stage.payment(&payment.id).await.status), (1, PaymentStatus::Paid));
    assert_eq!(heard(&stage, ANI, "Payment received"), before + 1);
    stage.post_event(&stage.event("evt_end", &payment, "reversed")).await;
    let after = stage.payment(&payment.id).await.status;
    if after == PaymentStatus::Reversed {
        assert_eq!(refused(say(why("x", "b")).await), "nothing_to_say");
    }
}

async fn who_cannot_be_reached_is_said(mut stage: Stage) {
    let payment = bought(&mut stage).await;
    let own = stage.paid().await;
    let owner = stage.owner();
    let say = async |payment: &Payment, asked| {
        payments::say_again(&stage.services, &owner, &stage.merchant, &payment.id, asked).await
    };
    assert_eq!(refused(say(&own, why("x", "a")).await), "no_chat");
    server::customers::set_blocked(&stage.services, &stage.merchant, ANI, true).await.unwrap();
    assert_eq!(refused(say(&payment, why("x", "a")).await), "customer_blocked");
    let again = fulfilment::again(&stage.services, &owner, &stage.merchant, &payment.order_id, why("x", "a")).await;
    assert_eq!(refused(again), "customer_blocked");
    let other = stage.another_merchant().await;
    let theirs = payments::say_again(&stage.services, &owner, &other, &payment.id, why("x", "a")).await;
    assert_eq!(refused(theirs), "not_found");
}

async fn a_reason_is_asked_for_and_what_was_typed_stays(mut stage: Stage) {
    let payment = bought(&mut stage).await;
    stage.open_dashboard();
    member(&stage, &stage.merchant, "support@shop.am", Role::Support).await;
    let person = Person::signed_in(&stage, "support@shop.am", PASSWORD).await;
    let (story, order) = (format!("/payments/{}", payment.id), format!("/orders/{}", payment.order_id));
    for page in [&story, &order] {
        let body = person.get(page).await.body;
        assert!(body.contains(&format!("{story}/say-again")), "{page}");
        assert!(body.contains(&format!("{order}/deliver-again")), "{page}");
    }
    let long = "lost ".repeat(70);
    let form = [("reason", &*long), ("once", "abc"), ("back", &*story)];
    let answer = person.post(&format!("{story}/say-again"), &form).await;
    assert_eq!(answer.status, 422);
    assert!(answer.body.contains(long.trim()) && answer.body.contains("value=\"abc\""), "what was typed stays");
    let form = [("reason", "the chat was deleted"), ("once", "abc"), ("back", &*story)];
    let answer = person.post(&format!("{story}/say-again"), &form).await;
    assert!(answer.done() && answer.to == story, "{answer:?}");
    worked(&stage).await;
    let body = person.get(&story).await.body;
    assert!(body.contains("The message was sent again.") && body.contains("support · the chat was deleted"));
    let away = person.post(&format!("{story}/say-again"), &[("reason", "x"), ("back", "https://evil.am")]).await;
    assert_eq!(away.to, "/");
}
