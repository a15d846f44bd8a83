//! What is chosen for a whole order: how goods come to the customer, which way to pay; and giving it up before it is paid.

use domain::{
    Localized,
    handover::{Step, Way},
    order::OrderStatus,
    product::ProductKind,
    role::{Actor, Permission, Role},
};
use reqwest::Method;
use sandbox::{
    telegram::Message,
    vpos::{Mischief, Status},
};
use sea_orm::ConnectionTrait;
use server::{
    failure::{Failure, Outcome},
    links,
    orders::{self, Goods, HandOver},
    payments,
    shop::{self, HandingOver},
};

use crate::{
    api::{call, key},
    assemble,
    cart::{adds, has, named},
    chat::{ANI, Chat, KATE, pay_code},
    on_both,
    stage::Stage,
};

on_both!(
    goods_are_brought_for_a_price_that_a_large_order_is_spared,
    picked_up_costs_nothing_and_the_only_way_is_not_asked,
    what_is_no_goods_is_not_asked_about,
    the_way_is_asked_again_when_the_shop_changes_it,
    the_setting_is_checked_and_who_may_not_changes_nothing,
    the_way_to_pay_is_chosen_in_the_chat,
    an_unpaid_order_is_given_up,
    money_for_an_order_given_up_is_not_lost,
    steps_are_taken_told_once_and_taken_back,
    many_are_taken_to_their_next_step,
);

fn both() -> HandingOver {
    HandingOver {
        pickup: true,
        pickup_address: Localized::same("Abovyan 18"),
        delivery: true,
        delivery_minor: 100_000,
        delivery_free_from_minor: Some(1_500_000),
        delivery_note: Localized::same("Within a day"),
    }
}

async fn hands_over(stage: &Stage, how: HandingOver) {
    shop::set_handing_over(&stage.services, &stage.owner(), &stage.merchant, how).await.unwrap();
}

async fn placed(chat: &Chat) -> orders::Whole {
    let all =
        orders::list(&chat.stage.services.db, &chat.stage.merchant, &orders::Filter::default(), 10).await.unwrap();
    all.into_iter().max_by_key(|whole| whole.order.number).expect("an order")
}

/// From the product's card to what is asked next.
async fn buys(chat: &Chat, person: i64, product: &domain::ProductId, quantity: i64) {
    chat.says(person, &format!("/start {product}"));
    let card = chat.with_data(person, &format!("b:{product}")).await;
    chat.press_data(person, &card, "b:");
    let many = chat.with_data(person, "q:").await;
    chat.press_data(person, &many, &format!("q:{quantity}"));
}

async fn confirms(chat: &Chat, person: i64, part: &str) -> (Message, Message) {
    let summary = chat.first(person, |message| has(message, "ok:") && message.text.contains(part)).await;
    chat.press_data(person, &summary, "ok:");
    let order = chat.first(person, |message| has(message, "k:") && message.id >= summary.id).await;
    (summary, order)
}

async fn goods_are_brought_for_a_price_that_a_large_order_is_spared(stage: Stage) {
    let coffee = named(&stage, "Coffee", 500_000, Some(20)).await;
    let cup = named(&stage, "Cup", 300_000, Some(1)).await;
    hands_over(&stage, both()).await;
    let chat = Chat::open(stage).await;
    adds(&chat, KATE, &coffee, 2).await;
    adds(&chat, KATE, &cup, 1).await;
    let cart = chat.first(KATE, |message| has(message, "yo") && message.text.contains("Cup × 1")).await;
    chat.press_data(KATE, &cart, "yo");
    let ways = chat.with_data(KATE, "z:delivery").await;
    assert!(ways.text.contains("Pick-up: Abovyan 18") && ways.text.contains("Within a day"), "{}", ways.text);
    chat.press_data(KATE, &ways, "z:delivery");
    chat.hears(KATE, "Write the address").await;
    chat.says(KATE, "x");
    chat.hears(KATE, "5 to 300 characters").await;
    chat.says(KATE, "Tumanyan 12,\n flat <5>");
    let (summary, order) = confirms(&chat, KATE, "Delivery: Tumanyan 12, flat").await;
    assert!(summary.text.contains("14\u{202f}000"), "{}", summary.text);
    let whole = placed(&chat).await;
    let lines: Vec<_> = whole.lines.iter().map(|line| (line.title.en.as_str(), line.unit_minor)).collect();
    assert_eq!(lines, [("Coffee", 500_000), ("Cup", 300_000), ("Delivery", 100_000)]);
    let address = Some("Tumanyan 12, flat <5>");
    assert_eq!((whole.order.handover, whole.order.address.as_deref()), (Some(Way::Delivery), address));
    chat.pays(&order, Status::Paid).await;
    let told = chat.hears(KATE, "Payment received").await;
    assert!(told.text.contains("Delivery: Tumanyan 12"), "{}", told.text);
    let alert = "SELECT CAST(COUNT(*) AS BIGINT) FROM jobs WHERE once_key LIKE 'alert:%handover:%'";
    chat.stage.until("staff are told where to", || async { chat.stage.count(alert).await == 1 }).await;
    let key = key(&chat.stage, &[Permission::SeeMoney]).await;
    let path = format!("/orders/{}", whole.order.id);
    let (_, told) = call(&chat.stage, &key, Method::GET, &path, None).await;
    assert_eq!((&told["handover"], &told["delivery_address"]), (&"delivery".into(), &"Tumanyan 12, flat <5>".into()));
    // Large enough to be brought for nothing, to the same place.
    buys(&chat, KATE, &coffee, 3).await;
    let ways = chat.first(KATE, |message| has(message, "z:") && message.id > order.id).await;
    chat.press_data(KATE, &ways, "z:delivery");
    let last = chat.with_data(KATE, "za").await;
    chat.press_data(KATE, &last, "za");
    confirms(&chat, KATE, "15\u{202f}000").await;
    chat.stage.until("the second order", || async { placed(&chat).await.order.amount_minor == 1_500_000 }).await;
    assert_eq!(placed(&chat).await.order.address.as_deref(), address);
    chat.stage.audit().await;
}

async fn picked_up_costs_nothing_and_the_only_way_is_not_asked(stage: Stage) {
    let coffee = named(&stage, "Coffee", 500_000, Some(20)).await;
    hands_over(&stage, HandingOver { delivery: false, ..both() }).await;
    let chat = Chat::open(stage).await;
    buys(&chat, KATE, &coffee, 2).await;
    let (summary, _) = confirms(&chat, KATE, "Pick-up: Abovyan 18").await;
    assert!(!has(&summary, "zc"), "there is nothing to choose: {summary:?}");
    let whole = placed(&chat).await;
    assert_eq!((whole.order.handover, whole.order.amount_minor, whole.lines.len()), (Some(Way::Pickup), 1_000_000, 1));
}

async fn what_is_no_goods_is_not_asked_about(stage: Stage) {
    let lesson = named(&stage, "Lesson", 500_000, Some(20)).await;
    let product = server::catalog::get(&stage.services.db, &stage.merchant, &lesson).await.unwrap();
    let input = server::catalog::ProductInput { kind: ProductKind::Service, stock: None, ..(&product).into() };
    let picture = server::catalog::Picture::AsItIs;
    let edited = server::catalog::Edited { input, stock_shown: product.stock, picture };
    server::catalog::update(&stage.services, &stage.owner(), &stage.merchant, &lesson, edited).await.unwrap();
    hands_over(&stage, both()).await;
    let chat = Chat::open(stage).await;
    buys(&chat, KATE, &lesson, 2).await;
    confirms(&chat, KATE, "Lesson × 2").await;
    let order = placed(&chat).await.order;
    assert_eq!((order.handover, order.amount_minor), (None, 1_000_000));
}

async fn the_way_is_asked_again_when_the_shop_changes_it(stage: Stage) {
    let coffee = named(&stage, "Coffee", 500_000, Some(20)).await;
    hands_over(&stage, both()).await;
    let chat = Chat::open(stage).await;
    buys(&chat, KATE, &coffee, 2).await;
    let ways = chat.with_data(KATE, "z:pickup").await;
    chat.press_data(KATE, &ways, "z:pickup");
    let summary = chat.with_data(KATE, "ok:").await;
    hands_over(&chat.stage, HandingOver { pickup: false, ..both() }).await;
    chat.press_data(KATE, &summary, "ok:");
    chat.hears(KATE, "hands goods over differently").await;
    assert_eq!(chat.stage.count("SELECT CAST(COUNT(*) AS BIGINT) FROM orders").await, 0);
}

fn code<T: std::fmt::Debug>(refused: Outcome<T>) -> &'static str {
    let Err(Failure::Refused(refusal)) = refused else { panic!("{refused:?}") };
    refusal.code
}

async fn the_setting_is_checked_and_who_may_not_changes_nothing(stage: Stage) {
    let set = async |actor: &Actor, how| shop::set_handing_over(&stage.services, actor, &stage.merchant, how).await;
    let support = Actor::Staff { id: stage.clock.id(), role: Role::Support };
    assert_eq!(code(set(&support, both()).await), "forbidden");
    let nowhere = HandingOver { pickup_address: Localized::default(), ..both() };
    assert_eq!(code(set(&stage.owner(), nowhere).await), "required");
    assert_eq!(code(set(&stage.owner(), HandingOver { delivery_minor: -1, ..both() }).await), "out_of_range");
    let long = HandingOver { delivery_note: Localized::same(&"a".repeat(301)), ..both() };
    assert_eq!(code(set(&stage.owner(), long).await), "too_long");
    assert!(!shop::get(&stage.services.db, &stage.merchant).await.unwrap().ways().any());
    set(&stage.owner(), both()).await.unwrap();
    let noted = "SELECT CAST(COUNT(*) AS BIGINT) FROM audit_log WHERE action = 'handover_changed'";
    assert_eq!(stage.count(noted).await, 1);
}

async fn the_way_to_pay_is_chosen_in_the_chat(stage: Stage) {
    let coffee = named(&stage, "Coffee", 500_000, Some(20)).await;
    let second = stage.clock.id();
    assemble::add_account(&stage.services, &stage.merchant, &second, &stage.url, "token").await;
    let chat = Chat::open(stage).await;
    buys(&chat, KATE, &coffee, 2).await;
    let summary = chat.with_data(KATE, "zm:").await;
    assert!(summary.text.contains("How will you pay"), "{}", summary.text);
    chat.press_data(KATE, &summary, &format!("zm:{second}"));
    let changed = |message: &Message| message.keyboard != summary.keyboard && has(message, "zm:");
    let summary = chat.first(KATE, changed).await;
    chat.press_data(KATE, &summary, "ok:");
    let order = chat.with_data(KATE, "k:").await;
    let link = links::by_code(&chat.stage.services.db, &chat.stage.merchant, &pay_code(&order)).await.unwrap().unwrap();
    let page = links::open(&chat.stage.services, &link.code).await.unwrap();
    assert_eq!(page.order_account.as_ref(), Some(&second));
    let payment = chat.stage.press_pay(&link, "1").await.unwrap();
    assert_eq!(chat.stage.payment(&payment).await.account_id, second);
}

async fn an_unpaid_order_is_given_up(stage: Stage) {
    stage.product(500_000, Some(1)).await;
    let chat = Chat::open(stage).await;
    let order = chat.orders_coffee(ANI).await;
    chat.says(ANI, "/orders");
    let list = chat.with_data(ANI, "j:").await;
    for _ in 0..3 {
        chat.press_data(ANI, &list, "j:");
    }
    chat.hears(ANI, "Չեղարկված է").await;
    let whole = placed(&chat).await;
    assert_eq!(whole.order.status, OrderStatus::Cancelled);
    let journalled = "SELECT CAST(COUNT(*) AS BIGINT) FROM journal WHERE kind = 'order_cancelled'";
    assert_eq!(chat.stage.count(journalled).await, 1);
    let link = links::by_code(&chat.stage.services.db, &chat.stage.merchant, &pay_code(&order)).await.unwrap().unwrap();
    assert_eq!(code(chat.stage.press_pay(&link, "1").await), "link_cancelled");
    // Nobody else's.
    let (services, merchant) = (&chat.stage.services, &chat.stage.merchant);
    let stranger = chat.stage.clock.id();
    assert_eq!(code(links::give_up(services, merchant, &stranger, &whole.order.id).await), "not_found");
    chat.stage.audit().await;
}

async fn money_for_an_order_given_up_is_not_lost(stage: Stage) {
    stage.product(500_000, Some(1)).await;
    let chat = Chat::open(stage).await;
    let order = chat.orders_coffee(ANI).await;
    let link = links::by_code(&chat.stage.services.db, &chat.stage.merchant, &pay_code(&order)).await.unwrap().unwrap();
    let payment = chat.stage.press_pay(&link, "1").await.unwrap();
    chat.says(ANI, "/orders");
    let list = chat.with_data(ANI, "j:").await;
    chat.press_data(ANI, &list, "j:");
    let cancelled = async || chat.stage.link_now(&link.id).await.cancelled_at.is_some();
    chat.stage.until("the link is cancelled", || async { cancelled().await }).await;
    let begun = chat.stage.payment(&payment).await;
    assert!(chat.stage.vpos.end(begun.reference.as_ref().unwrap(), Status::Paid, Mischief::default()));
    chat.hears(ANI, "Վճարումն ստացված է").await;
    chat.hears(ANI, "Եկեք վերցնելու").await;
    assert!(payments::get(&chat.stage.services.db, &chat.stage.merchant, &payment).await.unwrap().status.was_paid());
    // What is paid is not given up any more.
    chat.press_data(ANI, &list, "j:");
    chat.hears(ANI, "Վճարված և հանձնված է").await;
    assert!(placed(&chat).await.order.status.was_paid());
    chat.stage.audit().await;
}

/// Ordered in the chat, to be brought or picked up, and paid.
async fn bought(chat: &Chat, person: i64, product: &domain::ProductId, way: Way) -> orders::Whole {
    let before = orders::list(&chat.stage.services.db, &chat.stage.merchant, &orders::Filter::default(), 10).await;
    let before = before.unwrap().len();
    buys(chat, person, product, 1).await;
    let ways = chat.with_data(person, &format!("z:{way}")).await;
    chat.press_data(person, &ways, &format!("z:{way}"));
    if way == Way::Delivery {
        chat.hears(person, "Write the address").await;
        chat.says(person, "Tumanyan 12, flat 5");
    }
    let summary = chat.with_data(person, "ok:").await;
    chat.press_data(person, &summary, "ok:");
    let made = async || {
        let all = orders::list(&chat.stage.services.db, &chat.stage.merchant, &orders::Filter::default(), 10).await;
        all.unwrap().len() > before
    };
    chat.stage.until("the order is made", || async { made().await }).await;
    let whole = placed(chat).await;
    let order = chat.first(person, |message| has(message, "k:") && message.id >= summary.id).await;
    chat.pays(&order, Status::Paid).await;
    let given = async || chat.stage.order(&whole.order.id).await.step.is_some();
    chat.stage.until("its goods are to be packed", || async { given().await }).await;
    whole
}

async fn go(stage: &Stage, actor: &Actor, order: &domain::OrderId, from: Step, to: Option<Step>) -> Outcome<usize> {
    let wanted = HandOver { orders: vec![(order.clone(), from)], to };
    orders::hand_over(&stage.services, actor, &stage.merchant, wanted).await
}

async fn steps_are_taken_told_once_and_taken_back(stage: Stage) {
    let coffee = named(&stage, "Coffee", 500_000, Some(20)).await;
    hands_over(&stage, both()).await;
    let chat = Chat::open(stage).await;
    let id = bought(&chat, KATE, &coffee, Way::Delivery).await.order.id;
    let (stage, owner) = (&chat.stage, chat.stage.owner());
    assert_eq!(stage.order(&id).await.step, Some(Step::ToPack));
    let accountant = Actor::Staff { id: stage.clock.id(), role: Role::Accountant };
    assert_eq!(code(go(stage, &accountant, &id, Step::ToPack, None).await), "forbidden");
    assert_eq!(code(go(stage, &owner, &stage.clock.id(), Step::ToPack, None).await), "not_found");
    let other = stage.another_merchant().await;
    let wanted = HandOver { orders: vec![(id.clone(), Step::ToPack)], to: None };
    assert_eq!(code(orders::hand_over(&stage.services, &owner, &other, wanted).await), "not_found");
    // Pressed twice it is one step.
    assert_eq!(go(stage, &owner, &id, Step::ToPack, None).await.unwrap(), 1);
    assert_eq!(go(stage, &owner, &id, Step::ToPack, None).await.unwrap(), 0);
    assert_eq!(code(go(stage, &owner, &id, Step::ToPack, Some(Step::OnWay)).await), "step_moved_on");
    assert_eq!(code(go(stage, &owner, &id, Step::Packed, Some(Step::Ready)).await), "step_wrong");
    chat.hears(KATE, "is packed").await;
    assert_eq!(go(stage, &owner, &id, Step::Packed, None).await.unwrap(), 1);
    let told = chat.hears(KATE, "is on the way").await;
    assert!(told.text.contains("Tumanyan 12, flat 5"), "{}", told.text);
    chat.says(KATE, "/orders");
    chat.hears(KATE, "On the way").await;
    // A mistake is taken back, and what was told is not told again.
    assert_eq!(go(stage, &owner, &id, Step::OnWay, Some(Step::Packed)).await.unwrap(), 1);
    assert_eq!(go(stage, &owner, &id, Step::Packed, None).await.unwrap(), 1);
    assert_eq!(go(stage, &owner, &id, Step::OnWay, None).await.unwrap(), 1);
    chat.hears(KATE, "was handed over").await;
    let told = "SELECT CAST(COUNT(*) AS BIGINT) FROM jobs WHERE once_key LIKE 'tell:on_way:%' OR once_key LIKE 'tell:packed:%'";
    assert_eq!(stage.count(told).await, 2);
    let noted = "SELECT CAST(COUNT(*) AS BIGINT) FROM journal WHERE kind = 'order_handover'";
    let written = "SELECT CAST(COUNT(*) AS BIGINT) FROM audit_log WHERE action = 'order_step'";
    assert_eq!((stage.count(noted).await, stage.count(written).await), (5, 5));
    let key = key(stage, &[Permission::SeeMoney]).await;
    let (_, told) = call(stage, &key, Method::GET, &format!("/orders/{id}"), None).await;
    assert_eq!(told["handover_step"], "handed_over");
    // What was given back wholly is handed over no more.
    let given_back = format!("UPDATE orders SET status = 'refunded' WHERE id = '{id}'");
    sea_orm::Database::connect(&stage.database_url).await.unwrap().execute_unprepared(&given_back).await.unwrap();
    assert_eq!(code(go(stage, &owner, &id, Step::HandedOver, Some(Step::Packed)).await), "not_handed_over");
}

async fn many_are_taken_to_their_next_step(stage: Stage) {
    let coffee = named(&stage, "Coffee", 500_000, Some(20)).await;
    hands_over(&stage, both()).await;
    let chat = Chat::open(stage).await;
    let first = bought(&chat, KATE, &coffee, Way::Pickup).await.order.id;
    let second = bought(&chat, KATE, &coffee, Way::Delivery).await.order.id;
    let (stage, owner) = (&chat.stage, chat.stage.owner());
    go(stage, &owner, &first, Step::ToPack, None).await.unwrap();
    go(stage, &owner, &second, Step::ToPack, None).await.unwrap();
    let both = || vec![(first.clone(), Step::Packed), (second.clone(), Step::Packed)];
    let next = async |orders| {
        let wanted = HandOver { orders, to: None };
        orders::hand_over(&stage.services, &owner, &stage.merchant, wanted).await
    };
    assert_eq!(next(both()).await.unwrap(), 2);
    assert_eq!(stage.order(&first).await.step, Some(Step::Ready));
    assert_eq!(stage.order(&second).await.step, Some(Step::OnWay));
    go(stage, &owner, &first, Step::Ready, None).await.unwrap();
    // One has moved since it was seen: only the other goes on.
    let seen = vec![(first.clone(), Step::Ready), (second.clone(), Step::OnWay)];
    assert_eq!(next(seen).await.unwrap(), 1);
    let at = async |goods| {
        let filter = orders::Filter { goods: Some(goods), ..orders::Filter::default() };
        orders::list(&stage.services.db, &stage.merchant, &filter, 10).await.unwrap().len()
    };
    assert_eq!((at(Goods::Owed).await, at(Goods::At(Step::HandedOver)).await), (0, 2));
    assert_eq!(code(next(Vec::new()).await), "nothing_chosen");
    stage.audit().await;
}
