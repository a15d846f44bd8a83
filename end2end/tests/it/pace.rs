//! Telegram's limits, kept over HTTP by a clock that is moved: no message is one too many, however many are owed, and what is
//! told of money does not wait behind what may.

use domain::{
    BotId, BroadcastId, Lang, Localized,
    broadcast::{Receipt, Segment},
    moment::{MINUTE, SECOND},
};
use sandbox::telegram::Fault;
use sea_orm::{ConnectionTrait, Database};
use server::{
    broadcasts::{self, NewBroadcast},
    customers,
    orders::{Asked, Piece},
    payments::Payment,
};
use tokio_util::sync::CancellationToken;

use crate::{
    buyer::{self, TOKEN, heard},
    on_both,
    stage::Stage,
};

on_both!(
    ten_thousand_news_delay_no_payment_by_two_seconds,
    many_at_once_and_a_restart_break_no_limit,
    without_the_gate_limits_are_broken,
    a_pause_is_everybodys,
    a_group_hears_twenty_a_minute_and_its_pause_is_its_own,
);

const FIRST: i64 = 20_001;
const GROUP: i64 = -500;
const STEP: i64 = SECOND / 20;

async fn worked(stage: &Stage) {
    bot::jobs(stage.workers(), stage.services.clone()).drain().await.unwrap();
}

async fn people(stage: &Stage, many: i64) {
    for person in FIRST..FIRST + many {
        stage.telegram.open_chat(TOKEN, person);
    }
    for first in (FIRST..FIRST + many).step_by(250) {
        let (own, merchant) = (stage.services.clone(), stage.merchant.clone());
        let meet = move |tx| async move {
            for telegram_user_id in first..(first + 250).min(FIRST + many) {
                let (name, username, language) = (format!("Guest {telegram_user_id}"), None, Lang::En);
                let who = customers::Person { telegram_user_id, name, username, language };
                customers::meet(&tx, &own, &merchant, &who).await?;
            }
            Ok(())
        };
        stage.services.db.write(meet).await.unwrap();
    }
}

async fn tell_everybody(stage: &Stage) -> BroadcastId {
    let new =
        NewBroadcast { texts: Localized::same("New cups"), segment: Segment::default(), starts_at: None, once: None };
    broadcasts::create(&stage.services, &stage.owner(), &stage.merchant, new).await.unwrap()
}

/// Somebody has ordered and is at the checkout.
async fn about_to_pay(stage: &Stage, bot: &BotId, person: i64) -> Payment {
    let product = stage.product(500_000, None).await;
    let coffee = Asked::Product(Piece::one(product));
    let placed = buyer::orders(stage, bot, person, vec![coffee], format!("update {person}")).await.unwrap();
    let payment = stage.press_pay(&placed.link, "1").await.unwrap();
    stage.payment(&payment).await
}

async fn pays(stage: &Stage, payment: &Payment) {
    assert_eq!(stage.post_event(&stage.event(&format!("evt_{}", payment.id), payment, "paid")).await, 200);
}

async fn ten_thousand_news_delay_no_payment_by_two_seconds(mut stage: Stage) {
    let bot = buyer::bot(&stage).await;
    people(&stage, 10_000).await;
    let mut payments = Vec::new();
    for person in FIRST..FIRST + 10 {
        payments.push((person, about_to_pay(&stage, &bot, person).await));
    }
    stage.restart_within_limits().await;
    let news = tell_everybody(&stage).await;
    worked(&stage).await;
    stage.clock.advance(2 * SECOND);
    // Whoever has just got the news pays, and so do those who wait for them.
    for (person, payment) in &payments {
        for _ in 0..7 {
            stage.clock.advance(STEP);
            worked(&stage).await;
        }
        pays(&stage, payment).await;
        let paid = stage.clock.now();
        worked(&stage).await;
        while heard(&stage, *person, "Payment received") == 0 {
            stage.clock.advance(STEP);
            worked(&stage).await;
            assert!(stage.clock.now().since(paid) <= 2 * SECOND, "{person} waits for more than two seconds");
        }
    }
    let results = broadcasts::results(&stage.services.db, &stage.merchant, vec![news]).await.unwrap();
    let sent = results.iter().find(|(_, receipt, _)| *receipt == Receipt::Sent).map_or(0, |(.., count)| *count);
    assert!(sent > 50, "and the news go on meanwhile: {sent}");
    assert_eq!(stage.telegram.turned_away(), 0);
}

async fn many_at_once_and_a_restart_break_no_limit(mut stage: Stage) {
    const MANY: i64 = 40;
    let bot = buyer::bot(&stage).await;
    people(&stage, 120).await;
    let mut payments = Vec::new();
    for person in FIRST..FIRST + MANY {
        payments.push(about_to_pay(&stage, &bot, person).await);
    }
    stage.restart_within_limits().await;
    tell_everybody(&stage).await;
    for payment in &payments {
        pays(&stage, payment).await;
    }
    let told = |stage: &Stage| (FIRST..FIRST + MANY).filter(|p| heard(stage, *p, "Եկեք վերցնելու") > 0).count();
    for half in [MANY / 2, MANY] {
        let stop = CancellationToken::new();
        let working = tokio::spawn(bot::jobs(stage.workers(), stage.services.clone()).run(stop.clone()));
        let stage_now = &stage;
        stage
            .until("they are told", || async move {
                stage_now.clock.advance(STEP);
                told(stage_now) >= usize::try_from(half).unwrap()
            })
            .await;
        stop.cancel();
        working.await.unwrap();
        stage.restart_within_limits().await;
    }
    for person in FIRST..FIRST + MANY {
        for words in ["Payment received", "Եկեք վերցնելու"] {
            assert_eq!(heard(&stage, person, words), 1, "{person}: {words}");
        }
    }
    assert_eq!(stage.telegram.turned_away(), 0);
    stage.audit().await;
}

/// What the others would see if nobody kept the limits.
async fn without_the_gate_limits_are_broken(stage: Stage) {
    let bot = buyer::bot(&stage).await;
    let payment = about_to_pay(&stage, &bot, FIRST).await;
    let own = stage.clock.clone();
    stage.telegram.keep_limits(move || own.now());
    pays(&stage, &payment).await;
    worked(&stage).await;
    assert_eq!(heard(&stage, FIRST, "Payment received"), 1);
    assert!(stage.telegram.turned_away() > 0, "the second message of the same second");
}

fn pause(seconds: u64) -> Fault {
    Fault {
        method: "sendMessage".to_owned(),
        error_code: 429,
        description: format!("Too Many Requests: retry after {seconds}"),
        retry_after: Some(seconds),
        times: 1,
    }
}

fn asked(stage: &Stage) -> usize {
    stage.telegram.calls().iter().filter(|(method, _)| method == "SendMessage").count()
}

async fn a_pause_is_everybodys(mut stage: Stage) {
    let bot = buyer::bot(&stage).await;
    let mut payments = Vec::new();
    for person in FIRST..FIRST + 5 {
        payments.push(about_to_pay(&stage, &bot, person).await);
    }
    stage.restart_within_limits().await;
    stage.clock.advance(2 * SECOND);
    stage.telegram.fail(pause(7));
    for payment in &payments {
        pays(&stage, payment).await;
    }
    worked(&stage).await;
    for _ in 0..13 {
        stage.clock.advance(SECOND / 2);
        worked(&stage).await;
    }
    assert_eq!(asked(&stage), 1, "after the first was turned away nobody asks");
    for _ in 0..20 {
        stage.clock.advance(SECOND / 2);
        worked(&stage).await;
    }
    for person in FIRST..FIRST + 5 {
        assert_eq!(heard(&stage, person, "Payment received"), 1, "{person}");
    }
    // What was only late has used up no try.
    assert_eq!(stage.count("SELECT COUNT(*) FROM jobs WHERE attempts > 2").await, 0);
    assert_eq!(stage.telegram.turned_away(), 0);
}

async fn a_group_hears_twenty_a_minute_and_its_pause_is_its_own(mut stage: Stage) {
    const ALERTS: usize = 24;
    let bot = buyer::bot(&stage).await;
    stage.telegram.open_chat(TOKEN, GROUP);
    let set = format!("UPDATE merchants SET staff_chat_id = {GROUP}, staff_bot_id = '{bot}'");
    Database::connect(&stage.database_url).await.unwrap().execute_unprepared(&set).await.unwrap();
    stage.restart_within_limits().await;
    stage.clock.advance(5 * SECOND);
    stage.telegram.fail(pause(30));
    for _ in 0..ALERTS {
        let payment = stage.begun().await;
        let mut event = stage.event(&format!("evt_{}", payment.id), &payment, "paid");
        event["data"]["amountMinor"] = 5_000.into();
        assert_eq!(stage.post_event(&event).await, 200);
    }
    worked(&stage).await;
    // The group is to be quiet, and a customer is told all the same.
    let payment = about_to_pay(&stage, &bot, FIRST).await;
    pays(&stage, &payment).await;
    worked(&stage).await;
    assert_eq!((heard(&stage, FIRST, "Payment received"), heard(&stage, GROUP, "⚠️")), (1, 0));
    stage.clock.advance(30 * SECOND);
    let start = stage.clock.now();
    while heard(&stage, GROUP, "⚠️") < ALERTS {
        worked(&stage).await;
        stage.clock.advance(SECOND / 2);
        assert!(stage.clock.now().since(start) < 3 * MINUTE, "everything is told at last");
    }
    assert!(stage.clock.now().since(start) > MINUTE);
    assert_eq!(stage.telegram.turned_away(), 0);
}
