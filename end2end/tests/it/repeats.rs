//! Every kind of update, ten times over from Telegram and handled once more after its worker died before it could say so: one
//! effect each.

use domain::{BotId, ProductId, club::WinBack, product::ProductKind, question::QuestionKind};
use sandbox::telegram::{Place, Rights};
use sea_orm::{ConnectionTrait, Database};
use serde_json::{Value, json};
use server::{
    bots,
    catalog::questions::{self, QuestionInput},
    clubs::{self, NewClub},
    shop,
};

use crate::{
    buyer::{self, TOKEN},
    chat::KATE,
    on_both,
    stage::Stage,
    transcript::made,
};

on_both!(
    a_message_and_a_contact,
    presses_of_every_sort,
    a_person_blocks_the_bot_and_lets_it_in_again,
    somebody_asks_to_be_let_into_a_club,
    the_bot_is_sent_away,
    who_only_looks_around_leaves_nothing_written,
);

const GROUP: i64 = -500;
const CLUB: i64 = -1_001_000_000_001;

/// A shop whose bot nobody polls: what Telegram says is posted by hand.
struct Post {
    stage: Stage,
    bot: BotId,
    next: i64,
}

impl Post {
    async fn open(stage: Stage) -> Self {
        let bot = buyer::bot(&stage).await;
        stage.telegram.open_chat(TOKEN, KATE);
        Self { stage, bot, next: 100 }
    }

    /// Ten deliveries, some of them while the first is being handled; then the job is done a second time.
    async fn comes(&mut self, kind: &str, what: Value) {
        self.next += 1;
        let update = json!({ "update_id": self.next, kind: what });
        let secret = bots::get(&self.stage.services, &self.bot).await.unwrap().webhook_secret;
        let url = format!("{}/hooks/telegram/{}", self.stage.url, self.bot);
        let post = || {
            let posted = self.stage.http.post(&url).header("X-Telegram-Bot-Api-Secret-Token", &secret).json(&update);
            async move { assert_eq!(posted.send().await.unwrap().status().as_u16(), 200) }
        };
        for _ in 0..4 {
            tokio::join!(post(), post(), self.works());
        }
        tokio::join!(post(), post());
        let again = "UPDATE jobs SET state = 'queued', done_at = NULL WHERE kind = 'handle_update'";
        let again = format!("{again} AND payload LIKE '%{}%'", self.next);
        Database::connect(&self.stage.database_url).await.unwrap().execute_unprepared(&again).await.unwrap();
        self.works().await;
        let stored = format!("SELECT COUNT(*) FROM telegram_updates WHERE update_id = {}", self.next);
        assert_eq!(self.stage.count(&stored).await, 1);
        let dead = "SELECT COUNT(*) FROM jobs WHERE state IN ('dead', 'retrying')";
        assert_eq!(self.stage.count(dead).await, 0, "{update}");
    }

    async fn works(&self) {
        bot::jobs(self.stage.workers(), self.stage.services.clone()).drain().await.unwrap();
    }

    async fn writes(&mut self, what: Value) {
        let mut message = json!({ "message_id": self.next, "date": 1_700_000_000, "chat": chat(KATE), "from": user() });
        message.as_object_mut().unwrap().extend(what.as_object().unwrap().clone());
        self.comes("message", message).await;
    }

    async fn says(&mut self, text: &str) {
        self.writes(json!({ "text": text })).await;
    }

    /// A button with this data, under the newest message.
    async fn presses(&mut self, data: &str) {
        let newest = self.stage.telegram.messages(TOKEN, KATE).last().expect("a message").id;
        let message = json!({ "message_id": newest, "date": 1_700_000_000, "chat": chat(KATE), "text": "x" });
        let query = format!("query-{}", self.next);
        let what = json!({ "id": query, "from": user(), "message": message, "chat_instance": "1", "data": data });
        self.comes("callback_query", what).await;
    }

    /// The data of a button of the chat that begins so.
    fn button(&self, sign: &str) -> String {
        let all = self.stage.telegram.messages(TOKEN, KATE);
        let keys = all.iter().rev().flat_map(crate::chat::buttons);
        let mut data = keys.filter_map(|key| key["callback_data"].as_str().map(str::to_owned));
        data.find(|data| data.starts_with(sign)).unwrap_or_else(|| panic!("no button {sign}"))
    }

    async fn member(&mut self, chat: Value, before: &str, after: &str) {
        let of = |status: &str| {
            let bot = json!({ "id": 1_000_000_001, "is_bot": true, "first_name": "Test", "username": "test_bot" });
            match status {
                "kicked" => json!({ "status": status, "user": bot, "until_date": 0 }),
                _ => json!({ "status": status, "user": bot }),
            }
        };
        let what = json!({ "chat": chat, "from": user(), "date": 1_700_000_000, "old_chat_member": of(before),
            "new_chat_member": of(after) });
        self.comes("my_chat_member", what).await;
    }

    async fn count(&self, sql: &str) -> i64 {
        self.stage.count(sql).await
    }
}

fn user() -> Value {
    json!({ "id": KATE, "is_bot": false, "first_name": "Kate", "language_code": "en" })
}

fn chat(id: i64) -> Value {
    let sort = if id < 0 { "supergroup" } else { "private" };
    json!({ "id": id, "type": sort, "first_name": "Kate", "title": "Group" })
}

async fn asks_a_phone(stage: &Stage, product: &ProductId) {
    let words = domain::Localized::same("Phone");
    let input = QuestionInput { kind: QuestionKind::Phone, words, choices: Default::default(), required: true };
    questions::add(&stage.services, &stage.owner(), &stage.merchant, product, input).await.unwrap();
}

async fn a_message_and_a_contact(stage: Stage) {
    let product = stage.product(500_000, Some(1)).await;
    asks_a_phone(&stage, &product).await;
    let mut post = Post::open(stage).await;
    post.says("/ask").await;
    post.says("Are you open?").await;
    let written = "SELECT COUNT(*) FROM messages";
    assert_eq!(post.count(written).await, 1);
    let contact = json!({ "contact": { "phone_number": "+37491000000", "first_name": "Kate", "user_id": KATE } });
    post.writes(contact.clone()).await;
    assert_eq!(post.count(written).await, 2, "to the shop's people it is a message");
    post.says(&format!("/start {product}")).await;
    post.presses(&post.button("b:")).await;
    post.writes(contact).await;
    assert_eq!(post.count(written).await, 2, "to the bot's question it is the answer");
    post.presses(&post.button("ok:")).await;
    assert_eq!(post.count("SELECT COUNT(*) FROM orders").await, 1);
    assert_eq!(post.count("SELECT COUNT(*) FROM answers").await, 1);
}

async fn presses_of_every_sort(stage: Stage) {
    let product = stage.product(500_000, Some(9)).await;
    let mut post = Post::open(stage).await;
    post.says(&format!("/start {product}")).await;
    post.presses(&post.button("i:")).await;
    post.presses("q:2").await;
    let lying = "SELECT CAST(SUM(CAST(version AS BIGINT)) AS BIGINT) FROM carts";
    assert_eq!(post.count(lying).await, 1, "put in once");
    post.presses("y:1:3").await;
    assert_eq!(post.count(lying).await, 2, "one more, once");
    post.presses("yo").await;
    post.presses(&post.button("ok:")).await;
    assert_eq!(post.count("SELECT COUNT(*) FROM orders").await, 1);
    assert_eq!(post.count("SELECT CAST(amount_minor AS BIGINT) FROM orders").await, 1_500_000);
    post.says("/orders").await;
    post.presses(&post.button("j:")).await;
    let given_up = "SELECT COUNT(*) FROM journal WHERE kind = 'order_cancelled'";
    assert_eq!(post.count(given_up).await, 1);
    let order = post.stage.text("SELECT id FROM orders").await;
    post.presses(&format!("a:{order}")).await;
    assert_eq!(post.count("SELECT COUNT(*) FROM orders").await, 2, "again, once");
    post.presses("l:ru").await;
    post.presses("e:0").await;
    post.presses("u:0").await;
    let wants = "SELECT COUNT(*) FROM customers WHERE language = 'ru' AND ads_stopped_at IS NOT NULL AND reminders_off_at IS NOT NULL";
    assert_eq!(post.count(wants).await, 1);
    post.stage.audit().await;
}

async fn a_person_blocks_the_bot_and_lets_it_in_again(stage: Stage) {
    let mut post = Post::open(stage).await;
    post.says("/start").await;
    let blocked = "SELECT COUNT(*) FROM customers WHERE blocked_at IS NOT NULL";
    post.member(chat(KATE), "member", "kicked").await;
    assert_eq!(post.count(blocked).await, 1);
    post.member(chat(KATE), "kicked", "member").await;
    assert_eq!((post.count(blocked).await, post.count("SELECT COUNT(*) FROM customers").await), (0, 1));
}

async fn somebody_asks_to_be_let_into_a_club(stage: Stage) {
    let product = made(&stage, "Potters", ProductKind::Club, Some(450_000), None).await;
    let mut post = Post::open(stage).await;
    let stage = &post.stage;
    stage.telegram.add_group(CLUB, "Potters", 999);
    stage.telegram.set_rights(CLUB, TOKEN, Some(Rights::ALL));
    let back = WinBack { after_days: 7, at_most: 0 };
    let new = NewClub { chat: CLUB.to_string(), days: Some(30), grace_days: 2, back };
    clubs::connect(&stage.services, &stage.owner(), &stage.merchant, &product, new).await.unwrap();
    post.says(&format!("/start {product}")).await;
    post.presses(&post.button("b:")).await;
    post.presses(&post.button("ok:")).await;
    let messages = post.stage.telegram.messages(TOKEN, KATE);
    let order = messages.iter().rev().find(|m| crate::chat::buttons(m).iter().any(|key| key["url"].is_string()));
    let code = crate::chat::pay_code(order.unwrap());
    let link = server::links::by_code(&post.stage.services.db, &post.stage.merchant, &code).await.unwrap().unwrap();
    let payment = post.stage.press_pay(&link, "1").await.unwrap();
    let payment = post.stage.payment(&payment).await;
    assert_eq!(post.stage.post_event(&post.stage.event("evt_paid", &payment, "paid")).await, 200);
    post.works().await;
    let messages = post.stage.telegram.messages(TOKEN, KATE);
    let mut urls = messages.iter().rev().flat_map(crate::chat::buttons);
    let link = urls.find_map(|key| key["url"].as_str().filter(|url| url.contains("t.me/+")).map(str::to_owned));
    post.stage.telegram.ask_to_join(&link.expect("an invitation"), KATE);
    let what = json!({ "chat": chat(CLUB), "from": user(), "user_chat_id": KATE, "date": 1_700_000_000 });
    post.comes("chat_join_request", what).await;
    assert_eq!(post.stage.telegram.place(CLUB, KATE), Some(Place::Member));
    assert_eq!(post.count("SELECT COUNT(*) FROM memberships WHERE joined_at IS NOT NULL").await, 1);
    assert_eq!(post.count("SELECT COUNT(*) FROM membership_terms").await, 1);
}

async fn the_bot_is_sent_away(stage: Stage) {
    let mut post = Post::open(stage).await;
    post.stage.telegram.open_chat(TOKEN, GROUP);
    let (services, merchant) = (&post.stage.services, &post.stage.merchant);
    let word = shop::invite_to_staff_chat(services, &post.stage.owner(), merchant).await.unwrap();
    assert!(shop::bind_staff_chat(services, merchant, &post.bot, GROUP, &word).await.unwrap());
    post.member(chat(GROUP), "member", "kicked").await;
    let lost = "SELECT COUNT(*) FROM merchants WHERE staff_chat_id IS NULL AND staff_chat_lost_at IS NOT NULL";
    assert_eq!(post.count(lost).await, 1);
    assert_eq!(post.count("SELECT COUNT(*) FROM audit_log WHERE action = 'staff_chat_lost'").await, 1);
    assert_eq!(post.count("SELECT COUNT(*) FROM customers").await, 0, "nobody is met by it");
}

/// Known, and where they were: an update more is then no write to anything but itself.
async fn who_only_looks_around_leaves_nothing_written(stage: Stage) {
    let mut post = Post::open(stage).await;
    post.says("/start").await;
    let changed = "SELECT updated_at FROM conversations";
    let before = post.count(changed).await;
    post.stage.clock.advance(1_000);
    for text in ["/help", "/catalog", "/orders", "/cart"] {
        post.says(text).await;
    }
    assert_eq!(post.count(changed).await, before);
    post.says("/ask").await;
    assert_eq!(post.count(changed).await, before + 1_000, "and what leads further is");
}
