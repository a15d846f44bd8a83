//! Telegram turns everybody away, is broken, never answers, or a proxy answers for it, while many are to be told: nobody is
//! forgotten, and nobody hears anything twice, but where its answer was lost.

use std::time::Duration;

use domain::{
    Localized,
    broadcast::{Receipt, Segment},
    moment::{HOUR, SECOND},
    order::OrderStatus,
};
use providers::telegram::Api;
use sandbox::telegram::{Fault, Silence};
use server::{
    broadcasts::{self, NewBroadcast},
    orders::{Asked, Piece},
    payments::Payment,
};
use tokio_util::sync::CancellationToken;

use crate::{
    buyer::{self, TOKEN},
    on_both,
    stage::Stage,
};

/// As many as are written to at once, so that the ten seconds for which the library waits after an error of the server pass
/// for all together.
const MANY: i64 = 30;
const FIRST: i64 = 3_001;

on_both!(
    nobody_is_forgotten_and_nobody_hears_it_twice,
    who_is_gone_is_marked_and_the_sale_goes_on,
    what_is_never_answered_is_told_once_telegram_answers_again,
    where_only_the_answer_was_lost_money_is_told_twice_and_news_once,
    a_question_that_telegram_left_without_an_answer_is_answered,
);

async fn nobody_is_forgotten_and_nobody_hears_it_twice(stage: Stage) {
    let (bot, product) = (buyer::bot(&stage).await, stage.product(500_000, None).await);
    let mut payments = Vec::new();
    for person in FIRST..FIRST + MANY {
        let coffee = Asked::Product(Piece::one(product.clone()));
        let placed = buyer::orders(&stage, &bot, person, vec![coffee], format!("update {person}")).await.unwrap();
        let payment = stage.press_pay(&placed.link, "1").await.unwrap();
        payments.push(stage.payment(&payment).await);
    }
    stage.telegram.fail(fault(429, "Too Many Requests: retry after 7", MANY));
    for (code, words) in [
        (502, "Bad Gateway"),
        (500, "Internal Server Error"),
        (502, "<html><head><title>502 Bad Gateway</title></head></html>"),
    ] {
        stage.telegram.fail(fault(code, words, MANY / 3));
    }
    let stop = CancellationToken::new();
    let workers = bot::jobs(stage.workers(), stage.services.clone());
    let working = tokio::spawn(workers.run(stop.clone()));
    for payment in &payments {
        assert_eq!(stage.post_event(&stage.event(&format!("evt_{}", payment.id), payment, "paid")).await, 200);
    }
    is_left_alone(&stage).await;
    stage.clock.advance(10 * SECOND);
    for person in FIRST..FIRST + MANY {
        for words in ["Payment received", "Եկեք վերցնելու"] {
            stage
                .until("everybody is told", || async {
                    stage.clock.advance(SECOND / 10);
                    buyer::heard(&stage, person, words) > 0
                })
                .await;
        }
    }
    stop.cancel();
    working.await.unwrap();
    for person in FIRST..FIRST + MANY {
        for words in ["Payment received", "Եկեք վերցնելու"] {
            assert_eq!(buyer::heard(&stage, person, words), 1, "{person}: {words}");
        }
    }
    let owed = "SELECT COUNT(*) FROM jobs WHERE kind = 'tell_customer' AND state <> 'done'";
    assert_eq!(stage.count(owed).await, 0, "every promise is kept");
    stage.audit().await;
}

fn fault(error_code: u16, description: &str, times: i64) -> Fault {
    Fault {
        method: "sendMessage".to_owned(),
        error_code,
        description: description.to_owned(),
        retry_after: (error_code == 429).then_some(7),
        times: u32::try_from(times).unwrap(),
    }
}

/// Once it has said "later" to everybody, and before that time, nobody writes.
async fn is_left_alone(stage: &Stage) {
    let asked = || stage.telegram.calls().iter().filter(|(method, _)| method == "SendMessage").count();
    let all = usize::try_from(MANY).unwrap();
    stage.until("everybody was turned away", || async { asked() >= all }).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(asked(), all, "who is turned away comes again when told to");
}

/// Blocked, deleted, never there: the customer is marked, the order is done all the same, and no work is left or dead.
async fn who_is_gone_is_marked_and_the_sale_goes_on(stage: Stage) {
    let (bot, product) = (buyer::bot(&stage).await, stage.product(500_000, None).await);
    let gone = [
        (403, "Forbidden: bot was blocked by the user"),
        (403, "Forbidden: user is deactivated"),
        (400, "Bad Request: chat not found"),
    ];
    for (person, (code, words)) in (FIRST..).zip(gone) {
        let coffee = Asked::Product(Piece::one(product.clone()));
        let placed = buyer::orders(&stage, &bot, person, vec![coffee], format!("update {person}")).await.unwrap();
        let payment = stage.press_pay(&placed.link, "1").await.unwrap();
        let payment = stage.payment(&payment).await;
        stage.telegram.fail(fault(code, words, 1));
        assert_eq!(stage.post_event(&stage.event(&format!("evt_{person}"), &payment, "paid")).await, 200);
        bot::jobs(stage.workers(), stage.services.clone()).drain().await.unwrap();
        let marked =
            format!("SELECT COUNT(*) FROM customers WHERE telegram_user_id = {person} AND blocked_at IS NOT NULL");
        assert_eq!(stage.count(&marked).await, 1, "{words}");
        assert_eq!(stage.order(&placed.order.id).await.status, OrderStatus::Fulfilled, "{words}");
        assert_eq!(buyer::heard(&stage, person, "Եկեք"), 0, "nobody writes to who is gone");
    }
    let owed = "SELECT COUNT(*) FROM jobs WHERE kind = 'tell_customer' AND state <> 'done'";
    assert_eq!(stage.count(owed).await, 0);
}

/// All that is due is done, by a way to Telegram that waits for no more than a moment.
async fn worked(stage: &Stage) {
    let api = Api::patient(&stage.services.telegram_api_url, Duration::from_millis(300));
    bot::jobs_by(stage.workers(), stage.services.clone(), api).drain().await.unwrap();
}

async fn later(stage: &Stage, by: i64) {
    stage.clock.advance(by);
    worked(stage).await;
}

fn silent(stage: &Stage, done: bool, times: u32) {
    stage.telegram.never_answer(Silence { method: "sendMessage".to_owned(), done, times });
}

async fn ordered(stage: &Stage, person: i64) -> Payment {
    let (bot, product) = (buyer::bot(stage).await, stage.product(500_000, None).await);
    let coffee = Asked::Product(Piece::one(product));
    let placed = buyer::orders(stage, &bot, person, vec![coffee], format!("update {person}")).await.unwrap();
    let payment = stage.press_pay(&placed.link, "1").await.unwrap();
    stage.payment(&payment).await
}

async fn what_is_never_answered_is_told_once_telegram_answers_again(stage: Stage) {
    let payment = ordered(&stage, FIRST).await;
    silent(&stage, false, 100);
    assert_eq!(stage.post_event(&stage.event("evt_1", &payment, "paid")).await, 200);
    worked(&stage).await;
    assert_eq!(stage.order(&payment.order_id).await.status, OrderStatus::Fulfilled, "the sale waits for nobody");
    let owed = "SELECT COUNT(*) FROM jobs WHERE kind = 'tell_customer' AND state = 'retrying'";
    assert!(stage.count(owed).await > 0 && buyer::heard(&stage, FIRST, "Payment received") == 0);
    later(&stage, HOUR).await;
    assert!(stage.count(owed).await > 0, "it is owed as long as Telegram is silent");
    stage.telegram.heal();
    later(&stage, HOUR).await;
    later(&stage, HOUR).await;
    for words in ["Payment received", "Եկեք վերցնելու"] {
        assert_eq!(buyer::heard(&stage, FIRST, words), 1, "{words}");
    }
    assert_eq!(stage.count("SELECT COUNT(*) FROM jobs WHERE kind = 'tell_customer' AND state <> 'done'").await, 0);
}

/// Telegram knows no idempotency key: what must be heard is said again, what need not be is not.
async fn where_only_the_answer_was_lost_money_is_told_twice_and_news_once(stage: Stage) {
    let payment = ordered(&stage, FIRST).await;
    silent(&stage, true, 1);
    assert_eq!(stage.post_event(&stage.event("evt_1", &payment, "paid")).await, 200);
    worked(&stage).await;
    later(&stage, HOUR).await;
    let heard = |words: &str| buyer::heard(&stage, FIRST, words);
    assert_eq!((heard("Payment received"), heard("Եկեք վերցնելու")), (2, 1), "once more, where nobody answered");
    let news =
        NewBroadcast { texts: Localized::same("New cups"), segment: Segment::default(), starts_at: None, once: None };
    silent(&stage, true, 1);
    let id = broadcasts::create(&stage.services, &stage.owner(), &stage.merchant, news).await.unwrap();
    for _ in 0..4 {
        later(&stage, HOUR).await;
    }
    assert_eq!(heard("New cups"), 1);
    let results = broadcasts::results(&stage.services.db, &stage.merchant, vec![id]).await.unwrap();
    let ends: Vec<_> = results.into_iter().map(|(_, receipt, count)| (receipt, count)).collect();
    assert_eq!(ends, [(Receipt::Unknown, 1)], "and it is said that nobody knows");
}

async fn a_question_that_telegram_left_without_an_answer_is_answered(stage: Stage) {
    let bot = buyer::bot(&stage).await;
    stage.telegram.send_text(TOKEN, FIRST, "/help");
    let bot = server::bots::get(&stage.services, &bot).await.unwrap();
    let updates = Api::new(&stage.services.telegram_api_url).updates(TOKEN, 0).await.unwrap();
    let arrived = |update: &serde_json::Value| server::bots::Arrived {
        update_id: update["update_id"].as_i64().unwrap(),
        chat_id: Some(FIRST),
        body: update.to_string(),
    };
    silent(&stage, false, 1);
    assert!(stage.services.updates.keep_polled(&bot, updates.iter().map(arrived).collect()).await);
    worked(&stage).await;
    assert_eq!(buyer::heard(&stage, FIRST, "What you can do here"), 0);
    later(&stage, HOUR).await;
    later(&stage, HOUR).await;
    assert_eq!(buyer::heard(&stage, FIRST, "What you can do here"), 1);
}
