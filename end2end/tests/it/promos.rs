//! Promo codes: what they take off is exact to the last dram, and the last use is never taken twice.

use std::sync::Arc;

use domain::{
    BotId, Lang, Localized, ProductId,
    moment::{DAY, HOUR},
    order::OrderStatus,
    payment::PaymentStatus,
    promo::Off,
    role::{Actor, Role},
};
use sandbox::vpos::{Mischief, Status};
use server::{
    customers,
    failure::{Failure, Outcome},
    orders::{self, Asked, Chosen, Piece, Place, Placed},
    promos::{self, NewPromo, Promo},
    refunds::{self, NewRefund},
    shop::{self, HandingOver},
};

use crate::{
    buyer,
    cart::named,
    chat::{Chat, KATE},
    on_both,
    stage::Stage,
};

on_both!(
    what_is_taken_off_adds_up_line_by_line,
    the_last_use_is_never_taken_twice,
    a_use_comes_back_with_the_goods,
    one_customer_uses_it_so_often,
    it_is_said_why_a_code_takes_nothing_off,
    late_money_for_a_code_that_ran_out_is_looked_at,
    a_code_is_made_once_and_switched_by_those_who_may,
    a_code_is_written_in_the_chat,
    a_code_is_written_in_the_mini_app,
);

fn percent(code: &str, percent: i64) -> NewPromo {
    NewPromo {
        code: code.to_owned(),
        off: Off::Percent(percent),
        from: None,
        until: None,
        most_uses: None,
        most_each: None,
        least_minor: 0,
        products: Vec::new(),
    }
}

async fn make(stage: &Stage, new: NewPromo) -> Promo {
    promos::create(&stage.services, &stage.owner(), &stage.merchant, new).await.unwrap()
}

/// A person orders these products with a code.
async fn order(
    stage: &Stage,
    bot: &BotId,
    who: i64,
    wanted: &[(&ProductId, i64)],
    code: &str,
    once: &str,
) -> Outcome<Placed> {
    let person = customers::Person { telegram_user_id: who, name: "A".to_owned(), username: None, language: Lang::En };
    let (own, merchant) = (stage.services.clone(), stage.merchant.clone());
    let meet = move |tx| async move { customers::meet(&tx, &own, &merchant, &person).await };
    let customer = stage.services.db.write(meet).await?.id;
    let piece = |(product, quantity): &(&ProductId, i64)| {
        Asked::Product(Piece { quantity: *quantity, ..Piece::one((*product).clone()) })
    };
    let place = Place {
        asked: wanted.iter().map(piece).collect(),
        bot: bot.clone(),
        customer,
        telegram_user_id: who,
        language: Lang::En,
        made_by: format!("test:{who}:{once}"),
        chosen: Chosen { promo: Some(code.to_owned()), ..Chosen::default() },
    };
    orders::place(&stage.services, &stage.merchant, place).await
}

fn refused<T: std::fmt::Debug>(outcome: Outcome<T>) -> &'static str {
    match outcome {
        Err(Failure::Refused(refusal)) => refusal.code,
        other => panic!("{other:?}"),
    }
}

async fn used(stage: &Stage, promo: &Promo) -> i64 {
    let counted =
        stage.count(&format!("SELECT COUNT(*) FROM promo_uses WHERE promo_id = '{}' AND counted", promo.id)).await;
    let used = promos::get(&stage.services.db, &stage.merchant, &promo.id).await.unwrap().used;
    assert_eq!(used, counted, "the count is what is counted");
    used
}

async fn what_is_taken_off_adds_up_line_by_line(mut stage: Stage) {
    let bot = buyer::bot(&stage).await;
    let tea = named(&stage, "Tea", 99_900, Some(50)).await;
    let cup = named(&stage, "Cup", 33_300, Some(50)).await;
    let jam = named(&stage, "Jam", 70_100, Some(50)).await;
    make(&stage, percent("Spring 15", 15)).await;
    stage.work();
    let placed = order(&stage, &bot, KATE, &[(&tea, 3), (&cup, 1), (&jam, 7)], "spring15", "1").await.unwrap();
    let whole = orders::get(&stage.services.db, &stage.merchant, &placed.order.id).await.unwrap();
    let full: i64 = whole.lines.iter().map(orders::Line::full_minor).sum();
    let off: i64 = whole.lines.iter().map(|line| line.off_minor).sum();
    assert_eq!((full, off), (823_700, 123_500), "15 % of 8 237 drams, whole drams");
    let sums: i64 = whole.lines.iter().map(|line| line.sum(&whole.order).amount_minor).sum();
    assert_eq!(sums, whole.order.amount_minor);
    assert!(whole.lines.iter().all(|line| line.off_minor % 100 == 0), "{:?}", whole.lines);
    let payment = stage.press_pay(&placed.link, "1").await.unwrap();
    assert_eq!(stage.payment(&payment).await.amount_minor, 700_200);
    let reference = stage.payment(&payment).await.reference.unwrap();
    assert!(stage.vpos.end(&reference, Status::Paid, Mischief::default()));
    stage.until("paid", || async { stage.payment(&payment).await.status == PaymentStatus::Paid }).await;
    // Line by line all of it goes back, and no more.
    for (position, line) in whole.lines.iter().enumerate() {
        let new = NewRefund {
            payment: payment.clone(),
            amount: None,
            lines: vec![i32::try_from(position).unwrap()],
            reason: "It broke".to_owned(),
            made_by: None,
        };
        let refund = refunds::ask(&stage.services, &stage.owner(), &stage.merchant, new).await.unwrap();
        assert_eq!(refund.amount_minor, line.sum(&whole.order).amount_minor);
    }
    stage.until("all is back", || async { stage.payment(&payment).await.status == PaymentStatus::Refunded }).await;
    let done = promos::list(&stage.services.db, &stage.merchant).await.unwrap().remove(0).1;
    assert_eq!((done.paid, done.received_minor, done.off_minor), (1, 700_200, 123_500));
    stage.audit().await;
}

async fn the_last_use_is_never_taken_twice(stage: Stage) {
    let bot = buyer::bot(&stage).await;
    let tea = named(&stage, "Tea", 100_000, None).await;
    let promo = make(&stage, NewPromo { most_uses: Some(3), ..percent("THREE", 10) }).await;
    let mut links = Vec::new();
    for who in 0..64 {
        links.push(order(&stage, &bot, 5_000 + who, &[(&tea, 1)], "three", "1").await.unwrap().link);
    }
    assert_eq!(used(&stage, &promo).await, 0, "an order alone uses nothing up");
    let stage = Arc::new(stage);
    let pressed = links.into_iter().map(|link| {
        let stage = stage.clone();
        tokio::spawn(async move { stage.press_pay(&link, "1").await.map_err(|failure| refused::<()>(Err(failure))) })
    });
    let mut won = 0;
    for pressed in pressed.collect::<Vec<_>>() {
        match pressed.await.unwrap() {
            Ok(_) => won += 1,
            Err(code) => assert_eq!(code, "promo_gone_meanwhile"),
        }
    }
    assert_eq!(won, 3);
    assert_eq!(used(&stage, &promo).await, 3);
    assert_eq!(refused(order(&stage, &bot, 6_000, &[(&tea, 1)], "three", "1").await), "promo_used_up");
}

async fn a_use_comes_back_with_the_goods(mut stage: Stage) {
    let bot = buyer::bot(&stage).await;
    let tea = named(&stage, "Tea", 100_000, Some(5)).await;
    let promo = make(&stage, NewPromo { most_uses: Some(1), ..percent("ONE", 10) }).await;
    stage.work();
    let first = order(&stage, &bot, KATE, &[(&tea, 1)], "one", "1").await.unwrap();
    let second = order(&stage, &bot, 7_000, &[(&tea, 1)], "one", "1").await.unwrap();
    let payment = stage.press_pay(&first.link, "1").await.unwrap();
    assert_eq!(used(&stage, &promo).await, 1);
    assert_eq!(refused(stage.press_pay(&second.link, "1").await), "promo_gone_meanwhile");
    let stock = || async { stage.count(&format!("SELECT stock FROM products WHERE id = '{tea}'")).await };
    assert_eq!(stock().await, 4, "who is refused the code takes no goods");
    let reference = stage.payment(&payment).await.reference.unwrap();
    assert!(stage.vpos.end(&reference, Status::Failed, Mischief::default()));
    stage.until("it failed", || async { stage.payment(&payment).await.status == PaymentStatus::Failed }).await;
    assert_eq!((used(&stage, &promo).await, stock().await), (0, 5));
    let payment = stage.press_pay(&second.link, "2").await.unwrap();
    let reference = stage.payment(&payment).await.reference.unwrap();
    assert!(stage.vpos.end(&reference, Status::Paid, Mischief::default()));
    stage.until("paid", || async { stage.payment(&payment).await.status == PaymentStatus::Paid }).await;
    assert_eq!(used(&stage, &promo).await, 1);
    stage.audit().await;
}

async fn one_customer_uses_it_so_often(stage: Stage) {
    let bot = buyer::bot(&stage).await;
    let tea = named(&stage, "Tea", 100_000, None).await;
    let promo = make(&stage, NewPromo { most_each: Some(1), ..percent("EACH", 10) }).await;
    let one = order(&stage, &bot, KATE, &[(&tea, 1)], "each", "1").await.unwrap();
    let two = order(&stage, &bot, KATE, &[(&tea, 1)], "each", "2").await.unwrap();
    let (first, second) = tokio::join!(stage.press_pay(&one.link, "1"), stage.press_pay(&two.link, "1"));
    assert_eq!(i32::from(first.is_ok()) + i32::from(second.is_ok()), 1, "{first:?} {second:?}");
    assert_eq!(refused(order(&stage, &bot, KATE, &[(&tea, 1)], "each", "3").await), "promo_used_by_you");
    let other = order(&stage, &bot, 8_000, &[(&tea, 1)], "each", "1").await.unwrap();
    stage.press_pay(&other.link, "1").await.unwrap();
    assert_eq!(used(&stage, &promo).await, 2);
}

async fn it_is_said_why_a_code_takes_nothing_off(stage: Stage) {
    let bot = buyer::bot(&stage).await;
    let tea = named(&stage, "Tea", 100_000, None).await;
    let cup = named(&stage, "Cup", 100_000, None).await;
    let now = stage.clock.now();
    make(&stage, NewPromo { from: Some(now.plus(DAY)), ..percent("LATER", 10) }).await;
    make(&stage, NewPromo { until: Some(now.plus(-HOUR)), ..percent("PAST", 10) }).await;
    make(&stage, NewPromo { products: vec![cup.clone()], ..percent("CUPS", 10) }).await;
    make(&stage, NewPromo { least_minor: 100_100, ..percent("LARGE", 10) }).await;
    make(&stage, NewPromo { off: Off::Sum(100_000), ..percent("ALL", 10) }).await;
    let off = make(&stage, percent("OFF", 10)).await;
    promos::switch(&stage.services, &stage.owner(), &stage.merchant, &off.id, false).await.unwrap();
    let table = [
        ("nothing", "promo_unknown"),
        ("", "promo_unknown"),
        ("x'; DROP TABLE promos; --", "promo_unknown"),
        ("later", "promo_unknown"),
        ("past", "promo_unknown"),
        ("off", "promo_unknown"),
        ("cups", "promo_not_for_these"),
        ("large", "promo_too_little"),
        ("all", "promo_nothing_left"),
    ];
    for (place, (code, why)) in table.into_iter().enumerate() {
        assert_eq!(refused(order(&stage, &bot, KATE, &[(&tea, 1)], code, &place.to_string()).await), why, "{code}");
    }
    assert_eq!(stage.count("SELECT COUNT(*) FROM orders").await, 0);
    // A code of another shop is no code here.
    let other = stage.another_merchant().await;
    promos::create(&stage.services, &stage.owner(), &other, percent("THEIRS", 10)).await.unwrap();
    assert_eq!(refused(order(&stage, &bot, KATE, &[(&tea, 1)], "theirs", "o").await), "promo_unknown");
    // Only the lines it is for are counted, and only they are cheaper.
    let placed = order(&stage, &bot, KATE, &[(&tea, 1), (&cup, 2)], " CuPs ", "y").await.unwrap();
    let whole = orders::get(&stage.services.db, &stage.merchant, &placed.order.id).await.unwrap();
    assert_eq!(whole.lines.iter().map(|line| line.off_minor).collect::<Vec<_>>(), [0, 20_000]);
    assert_eq!(placed.order.amount_minor, 280_000);
}

async fn late_money_for_a_code_that_ran_out_is_looked_at(mut stage: Stage) {
    let bot = buyer::bot(&stage).await;
    let tea = named(&stage, "Tea", 100_000, None).await;
    let promo = make(&stage, NewPromo { most_uses: Some(1), ..percent("LAST", 10) }).await;
    stage.work();
    let slow = order(&stage, &bot, KATE, &[(&tea, 1)], "last", "1").await.unwrap();
    let late = stage.press_pay(&slow.link, "1").await.unwrap();
    let reference = stage.payment(&late).await.reference.unwrap();
    assert!(stage.vpos.end(&reference, Status::Failed, Mischief::default()));
    stage.until("it failed", || async { stage.payment(&late).await.status == PaymentStatus::Failed }).await;
    let quick = order(&stage, &bot, 7_000, &[(&tea, 1)], "last", "1").await.unwrap();
    stage.press_pay(&quick.link, "1").await.unwrap();
    let event = stage.event("evt_late", &stage.payment(&late).await, "paid");
    assert_eq!(stage.post_event(&event).await, 200);
    stage.until("it is looked at", || async { stage.payment(&late).await.needs_review }).await;
    assert_eq!(used(&stage, &promo).await, 1);
    assert_ne!(stage.order(&slow.order.id).await.status, OrderStatus::Fulfilled);
    stage.audit().await;
}

async fn a_code_is_made_once_and_switched_by_those_who_may(stage: Stage) {
    let (services, owner, merchant) = (&stage.services, stage.owner(), &stage.merchant);
    let tries = (0..8).map(|_| {
        let (services, owner, merchant) = (services.clone(), owner.clone(), merchant.clone());
        tokio::spawn(async move { promos::create(&services, &owner, &merchant, percent("Same", 10)).await })
    });
    let mut made = 0;
    for tried in tries.collect::<Vec<_>>() {
        match tried.await.unwrap() {
            Ok(_) => made += 1,
            other => assert_eq!(refused(other), "promo_code_taken"),
        }
    }
    assert_eq!(made, 1);
    let table = [
        (percent("ab", 10), "promo_code_wrong"),
        (percent("a<b>c", 10), "promo_code_wrong"),
        (percent("ZERO", 0), "promo_off_wrong"),
        (percent("ALL", 100), "promo_off_wrong"),
        (NewPromo { off: Off::Sum(150), ..percent("HALF", 1) }, "promo_off_wrong"),
        (NewPromo { off: Off::Sum(0), ..percent("NONE", 1) }, "promo_off_wrong"),
        (NewPromo { most_uses: Some(0), ..percent("USES", 1) }, "promo_uses_wrong"),
        (
            NewPromo { from: Some(stage.clock.now()), until: Some(stage.clock.now()), ..percent("TIME", 1) },
            "promo_ends_before",
        ),
        (NewPromo { products: vec![stage.clock.id()], ..percent("GONE", 1) }, "product_gone"),
    ];
    for (new, why) in table {
        let code = new.code.clone();
        assert_eq!(refused(promos::create(services, &owner, merchant, new).await), why, "{code}");
    }
    let promo = promos::list(&services.db, merchant).await.unwrap().remove(0).0;
    let support = Actor::Staff { id: stage.clock.id(), role: Role::Support };
    assert_eq!(refused(promos::switch(services, &support, merchant, &promo.id, false).await), "forbidden");
    assert_eq!(refused(promos::create(services, &support, merchant, percent("MINE", 10)).await), "forbidden");
    let other = stage.another_merchant().await;
    assert_eq!(refused(promos::switch(services, &owner, &other, &promo.id, false).await), "not_found");
    promos::switch(services, &owner, merchant, &promo.id, false).await.unwrap();
    promos::switch(services, &owner, merchant, &promo.id, false).await.unwrap();
    let noted = stage.count("SELECT COUNT(*) FROM audit_log WHERE action LIKE 'promo%'").await;
    assert_eq!(noted, 2, "what changes nothing is no action");
}

async fn hands_over(stage: &Stage) {
    let how = HandingOver {
        pickup: false,
        pickup_address: Localized::default(),
        delivery: true,
        delivery_minor: 100_000,
        delivery_free_from_minor: Some(500_000),
        delivery_note: Localized::default(),
    };
    shop::set_handing_over(&stage.services, &stage.owner(), &stage.merchant, how).await.unwrap();
}

async fn a_code_is_written_in_the_chat(stage: Stage) {
    let tea = named(&stage, "Tea", 500_000, Some(9)).await;
    make(&stage, percent("SPRING", 10)).await;
    hands_over(&stage).await;
    let chat = Chat::open(stage).await;
    chat.says(KATE, &format!("/start {tea}"));
    let card = chat.with_data(KATE, &format!("b:{tea}")).await;
    chat.press_data(KATE, &card, "b:");
    let many = chat.with_data(KATE, "q:").await;
    chat.press_data(KATE, &many, "q:1");
    chat.hears(KATE, "Write the address").await;
    chat.says(KATE, "Tumanyan 12, flat 5");
    let summary = chat.with_data(KATE, "zp:1").await;
    assert!(summary.text.contains("5\u{202f}000"), "brought for nothing from this sum on: {}", summary.text);
    chat.press_data(KATE, &summary, "zp:1");
    chat.hears(KATE, "Write the promo code").await;
    chat.says(KATE, "winter");
    let summary = chat.hears(KATE, "There is no such code").await;
    chat.press_data(KATE, &summary, "zp:1");
    chat.hears(KATE, "Write the promo code").await;
    chat.says(KATE, "spring");
    let summary = chat.hears(KATE, "By the code SPRING").await;
    assert!(
        summary.text.contains("500") && summary.text.contains("5\u{202f}500"),
        "4 500 and the delivery: {}",
        summary.text
    );
    chat.press_data(KATE, &summary, "ok:");
    let order = chat.with_data(KATE, "k:").await;
    assert!(order.text.contains("5\u{202f}500"), "{}", order.text);
    let all =
        orders::list(&chat.stage.services.db, &chat.stage.merchant, &orders::Filter::default(), 10).await.unwrap();
    let lines: Vec<_> =
        all[0].lines.iter().map(|line| (line.title.en.as_str(), line.unit_minor, line.off_minor)).collect();
    assert_eq!(lines, [("Tea", 500_000, 50_000), ("Delivery", 100_000, 0)]);
    chat.pays(&order, Status::Paid).await;
    chat.hears(KATE, "Payment received").await;
    chat.stage.audit().await;
}

async fn a_code_is_written_in_the_mini_app(stage: Stage) {
    let tea = named(&stage, "Tea", 500_000, Some(9)).await;
    let promo = make(&stage, NewPromo { most_uses: Some(1), ..percent("SPRING", 10) }).await;
    let app = crate::miniapp::App::open(stage).await;
    let summary = app.buys(KATE, &tea, "1").await;
    assert!(summary.body.contains("I have a promo code"), "{}", summary.body);
    let wrong = app.orders(KATE, &summary, &[("promo", "winter"), ("act", "apply")]).await;
    assert!(wrong.body.contains("There is no such code") && wrong.body.contains("value=\"winter\""), "{}", wrong.body);
    let refused = app.orders(KATE, &summary, &[("promo", "winter")]).await;
    assert_eq!(refused.status, 422);
    let looked = app.orders(KATE, &summary, &[("promo", "spring"), ("act", "apply")]).await;
    assert!(looked.body.contains("By the code SPRING") && looked.body.contains("4\u{202f}500"), "{}", looked.body);
    assert_eq!(app.stage.count("SELECT COUNT(*) FROM orders").await, 0, "looking orders nothing");
    let placed = app.orders(KATE, &looked, &[("promo", "spring")]).await;
    let link = app.link(&placed).await;
    let order = app.stage.order(link.order_id.as_ref().unwrap()).await;
    assert_eq!((order.amount_minor, order.promo_id.as_ref()), (450_000, Some(&promo.id)));
    app.stage.press_pay(&link, "1").await.unwrap();
    let late = app.buys(1001, &tea, "1").await;
    let late = app.orders(1001, &late, &[("promo", "spring")]).await;
    assert!(late.body.contains("used as often"), "{}", late.body);
}
