//! The bot as a customer meets it, through a Bot API server over HTTP.

use domain::order::OrderStatus;
use sandbox::{
    telegram::{Fault, Message, Telegram},
    vpos::{Mischief, Status},
};
use serde_json::{Value, json};
use server::bots;

use crate::{
    buyer::{self, TOKEN},
    on_both,
    stage::Stage,
};

pub const ANI: i64 = 1001;
pub const KATE: i64 = 1003;

on_both!(
    a_purchase_from_start_to_delivery,
    decline_tells_and_pays_again_on_the_same_order,
    an_expired_order_can_be_ordered_again,
    a_double_tap_makes_one_order,
    the_same_update_ten_times_has_one_effect,
    a_server_without_pictures_and_menus_still_sells,
    whatever_is_typed_gets_an_answer,
    deep_links_open_products_and_links,
    webhooks_need_their_secret_and_are_stored_before_they_are_acknowledged,
    a_person_who_blocks_the_bot_stops_nothing,
    too_many_messages_are_sent_later,
    a_product_without_a_category_is_found_too,
    staff_hear_in_the_chat_they_chose,
);

pub struct Chat {
    pub stage: Stage,
    telegram: Telegram,
    bot: domain::BotId,
}

impl Chat {
    pub async fn open(stage: Stage) -> Self {
        let mut chat = Self::unattended(stage).await;
        chat.stage.work_with_bot();
        chat
    }

    /// The bot is registered, and runs elsewhere.
    pub async fn unattended(stage: Stage) -> Self {
        let telegram = stage.telegram.clone();
        let bot = buyer::bot(&stage).await;
        Self { stage, telegram, bot }
    }

    /// Waits for a message that says `part`, and gives it.
    pub async fn hears(&self, person: i64, part: &str) -> Message {
        let find =
            || self.telegram.messages(TOKEN, person).into_iter().rev().find(|m| m.from_bot && m.text.contains(part));
        for _ in 0..400 {
            if let Some(message) = find() {
                return message;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        let said: Vec<_> = self.telegram.messages(TOKEN, person).into_iter().map(|m| m.text).collect();
        panic!("never heard {part:?}; heard {said:#?}");
    }

    pub fn says(&self, person: i64, text: &str) {
        self.telegram.send_text(TOKEN, person, text);
    }

    /// Presses the button of `message` whose label contains `part`.
    fn presses(&self, person: i64, message: &Message, part: &str) {
        let key = buttons(message).into_iter().find(|key| key["text"].as_str().unwrap().contains(part));
        let key = key.unwrap_or_else(|| panic!("no button {part:?} under {message:?}"));
        self.telegram.press(TOKEN, person, message.id, key["callback_data"].as_str().unwrap());
    }

    /// From /start to the order's message with its pay button.
    pub async fn orders_coffee(&self, person: i64) -> Message {
        let summary = self.chooses_coffee(person).await;
        self.press_data(person, &summary, "ok:");
        self.with_data(person, "k:").await
    }

    /// From /start to the summary that is to be confirmed.
    pub async fn chooses_coffee(&self, person: i64) -> Message {
        self.says(person, "/start");
        let menu = self.hears(person, "Խանութ").await;
        self.telegram.press(TOKEN, person, menu.id, "c");
        let catalog = self.with_button(person, "Խոհանոց").await;
        self.presses(person, &catalog, "Խոհանոց");
        let list = self.with_button(person, "Սուրճ").await;
        self.presses(person, &list, "Սուրճ");
        let card = self.with_data(person, "b:").await;
        self.press_data(person, &card, "b:");
        self.with_data(person, "ok:").await
    }

    /// The newest message with such a button.
    pub fn newest(&self, person: i64, sign: &str) -> Option<Message> {
        self.telegram.messages(TOKEN, person).into_iter().rev().find(|message| data(message, sign).is_some())
    }

    async fn with_button(&self, person: i64, part: &str) -> Message {
        self.first(person, |message| buttons(message).iter().any(|key| key["text"].as_str().unwrap().contains(part)))
            .await
    }

    pub async fn with_data(&self, person: i64, sign: &str) -> Message {
        self.first(person, |message| data(message, sign).is_some()).await
    }

    pub async fn first(&self, person: i64, fits: impl Fn(&Message) -> bool) -> Message {
        for _ in 0..400 {
            if let Some(message) = self.telegram.messages(TOKEN, person).into_iter().rev().find(&fits) {
                return message;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("no such message in {:#?}", self.telegram.messages(TOKEN, person));
    }

    pub fn press_data(&self, person: i64, message: &Message, sign: &str) {
        self.telegram.press(TOKEN, person, message.id, &data(message, sign).unwrap());
    }

    pub async fn pays(&self, order: &Message, status: Status) -> domain::PaymentId {
        let code = pay_code(order);
        let link = server::links::by_code(&self.stage.services.db, &self.stage.merchant, &code).await.unwrap().unwrap();
        let payment = self.stage.press_pay(&link, "1").await.unwrap();
        let reference = self.stage.payment(&payment).await.reference.unwrap();
        assert!(self.stage.vpos.end(&reference, status, Mischief::default()));
        payment
    }

    pub fn count(&self, person: i64, part: &str) -> usize {
        self.telegram.messages(TOKEN, person).iter().filter(|m| m.from_bot && m.text.contains(part)).count()
    }
}

pub fn buttons(message: &Message) -> Vec<Value> {
    let rows = message.keyboard.as_ref().and_then(|k| k["inline_keyboard"].as_array().cloned()).unwrap_or_default();
    rows.iter().flat_map(|row| row.as_array().cloned().unwrap_or_default()).collect()
}

fn data(message: &Message, sign: &str) -> Option<String> {
    buttons(message)
        .iter()
        .filter_map(|key| key["callback_data"].as_str())
        .find(|data| data.starts_with(sign))
        .map(str::to_owned)
}

pub fn pay_code(order: &Message) -> String {
    let url = buttons(order).iter().find_map(|key| key["url"].as_str().map(str::to_owned)).expect("a pay button");
    url.rsplit('/').next().unwrap().to_owned()
}

async fn a_purchase_from_start_to_delivery(stage: Stage) {
    stage.product(500_000, Some(1)).await;
    let chat = Chat::open(stage).await;
    let order = chat.orders_coffee(ANI).await;
    assert!(order.text.contains("5\u{202f}000\u{a0}֏"), "{}", order.text);
    chat.press_data(ANI, &order, "k:");
    let payment = chat.pays(&order, Status::Paid).await;
    chat.hears(ANI, "Վճարումն ստացված է").await;
    chat.hears(ANI, "Եկեք վերցնելու").await;
    let payment = chat.stage.payment(&payment).await;
    assert_eq!(chat.stage.order(&payment.order_id).await.status, OrderStatus::Fulfilled);
    assert_eq!(chat.count(ANI, "Վճարումն ստացված է"), 1);
    chat.says(ANI, "/orders");
    chat.hears(ANI, "Վճարված և հանձնված է").await;
    chat.stage.audit().await;
}

async fn decline_tells_and_pays_again_on_the_same_order(stage: Stage) {
    stage.product(500_000, Some(1)).await;
    let chat = Chat::open(stage).await;
    let order = chat.orders_coffee(ANI).await;
    let payment = chat.pays(&order, Status::Failed).await;
    let told = chat.hears(ANI, "վճարումը չի ստացվել").await;
    assert_eq!(pay_code(&told), pay_code(&order), "try again leads to the same order");
    let link =
        server::links::by_code(&chat.stage.services.db, &chat.stage.merchant, &pay_code(&told)).await.unwrap().unwrap();
    let second = chat.stage.press_pay(&link, "2").await.unwrap();
    let (first, second) = (chat.stage.payment(&payment).await, chat.stage.payment(&second).await);
    assert_eq!(first.order_id, second.order_id);
    chat.stage.vpos.end(second.reference.as_ref().unwrap(), Status::Paid, Mischief::default());
    chat.hears(ANI, "Վճարումն ստացված է").await;
}

async fn an_expired_order_can_be_ordered_again(stage: Stage) {
    stage.product(500_000, Some(1)).await;
    let chat = Chat::open(stage).await;
    let order = chat.orders_coffee(ANI).await;
    chat.pays(&order, Status::Expired).await;
    let told = chat.hears(ANI, "ժամանակը սպառվել է").await;
    chat.press_data(ANI, &told, "a:");
    chat.first(ANI, |message| message.id != order.id && data(message, "k:").is_some()).await;
    assert_eq!(chat.stage.count("SELECT CAST(COUNT(*) AS BIGINT) FROM orders").await, 2);
}

async fn a_double_tap_makes_one_order(stage: Stage) {
    let product = stage.product(500_000, Some(9)).await;
    let chat = Chat::open(stage).await;
    chat.says(ANI, &format!("/start {product}"));
    let card = chat.with_data(ANI, "b:").await;
    chat.press_data(ANI, &card, "b:");
    let quantity = chat.with_data(ANI, "q:").await;
    chat.says(ANI, "0");
    chat.says(ANI, "3");
    let summary = chat.with_data(ANI, "ok:").await;
    assert!(summary.text.contains("15\u{202f}000"), "{}", summary.text);
    for _ in 0..5 {
        chat.press_data(ANI, &summary, "ok:");
    }
    chat.with_data(ANI, "k:").await;
    chat.press_data(ANI, &quantity, "q:");
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!(chat.stage.count("SELECT CAST(COUNT(*) AS BIGINT) FROM orders").await, 1);
    assert_eq!(chat.stage.count("SELECT CAST(amount_minor AS BIGINT) FROM orders").await, 1_500_000);
}

async fn the_same_update_ten_times_has_one_effect(stage: Stage) {
    stage.product(500_000, Some(1)).await;
    let chat = Chat::open(stage).await;
    let bot = bots::get(&chat.stage.services, &chat.bot).await.unwrap();
    chat.says(KATE, "/start");
    chat.hears(KATE, "Խանութ").await;
    let update = json!({ "update_id": 900, "message": { "message_id": 50, "date": 1_700_000_000, "text": "/help",
        "chat": { "id": KATE, "type": "private", "first_name": "Kate" },
        "from": { "id": KATE, "is_bot": false, "first_name": "Kate", "language_code": "en" } } });
    for _ in 0..10 {
        let url = format!("{}/hooks/telegram/{}", chat.stage.url, chat.bot);
        let request = chat.stage.http.post(url).header("X-Telegram-Bot-Api-Secret-Token", &bot.webhook_secret);
        assert_eq!(request.json(&update).send().await.unwrap().status().as_u16(), 200);
    }
    chat.hears(KATE, "What you can do here").await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!(chat.count(KATE, "What you can do here"), 1);
}

async fn a_server_without_pictures_and_menus_still_sells(stage: Stage) {
    let product = stage.product(500_000, Some(1)).await;
    stage.picture(&product).await;
    for method in ["setMyCommands", "sendPhoto", "editMessageText", "deleteMessage", "answerCallbackQuery"] {
        let description = "Not Found: method not found".to_owned();
        stage.telegram.fail(Fault {
            method: method.into(),
            error_code: 404,
            description,
            retry_after: None,
            times: 1_000,
        });
    }
    let chat = Chat::open(stage).await;
    let order = chat.orders_coffee(ANI).await;
    chat.pays(&order, Status::Paid).await;
    chat.hears(ANI, "Վճարումն ստացված է").await;
}

async fn whatever_is_typed_gets_an_answer(stage: Stage) {
    let product = stage.product(500_000, Some(5)).await;
    let chat = Chat::open(stage).await;
    chat.says(KATE, "hello <b>& so on");
    chat.hears(KATE, "I did not understand").await;
    chat.says(KATE, "/nonsense");
    chat.says(KATE, "/language");
    let languages = chat.with_data(KATE, "l:ru").await;
    chat.press_data(KATE, &languages, "l:ru");
    chat.hears(KATE, "Хорошо, будем говорить по-русски").await;
    chat.says(KATE, &format!("/start {product}"));
    let card = chat.with_data(KATE, "b:").await;
    chat.press_data(KATE, &card, "b:");
    chat.with_data(KATE, "q:").await;
    for wrong in ["много", "-1", "6", "99999999999999999999"] {
        chat.says(KATE, wrong);
    }
    chat.hears(KATE, "Напишите число от 1 до 5").await;
}

async fn deep_links_open_products_and_links(stage: Stage) {
    let product = stage.product(500_000, Some(5)).await;
    let link = stage.link(|_| ()).await;
    let chat = Chat::open(stage).await;
    chat.says(ANI, &format!("/start {product}"));
    chat.with_data(ANI, "b:").await;
    chat.says(ANI, &format!("/start l_{}", link.code));
    let url = chat.first(ANI, |message| buttons(message).iter().any(|key| key["url"].is_string())).await;
    assert_eq!(pay_code(&url), link.code);
    chat.says(ANI, "/start prd_00000000000000000000000000");
    chat.hears(ANI, "այլևս վաճառքում չէ").await;
    chat.says(ANI, "/start nothing");
    chat.hears(ANI, "հղումն այլևս չի գործում").await;
}

async fn webhooks_need_their_secret_and_are_stored_before_they_are_acknowledged(stage: Stage) {
    let chat = Chat::open(stage).await;
    let bot = bots::get(&chat.stage.services, &chat.bot).await.unwrap();
    let url = format!("{}/hooks/telegram/{}", chat.stage.url, chat.bot);
    let post = |secret: &str, body: Vec<u8>| {
        let request = chat.stage.http.post(&url).header("X-Telegram-Bot-Api-Secret-Token", secret).body(body);
        async move { request.send().await.unwrap().status().as_u16() }
    };
    let update = br#"{"update_id":7000,"message":{}}"#.to_vec();
    assert_eq!(post("wrong", update.clone()).await, 401);
    assert_eq!(post("", update.clone()).await, 401);
    assert_eq!(post(&bot.webhook_secret, b"garbage".to_vec()).await, 400);
    assert_eq!(post(&bot.webhook_secret, vec![b' '; 300 * 1024]).await, 413);
    assert_eq!(post(&bot.webhook_secret, update).await, 200);
    assert_eq!(
        chat.stage.count("SELECT CAST(COUNT(*) AS BIGINT) FROM telegram_updates WHERE update_id = 7000").await,
        1
    );
    let nobody = format!("{}/hooks/telegram/{}", chat.stage.url, chat.stage.clock.id::<domain::BotId>());
    assert_eq!(chat.stage.http.post(nobody).body("{}").send().await.unwrap().status().as_u16(), 404);
}

async fn a_person_who_blocks_the_bot_stops_nothing(stage: Stage) {
    stage.product(500_000, Some(1)).await;
    let chat = Chat::open(stage).await;
    let order = chat.orders_coffee(ANI).await;
    chat.telegram.set_blocked(TOKEN, ANI, true);
    chat.stage
        .until("the customer is marked", || async {
            chat.stage.count("SELECT CAST(COUNT(*) AS BIGINT) FROM customers WHERE blocked_at IS NOT NULL").await == 1
        })
        .await;
    let payment = chat.pays(&order, Status::Paid).await;
    let order = chat.stage.payment(&payment).await.order_id;
    chat.stage
        .until("the order is fulfilled all the same", || async {
            chat.stage.order(&order).await.status == OrderStatus::Fulfilled
        })
        .await;
    chat.telegram.set_blocked(TOKEN, ANI, false);
    chat.says(ANI, "/orders");
    chat.hears(ANI, "Վճարված և հանձնված է").await;
}

async fn too_many_messages_are_sent_later(stage: Stage) {
    stage.product(500_000, Some(1)).await;
    let chat = Chat::open(stage).await;
    let order = chat.orders_coffee(ANI).await;
    let slow = Fault {
        method: "sendMessage".into(),
        error_code: 429,
        description: "Too Many Requests: retry after 3".into(),
        retry_after: Some(3),
        times: 1,
    };
    chat.telegram.fail(slow);
    chat.pays(&order, Status::Paid).await;
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    assert_eq!(chat.count(ANI, "Վճարումն ստացված է"), 0);
    chat.stage.clock.advance(10_000);
    chat.hears(ANI, "Վճարումն ստացված է").await;
    assert_eq!(chat.count(ANI, "Վճարումն ստացված է"), 1);
}

async fn a_product_without_a_category_is_found_too(stage: Stage) {
    let input = server::catalog::ProductInput {
        kind: domain::product::ProductKind::Goods,
        name: domain::Localized { en: "Plain cup".into(), ..Default::default() },
        text: Default::default(),
        category: None,
        sku: None,
        delivery: Default::default(),
        price_minor: Some(100_000),
        compare_at_minor: None,
        donation: None,
        stock: None,
        digital_goods: false,
        visible: true,
    };
    server::catalog::create(&stage.services, &stage.owner(), &stage.merchant, input).await.unwrap();
    let chat = Chat::open(stage).await;
    chat.says(KATE, "/catalog");
    // Without any category the catalog is the list itself.
    let list = chat.with_button(KATE, "Plain cup").await;
    chat.presses(KATE, &list, "Plain cup");
    chat.with_data(KATE, "b:").await;
}

async fn staff_hear_in_the_chat_they_chose(stage: Stage) {
    let chat = Chat::open(stage).await;
    let stage = &chat.stage;
    let word = server::shop::invite_to_staff_chat(&stage.services, &stage.owner(), &stage.merchant).await.unwrap();
    chat.says(KATE, "/start staff_wrong");
    chat.hears(KATE, "not valid").await;
    chat.says(KATE, &format!("/start staff_{word}"));
    chat.hears(KATE, "alerts come to this chat").await;
    chat.says(ANI, &format!("/start staff_{word}"));
    chat.hears(ANI, "չի գործում").await;
    let payment = stage.begun().await;
    let mut event = stage.event("evt_wrong", &payment, "paid");
    event["data"]["amountMinor"] = 5_000.into();
    assert_eq!(stage.post_event(&event).await, 200);
    let told = chat.hears(KATE, "⚠️").await;
    assert!(told.text.contains("գումարը չի համընկնում"), "{}", told.text);
}
