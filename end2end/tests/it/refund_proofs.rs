//! What proves a refund: the provider's word of this payment, of this refund and of no other; and two people where two are
//! asked for.

use domain::{
    Currency, Money,
    moment::{MINUTE, SECOND},
    payment::{PaymentStatus, ReviewReason},
    refund::RefundStatus,
    role::{Actor, Permission, Role},
};
use sandbox::vpos::Trouble;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use server::{
    alerts::TELL_STAFF,
    api_keys,
    failure::{Failure, Outcome},
    jobs::JobEnd,
    payments::{self, Payment, tell::TELL_CUSTOMER},
    refunds::{self, NewRefund, Proof, Refund},
    shop::{self, Rules},
    staff::audit,
};

use crate::{
    on_both,
    person::{Person, member, text},
    stage::Stage,
};

on_both!(
    a_second_part_needs_a_proof_of_its_own,
    a_word_without_a_sum_may_speak_of_the_first_part,
    an_answer_of_another_sum_is_no_proof,
    one_gift_is_not_two_refunds,
    told_meanwhile_it_may_be_the_other_one,
    what_was_given_after_a_refund_died_is_not_that_one,
    busy_the_second_time_does_not_forget_the_first,
    one_person_with_a_key_is_not_two,
    a_duplicate_that_could_not_go_back_is_asked_for_anew,
    each_step_of_a_refund_is_in_the_audit_log_with_before_and_after,
);

const PART: i64 = 100_000;
const NEXT: i64 = 150_000;

fn code(failure: &Failure) -> &'static str {
    match failure {
        Failure::Refused(refusal) => refusal.code,
        Failure::Internal(error) => panic!("{error:#}"),
    }
}

async fn ask(stage: &Stage, actor: &Actor, payment: &Payment, minor: i64) -> Outcome<Refund> {
    let new = NewRefund {
        payment: payment.id.clone(),
        amount: Some(Money::new(minor, Currency::Amd)),
        lines: Vec::new(),
        reason: "The cup was broken".to_owned(),
        made_by: None,
    };
    refunds::ask(&stage.services, actor, &stage.merchant, new).await
}

/// Everything due is done; the provider's next answers go wrong as `troubles` say.
async fn works(stage: &Stage, troubles: impl IntoIterator<Item = Trouble>) {
    stage.vpos.trouble(troubles);
    let workers = stage.workers().with(TELL_CUSTOMER, |_| async { JobEnd::Done });
    workers.with(TELL_STAFF, |_| async { JobEnd::Done }).drain().await.unwrap();
    stage.vpos.trouble([]);
}

async fn later(stage: &Stage, wait: i64, troubles: impl IntoIterator<Item = Trouble>) {
    stage.clock.advance(wait);
    works(stage, troubles).await;
}

async fn stands(stage: &Stage, refund: &Refund) -> RefundStatus {
    refunds::get(&stage.services.db, &stage.merchant, &refund.id).await.unwrap().status
}

/// How much the provider gave, and in how many pieces.
fn there(stage: &Stage, payment: &Payment) -> (i64, usize) {
    let session = stage.vpos.session(payment.reference.as_ref().unwrap()).unwrap();
    (session.refunded_minor(), session.refunds.len())
}

/// A payment of which one part is back, and a second one that is asked for.
async fn second_part(stage: &Stage) -> (Payment, Refund) {
    let payment = stage.paid().await;
    works(stage, []).await;
    let first = ask(stage, &stage.owner(), &payment, PART).await.unwrap();
    works(stage, []).await;
    assert_eq!((stands(stage, &first).await, there(stage, &payment)), (RefundStatus::Succeeded, (PART, 1)));
    let second = ask(stage, &stage.owner(), &payment, NEXT).await.unwrap();
    (payment, second)
}

async fn a_second_part_needs_a_proof_of_its_own(stage: Stage) {
    let (payment, second) = second_part(&stage).await;
    // "Partially refunded" it is, since the first part.
    works(&stage, [Trouble::TakeUp]).await;
    assert_eq!((stands(&stage, &second).await, there(&stage, &payment)), (RefundStatus::Processing, (PART, 1)));
    assert_eq!(stage.payment(&payment.id).await.refunded_minor, PART);
    later(&stage, 3 * MINUTE, []).await;
    assert_eq!((stands(&stage, &second).await, there(&stage, &payment)), (RefundStatus::Succeeded, (PART + NEXT, 2)));
    assert_eq!(stage.payment(&payment.id).await.refunded_minor, PART + NEXT);
    stage.audit().await;
}

async fn a_word_without_a_sum_may_speak_of_the_first_part(stage: Stage) {
    let (payment, second) = second_part(&stage).await;
    works(&stage, [Trouble::LeaveOutSum]).await;
    assert_eq!(stands(&stage, &second).await, RefundStatus::Processing, "it is looked up");
    later(&stage, 15 * SECOND, []).await;
    assert_eq!((stands(&stage, &second).await, there(&stage, &payment)), (RefundStatus::Succeeded, (PART + NEXT, 2)));
    // Where nothing was back before, the word is enough.
    let other = stage.paid().await;
    works(&stage, []).await;
    let first = ask(&stage, &stage.owner(), &other, PART).await.unwrap();
    works(&stage, [Trouble::LeaveOutSum]).await;
    assert_eq!(stands(&stage, &first).await, RefundStatus::Succeeded);
    stage.audit().await;
}

async fn an_answer_of_another_sum_is_no_proof(stage: Stage) {
    let payment = stage.paid().await;
    works(&stage, []).await;
    let refund = ask(&stage, &stage.owner(), &payment, PART).await.unwrap();
    works(&stage, [Trouble::OtherSum]).await;
    let now = stage.payment(&payment.id).await;
    assert_eq!((stands(&stage, &refund).await, now.refunded_minor), (RefundStatus::Processing, 0));
    assert_eq!(now.review_reason, Some(ReviewReason::AmountMismatch), "staff are told of it");
    // Nor is a look-up that speaks of another sum.
    later(&stage, 15 * SECOND, [Trouble::OtherSum]).await;
    assert_eq!(stands(&stage, &refund).await, RefundStatus::Processing);
    later(&stage, 15 * SECOND, []).await;
    let now = stage.payment(&payment.id).await;
    assert_eq!((stands(&stage, &refund).await, now.refunded_minor), (RefundStatus::Succeeded, PART));
    assert_eq!(there(&stage, &payment), (PART, 1));
    // Where it goes on, a person decides.
    let next = ask(&stage, &stage.owner(), &payment, PART).await.unwrap();
    works(&stage, [Trouble::LoseAnswer]).await;
    later(&stage, 3 * MINUTE, [Trouble::OtherSum]).await;
    assert_eq!(stands(&stage, &next).await, RefundStatus::ManualRequired);
    stage.audit().await;
}

/// One refund in a person's hands, since nobody can tell what became of it, and a second one of the same sum with the
/// provider, whose answer is lost and who has not done it.
async fn two_unclear(stage: &Stage) -> (Payment, Refund, Refund) {
    stage.settings(|settings| settings["refund_keyed"] = false.into()).await;
    let payment = stage.paid().await;
    works(stage, []).await;
    let by_hand = ask(stage, &stage.owner(), &payment, PART).await.unwrap();
    works(stage, [Trouble::Answer(503)]).await;
    later(stage, 3 * MINUTE, []).await;
    assert_eq!(stands(stage, &by_hand).await, RefundStatus::ManualRequired);
    let sent = ask(stage, &stage.owner(), &payment, PART).await.unwrap();
    works(stage, [Trouble::Answer(503)]).await;
    assert_eq!(stands(stage, &sent).await, RefundStatus::Processing);
    (payment, by_hand, sent)
}

async fn in_the_cabinet(stage: &Stage, payment: &Payment, minor: i64) {
    let reference = payment.reference.as_ref().unwrap();
    let url = format!("{}/sandbox/vpos/v1/payment-sessions/{reference}/refunds", stage.url);
    let body = json!({ "amountMinor": minor, "currency": "AMD" });
    let given = stage.http.post(url).bearer_auth("token").header("idempotency-key", "cabinet").json(&body);
    assert!(given.send().await.unwrap().status().is_success());
}

async fn written_down(stage: &Stage, refund: &Refund) {
    let proof = Proof { text: "in the cabinet".to_owned(), file: None };
    refunds::done_by_hand(&stage.services, &stage.owner(), &stage.merchant, &refund.id, proof).await.unwrap();
}

/// The person's one is given and written down, the provider's is not: each is told apart.
async fn ends_with_one_gift(stage: &Stage, payment: &Payment, by_hand: &Refund, sent: &Refund) {
    later(stage, 3 * MINUTE, []).await;
    assert_eq!(stands(stage, sent).await, RefundStatus::ManualRequired, "whose gift it was, a person says");
    written_down(stage, by_hand).await;
    refunds::failed_by_hand(&stage.services, &stage.owner(), &stage.merchant, &sent.id, "not given").await.unwrap();
    let now = stage.payment(&payment.id).await;
    assert_eq!((now.refunded_minor, now.refund_held_minor, now.needs_review), (PART, 0, false));
    assert_eq!(there(stage, payment), (PART, 1));
    stage.audit().await;
}

async fn one_gift_is_not_two_refunds(stage: Stage) {
    let (payment, by_hand, sent) = two_unclear(&stage).await;
    in_the_cabinet(&stage, &payment, PART).await;
    later(&stage, 15 * SECOND, []).await;
    assert_eq!(stands(&stage, &sent).await, RefundStatus::Processing, "the look-up shows one gift");
    ends_with_one_gift(&stage, &payment, &by_hand, &sent).await;
}

async fn told_meanwhile_it_may_be_the_other_one(stage: Stage) {
    let (payment, by_hand, sent) = two_unclear(&stage).await;
    in_the_cabinet(&stage, &payment, PART).await;
    let mut event = stage.event("evt_cabinet", &payment, "partially_refunded");
    event["data"]["refundedMinor"] = PART.into();
    assert_eq!(stage.post_event(&event).await, 200);
    later(&stage, 15 * SECOND, []).await;
    assert_eq!(stands(&stage, &sent).await, RefundStatus::Processing, "the webhook tells one gift");
    ends_with_one_gift(&stage, &payment, &by_hand, &sent).await;
}

async fn what_was_given_after_a_refund_died_is_not_that_one(stage: Stage) {
    let payment = stage.paid().await;
    works(&stage, []).await;
    let dead = ask(&stage, &stage.owner(), &payment, PART).await.unwrap();
    works(&stage, [Trouble::Answer(503)]).await;
    let raw = sea_orm::Database::connect(&stage.database_url).await.unwrap();
    raw.execute_unprepared("UPDATE jobs SET state = 'dead' WHERE kind = 'refund' AND state <> 'done'").await.unwrap();
    let other = ask(&stage, &stage.owner(), &payment, PART).await.unwrap();
    works(&stage, []).await;
    assert_eq!((stands(&stage, &other).await, there(&stage, &payment)), (RefundStatus::Processing, (PART, 1)));
    server::jobs::retry(&stage.services, &stage.owner(), &stage.merchant, None).await.unwrap();
    later(&stage, 15 * SECOND, []).await;
    assert_eq!(stands(&stage, &dead).await, RefundStatus::Processing, "that gift was the other one");
    ends_with_one_gift(&stage, &payment, &other, &dead).await;
}

async fn busy_the_second_time_does_not_forget_the_first(stage: Stage) {
    let payment = stage.paid().await;
    works(&stage, []).await;
    let refund = ask(&stage, &stage.owner(), &payment, PART).await.unwrap();
    works(&stage, [Trouble::Answer(503)]).await;
    // Looked up, sent again, and the provider is busy.
    later(&stage, 3 * MINUTE, [Trouble::Fine, Trouble::Answer(429)]).await;
    let busy = refunds::get(&stage.services.db, &stage.merchant, &refund.id).await.unwrap();
    assert!(busy.status == RefundStatus::Processing && busy.sent_at.is_some(), "{busy:?}");
    // A refusal may mean that the first one was done.
    later(&stage, 3 * MINUTE, [Trouble::Fine, Trouble::Answer(422)]).await;
    let now = stage.payment(&payment.id).await;
    assert_eq!((stands(&stage, &refund).await, now.refund_held_minor), (RefundStatus::ManualRequired, PART));
    stage.audit().await;
}

async fn one_person_with_a_key_is_not_two(stage: Stage) {
    let rules = Rules { refund_alone_minor: 0, refund_pair_minor: Some(PART), stuck_minutes: 10 };
    shop::set_rules(&stage.services, &stage.owner(), &stage.merchant, rules).await.unwrap();
    let payment = stage.paid().await;
    let (services, merchant) = (&stage.services, &stage.merchant);
    let ani = Actor::Staff { id: member(&stage, merchant, "ani@x.am", Role::Owner).await, role: Role::Owner };
    let arman = Actor::Staff { id: member(&stage, merchant, "arman@x.am", Role::Owner).await, role: Role::Owner };
    let all = || Permission::ALL.to_vec();
    let key = async |maker: &Actor| {
        let (id, _) = api_keys::create(services, maker, merchant, "shop", all()).await.unwrap();
        Actor::ApiKey { id, permissions: all() }
    };
    let own = key(&ani).await;
    let made_by_the_key = key(&own).await;
    let approve = async |who: &Actor, refund: &Refund| refunds::approve(services, who, merchant, &refund.id).await;
    for (asks, says_yes) in [(&own, &ani), (&ani, &own), (&own, &made_by_the_key), (&made_by_the_key, &ani)] {
        let refund = ask(&stage, asks, &payment, NEXT).await.unwrap();
        assert_eq!(refund.status, RefundStatus::Requested);
        assert!(refunds::is_own(services, says_yes, &refund).await.unwrap());
        assert_eq!(code(&approve(says_yes, &refund).await.unwrap_err()), "refund_own_approval");
        refunds::reject(services, says_yes, merchant, &refund.id, "a slip").await.unwrap();
    }
    let refund = ask(&stage, &own, &payment, NEXT).await.unwrap();
    assert_eq!(approve(&arman, &refund).await.unwrap().status, RefundStatus::Approved);
}

async fn a_duplicate_that_could_not_go_back_is_asked_for_anew(stage: Stage) {
    stage.open_dashboard();
    let payment = stage.paid().await;
    works(&stage, []).await;
    let email = "ani@x.am";
    member(&stage, &stage.merchant, email, Role::Owner).await;
    let ani = Person::signed_in(&stage, email, crate::person::PASSWORD).await;
    let press = async || ani.post(&format!("/payments/{}/refund-duplicate", payment.id), &[]).await;
    assert!(press().await.done() && press().await.done());
    let all = async || refunds::of_payment(&stage.services.db, &stage.merchant, &payment.id).await.unwrap();
    assert_eq!(all().await.len(), 1, "pressed twice, asked once");
    works(&stage, [Trouble::Answer(422)]).await;
    assert_eq!(all().await[0].status, RefundStatus::Failed);
    let again = press().await;
    assert_eq!(again.flash, format!("good.{}", text("refund_said.approved")));
    press().await;
    works(&stage, []).await;
    let mut status: Vec<_> = all().await.iter().map(|refund| refund.status).collect();
    status.sort();
    assert_eq!(status, [RefundStatus::Succeeded, RefundStatus::Failed]);
    assert_eq!(stage.payment(&payment.id).await.status, PaymentStatus::Refunded);
}

async fn each_step_of_a_refund_is_in_the_audit_log_with_before_and_after(stage: Stage) {
    let rules = Rules { refund_alone_minor: 0, refund_pair_minor: Some(0), stuck_minutes: 10 };
    shop::set_rules(&stage.services, &stage.owner(), &stage.merchant, rules).await.unwrap();
    stage.settings(|settings| settings["refund_path"] = Value::Null).await;
    let payment = stage.paid().await;
    works(&stage, []).await;
    let (services, merchant) = (&stage.services, &stage.merchant);
    let asked = async || ask(&stage, &stage.owner(), &payment, PART).await.unwrap();
    let manual = async || {
        let refund = asked().await;
        refunds::approve(services, &stage.owner(), merchant, &refund.id).await.unwrap();
        works(&stage, []).await;
        refund
    };
    refunds::reject(services, &stage.owner(), merchant, &asked().await.id, "no").await.unwrap();
    refunds::failed_by_hand(services, &stage.owner(), merchant, &manual().await.id, "no").await.unwrap();
    written_down(&stage, &manual().await).await;
    payments::check(services, &stage.owner(), merchant, &payment.id).await.unwrap();
    let log = audit::list(&services.db, merchant, &audit::Filter::default(), 50).await.unwrap();
    let line = |action: &str| {
        let line = log.iter().find(|line| line.action == action).unwrap_or_else(|| panic!("no {action}"));
        let json = |text: &Option<String>| -> Value {
            let text = text.as_deref().unwrap_or_else(|| panic!("{action}: {line:?}"));
            serde_json::from_str(text).unwrap()
        };
        (json(&line.before), json(&line.after))
    };
    for (action, from, to, held) in [
        ("refund_approved", "requested", "approved", [PART, PART]),
        ("refund_rejected", "requested", "rejected", [PART, 0]),
        ("refund_given_up", "manual_required", "failed", [PART, 0]),
        ("refund_done_by_hand", "manual_required", "manual_done", [PART, 0]),
    ] {
        let (before, after) = line(action);
        assert_eq!((&before["status"], &after["status"]), (&json!(from), &json!(to)), "{action}");
        let sums = [&before["refund_held_minor"], &after["refund_held_minor"]];
        assert_eq!(sums, [&json!(held[0]), &json!(held[1])], "{action}");
    }
    let (before, after) = line("refund_done_by_hand");
    assert_eq!((&before["refunded_minor"], &after["refunded_minor"]), (&json!(0), &json!(PART)));
    assert_eq!(line("refund_asked").0["refund_held_minor"], json!(0));
    assert_eq!(line("payment_checked").0["status"], json!("partially_refunded"));
}
