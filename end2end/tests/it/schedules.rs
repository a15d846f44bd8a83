//! What happens by the clock: customers are reminded of unpaid orders, and staff are told how the shop does; each once,
//! also with two sets of workers and after a restart, and not to those who do not want it.

use domain::{
    Day, Moment,
    moment::{HOUR, MINUTE},
    role::{Actor, Permission, Role},
};
use sandbox::telegram::Message;
use sea_orm::ConnectionTrait;
use server::{
    failure::Failure,
    links,
    orders::{self, Reminded},
    shop::{self, Schedules},
};

use crate::{
    buyer,
    chat::{ANI, Chat, KATE},
    on_both,
    stage::Stage,
};

on_both!(
    an_unpaid_order_is_reminded_of_and_paid_from_there,
    nobody_is_reminded_who_paid_ordered_again_or_asked_for_silence,
    a_digest_is_told_once_a_day_and_a_week,
    schedules_are_the_owners_to_set,
);

const REMINDS: &str = "սպասում է ձեզ";

async fn set(stage: &Stage, change: impl FnOnce(&mut Schedules)) {
    let shop = shop::get(&stage.services.db, &stage.merchant).await.unwrap();
    let mut schedules = Schedules::from(&shop);
    change(&mut schedules);
    shop::set_schedules(&stage.services, &stage.owner(), &stage.merchant, schedules).await.unwrap();
}

/// Two sets of workers on one database, as two instances have.
async fn opened(stage: Stage) -> Chat {
    let chat = Chat::open(stage).await;
    let workers = bot::jobs(chat.stage.workers(), chat.stage.services.clone());
    chat.stage.also(workers);
    // One of it: then nobody is asked how many.
    chat.stage.product(450_000, Some(1)).await;
    chat
}

/// The watch has looked after this moment.
async fn looked(stage: &Stage) {
    let now = stage.clock.now();
    let again = format!("SELECT COUNT(*) FROM jobs WHERE kind = 'watch' AND state = 'queued' AND run_at > {}", now.0);
    stage.until("the watch looks", || async { stage.count(&again).await == 1 }).await;
}

async fn later(stage: &Stage, minutes: i64) {
    stage.clock.advance(minutes * MINUTE);
    looked(stage).await;
}

/// Another order of the same customer: its message, not the one of an order before.
async fn orders_again(chat: &Chat, person: i64) -> Message {
    let orders = "SELECT COUNT(*) FROM orders";
    let before = chat.stage.count(orders).await;
    let summary = chat.chooses_coffee(person).await;
    chat.press_data(person, &summary, "ok:");
    chat.stage.until("it is ordered", || async { chat.stage.count(orders).await > before }).await;
    let number = chat.stage.count("SELECT MAX(number) FROM orders").await;
    chat.hears(person, &format!("№ {number}")).await
}

/// Told by hand: the provider stamps its webhooks with the time of the wall.
async fn pays(chat: &Chat, order: &Message) {
    let code = crate::chat::pay_code(order);
    let link = links::by_code(&chat.stage.services.db, &chat.stage.merchant, &code).await.unwrap().unwrap();
    let id = chat.stage.press_pay(&link, "1").await.unwrap();
    let payment = chat.stage.payment(&id).await;
    assert_eq!(chat.stage.post_event(&chat.stage.event("evt_paid", &payment, "paid")).await, 200);
}

async fn an_unpaid_order_is_reminded_of_and_paid_from_there(stage: Stage) {
    let chat = opened(stage).await;
    let stage = &chat.stage;
    set(stage, |schedules| schedules.remind_at_most = 2).await;
    let order = chat.orders_coffee(ANI).await;
    later(stage, 19).await;
    assert_eq!(chat.count(ANI, REMINDS), 0, "not before the time");
    later(stage, 2).await;
    let told = chat.hears(ANI, REMINDS).await;
    later(stage, 5).await;
    later(stage, 5).await;
    assert_eq!(chat.count(ANI, REMINDS), 1);
    assert_eq!(reminded(stage).await, Reminded { orders: 1, paid: 0 });
    later(stage, 15).await;
    stage.until("the second one comes", || async { chat.count(ANI, REMINDS) == 2 }).await;
    assert_eq!(crate::chat::pay_code(&told), crate::chat::pay_code(&order), "it leads to the same link");
    pays(&chat, &told).await;
    chat.hears(ANI, "Եկեք վերցնելու").await;
    later(stage, 60).await;
    assert_eq!(chat.count(ANI, REMINDS), 2, "no more than wanted, and not of what is paid");
    assert_eq!(reminded(stage).await, Reminded { orders: 1, paid: 1 });
    assert_eq!(stage.count("SELECT COUNT(*) FROM jobs WHERE payload LIKE '%reminder%'").await, 2);
}

async fn reminded(stage: &Stage) -> Reminded {
    orders::reminded(&stage.services, &stage.merchant, Moment(0)).await.unwrap()
}

async fn nobody_is_reminded_who_paid_ordered_again_or_asked_for_silence(stage: Stage) {
    let chat = opened(stage).await;
    let stage = &chat.stage;
    let paid = chat.orders_coffee(KATE).await;
    pays(&chat, &paid).await;
    let raw = sea_orm::Database::connect(&stage.database_url).await.unwrap();
    raw.execute_unprepared("UPDATE products SET stock = 1").await.unwrap();
    chat.orders_coffee(ANI).await;
    later(stage, 10).await;
    let newer = orders_again(&chat, ANI).await;
    later(stage, 12).await;
    assert_eq!(chat.count(ANI, REMINDS), 0, "the older order has a newer one, which is not old enough");
    later(stage, 10).await;
    let told = chat.hears(ANI, REMINDS).await;
    assert_eq!(crate::chat::pay_code(&told), crate::chat::pay_code(&newer));
    chat.press_data(ANI, &told, "u:0");
    let silent = chat.with_data(ANI, "u:1").await;
    orders_again(&chat, ANI).await;
    later(stage, 25).await;
    assert_eq!(stage.count("SELECT COUNT(*) FROM orders WHERE reminded > 0").await, 1, "asked for silence");
    chat.press_data(ANI, &silent, "u:1");
    stage.until("reminders are wanted again", || async { wants(stage).await == 0 }).await;
    later(stage, 1).await;
    stage
        .until("and come", || async { stage.count("SELECT COUNT(*) FROM orders WHERE reminded > 0").await == 2 })
        .await;
    assert_eq!(chat.count(KATE, "waits for you"), 0, "she paid");
    assert_eq!(stage.count("SELECT COUNT(*) FROM orders WHERE reminded > 0 AND paid_at IS NOT NULL").await, 0);
}

async fn wants(stage: &Stage) -> i64 {
    stage.count("SELECT COUNT(*) FROM customers WHERE reminders_off_at IS NOT NULL").await
}

/// The next Monday after tomorrow at this hour of the shop.
fn monday(stage: &Stage, hour: i64) -> Moment {
    let mut day = Day::of(stage.clock.now(), 240).plus(2);
    while day.weekday() != 0 {
        day = day.plus(1);
    }
    day.span(240).0.plus(hour * HOUR)
}

async fn a_digest_is_told_once_a_day_and_a_week(stage: Stage) {
    let chat = opened(stage).await;
    let stage = &chat.stage;
    let raw = sea_orm::Database::connect(&stage.database_url).await.unwrap();
    chat.says(KATE, "/start");
    chat.hears(KATE, "").await;
    raw.execute_unprepared(&format!(
        "UPDATE merchants SET staff_bot_id = '{}', staff_chat_id = {KATE}",
        buyer::bot_id(stage).await
    ))
    .await
    .unwrap();
    set(stage, |schedules| schedules.remind_at_most = 0).await;
    // Sunday noon by the shop's clock: what is sold now is told on Monday.
    let monday = monday(stage, 9);
    stage.clock.advance(monday.plus(-21 * HOUR).since(stage.clock.now()));
    stage.until("Saturday is told", || async { chat.count(KATE, "📊") == 1 }).await;
    let before = 1;
    let order = chat.orders_coffee(ANI).await;
    pays(&chat, &order).await;
    chat.hears(ANI, "Եկեք վերցնելու").await;
    stage.clock.advance(monday.plus(-2 * MINUTE).since(stage.clock.now()));
    looked(stage).await;
    assert_eq!(chat.count(KATE, "📊"), before, "not before the hour");
    later(stage, 3).await;
    stage.until("day and week are told", || async { chat.count(KATE, "📊") == before + 2 }).await;
    let week = chat.hears(KATE, "Շաբաթ՝").await;
    assert!(week.text.contains("4\u{202f}500\u{a0}֏") && week.text.contains("Սուրճ × 1"), "{}", week.text);
    for _ in 0..3 {
        later(stage, 30).await;
    }
    assert_eq!(chat.count(KATE, "📊"), before + 2, "each once");
    set(stage, |schedules| (schedules.digest_daily, schedules.digest_weekly) = (false, false)).await;
    stage.clock.advance(24 * HOUR);
    looked(stage).await;
    assert_eq!(chat.count(KATE, "📊"), before + 2, "not wanted any more");
}

async fn schedules_are_the_owners_to_set(stage: Stage) {
    let shop = shop::get(&stage.services.db, &stage.merchant).await.unwrap();
    let own = Schedules::from(&shop);
    let refused = async |actor: &Actor, schedules: Schedules| match shop::set_schedules(
        &stage.services,
        actor,
        &stage.merchant,
        schedules,
    )
    .await
    {
        Err(Failure::Refused(refusal)) => (refusal.code, refusal.field),
        other => panic!("{other:?}"),
    };
    let support = Actor::Staff { id: stage.clock.id(), role: Role::Support };
    assert!(!support.may(Permission::EditSettings));
    assert_eq!(refused(&support, own.clone()).await.0, "forbidden");
    let owner = stage.owner();
    for (field, wrong) in [
        ("remind_after", Schedules { remind_after_minutes: 4, ..own.clone() }),
        ("remind_at_most", Schedules { remind_at_most: 4, ..own.clone() }),
        ("digest_hour", Schedules { digest_hour: 24, ..own.clone() }),
    ] {
        assert_eq!(refused(&owner, wrong).await, ("out_of_range", Some(field)));
    }
    set(&stage, |schedules| schedules.digest_hour = 7).await;
    let after = shop::get(&stage.services.db, &stage.merchant).await.unwrap();
    assert_eq!(after.digest_hour, 7);
    assert_eq!(stage.count("SELECT COUNT(*) FROM audit_log WHERE action = 'schedules_changed'").await, 1);
}
