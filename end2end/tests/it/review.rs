//! What waits for a person, and what staff must hear of: nothing graver hides behind what was there before, nothing bought
//! is forgotten, and what has solved itself does not wait any longer.

use domain::{
    Money,
    moment::MINUTE,
    order::OrderStatus,
    payment::{PaymentStatus, ReviewReason},
    refund::RefundStatus,
    role::{Actor, Role},
};
use sandbox::vpos::{Mischief, Status};
use sea_orm::ConnectionTrait;
use server::{
    catalog::ProductInput,
    failure::Failure,
    fulfilment,
    links::What,
    orders::{Asked, Chosen, Piece, Place},
    payments::{self, tell::Again},
    refunds::{self, NewRefund, Refund},
    reports,
};

use crate::{on_both, stage::Stage};

on_both!(
    a_late_payment_without_stock_is_delivered_anyway,
    a_dispute_is_told_although_something_was_told_before,
    a_repeated_mismatch_does_not_undo_what_staff_decided,
    money_for_an_unknown_order_is_told,
    a_duplicate_that_went_back_waits_no_longer,
    a_sum_is_not_smaller_for_being_asked_in_parts,
    who_asked_may_take_it_back,
    what_is_left_after_a_refund_is_still_delivered,
    lines_that_go_back_are_not_delivered,
    paid_after_cancellation_is_delivered,
    delivering_anyway_wakes_the_work_that_was_given_up,
    the_audit_log_is_kept_by_the_database,
    a_form_does_not_undo_what_was_sold_meanwhile,
    books_that_differ_are_told,
    a_journal_that_is_gone_as_a_whole_is_named,
    what_the_bank_took_is_not_delivered_when_its_review_is_closed,
    a_payment_that_is_kept_is_delivered_beside_a_disputed_one,
);

async fn told(stage: &Stage, part: &str) -> i64 {
    let like =
        format!("SELECT CAST(COUNT(*) AS BIGINT) FROM jobs WHERE kind = 'tell_staff' AND payload LIKE '%{part}%'");
    stage.count(&like).await
}

async fn ask(stage: &Stage, actor: &Actor, payment: &payments::Payment, minor: i64, lines: &[i32]) -> Refund {
    let new = NewRefund {
        payment: payment.id.clone(),
        amount: lines.is_empty().then(|| Money::amd(minor)),
        lines: lines.to_vec(),
        reason: "broken".to_owned(),
        made_by: None,
    };
    refunds::ask(&stage.services, actor, &stage.merchant, new).await.unwrap()
}

async fn raw(stage: &Stage, sql: &str) -> Result<sea_orm::ExecResult, sea_orm::DbErr> {
    sea_orm::Database::connect(&stage.database_url).await.unwrap().execute_unprepared(sql).await
}

async fn a_late_payment_without_stock_is_delivered_anyway(mut stage: Stage) {
    stage.work();
    let product = stage.product(450_000, Some(1)).await;
    let buy = async || {
        let what = server::links::What::Product(product.clone());
        let link = stage.link(|new| new.what = what).await;
        let payment = stage.press_pay(&link, "1").await.unwrap();
        stage.payment(&payment).await
    };
    let late = buy().await;
    stage.clock.advance(61 * MINUTE);
    stage.until("it expires", || async { stage.payment(&late.id).await.status == PaymentStatus::Expired }).await;
    let quick = buy().await;
    stage.post_event(&stage.event("evt_quick", &quick, "paid")).await;
    stage.post_event(&stage.event("evt_late", &late, "paid")).await;
    let after = stage.payment(&late.id).await;
    assert_eq!(after.review_reason, Some(ReviewReason::LateUndeliverable));
    let owner = stage.owner();
    let story = reports::story(&stage.services.db, &stage.merchant, &late.id).await.unwrap();
    assert!(!story.may_be_given(), "one way to deliver, not two: that which counts the stock");
    let again = Again { reason: "lost".to_owned(), once: None };
    let refused = fulfilment::again(&stage.services, &owner, &stage.merchant, &late.order_id, again).await;
    assert!(refused.is_err(), "nothing was given that could be given again");
    payments::deliver_anyway(&stage.services, &owner, &stage.merchant, &late.id, "one more was found").await.unwrap();
    stage.until("it is given", || async { stage.order(&late.order_id).await.status == OrderStatus::Fulfilled }).await;
    assert!(!stage.payment(&late.id).await.needs_review);
    stage.audit().await;
}

async fn a_dispute_is_told_although_something_was_told_before(stage: Stage) {
    stage.settings(|settings| settings["words"]["disputed"] = "disputed".into()).await;
    let payment = stage.begun().await;
    stage.post_event(&stage.event("evt_1", &payment, "paid")).await;
    let mut odd = stage.event("evt_2", &payment, "refunded");
    odd["data"]["amountMinor"] = 1.into();
    stage.post_event(&odd).await;
    assert_eq!(stage.payment(&payment.id).await.review_reason, Some(ReviewReason::AmountMismatch));
    stage.post_event(&stage.event("evt_3", &payment, "disputed")).await;
    let after = stage.payment(&payment.id).await;
    assert_eq!((after.status, after.review_reason), (PaymentStatus::Disputed, Some(ReviewReason::Disputed)));
    assert_eq!((told(&stage, "amount_mismatch").await, told(&stage, "disputed").await), (1, 1));
    let new = NewRefund { payment: payment.id.clone(), amount: None, lines: vec![], reason: "x".into(), made_by: None };
    let refused = refunds::ask(&stage.services, &stage.owner(), &stage.merchant, new).await.unwrap_err();
    assert!(matches!(refused, Failure::Refused(refusal) if refusal.code == "refund_after_dispute"));
}

async fn a_repeated_mismatch_does_not_undo_what_staff_decided(stage: Stage) {
    let payment = stage.begun().await;
    let odd = |id: &str| {
        let mut event = stage.event(id, &payment, "paid");
        event["data"]["amountMinor"] = 499_900.into();
        event
    };
    stage.post_event(&odd("evt_1")).await;
    stage.post_event(&odd("evt_2")).await;
    payments::close_review(&stage.services, &stage.owner(), &stage.merchant, &payment.id, "seen").await.unwrap();
    stage.post_event(&odd("evt_3")).await;
    assert!(!stage.payment(&payment.id).await.needs_review);
    let kinds = stage.kinds(&payment.id).await;
    assert_eq!(kinds.iter().filter(|kind| *kind == "payment_mismatch").count(), 1, "{kinds:?}");
    stage.audit().await;
}

async fn money_for_an_unknown_order_is_told(stage: Stage) {
    let payment = stage.begun().await;
    for id in ["evt_1", "evt_2"] {
        let mut stray = stage.event(id, &payment, "paid");
        stray["data"]["sessionId"] = "ps_nobody".into();
        stray["data"]["merchantOrderId"] = "K-nobody".into();
        stage.post_event(&stray).await;
    }
    assert_eq!(told(&stage, "K-nobody").await, 1);
    let mut waiting = stage.event("evt_3", &payment, "pending");
    waiting["data"]["merchantOrderId"] = "K-other".into();
    waiting["data"]["sessionId"] = "ps_other".into();
    stage.post_event(&waiting).await;
    assert_eq!(told(&stage, "K-other").await, 0, "no money was claimed");
}

async fn a_duplicate_that_went_back_waits_no_longer(mut stage: Stage) {
    let link = stage.link(|_| ()).await;
    let first = stage.payment(&stage.press_pay(&link, "1").await.unwrap()).await;
    stage.vpos.end(first.reference.as_ref().unwrap(), Status::Failed, Default::default());
    stage.until("the first fails", || async { stage.payment(&first.id).await.status == PaymentStatus::Failed }).await;
    let second = stage.payment(&stage.press_pay(&link, "2").await.unwrap()).await;
    stage.vpos.end(second.reference.as_ref().unwrap(), Status::Paid, Default::default());
    stage.until("the second is paid", || async { stage.payment(&second.id).await.status.was_paid() }).await;
    stage.post_event(&stage.event("evt_late", &first, "paid")).await;
    let twice = stage.payment(&first.id).await;
    assert_eq!(twice.review_reason, Some(ReviewReason::DuplicatePayment));
    raw(&stage, "UPDATE merchants SET refund_pair_minor = NULL").await.unwrap();
    let refund = ask(&stage, &stage.owner(), &twice, 500_000, &[]).await;
    raw(&stage, &format!("UPDATE refunds SET status = 'manual_required' WHERE id = '{}'", refund.id)).await.unwrap();
    let proof = refunds::Proof { text: "transfer 17".to_owned(), file: None };
    refunds::done_by_hand(&stage.services, &stage.owner(), &stage.merchant, &refund.id, proof).await.unwrap();
    let after = stage.payment(&first.id).await;
    assert_eq!((after.status, after.needs_review), (PaymentStatus::Refunded, false));
    assert!(!stage.order(&first.order_id).await.needs_review);
    assert!(stage.kinds(&first.id).await.contains(&"review_resolved".to_owned()));
    stage.work();
    stage.audit().await;
}

async fn a_sum_is_not_smaller_for_being_asked_in_parts(stage: Stage) {
    let payment = stage.begun().await;
    stage.post_event(&stage.event("evt_1", &payment, "paid")).await;
    raw(&stage, "UPDATE merchants SET refund_alone_minor = 200000").await.unwrap();
    let support = Actor::Staff { id: stage.clock.id(), role: Role::Support };
    assert_eq!(ask(&stage, &support, &payment, 150_000, &[]).await.status, RefundStatus::Approved);
    assert_eq!(ask(&stage, &support, &payment, 150_000, &[]).await.status, RefundStatus::Requested);
}

async fn who_asked_may_take_it_back(stage: Stage) {
    let payment = stage.begun().await;
    stage.post_event(&stage.event("evt_1", &payment, "paid")).await;
    raw(&stage, "UPDATE merchants SET refund_alone_minor = 0").await.unwrap();
    let support = Actor::Staff { id: stage.clock.id(), role: Role::Support };
    let other = Actor::Staff { id: stage.clock.id(), role: Role::Support };
    let refund = ask(&stage, &support, &payment, 100_000, &[]).await;
    let reject = async |who: &Actor| refunds::reject(&stage.services, who, &stage.merchant, &refund.id, "a slip").await;
    assert!(matches!(reject(&other).await, Err(Failure::Refused(refusal)) if refusal.code == "forbidden"));
    assert_eq!(reject(&support).await.unwrap().status, RefundStatus::Rejected);
    assert_eq!(stage.payment(&payment.id).await.refund_held_minor, 0);
}

async fn what_is_left_after_a_refund_is_still_delivered(mut stage: Stage) {
    let payment = stage.begun().await;
    stage.post_event(&stage.event("evt_1", &payment, "paid")).await;
    let part = serde_json::json!({ "refundedMinor": 100_000 });
    let mut back = stage.event("evt_2", &payment, "partially_refunded");
    back["data"].as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
    stage.post_event(&back).await;
    assert_eq!(stage.order(&payment.order_id).await.status, OrderStatus::PartiallyRefunded);
    raw(&stage, "UPDATE orders SET needs_review = FALSE, review_reason = NULL").await.unwrap();
    stage.clock.advance(11 * MINUTE);
    let stuck = server::alerts::stuck(&stage.services.db, &stage.merchant, stage.clock.now()).await.unwrap();
    assert_eq!(stuck.iter().map(|order| &order.id).collect::<Vec<_>>(), [&payment.order_id]);
    stage.work();
    let given = async || stage.order(&payment.order_id).await.fulfilled_at.is_some();
    stage.until("it is given all the same", given).await;
    assert_eq!(stage.order(&payment.order_id).await.status, OrderStatus::PartiallyRefunded);
    stage.audit().await;
}

async fn lines_that_go_back_are_not_delivered(mut stage: Stage) {
    let (cup, bowl) = (stage.product(300_000, None).await, stage.product(200_000, None).await);
    let one = |id| Asked::Product(Piece::one(id));
    let person = server::customers::Person {
        telegram_user_id: 7,
        name: "Ani".to_owned(),
        username: None,
        language: domain::Lang::Hy,
    };
    let (own, merchant) = (stage.services.clone(), stage.merchant.clone());
    let meet = move |tx| async move { server::customers::meet(&tx, &own, &merchant, &person).await };
    let customer = stage.services.db.write(meet).await.unwrap();
    let bot: domain::BotId = stage.clock.id();
    server::bots::add(&stage.services, &stage.merchant, bot.clone(), "b", "B", "1:t").await.unwrap();
    let place = Place {
        asked: vec![one(cup), one(bowl)],
        bot,
        customer: customer.id,
        telegram_user_id: 7,
        language: domain::Lang::Hy,
        made_by: "test".to_owned(),
        chosen: Chosen::default(),
    };
    let link = server::orders::place(&stage.services, &stage.merchant, place).await.unwrap().link;
    let payment = stage.payment(&stage.press_pay(&link, "1").await.unwrap()).await;
    // The provider must know of the money too, or it refuses the refund and the line is delivered after all.
    let quietly = Mischief { never_send: true, ..Mischief::default() };
    assert!(stage.vpos.end(payment.reference.as_ref().unwrap(), Status::Paid, quietly));
    stage.post_event(&stage.event("evt_1", &payment, "paid")).await;
    let refund = ask(&stage, &stage.owner(), &payment, 0, &[1]).await;
    assert_eq!((refund.amount_minor, refund.lines()), (200_000, vec![1]));
    stage.work();
    stage.until("the rest is given", || async { stage.order(&payment.order_id).await.fulfilled_at.is_some() }).await;
    let given = server::fulfilment::of_order(&stage.services.db, &stage.merchant, &payment.order_id).await.unwrap();
    assert_eq!(given.iter().map(|line| line.position).collect::<Vec<_>>(), [0]);
}

async fn paid_after_cancellation_is_delivered(mut stage: Stage) {
    let product = stage.product(500_000, Some(1)).await;
    let link = stage.link(|new| new.what = What::Product(product.clone())).await;
    let payment = stage.payment(&stage.press_pay(&link, "1").await.unwrap()).await;
    stage.post_event(&stage.event("evt_1", &payment, "cancelled")).await;
    server::links::cancel(&stage.services, &stage.owner(), &stage.merchant, &link.id).await.unwrap();
    stage.post_event(&stage.event("evt_2", &payment, "paid")).await;
    stage.work();
    stage
        .until("it is given", || async { stage.order(&payment.order_id).await.status == OrderStatus::Fulfilled })
        .await;
    assert_eq!(stage.count("SELECT stock FROM products").await, 0);
    stage.audit().await;
}

async fn delivering_anyway_wakes_the_work_that_was_given_up(mut stage: Stage) {
    let payment = stage.begun().await;
    stage.post_event(&stage.event("evt_1", &payment, "paid")).await;
    raw(&stage, "UPDATE jobs SET state = 'dead' WHERE kind = 'fulfil_order'").await.unwrap();
    raw(&stage, "UPDATE payments SET needs_review = TRUE, review_reason = 'fulfilment_failed'").await.unwrap();
    raw(&stage, "UPDATE orders SET needs_review = TRUE, review_reason = 'fulfilment_failed'").await.unwrap();
    let owner = stage.owner();
    payments::deliver_anyway(&stage.services, &owner, &stage.merchant, &payment.id, "again").await.unwrap();
    stage.work();
    stage
        .until("it is given", || async { stage.order(&payment.order_id).await.status == OrderStatus::Fulfilled })
        .await;
}

async fn a_form_does_not_undo_what_was_sold_meanwhile(stage: Stage) {
    let id = stage.product(500_000, Some(5)).await;
    let shown = server::catalog::get(&stage.services.db, &stage.merchant, &id).await.unwrap();
    raw(&stage, "UPDATE products SET stock = stock - 2").await.unwrap();
    let save = async |stock| {
        let input = ProductInput { stock: Some(stock), ..ProductInput::from(&shown) };
        let picture = server::catalog::Picture::AsItIs;
        let edited = server::catalog::Edited { input, stock_shown: shown.stock, picture };
        server::catalog::update(&stage.services, &stage.owner(), &stage.merchant, &id, edited).await.unwrap()
    };
    assert_eq!(save(5).await.stock, Some(3), "the stock was not touched in the form");
    assert_eq!(save(15).await.stock, Some(13), "ten more came in");
}

async fn the_audit_log_is_kept_by_the_database(stage: Stage) {
    stage.product(500_000, Some(1)).await;
    for sql in ["UPDATE audit_log SET actor = 'nobody'", "DELETE FROM audit_log"] {
        let error = raw(&stage, sql).await.unwrap_err().to_string();
        assert!(error.contains("never"), "{error}");
    }
}

async fn books_that_differ_are_told(stage: Stage) {
    let payment = stage.begun().await;
    stage.post_event(&stage.event("evt_1", &payment, "paid")).await;
    raw(&stage, "UPDATE payments SET refunded_minor = 1").await.unwrap();
    stage.clock.advance(25 * 60 * MINUTE);
    stage.workers().drain().await.unwrap();
    assert_eq!(told(&stage, "books").await, 1);
}

async fn a_journal_that_is_gone_as_a_whole_is_named(stage: Stage) {
    let payment = stage.begun().await;
    stage.post_event(&stage.event("evt_1", &payment, "paid")).await;
    let off = match stage.services.db.is_postgres() {
        true => "ALTER TABLE journal DISABLE TRIGGER ALL",
        false => "DROP TRIGGER journal_no_delete",
    };
    for sql in [off, "DELETE FROM journal", "DELETE FROM journal_heads"] {
        raw(&stage, sql).await.unwrap();
    }
    let kept = server::journal::Kept::default();
    let verdicts = server::journal::verify_all(&stage.services.db, None, &kept).await.unwrap();
    assert!(
        verdicts.iter().any(|(merchant, verdict)| *merchant == stage.merchant
            && matches!(verdict, server::journal::Verdict::Broken { .. })),
        "{verdicts:?}"
    );
}

async fn what_the_bank_took_is_not_delivered_when_its_review_is_closed(stage: Stage) {
    let (owner, services, merchant) = (stage.owner(), &stage.services, &stage.merchant);
    stage
        .settings(|settings| {
            for word in ["disputed", "reversed"] {
                settings["words"][word] = word.into();
            }
        })
        .await;
    for word in ["disputed", "reversed"] {
        let payment = stage.begun().await;
        stage.post_event(&stage.event(&format!("evt_paid_{word}"), &payment, "paid")).await;
        stage.post_event(&stage.event(&format!("evt_{word}"), &payment, word)).await;
        payments::close_review(services, &owner, merchant, &payment.id, "we answered the bank").await.unwrap();
        stage.clock.advance(11 * MINUTE);
        stage.workers().drain().await.unwrap();
        assert_eq!(stage.order(&payment.order_id).await.fulfilled_at, None, "{word}: the money is not here");
        let lost = payments::tell::Again { reason: "it was lost".to_owned(), once: None };
        let again = server::fulfilment::again(services, &owner, merchant, &payment.order_id, lost).await.unwrap_err();
        assert!(matches!(again, Failure::Refused(refusal) if refusal.code == "payment_not_paid"));
        let stuck = server::alerts::stuck(&services.db, merchant, stage.clock.now()).await.unwrap();
        assert!(stuck.is_empty(), "{word}: nobody is told to deliver it");
    }
}

async fn a_payment_that_is_kept_is_delivered_beside_a_disputed_one(stage: Stage) {
    stage.settings(|settings| settings["words"]["disputed"] = "disputed".into()).await;
    let link = stage.link(|_| ()).await;
    let first = stage.payment(&stage.press_pay(&link, "1").await.unwrap()).await;
    stage.post_event(&stage.event("evt_failed", &first, "failed")).await;
    let second = stage.payment(&stage.press_pay(&link, "2").await.unwrap()).await;
    stage.post_event(&stage.event("evt_2", &second, "paid")).await;
    stage.post_event(&stage.event("evt_1", &first, "paid")).await;
    stage.post_event(&stage.event("evt_disputed", &first, "disputed")).await;
    stage.workers().drain().await.unwrap();
    assert!(stage.order(&first.order_id).await.fulfilled_at.is_some(), "one of the two is paid and stays");
}
