//! Money back: once, never more than came, approved where it must be, and clear even where the provider is not.

use domain::{
    Money,
    moment::{MINUTE, SECOND},
    order::OrderStatus,
    payment::{PaymentStatus, ReviewReason},
    refund::RefundStatus,
    role::{Actor, Role},
};
use sandbox::vpos::Trouble;
use sea_orm::ConnectionTrait;
use serde_json::json;
use server::{
    failure::{Failure, Outcome},
    payments::{self, Payment},
    refunds::{self, NewRefund, Proof, Refund},
    shop::{self, Rules},
};

use crate::{on_both, stage::Stage};

on_both!(
    all_of_it_goes_back_and_everybody_knows,
    parts_and_lines_and_never_more_than_is_left,
    sixty_four_at_once_never_give_back_more_than_came,
    a_lost_answer_is_resolved_by_looking,
    an_unclear_refund_is_sent_again_under_its_key_and_done_once,
    without_a_key_that_counts_a_person_decides,
    a_clear_refusal_frees_what_was_held,
    busy_providers_are_asked_later,
    a_question_taken_up_is_no_yes,
    support_waits_for_another_person_above_its_limit,
    above_the_shops_limit_even_owners_are_two,
    nothing_goes_back_after_a_dispute,
    money_back_outside_is_seen,
    the_same_cause_asks_once,
    by_hand_needs_proof,
    told_before_it_is_written_down_it_counts_once,
    what_is_with_the_provider_is_not_given_up,
    the_api_asks_once_per_key_and_only_its_own_merchant,
    dead_work_is_tried_again_by_hand,
    what_hangs_is_told_once,
);

fn code(failure: &Failure) -> &'static str {
    match failure {
        Failure::Refused(refusal) => refusal.code,
        Failure::Internal(error) => panic!("{error:#}"),
    }
}

fn staff(stage: &Stage, role: Role) -> Actor {
    Actor::Staff { id: stage.clock.id(), role }
}

fn of(payment: &Payment, amount_minor: Option<i64>) -> NewRefund {
    NewRefund {
        payment: payment.id.clone(),
        amount: amount_minor.map(Money::amd),
        lines: Vec::new(),
        reason: "The cup was broken".to_owned(),
        made_by: None,
    }
}

async fn ask(stage: &Stage, actor: &Actor, payment: &Payment, amount_minor: Option<i64>) -> Outcome<Refund> {
    refunds::ask(&stage.services, actor, &stage.merchant, of(payment, amount_minor)).await
}

async fn stands(stage: &Stage, refund: &Refund) -> RefundStatus {
    refunds::get(&stage.services.db, &stage.merchant, &refund.id).await.unwrap().status
}

async fn becomes(stage: &Stage, refund: &Refund, status: RefundStatus) {
    stage.until(&format!("the refund is {status}"), || async { stands(stage, refund).await == status }).await;
}

/// The provider was asked, and its answer is weighed: the clock may go on.
async fn is_put_off(stage: &Stage) {
    let later = format!(
        "SELECT COUNT(*) FROM jobs WHERE kind = 'refund' AND state IN ('queued', 'retrying') AND run_at > {}",
        stage.clock.now().0
    );
    stage.until("it is put off", || async { stage.count(&later).await == 1 }).await;
}

fn given_back_there(stage: &Stage, payment: &Payment) -> (i64, usize) {
    let session = stage.vpos.session(payment.reference.as_ref().unwrap()).unwrap();
    (session.refunded_minor(), session.refunds.len())
}

async fn all_of_it_goes_back_and_everybody_knows(mut stage: Stage) {
    stage.work();
    let payment = stage.paid().await;
    let refund = ask(&stage, &staff(&stage, Role::Owner), &payment, None).await.unwrap();
    assert_eq!((refund.status, refund.amount()), (RefundStatus::Approved, Money::amd(500_000)));
    becomes(&stage, &refund, RefundStatus::Succeeded).await;
    let after = stage.payment(&payment.id).await;
    assert_eq!((after.status, after.refunded_minor, after.refund_held_minor), (PaymentStatus::Refunded, 500_000, 0));
    assert_eq!(stage.order(&payment.order_id).await.status, OrderStatus::Refunded);
    assert_eq!(given_back_there(&stage, &payment), (500_000, 1));
    let kinds = stage.kinds(&payment.id).await;
    let told: Vec<_> = kinds.iter().filter(|kind| kind.contains("refund")).map(String::as_str).collect();
    assert_eq!(told, ["refund_requested", "refund_approved", "refund_succeeded", "payment_refunded"]);
    assert_eq!(code(&ask(&stage, &stage.owner(), &payment, None).await.unwrap_err()), "refund_too_much");
    stage.audit().await;
}

async fn parts_and_lines_and_never_more_than_is_left(mut stage: Stage) {
    stage.work();
    let payment = stage.paid().await;
    let part = ask(&stage, &stage.owner(), &payment, Some(200_000)).await.unwrap();
    becomes(&stage, &part, RefundStatus::Succeeded).await;
    let after = stage.payment(&payment.id).await;
    assert_eq!((after.status, after.refunded_minor), (PaymentStatus::PartiallyRefunded, 200_000));
    for wrong in [300_001, i64::MAX] {
        let refused = ask(&stage, &stage.owner(), &payment, Some(wrong)).await.unwrap_err();
        assert_eq!(code(&refused), "refund_too_much");
    }
    assert_eq!(code(&ask(&stage, &stage.owner(), &payment, Some(0)).await.unwrap_err()), "amount_out_of_range");
    assert_eq!(code(&ask(&stage, &stage.owner(), &payment, Some(-5)).await.unwrap_err()), "amount_out_of_range");
    let dollars = NewRefund { amount: Some(Money::new(100, domain::Currency::Usd)), ..of(&payment, None) };
    let refused = refunds::ask(&stage.services, &stage.owner(), &stage.merchant, dollars).await.unwrap_err();
    assert_eq!(code(&refused), "currency_not_accepted");
    let silent = NewRefund { reason: "  ".to_owned(), ..of(&payment, None) };
    let refused = refunds::ask(&stage.services, &stage.owner(), &stage.merchant, silent).await.unwrap_err();
    assert_eq!(code(&refused), "reason_required");
    let rest = ask(&stage, &stage.owner(), &payment, None).await.unwrap();
    assert_eq!(rest.amount_minor, 300_000);
    becomes(&stage, &rest, RefundStatus::Succeeded).await;
    assert_eq!(stage.payment(&payment.id).await.status, PaymentStatus::Refunded);
    // By lines: each goes back once.
    let other = stage.paid().await;
    let by_line = |lines: Vec<i32>| NewRefund { lines, ..of(&other, None) };
    let position =
        server::orders::get(&stage.services.db, &stage.merchant, &other.order_id).await.unwrap().lines[0].position;
    let line = refunds::ask(&stage.services, &stage.owner(), &stage.merchant, by_line(vec![position])).await.unwrap();
    assert_eq!(line.amount_minor, 500_000);
    let again = refunds::ask(&stage.services, &stage.owner(), &stage.merchant, by_line(vec![position])).await;
    assert_eq!(code(&again.unwrap_err()), "line_refunded_already");
    becomes(&stage, &line, RefundStatus::Succeeded).await;
    stage.audit().await;
}

async fn sixty_four_at_once_never_give_back_more_than_came(mut stage: Stage) {
    let payment = stage.paid().await;
    let owner = stage.owner();
    let asked = (0..64).map(|_| ask(&stage, &owner, &payment, Some(50_000)));
    let answers = crate::money::all_at_once(asked).await;
    let taken = answers.iter().filter(|answer| answer.is_ok()).count();
    assert_eq!(taken, 10, "ten times a tenth");
    assert!(answers.iter().filter_map(|answer| answer.as_ref().err()).all(|no| code(no) == "refund_too_much"));
    assert_eq!(stage.payment(&payment.id).await.refund_held_minor, 500_000);
    stage.work();
    stage
        .until("everything is given back", || async { stage.payment(&payment.id).await.refunded_minor == 500_000 })
        .await;
    assert_eq!(given_back_there(&stage, &payment), (500_000, 10));
    stage.audit().await;
}

async fn a_lost_answer_is_resolved_by_looking(mut stage: Stage) {
    stage.work();
    let payment = stage.paid().await;
    stage.vpos.trouble([Trouble::LoseAnswer]);
    let refund = ask(&stage, &stage.owner(), &payment, Some(200_000)).await.unwrap();
    becomes(&stage, &refund, RefundStatus::Processing).await;
    stage.until("it was done there", || async { given_back_there(&stage, &payment).1 == 1 }).await;
    is_put_off(&stage).await;
    stage.clock.advance(15 * SECOND);
    becomes(&stage, &refund, RefundStatus::Succeeded).await;
    assert_eq!(given_back_there(&stage, &payment), (200_000, 1), "asked once");
    stage.audit().await;
}

async fn an_unclear_refund_is_sent_again_under_its_key_and_done_once(mut stage: Stage) {
    stage.work();
    let payment = stage.paid().await;
    stage.vpos.trouble([Trouble::Answer(503)]);
    let refund = ask(&stage, &stage.owner(), &payment, Some(200_000)).await.unwrap();
    becomes(&stage, &refund, RefundStatus::Processing).await;
    is_put_off(&stage).await;
    stage.clock.advance(15 * SECOND);
    tokio::time::sleep(std::time::Duration::from_millis(700)).await;
    assert_eq!(given_back_there(&stage, &payment), (0, 0), "nothing is repeated blindly");
    stage.clock.advance(3 * MINUTE);
    becomes(&stage, &refund, RefundStatus::Succeeded).await;
    assert_eq!(given_back_there(&stage, &payment), (200_000, 1));
    stage.audit().await;
}

async fn without_a_key_that_counts_a_person_decides(mut stage: Stage) {
    stage.settings(|settings| settings["refund_keyed"] = false.into()).await;
    stage.work();
    let payment = stage.paid().await;
    stage.vpos.trouble([Trouble::Answer(503)]);
    let refund = ask(&stage, &stage.owner(), &payment, Some(200_000)).await.unwrap();
    becomes(&stage, &refund, RefundStatus::Processing).await;
    is_put_off(&stage).await;
    stage.clock.advance(3 * MINUTE);
    becomes(&stage, &refund, RefundStatus::ManualRequired).await;
    assert_eq!(given_back_there(&stage, &payment), (0, 0));
    let told = stage.count("SELECT CAST(COUNT(*) AS BIGINT) FROM jobs WHERE kind = 'tell_staff'").await;
    assert_eq!(told, 1);
}

async fn a_clear_refusal_frees_what_was_held(mut stage: Stage) {
    stage.work();
    let payment = stage.paid().await;
    stage.vpos.trouble([Trouble::Answer(422)]);
    let refund = ask(&stage, &stage.owner(), &payment, None).await.unwrap();
    becomes(&stage, &refund, RefundStatus::Failed).await;
    let after = stage.payment(&payment.id).await;
    assert_eq!((after.status, after.refund_held_minor, after.refundable_minor()), (PaymentStatus::Paid, 0, 500_000));
    stage.audit().await;
}

async fn busy_providers_are_asked_later(mut stage: Stage) {
    stage.work();
    let payment = stage.paid().await;
    stage.vpos.trouble([Trouble::Answer(429)]);
    let refund = ask(&stage, &stage.owner(), &payment, None).await.unwrap();
    becomes(&stage, &refund, RefundStatus::Processing).await;
    is_put_off(&stage).await;
    stage.clock.advance(10 * SECOND);
    becomes(&stage, &refund, RefundStatus::Succeeded).await;
    assert_eq!(given_back_there(&stage, &payment), (500_000, 1));
}

async fn a_question_taken_up_is_no_yes(mut stage: Stage) {
    stage.work();
    let payment = stage.paid().await;
    // Read, and said nothing about money.
    stage.vpos.trouble([Trouble::Answer(202)]);
    let refund = ask(&stage, &stage.owner(), &payment, None).await.unwrap();
    let later = || async {
        let status = stands(&stage, &refund).await;
        let there = given_back_there(&stage, &payment).0;
        assert!(status != RefundStatus::Succeeded || there == 500_000, "{status} with {there} given back");
        stage.clock.advance(10 * SECOND);
        status == RefundStatus::Succeeded
    };
    stage.until("it is looked up, asked again and done", later).await;
    assert_eq!(given_back_there(&stage, &payment), (500_000, 1));
    stage.audit().await;
}

async fn support_waits_for_another_person_above_its_limit(mut stage: Stage) {
    stage.work();
    let rules = Rules { refund_alone_minor: 100_000, refund_pair_minor: None, stuck_minutes: 10 };
    shop::set_rules(&stage.services, &stage.owner(), &stage.merchant, rules).await.unwrap();
    let (payment, support) = (stage.paid().await, staff(&stage, Role::Support));
    let small = ask(&stage, &support, &payment, Some(100_000)).await.unwrap();
    becomes(&stage, &small, RefundStatus::Succeeded).await;
    let large = ask(&stage, &support, &payment, Some(100_001)).await.unwrap();
    assert_eq!(large.status, RefundStatus::Requested);
    let own = refunds::approve(&stage.services, &support, &stage.merchant, &large.id).await.unwrap_err();
    assert_eq!(code(&own), "forbidden");
    let accountant = ask(&stage, &staff(&stage, Role::Accountant), &payment, None).await.unwrap_err();
    assert_eq!(code(&accountant), "forbidden");
    let manager = staff(&stage, Role::Manager);
    refunds::approve(&stage.services, &manager, &stage.merchant, &large.id).await.unwrap();
    becomes(&stage, &large, RefundStatus::Succeeded).await;
    let again = refunds::approve(&stage.services, &manager, &stage.merchant, &large.id).await.unwrap_err();
    assert_eq!(code(&again), "refund_moved_on");
    let rejected = ask(&stage, &support, &payment, Some(200_000)).await.unwrap();
    refunds::reject(&stage.services, &manager, &stage.merchant, &rejected.id, "not ours").await.unwrap();
    assert_eq!(stands(&stage, &rejected).await, RefundStatus::Rejected);
    assert_eq!(stage.payment(&payment.id).await.refund_held_minor, 0);
    stage.audit().await;
}

async fn above_the_shops_limit_even_owners_are_two(stage: Stage) {
    let rules = Rules { refund_alone_minor: 0, refund_pair_minor: Some(100_000), stuck_minutes: 10 };
    shop::set_rules(&stage.services, &stage.owner(), &stage.merchant, rules).await.unwrap();
    let payment = stage.paid().await;
    let (ani, arman) = (staff(&stage, Role::Owner), staff(&stage, Role::Manager));
    let refund = ask(&stage, &ani, &payment, None).await.unwrap();
    assert_eq!(refund.status, RefundStatus::Requested);
    let own = refunds::approve(&stage.services, &ani, &stage.merchant, &refund.id).await.unwrap_err();
    assert_eq!(code(&own), "refund_own_approval");
    let approved = refunds::approve(&stage.services, &arman, &stage.merchant, &refund.id).await.unwrap();
    assert_eq!(approved.status, RefundStatus::Approved);
    let elsewhere = stage.another_merchant().await;
    let other = refunds::approve(&stage.services, &arman, &elsewhere, &refund.id).await.unwrap_err();
    assert_eq!(code(&other), "not_found");
}

async fn nothing_goes_back_after_a_dispute(mut stage: Stage) {
    let payment = stage.paid().await;
    let under_way = ask(&stage, &stage.owner(), &payment, Some(100_000)).await.unwrap();
    let raw = sea_orm::Database::connect(&stage.database_url).await.unwrap();
    raw.execute_unprepared(&format!("UPDATE payments SET status = 'disputed' WHERE id = '{}'", payment.id))
        .await
        .unwrap();
    let refused = ask(&stage, &stage.owner(), &payment, None).await.unwrap_err();
    assert_eq!(code(&refused), "refund_after_dispute");
    stage.work();
    becomes(&stage, &under_way, RefundStatus::Failed).await;
    assert_eq!(given_back_there(&stage, &payment), (0, 0));
}

async fn money_back_outside_is_seen(stage: Stage) {
    let payment = stage.paid().await;
    let mut event = stage.event("evt_outside", &payment, "partially_refunded");
    event["data"]["refundedMinor"] = 200_000.into();
    assert_eq!(stage.post_event(&event).await, 200);
    let after = stage.payment(&payment.id).await;
    assert_eq!((after.status, after.refunded_minor), (PaymentStatus::PartiallyRefunded, 200_000));
    assert_eq!(after.review_reason, Some(ReviewReason::RefundOutside));
    let refused = ask(&stage, &stage.owner(), &payment, Some(300_001)).await.unwrap_err();
    assert_eq!(code(&refused), "refund_too_much");
    let owner = stage.owner();
    payments::close_review(&stage.services, &owner, &stage.merchant, &payment.id, "ours, at the bank").await.unwrap();
    let after = stage.payment(&payment.id).await;
    assert!(!after.needs_review && !stage.order(&payment.order_id).await.needs_review);
    let again = payments::close_review(&stage.services, &owner, &stage.merchant, &payment.id, "again").await;
    assert_eq!(code(&again.unwrap_err()), "nothing_to_review");
    stage.audit().await;
}

async fn the_same_cause_asks_once(stage: Stage) {
    let payment = stage.paid().await;
    let new = NewRefund { made_by: Some("form:1".to_owned()), ..of(&payment, Some(100_000)) };
    let owner = stage.owner();
    let asked = (0..8).map(|_| refunds::ask(&stage.services, &owner, &stage.merchant, new.clone()));
    let mut ids: Vec<_> = crate::money::all_at_once(asked).await.into_iter().map(|r| r.unwrap().id).collect();
    ids.dedup();
    assert_eq!(ids.len(), 1);
    assert_eq!(stage.payment(&payment.id).await.refund_held_minor, 100_000);
}

async fn by_hand_needs_proof(mut stage: Stage) {
    stage.settings(|settings| settings["refund_path"] = serde_json::Value::Null).await;
    stage.work();
    let (payment, owner) = (stage.paid().await, staff(&stage, Role::Owner));
    let refund = ask(&stage, &owner, &payment, Some(200_000)).await.unwrap();
    becomes(&stage, &refund, RefundStatus::ManualRequired).await;
    let done =
        async |proof: Proof| refunds::done_by_hand(&stage.services, &owner, &stage.merchant, &refund.id, proof).await;
    assert_eq!(code(&done(Proof::default()).await.unwrap_err()), "proof_required");
    let text = || "transfer 1234".to_owned();
    let odd = Proof { text: text(), file: Some(b"<html>".to_vec()) };
    assert_eq!(code(&done(odd).await.unwrap_err()), "proof_kind_unknown");
    let proven = done(Proof { text: text(), file: Some(b"%PDF-1.7 slip".to_vec()) }).await.unwrap();
    assert_eq!(proven.status, RefundStatus::ManualDone);
    let after = stage.payment(&payment.id).await;
    assert_eq!(
        (after.status, after.refunded_minor, after.refund_held_minor),
        (PaymentStatus::PartiallyRefunded, 200_000, 0)
    );
    assert!(!after.needs_review);
    let file = refunds::proof_file(&stage.services.db, &stage.merchant, &refund.id).await.unwrap();
    assert_eq!(file.media_type, "application/pdf");
    assert!(server::catalog::file(&stage.services.db, &file.id).await.unwrap().is_none(), "not for everybody");
    assert_eq!(code(&done(Proof { text: text(), file: None }).await.unwrap_err()), "refund_moved_on");
    stage.audit().await;
}

async fn told_before_it_is_written_down_it_counts_once(mut stage: Stage) {
    stage.settings(|settings| settings["refund_path"] = serde_json::Value::Null).await;
    stage.work();
    let (payment, owner) = (stage.paid().await, staff(&stage, Role::Owner));
    let refund = ask(&stage, &owner, &payment, Some(200_000)).await.unwrap();
    becomes(&stage, &refund, RefundStatus::ManualRequired).await;
    // In the provider's cabinet; its webhook is quicker than the person.
    let mut event = stage.event("evt_cabinet", &payment, "partially_refunded");
    event["data"]["refundedMinor"] = 200_000.into();
    assert_eq!(stage.post_event(&event).await, 200);
    let proof = Proof { text: "in the cabinet".to_owned(), file: None };
    refunds::done_by_hand(&stage.services, &owner, &stage.merchant, &refund.id, proof).await.unwrap();
    let after = stage.payment(&payment.id).await;
    assert_eq!((after.refunded_minor, after.refund_held_minor, after.needs_review), (200_000, 0, false));
    stage.audit().await;
}

async fn what_is_with_the_provider_is_not_given_up(mut stage: Stage) {
    stage.work();
    let (payment, owner) = (stage.paid().await, staff(&stage, Role::Owner));
    stage.vpos.trouble([Trouble::LoseAnswer]);
    let refund = ask(&stage, &owner, &payment, Some(200_000)).await.unwrap();
    stage.until("it was done there", || async { given_back_there(&stage, &payment).1 == 1 }).await;
    let given_up = refunds::failed_by_hand(&stage.services, &owner, &stage.merchant, &refund.id, "too slow").await;
    assert_eq!(code(&given_up.unwrap_err()), "refund_moved_on");
    assert_eq!(stage.payment(&payment.id).await.refundable_minor(), 300_000, "it is held as long as it may be done");
}

async fn the_api_asks_once_per_key_and_only_its_own_merchant(mut stage: Stage) {
    stage.work();
    let payment = stage.paid().await;
    let key = stage.api_key().await;
    let post = async |body: serde_json::Value, once: &str| {
        let request = stage.http.post(format!("{}/api/v1/refunds", stage.url)).bearer_auth(&key);
        let answer = request.header("idempotency-key", once).json(&body).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let body = json!({ "payment_id": payment.id, "reason": "broken", "amount": { "amount_minor": 100_000, "currency": "AMD" } });
    let (first, again) = (post(body.clone(), "a").await, post(body, "a").await);
    assert_eq!((first.0, &first.1), (201, &again.1), "byte for byte");
    let refund: serde_json::Value = serde_json::from_str(&first.1).unwrap();
    let id = refund["id"].as_str().unwrap();
    let seen = stage.http.get(format!("{}/api/v1/refunds/{id}", stage.url)).bearer_auth(&key).send().await.unwrap();
    assert_eq!(seen.json::<serde_json::Value>().await.unwrap()["amount"]["amount_minor"], 100_000);
    let too_much = post(
        json!({ "payment_id": payment.id, "reason": "x", "amount": { "amount_minor": 400_001, "currency": "AMD" } }),
        "b",
    )
    .await;
    assert_eq!(too_much.0, 422, "{}", too_much.1);
    let unpaid = stage.begun().await;
    assert_eq!(post(json!({ "payment_id": unpaid.id, "reason": "x" }), "c").await.0, 409);
    assert_eq!(post(json!({ "payment_id": "pay_nope", "reason": "x" }), "d").await.0, 404);
    assert_eq!(post(json!({ "payment_id": payment.id }), "e").await.0, 422, "a reason is needed");
}

async fn dead_work_is_tried_again_by_hand(mut stage: Stage) {
    let payment = stage.paid().await;
    let raw = sea_orm::Database::connect(&stage.database_url).await.unwrap();
    raw.execute_unprepared("UPDATE jobs SET state = 'dead', last_error = 'x' WHERE kind = 'fulfil_order'")
        .await
        .unwrap();
    let owner = stage.owner();
    let accountant = staff(&stage, Role::Accountant);
    let refused = server::jobs::retry(&stage.services, &accountant, &stage.merchant, None).await.unwrap_err();
    assert_eq!(code(&refused), "forbidden");
    let elsewhere = stage.another_merchant().await;
    assert_eq!(server::jobs::retry(&stage.services, &owner, &elsewhere, None).await.unwrap(), 0);
    assert_eq!(server::jobs::retry(&stage.services, &owner, &stage.merchant, None).await.unwrap(), 1);
    stage.work();
    stage
        .until("it is given", || async { stage.order(&payment.order_id).await.status == OrderStatus::Fulfilled })
        .await;
}

async fn what_hangs_is_told_once(mut stage: Stage) {
    let payment = stage.paid().await;
    let raw = sea_orm::Database::connect(&stage.database_url).await.unwrap();
    raw.execute_unprepared("UPDATE jobs SET state = 'dead' WHERE kind = 'fulfil_order'").await.unwrap();
    stage.work();
    let told = async || {
        stage
            .count("SELECT CAST(COUNT(*) AS BIGINT) FROM jobs WHERE kind = 'tell_staff' AND once_key LIKE '%stuck%'")
            .await
    };
    stage.clock.advance(5 * MINUTE);
    tokio::time::sleep(std::time::Duration::from_millis(700)).await;
    assert_eq!(told().await, 0, "not yet");
    stage.clock.advance(6 * MINUTE);
    stage.until("staff are told", || async { told().await == 1 }).await;
    stage.clock.advance(10 * MINUTE);
    tokio::time::sleep(std::time::Duration::from_millis(700)).await;
    assert_eq!(told().await, 1);
    let stuck = server::alerts::stuck(&stage.services.db, &stage.merchant, stage.clock.now()).await.unwrap();
    assert_eq!(stuck.iter().map(|order| &order.id).collect::<Vec<_>>(), [&payment.order_id]);
    let owner = stage.owner();
    let asked = payments::tell::Again { reason: "the work was lost".to_owned(), once: None };
    server::fulfilment::again(&stage.services, &owner, &stage.merchant, &payment.order_id, asked).await.unwrap();
    stage
        .until("it is given", || async { stage.order(&payment.order_id).await.status == OrderStatus::Fulfilled })
        .await;
}
