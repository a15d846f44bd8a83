//! The cart in the chat: several things, one order, one payment; and whatever is pressed twice happens once.

use domain::{
    Lang, Localized, OrderId, ProductId,
    product::ProductKind,
    question::{Choices, QuestionKind},
};
use sandbox::{telegram::Message, vpos::Status};
use serde_json::json;
use server::{
    bots,
    carts::{self, Owner, Trouble},
    catalog::{
        self,
        questions::{self, QuestionInput},
    },
    customers,
    failure::{Failure, Outcome},
    orders::{Chosen, Piece, Place, Placed},
    refunds::{self, NewRefund},
};

use crate::{
    buyer,
    chat::{ANI, Chat, KATE, buttons},
    money::futures,
    on_both,
    slots::lesson,
    stage::Stage,
};

on_both!(
    several_lines_are_one_order_and_one_payment,
    what_is_pressed_twice_happens_once,
    what_is_gone_is_said_line_by_line,
    a_time_and_answers_go_along,
    a_gift_and_a_membership_are_bought_alone,
    a_cart_outlives_a_restart_and_is_ordered_once,
    many_at_once_lose_nothing_and_order_once,
    a_cart_is_nobody_elses,
);

const PLACED: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM orders";

/// Chooses so many of a product for the cart, and waits for the cart that shows it.
pub async fn adds(chat: &Chat, person: i64, product: &ProductId, quantity: i64) -> Message {
    chat.says(person, &format!("/start {product}"));
    let card = chat.with_data(person, &format!("i:{product}")).await;
    chat.press_data(person, &card, "i:");
    if quantity > 1 {
        let many = chat.with_data(person, "q:").await;
        chat.press_data(person, &many, &format!("q:{quantity}"));
    }
    chat.with_data(person, "yx:").await
}

/// The cart, once it says `part`.
async fn cart_says(chat: &Chat, person: i64, part: &str) -> Message {
    chat.first(person, |message| has(message, "yx:") && message.text.contains(part)).await
}

pub fn has(message: &Message, sign: &str) -> bool {
    buttons(message).iter().any(|key| key["callback_data"].as_str().is_some_and(|data| data.starts_with(sign)))
}

pub async fn named(stage: &Stage, name: &str, price_minor: i64, stock: Option<i64>) -> ProductId {
    let id = stage.product(price_minor, stock).await;
    change(stage, &id, |input| input.name = Localized::same(name)).await;
    id
}

async fn change(stage: &Stage, id: &ProductId, change: impl FnOnce(&mut catalog::ProductInput)) {
    let product = catalog::get(&stage.services.db, &stage.merchant, id).await.unwrap();
    let mut input = catalog::ProductInput::from(&product);
    change(&mut input);
    let edited = catalog::Edited { input, stock_shown: product.stock, picture: catalog::Picture::AsItIs };
    catalog::update(&stage.services, &stage.owner(), &stage.merchant, id, edited).await.unwrap();
}

async fn several_lines_are_one_order_and_one_payment(stage: Stage) {
    let coffee = named(&stage, "Coffee", 500_000, Some(9)).await;
    let cup = named(&stage, "Cup", 300_000, Some(1)).await;
    let chat = Chat::open(stage).await;
    adds(&chat, KATE, &coffee, 2).await;
    adds(&chat, KATE, &cup, 1).await;
    let cart = cart_says(&chat, KATE, "2. Cup").await;
    assert!(cart.text.contains("1. Coffee × 2"), "{}", cart.text);
    assert!(cart.text.contains("13\u{202f}000"), "{}", cart.text);
    chat.says(KATE, "/start");
    let counted = |message: &Message| buttons(message).iter().any(|key| key["text"] == "Cart (3)");
    let menu = chat.first(KATE, counted).await;
    chat.press_data(KATE, &menu, "y");
    let cart = cart_says(&chat, KATE, "Coffee × 2").await;
    chat.press_data(KATE, &cart, "y:1:3");
    let cart = cart_says(&chat, KATE, "Coffee × 3").await;
    chat.press_data(KATE, &cart, "yo");
    let summary = chat.with_data(KATE, "ok:").await;
    assert!(summary.text.contains("18\u{202f}000"), "{}", summary.text);
    chat.press_data(KATE, &summary, "ok:");
    let order = chat.with_data(KATE, "k:").await;
    let payment = chat.pays(&order, Status::Paid).await;
    chat.hears(KATE, "Payment received").await;
    let payment = chat.stage.payment(&payment).await;
    let whole = server::orders::get(&chat.stage.services.db, &chat.stage.merchant, &payment.order_id).await.unwrap();
    assert_eq!(whole.title().get(Lang::En), "Coffee +1");
    let lines: Vec<_> = whole.lines.iter().map(|line| (line.product_id.as_ref(), line.quantity)).collect();
    assert_eq!((lines, payment.amount_minor), (vec![(Some(&coffee), 3), (Some(&cup), 1)], 1_800_000));
    assert_eq!(chat.stage.count("SELECT CAST(SUM(stock) AS BIGINT) FROM products").await, 6);
    chat.stage
        .until("both are given", || async { chat.stage.count("SELECT COUNT(*) FROM fulfilments").await == 2 })
        .await;
    let new =
        NewRefund { payment: payment.id, amount: None, lines: vec![1], reason: "Broken".to_owned(), made_by: None };
    let refund = refunds::ask(&chat.stage.services, &chat.stage.owner(), &chat.stage.merchant, new).await.unwrap();
    assert_eq!(refund.amount_minor, 300_000, "one line of several goes back alone");
    chat.says(KATE, "/cart");
    chat.hears(KATE, "Your cart is empty").await;
}

async fn what_is_pressed_twice_happens_once(stage: Stage) {
    let coffee = named(&stage, "Coffee", 500_000, Some(9)).await;
    let chat = Chat::open(stage).await;
    chat.says(KATE, &format!("/start {coffee}"));
    let card = chat.with_data(KATE, "i:").await;
    chat.press_data(KATE, &card, "i:");
    let many = chat.with_data(KATE, "q:").await;
    for _ in 0..3 {
        chat.press_data(KATE, &many, "q:2");
    }
    let cart = cart_says(&chat, KATE, "Coffee × 2").await;
    let (old, more) = (cart.clone(), "y:1:3");
    for _ in 0..3 {
        chat.press_data(KATE, &cart, more);
    }
    let cart = cart_says(&chat, KATE, "Coffee × 3").await;
    // An older screen empties nothing that was put in since.
    chat.press_data(KATE, &old, "yx:");
    chat.press_data(KATE, &cart, "yo");
    let summary = chat.with_data(KATE, "ok:").await;
    for _ in 0..5 {
        chat.press_data(KATE, &summary, "ok:");
    }
    chat.with_data(KATE, "k:").await;
    chat.press_data(KATE, &cart, "yo");
    chat.hears(KATE, "Your cart is empty").await;
    assert_eq!(chat.stage.count(PLACED).await, 1);
    assert_eq!(chat.stage.count("SELECT CAST(amount_minor AS BIGINT) FROM orders").await, 1_500_000);
    ten_times_the_same(&chat, &coffee).await;
    chat.stage.audit().await;
}

/// The same update ten times puts in once.
async fn ten_times_the_same(chat: &Chat, product: &ProductId) {
    chat.says(KATE, &format!("/start {product}"));
    let card = chat.with_data(KATE, "i:").await;
    chat.press_data(KATE, &card, "i:");
    chat.with_data(KATE, "q:").await;
    let bot = &bots::active(&chat.stage.services).await.unwrap()[0];
    let update = json!({ "update_id": 9_000, "message": { "message_id": 50, "date": 1_700_000_000, "text": "4",
        "chat": { "id": KATE, "type": "private", "first_name": "Kate" },
        "from": { "id": KATE, "is_bot": false, "first_name": "Kate", "language_code": "en" } } });
    for _ in 0..10 {
        let url = format!("{}/hooks/telegram/{}", chat.stage.url, bot.id);
        let request = chat.stage.http.post(url).header("X-Telegram-Bot-Api-Secret-Token", &bot.webhook_secret);
        assert_eq!(request.json(&update).send().await.unwrap().status().as_u16(), 200);
    }
    cart_says(chat, KATE, "Coffee × 4").await;
    assert_eq!(carts::count(&chat.stage.services.db, &owner(&chat.stage, KATE).await).await.unwrap(), 4);
}

async fn what_is_gone_is_said_line_by_line(stage: Stage) {
    let coffee = named(&stage, "Coffee", 500_000, Some(9)).await;
    let cup = named(&stage, "Cup", 300_000, Some(5)).await;
    let spoon = named(&stage, "Spoon", 100_000, Some(5)).await;
    let chat = Chat::open(stage).await;
    for product in [&coffee, &cup, &spoon] {
        adds(&chat, KATE, product, 3).await;
    }
    let whole = cart_says(&chat, KATE, "3. Spoon").await;
    change(&chat.stage, &coffee, |input| input.stock = Some(1)).await;
    change(&chat.stage, &cup, |input| input.visible = false).await;
    change(&chat.stage, &spoon, |input| input.price_minor = Some(120_000)).await;
    chat.press_data(KATE, &whole, "yo");
    let cart = cart_says(&chat, KATE, "Left: 1").await;
    assert!(cart.text.contains("no longer on sale") && !has(&cart, "yo"), "{cart:?}");
    let seen = carts::look(&chat.stage.services, &owner(&chat.stage, KATE).await).await.unwrap();
    let troubles: Vec<_> = seen.lines.iter().map(|line| line.trouble).collect();
    assert_eq!(troubles, [Some(Trouble::Fewer(1)), Some(Trouble::Gone), None]);
    chat.press_data(KATE, &cart, "y:1:1");
    let cart = cart_says(&chat, KATE, "Coffee × 1").await;
    chat.press_data(KATE, &cart, "y:2:0");
    let cart = chat.first(KATE, |message| has(message, "yo")).await;
    chat.press_data(KATE, &cart, "yo");
    let summary = chat.with_data(KATE, "ok:").await;
    // The last one is bought by somebody else between the summary and its confirmation.
    change(&chat.stage, &coffee, |input| input.stock = Some(0)).await;
    chat.press_data(KATE, &summary, "ok:");
    let cart = cart_says(&chat, KATE, "Sold out").await;
    assert_eq!(chat.stage.count(PLACED).await, 0);
    chat.press_data(KATE, &cart, "y:1:0");
    let cart = chat.first(KATE, |message| has(message, "yo")).await;
    chat.press_data(KATE, &cart, "yo");
    let summary = chat.with_data(KATE, "ok:").await;
    chat.press_data(KATE, &summary, "ok:");
    chat.with_data(KATE, "k:").await;
    assert_eq!(chat.stage.count("SELECT CAST(amount_minor AS BIGINT) FROM orders").await, 360_000, "as it costs now");
}

async fn a_time_and_answers_go_along(stage: Stage) {
    let (product, slot, at) = lesson(&stage, 4).await;
    let words = Localized::same("Your size?");
    let input = QuestionInput { kind: QuestionKind::Text, words, choices: Choices::default(), required: true };
    questions::add(&stage.services, &stage.owner(), &stage.merchant, &product, input).await.unwrap();
    let chat = Chat::open(stage).await;
    chat.says(ANI, &format!("/start {product}"));
    let card = chat.with_data(ANI, "b:").await;
    chat.press_data(ANI, &card, "b:");
    let days = chat.with_data(ANI, "d:").await;
    chat.press_data(ANI, &days, "d:");
    let times = chat.with_data(ANI, "t:").await;
    chat.press_data(ANI, &times, &format!("t:{slot}"));
    let many = chat.with_data(ANI, "q:").await;
    chat.press_data(ANI, &many, "q:2");
    chat.hears(ANI, "Your size?").await;
    chat.says(ANI, "XL");
    // From the summary into the cart instead.
    let summary = chat.with_data(ANI, "ic:").await;
    for _ in 0..2 {
        chat.press_data(ANI, &summary, "ic:");
    }
    let cart = cart_says(&chat, ANI, "XL").await;
    chat.press_data(ANI, &cart, "yo");
    let summary = chat.first(ANI, |message| has(message, "ok:") && message.text.contains("XL")).await;
    chat.press_data(ANI, &summary, "ok:");
    let order = chat.with_data(ANI, "k:").await;
    let payment = chat.pays(&order, Status::Paid).await;
    let order: OrderId = chat.stage.payment(&payment).await.order_id;
    let whole = server::orders::get(&chat.stage.services.db, &chat.stage.merchant, &order).await.unwrap();
    assert_eq!((whole.lines.len(), whole.lines[0].slot_at, whole.lines[0].quantity), (1, Some(at), 2));
    let answers = server::orders::answers(&chat.stage.services.db, &chat.stage.merchant, vec![order]).await.unwrap();
    assert_eq!(answers[0].answer.get(Lang::En), "XL");
}

async fn a_gift_and_a_membership_are_bought_alone(stage: Stage) {
    let club = stage.product(500_000, None).await;
    change(&stage, &club, |input| input.kind = ProductKind::Club).await;
    let chat = Chat::open(stage).await;
    chat.says(ANI, &format!("/start {club}"));
    let card = chat.with_data(ANI, "b:").await;
    assert!(!has(&card, "i:"));
    chat.press_data(ANI, &card, "b:");
    let summary = chat.with_data(ANI, "ok:").await;
    assert!(!has(&summary, "ic:"));
    let own = owner(&chat.stage, ANI).await;
    let refused = carts::put(&chat.stage.services, &own, Piece::one(club), "1").await;
    assert_eq!(code(refused), "not_for_a_cart");
}

fn code<T: std::fmt::Debug>(refused: Outcome<T>) -> &'static str {
    let Err(Failure::Refused(refusal)) = refused else { panic!("{refused:?}") };
    refusal.code
}

/// The cart of a person who has written to the bot, or does so now.
async fn owner(stage: &Stage, person: i64) -> Owner {
    let who = customers::Person { telegram_user_id: person, name: "A".to_owned(), username: None, language: Lang::En };
    let (own, merchant) = (stage.services.clone(), stage.merchant.clone());
    let meet = move |tx| async move { customers::meet(&tx, &own, &merchant, &who).await };
    let customer = stage.services.db.write(meet).await.unwrap().id;
    Owner { merchant: stage.merchant.clone(), customer }
}

async fn orders(stage: &Stage, owner: &Owner, version: i64, made_by: &str) -> Outcome<Placed> {
    let place = Place {
        asked: Vec::new(),
        bot: buyer::bot_id(stage).await,
        customer: owner.customer.clone(),
        telegram_user_id: ANI,
        language: Lang::En,
        made_by: made_by.to_owned(),
        chosen: Chosen::default(),
    };
    carts::check_out(&stage.services, &stage.merchant, version, place).await
}

async fn a_cart_outlives_a_restart_and_is_ordered_once(mut stage: Stage) {
    let product = stage.product(500_000, Some(9)).await;
    buyer::bot(&stage).await;
    let owner = owner(&stage, ANI).await;
    let piece = Piece { quantity: 2, ..Piece::one(product) };
    for _ in 0..2 {
        carts::put(&stage.services, &owner, piece.clone(), "update:7").await.unwrap();
        // What was committed and not yet noted in the chat is handled again after the restart.
        stage.restart().await;
    }
    let cart = carts::look(&stage.services, &owner).await.unwrap();
    assert_eq!((cart.lines.len(), cart.lines[0].quantity), (1, 2));
    let first = orders(&stage, &owner, cart.version, "once").await.unwrap();
    stage.restart().await;
    let again = orders(&stage, &owner, cart.version, "once").await.unwrap();
    assert_eq!((again.order.id, again.link.code), (first.order.id, first.link.code));
    assert_eq!(carts::count(&stage.services.db, &owner).await.unwrap(), 0);
    assert_eq!(code(orders(&stage, &owner, cart.version, "twice").await), "cart_changed");
    stage.audit().await;
}

async fn many_at_once_lose_nothing_and_order_once(stage: Stage) {
    let product = stage.product(500_000, Some(99)).await;
    buyer::bot(&stage).await;
    let owner = owner(&stage, ANI).await;
    let next = std::sync::atomic::AtomicUsize::new(0);
    let number = || next.fetch_add(1, std::sync::atomic::Ordering::Relaxed).to_string();
    let (stage, owner, product) = (&stage, &owner, &product);
    let put = futures(16, || {
        let cause = number();
        async move { carts::put(&stage.services, owner, Piece::one(product.clone()), &cause).await }
    });
    assert!(put.await.iter().all(Result::is_ok));
    let cart = carts::look(&stage.services, owner).await.unwrap();
    assert_eq!((cart.lines.len(), cart.lines[0].quantity, cart.version), (1, 16, 16));
    let placed = futures(16, || {
        let cause = number();
        async move { orders(stage, owner, 16, &cause).await }
    });
    let (placed, refused): (Vec<_>, Vec<_>) = placed.await.into_iter().partition(Result::is_ok);
    assert_eq!(placed.len(), 1);
    assert!(refused.into_iter().all(|refused| code(refused) == "cart_changed"));
    assert_eq!(stage.count(PLACED).await, 1);
}

async fn a_cart_is_nobody_elses(stage: Stage) {
    let product = stage.product(500_000, Some(9)).await;
    let own = owner(&stage, ANI).await;
    carts::put(&stage.services, &own, Piece::one(product.clone()), "1").await.unwrap();
    let other = Owner { merchant: crate::assemble::shop(&stage.services).await, ..own.clone() };
    assert!(carts::look(&stage.services, &other).await.unwrap().lines.is_empty());
    assert_eq!(code(carts::put(&stage.services, &other, Piece::one(product), "2").await), "not_found");
    assert_eq!(code(carts::set(&stage.services, &other, 1, 0).await), "not_found");
    assert_eq!(carts::count(&stage.services.db, &own).await.unwrap(), 1);
}
