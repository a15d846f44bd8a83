//! One text to many: to those who are meant, once each, at a pace, behind everything that somebody waits for.

use std::collections::BTreeMap;

use domain::{
    BroadcastId, Lang, Localized, OrderId, ProductId,
    broadcast::{AT_ONCE, BroadcastState, EVERY, Receipt, Segment, Who},
    moment::{DAY, HOUR, SECOND},
    role::{Actor, Role},
};
use sandbox::telegram::Fault;
use sea_orm::{ConnectionTrait, Database};
use server::{
    broadcasts::{self, NewBroadcast},
    customers,
    failure::{Failure, Outcome},
    orders::{Asked, Piece},
};

use crate::{
    buyer::{self, TOKEN, heard},
    chat::Chat,
    on_both,
    stage::Stage,
};

on_both!(
    a_segment_means_whom_it_says,
    everybody_who_is_meant_hears_it_once,
    whoever_was_written_to_when_the_program_died_is_not_written_to_again,
    a_turn_is_small_and_the_next_waits,
    telegrams_pause_is_kept_and_an_outage_spoils_nothing,
    whoever_stops_it_hears_no_more_and_may_begin_again,
    a_payment_is_told_before_the_rest_of_a_broadcast,
    what_may_wait_takes_few_places_and_only_free_ones,
    at_its_time_and_called_off,
    nobody_reaches_over_the_wall,
);

const FIRST: i64 = 4_001;

fn code(failure: &Failure) -> &'static str {
    match failure {
        Failure::Refused(refusal) => refusal.code,
        Failure::Internal(error) => panic!("{error:#}"),
    }
}

fn news() -> NewBroadcast {
    NewBroadcast {
        texts: Localized {
            hy: "Նոր գավաթներ".to_owned(), en: "New cups <3".to_owned(), ..Localized::default()
        },
        segment: Segment::default(),
        starts_at: None,
        once: None,
    }
}

/// Customers from `FIRST` on whom the bot may write to.
async fn people(stage: &Stage, many: i64) {
    for person in FIRST..FIRST + many {
        meet(stage, person, Lang::En).await;
    }
}

async fn meet(stage: &Stage, person: i64, language: Lang) {
    stage.telegram.send_text(TOKEN, person, "/start");
    let who = customers::Person { telegram_user_id: person, name: format!("Guest {person}"), username: None, language };
    let (own, merchant) = (stage.services.clone(), stage.merchant.clone());
    let meet = move |tx| async move { customers::meet(&tx, &own, &merchant, &who).await };
    stage.services.db.write(meet).await.unwrap();
}

async fn write(stage: &Stage, new: NewBroadcast) -> Outcome<BroadcastId> {
    broadcasts::create(&stage.services, &stage.owner(), &stage.merchant, new).await
}

/// Does all that is due now, as one worker would.
async fn worked(stage: &Stage) {
    bot::jobs(stage.workers(), stage.services.clone()).drain().await.unwrap();
}

/// Lets the clock run until the broadcast is over.
async fn finished(stage: &Stage, id: &BroadcastId) {
    for _ in 0..400 {
        worked(stage).await;
        if state(stage, id).await == BroadcastState::Done {
            return;
        }
        stage.clock.advance(EVERY);
    }
    panic!("the broadcast does not end: {:?}", results(stage, id).await);
}

async fn state(stage: &Stage, id: &BroadcastId) -> BroadcastState {
    broadcasts::get(&stage.services.db, &stage.merchant, id).await.unwrap().state
}

async fn results(stage: &Stage, id: &BroadcastId) -> BTreeMap<Receipt, i64> {
    let all = broadcasts::results(&stage.services.db, &stage.merchant, vec![id.clone()]).await.unwrap();
    all.into_iter().map(|(_, receipt, count)| (receipt, count)).collect()
}

async fn sql(stage: &Stage, sql: &str) {
    Database::connect(&stage.database_url).await.unwrap().execute_unprepared(sql).await.unwrap();
}

async fn order(stage: &Stage, bot: &domain::BotId, person: i64, product: &ProductId) -> OrderId {
    let coffee = Asked::Product(Piece::one(product.clone()));
    let cause = format!("{person} {}", stage.clock.code(8));
    buyer::orders(stage, bot, person, vec![coffee], cause).await.unwrap().order.id
}

async fn paid(stage: &Stage, order: &OrderId, days_ago: i64) {
    let at = stage.clock.now().plus(-days_ago * DAY).0;
    sql(stage, &format!("UPDATE orders SET paid_at = {at}, status = 'fulfilled' WHERE id = '{order}'")).await;
}

async fn a_segment_means_whom_it_says(stage: Stage) {
    let bot = buyer::bot(&stage).await;
    let (cup, tea) = (stage.product(500_000, None).await, stage.product(100_000, None).await);
    people(&stage, 4).await;
    meet(&stage, FIRST + 4, Lang::Ru).await;
    // The first bought a cup yesterday, the second tea long ago, the third only ordered; the others did nothing.
    paid(&stage, &order(&stage, &bot, FIRST, &cup).await, 1).await;
    paid(&stage, &order(&stage, &bot, FIRST + 1, &tea).await, 90).await;
    order(&stage, &bot, FIRST + 2, &tea).await;
    let stranger = stage.another_merchant().await;
    let count = |who: Who, language: Option<Lang>| {
        let (services, merchant, now) = (stage.services.clone(), stage.merchant.clone(), stage.clock.now());
        async move {
            let by_language = broadcasts::count(&services.db, &merchant, &Segment { language, who }, now).await;
            by_language.unwrap().into_iter().map(|(_, count)| count).sum::<i64>()
        }
    };
    let table = [
        (Who::All, 5),
        (Who::Bought(cup.clone()), 1),
        (Who::Bought(tea), 1),
        (Who::BoughtWithin { days: 30 }, 1),
        (Who::BoughtWithin { days: 365 }, 2),
        (Who::NotBoughtFor { days: 30 }, 1),
        (Who::NotBoughtFor { days: 365 }, 0),
        (Who::NeverPaid, 1),
    ];
    for (who, expected) in table {
        assert_eq!(count(who.clone(), None).await, expected, "{who:?}");
        assert_eq!(count(who, Some(Lang::Hy)).await, 0);
    }
    assert_eq!(count(Who::All, Some(Lang::Ru)).await, 1);
    sql(&stage, &format!("UPDATE customers SET blocked_at = 1 WHERE telegram_user_id = {FIRST}")).await;
    let stop = |person: i64| customers::set_ads_stopped(&stage.services, &stage.merchant, person, true);
    stop(FIRST + 3).await.unwrap();
    assert_eq!(count(Who::All, None).await, 3, "neither who blocked the bot nor who wants no news");
    let theirs = broadcasts::count(&stage.services.db, &stranger, &Segment::default(), stage.clock.now()).await;
    assert!(theirs.unwrap().is_empty());
    // What was counted is what is written to.
    let id = write(&stage, news()).await.unwrap();
    finished(&stage, &id).await;
    assert_eq!(results(&stage, &id).await, [(Receipt::Sent, 3)].into());
    assert_eq!((heard(&stage, FIRST, "New cups"), heard(&stage, FIRST + 1, "New cups <3")), (0, 1));
    assert_eq!(heard(&stage, FIRST + 4, "Նոր գավաթներ"), 1, "a language without a text gets the first that is written");
}

async fn everybody_who_is_meant_hears_it_once(mut stage: Stage) {
    buyer::bot(&stage).await;
    people(&stage, 33).await;
    stage.telegram.set_blocked(TOKEN, FIRST + 7, true);
    let id = write(&stage, NewBroadcast { once: Some("abc".to_owned()), ..news() }).await.unwrap();
    let again = write(&stage, NewBroadcast { once: Some("abc".to_owned()), ..news() }).await.unwrap();
    assert_eq!(id, again, "one writing is one broadcast");
    worked(&stage).await;
    // Who comes after the beginning is not meant.
    meet(&stage, FIRST + 99, Lang::En).await;
    for turn in 0..3 {
        stage.clock.advance(EVERY);
        worked(&stage).await;
        if turn == 1 {
            stage.restart().await;
        }
    }
    finished(&stage, &id).await;
    assert_eq!(results(&stage, &id).await, [(Receipt::Sent, 32), (Receipt::Blocked, 1)].into());
    for person in FIRST..FIRST + 33 {
        assert_eq!(heard(&stage, person, "New cups"), usize::from(person != FIRST + 7), "{person}");
    }
    assert_eq!(heard(&stage, FIRST + 99, "New cups"), 0);
    let blocked = customers::by_telegram(&stage.services.db, &stage.merchant, FIRST + 7).await.unwrap().unwrap();
    assert!(blocked.blocked_at.is_some());
}

async fn whoever_was_written_to_when_the_program_died_is_not_written_to_again(stage: Stage) {
    buyer::bot(&stage).await;
    people(&stage, 8).await;
    let id = write(&stage, news()).await.unwrap();
    // The turn is taken, the messages go out, and nobody lives to note it.
    sql(&stage, "DELETE FROM jobs WHERE kind NOT IN ('start_broadcast')").await;
    let begin = server::jobs::list(&stage.services.db, &stage.merchant, None, None, 10).await.unwrap();
    let begin = begin.into_iter().find(|job| job.kind == broadcasts::START_BROADCAST).unwrap();
    broadcasts::run_start(stage.services.clone(), begin).await;
    let (_, taken) = broadcasts::take(&stage.services, &stage.merchant, &id).await.unwrap().unwrap();
    assert_eq!(taken.len() as u64, AT_ONCE);
    finished(&stage, &id).await;
    let results = results(&stage, &id).await;
    assert_eq!(results, [(Receipt::Unknown, AT_ONCE.cast_signed()), (Receipt::Sent, 8 - AT_ONCE.cast_signed())].into());
    for customer in &taken {
        assert_eq!(heard(&stage, customer.telegram_user_id, "New cups"), 0, "never a second time");
    }
    // The dead turn was only slow: what it says now is the truth.
    let broadcast = broadcasts::get(&stage.services.db, &stage.merchant, &id).await.unwrap();
    let late = taken.iter().map(|customer| (customer.id.clone(), Receipt::Sent)).collect();
    broadcasts::report(&stage.services, &broadcast, late).await.unwrap();
    assert_eq!(self::results(&stage, &id).await, [(Receipt::Sent, 8)].into());
}

async fn a_turn_is_small_and_the_next_waits(stage: Stage) {
    buyer::bot(&stage).await;
    people(&stage, 12).await;
    let id = write(&stage, news()).await.unwrap();
    let sent = || async { results(&stage, &id).await.get(&Receipt::Sent).copied().unwrap_or(0) };
    let turn = AT_ONCE.cast_signed();
    worked(&stage).await;
    assert_eq!(sent().await, turn);
    stage.clock.advance(EVERY - 1);
    worked(&stage).await;
    assert_eq!(sent().await, turn, "not a moment too early");
    stage.clock.advance(1);
    worked(&stage).await;
    assert_eq!(sent().await, 2 * turn);
    // Another one of the same bot waits for its end.
    let second = write(&stage, news()).await.unwrap();
    worked(&stage).await;
    assert_eq!(results(&stage, &second).await, [(Receipt::Queued, 12)].into());
    finished(&stage, &second).await;
    assert_eq!(state(&stage, &id).await, BroadcastState::Done);
}

async fn telegrams_pause_is_kept_and_an_outage_spoils_nothing(stage: Stage) {
    buyer::bot(&stage).await;
    people(&stage, 10).await;
    let fault = |error_code: u16, description: &str, retry_after: Option<u64>, times: u32| Fault {
        method: "sendMessage".to_owned(),
        error_code,
        description: description.to_owned(),
        retry_after,
        times,
    };
    stage.telegram.fail(fault(429, "Too Many Requests: retry after 30", Some(30), 1));
    let id = write(&stage, news()).await.unwrap();
    worked(&stage).await;
    assert_eq!(results(&stage, &id).await, [(Receipt::Queued, 6), (Receipt::Sent, 4)].into());
    stage.clock.advance(29 * SECOND);
    worked(&stage).await;
    assert_eq!(results(&stage, &id).await[&Receipt::Sent], 4, "the pause is the whole bot's");
    stage.telegram.fail(fault(400, "Bad Request: this one is refused", None, 1));
    stage.clock.advance(SECOND);
    worked(&stage).await;
    assert_eq!(results(&stage, &id).await[&Receipt::Failed], 1);
    // Whoever is turned away by a broken Telegram is written to later; the job waits longer and longer.
    stage.telegram.fail(fault(502, "<html><head><title>502 Bad Gateway</title></head></html>", None, 1));
    stage.clock.advance(EVERY);
    worked(&stage).await;
    assert_eq!(stage.count("SELECT COUNT(*) FROM jobs WHERE kind = 'send_broadcast' AND state = 'retrying'").await, 1);
    stage.clock.advance(2 * SECOND);
    finished(&stage, &id).await;
    assert_eq!(results(&stage, &id).await, [(Receipt::Sent, 9), (Receipt::Failed, 1)].into());
}

async fn whoever_stops_it_hears_no_more_and_may_begin_again(stage: Stage) {
    let chat = Chat::open(stage).await;
    let person = FIRST;
    chat.says(person, "/start");
    chat.hears(person, "Խանութ").await;
    write(&chat.stage, news()).await.unwrap();
    let message = chat.hears(person, "New cups").await;
    chat.press_data(person, &message, "e:0");
    let stopped = chat.hears(person, "no more news").await;
    assert_ne!(stopped.id, message.id, "the message stays to be read");
    let customer = || async {
        customers::by_telegram(&chat.stage.services.db, &chat.stage.merchant, person).await.unwrap().unwrap()
    };
    assert!(customer().await.ads_stopped_at.is_some());
    assert_eq!(code(&write(&chat.stage, news()).await.unwrap_err()), "nobody_meant");
    chat.press_data(person, &stopped, "e:1");
    chat.hears(person, "news will come here again").await;
    assert!(customer().await.ads_stopped_at.is_none());
    chat.says(person, "/stop");
    chat.stage.until("it is stopped again", || async { customer().await.ads_stopped_at.is_some() }).await;
}

async fn a_payment_is_told_before_the_rest_of_a_broadcast(stage: Stage) {
    let bot = buyer::bot(&stage).await;
    let product = stage.product(500_000, None).await;
    people(&stage, 60).await;
    let coffee = Asked::Product(Piece::one(product));
    let placed = buyer::orders(&stage, &bot, FIRST + 59, vec![coffee], "update".to_owned()).await.unwrap();
    let payment = stage.press_pay(&placed.link, "1").await.unwrap();
    let payment = stage.payment(&payment).await;
    write(&stage, news()).await.unwrap();
    worked(&stage).await;
    // The next turn has long been due when the money comes.
    stage.clock.advance(HOUR / 2);
    assert_eq!(stage.post_event(&stage.event("evt_1", &payment, "paid")).await, 200);
    let before = stage.telegram.calls().len();
    worked(&stage).await;
    let calls = stage.telegram.calls().split_off(before);
    let said: Vec<String> = calls.iter().filter_map(|(_, body)| Some(body.get("text")?.as_str()?.to_owned())).collect();
    let place =
        |part: &str| said.iter().position(|text| text.contains(part)).unwrap_or_else(|| panic!("{part}: {said:?}"));
    assert!(place("Payment received") < place("New cups"), "{said:?}");
    assert!(place("Եկեք վերցնելու") < place("New cups"), "what was bought, too: {said:?}");
}

/// Many bots at once: their broadcasts share a few places, and what is due besides comes first.
async fn what_may_wait_takes_few_places_and_only_free_ones(stage: Stage) {
    let now = stage.clock.now().0;
    let job = |kind: &str, n: i64| {
        format!(
            "INSERT INTO jobs (merchant_id, kind, payload, state, attempts, run_at, created_at) \
             VALUES ('{}', '{kind}', '{n}', 'queued', 0, {}, {now})",
            stage.merchant,
            now - 1_000 + n
        )
    };
    sql(&stage, "DELETE FROM jobs").await;
    for n in 0..12 {
        sql(&stage, &job("send_broadcast", n)).await;
    }
    for n in 0..3 {
        sql(&stage, &job("ordinary", 500 + n)).await;
    }
    let (seen, gate) =
        (std::sync::Arc::new(std::sync::Mutex::new(Vec::new())), std::sync::Arc::new(tokio::sync::Semaphore::new(0)));
    let work = |word: &'static str| {
        let (seen, gate) = (seen.clone(), gate.clone());
        move |_| {
            let (seen, gate) = (seen.clone(), gate.clone());
            async move {
                seen.lock().unwrap().push(word);
                drop(gate.acquire().await);
                server::jobs::JobEnd::Done
            }
        }
    };
    let stop = tokio_util::sync::CancellationToken::new();
    let workers = server::jobs::Workers::new(stage.services.db.clone(), stage.clock.clone(), Default::default());
    let workers = workers.with("send_broadcast", work("news")).with("ordinary", work("ordinary"));
    let working = tokio::spawn(workers.run(stop.clone()));
    let count = |word: &str| seen.lock().unwrap().iter().filter(|own| **own == word).count();
    stage.until("the ordinary work has begun", || async { count("ordinary") == 3 }).await;
    stage.until("some of the rest has begun", || async { count("news") == 4 }).await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!(count("news"), 4, "no more than its share");
    gate.add_permits(100);
    stage.until("all of it is done", || async { count("news") == 12 }).await;
    stop.cancel();
    working.await.unwrap();
}

async fn at_its_time_and_called_off(stage: Stage) {
    buyer::bot(&stage).await;
    people(&stage, 12).await;
    let now = stage.clock.now();
    let past = NewBroadcast { starts_at: Some(now.plus(-1)), ..news() };
    assert_eq!(code(&write(&stage, past).await.unwrap_err()), "time_is_past");
    let later = NewBroadcast { starts_at: Some(now.plus(HOUR)), ..news() };
    let (id, never) = (write(&stage, later.clone()).await.unwrap(), write(&stage, later).await.unwrap());
    // One that waits for its time keeps nobody from another.
    let first = write(&stage, news()).await.unwrap();
    finished(&stage, &first).await;
    assert_eq!(state(&stage, &id).await, BroadcastState::Scheduled);
    let cancel = |id: BroadcastId| {
        let (services, owner, merchant) = (stage.services.clone(), stage.owner(), stage.merchant.clone());
        async move { broadcasts::cancel(&services, &owner, &merchant, &id).await }
    };
    cancel(never.clone()).await.unwrap();
    stage.clock.advance(HOUR);
    worked(&stage).await;
    assert_eq!(state(&stage, &id).await, BroadcastState::Running);
    cancel(id.clone()).await.unwrap();
    stage.clock.advance(HOUR);
    worked(&stage).await;
    let turn = AT_ONCE.cast_signed();
    assert_eq!(results(&stage, &id).await, [(Receipt::Sent, turn), (Receipt::Queued, 12 - turn)].into());
    assert_eq!((state(&stage, &never).await, results(&stage, &never).await.len()), (BroadcastState::Cancelled, 0));
    assert_eq!(code(&cancel(id).await.unwrap_err()), "broadcast_over");
    let logged = "SELECT COUNT(*) FROM audit_log WHERE action IN ('broadcast_created', 'broadcast_cancelled')";
    assert_eq!(stage.count(logged).await, 5);
}

async fn nobody_reaches_over_the_wall(stage: Stage) {
    buyer::bot(&stage).await;
    let product = stage.product(100_000, None).await;
    people(&stage, 2).await;
    let id = write(&stage, news()).await.unwrap();
    let stranger = stage.another_merchant().await;
    let (services, owner) = (&stage.services, stage.owner());
    assert_eq!(code(&broadcasts::get(&services.db, &stranger, &id).await.unwrap_err()), "not_found");
    assert_eq!(code(&broadcasts::cancel(services, &owner, &stranger, &id).await.unwrap_err()), "not_found");
    assert!(broadcasts::list(&services.db, &stranger, None, 10).await.unwrap().is_empty());
    assert!(broadcasts::results(&services.db, &stranger, vec![id.clone()]).await.unwrap().is_empty());
    assert!(broadcasts::take(services, &stranger, &id).await.unwrap().is_none());
    let segment = Segment { language: None, who: Who::Bought(product) };
    let theirs = NewBroadcast { segment, ..news() };
    let refused = broadcasts::create(services, &owner, &stranger, theirs).await;
    assert_eq!(code(&refused.unwrap_err()), "not_found");
    for role in [Role::Support, Role::Accountant] {
        let actor = Actor::Staff { id: stage.clock.id(), role };
        let refused = broadcasts::create(services, &actor, &stage.merchant, news()).await;
        assert_eq!(code(&refused.unwrap_err()), "forbidden");
        assert_eq!(code(&broadcasts::cancel(services, &actor, &stage.merchant, &id).await.unwrap_err()), "forbidden");
    }
    for (wrong, why) in [
        (NewBroadcast { texts: Localized::default(), ..news() }, "text_required"),
        (NewBroadcast { texts: Localized::same(&"ա".repeat(3_801)), ..news() }, "too_long"),
        (
            NewBroadcast { segment: Segment { language: None, who: Who::BoughtWithin { days: 0 } }, ..news() },
            "days_out_of_range",
        ),
        (NewBroadcast { segment: Segment { language: Some(Lang::Hy), who: Who::All }, ..news() }, "nobody_meant"),
    ] {
        assert_eq!(code(&write(&stage, wrong).await.unwrap_err()), why);
    }
}
