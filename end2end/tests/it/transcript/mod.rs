//! What the bot says, word by word: whole conversations in each language, written down and compared with what was read and
//! found good. A text that is changed shows here as its readers see it, with its buttons; a text that nobody hears is found by
//! `complete`.

mod anew;
mod clubs;
mod complete;
mod crew;
mod given;
mod shopping;
mod snags;
mod staff;

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    BotId, CustomerId, Lang, Localized, Money, PaymentId, ProductId,
    product::{DonationTerms, ProductKind},
    question::{Choices, QuestionKind},
};
use sandbox::{
    telegram::Message,
    vpos::{Mischief, Status},
};
use sea_orm::{ConnectionTrait, Database};
use serde_json::Value;
use server::{
    bots::{self, Arrived},
    catalog::{
        self, ProductInput,
        questions::{self, QuestionInput},
    },
    customers, orders,
    payments::{self, Start},
    refunds::{self, NewRefund, Refund},
    shop::{self, HandingOver, Profile},
};

use crate::{
    buyer::{self, TOKEN},
    chat::{buttons, pay_code},
    stage::{On, Stage},
};

/// One play in each language: the person who speaks it, the conversation, its snapshot.
macro_rules! in_three {
    ($play:path) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn in_armenian() {
            insta::assert_snapshot!("hy", $play(domain::Lang::Hy).await);
        }

        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn in_russian() {
            insta::assert_snapshot!("ru", $play(domain::Lang::Ru).await);
        }

        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn in_english() {
            insta::assert_snapshot!("en", $play(domain::Lang::En).await);
        }
    };
}
use in_three;

/// The chat of the shop's people.
const GROUP: i64 = -500;

/// The sandbox's log of calls holds so many.
const CALLS: usize = 1_000;

/// A shop that speaks the language with its people too, and a person who does.
struct Play {
    stage: Stage,
    bot: BotId,
    lang: Lang,
    person: i64,
    /// Whose chats are written down: the person's, and those of the shop.
    chats: Vec<i64>,
    /// The chats as they stood after the last turn.
    seen: BTreeMap<i64, Vec<Message>>,
    /// Short answers to buttons, told so far.
    toasts: usize,
    written: String,
    /// Where conversations stood whenever the program ended; none where it does not end.
    stands: Option<BTreeSet<String>>,
}

impl Play {
    async fn new(lang: Lang) -> Self {
        Self::on(On::Sqlite, lang).await
    }

    async fn on(on: On, lang: Lang) -> Self {
        let stage = Stage::simulated_on(on, 7).await;
        let bot = buyer::bot(&stage).await;
        let person = match lang {
            Lang::Hy => 1001,
            Lang::Ru => 1002,
            Lang::En => 1003,
        };
        let play = Self {
            stage,
            bot,
            lang,
            person,
            chats: vec![person, GROUP],
            seen: BTreeMap::new(),
            toasts: 0,
            written: String::new(),
            stands: None,
        };
        play.changes_the_shop(|profile| profile.language = lang).await;
        play
    }

    async fn changes_the_shop(&self, change: impl FnOnce(&mut Profile)) {
        let shop = shop::get(&self.stage.services.db, &self.stage.merchant).await.unwrap();
        let mut profile = Profile::from(&shop);
        change(&mut profile);
        shop::set_profile(&self.stage.services, &self.stage.owner(), &self.stage.merchant, profile).await.unwrap();
    }

    async fn hands_over(&self, change: impl FnOnce(&mut HandingOver)) {
        let mut ways = HandingOver {
            pickup: true,
            pickup_address: Localized::same("Abovyan 18"),
            delivery: true,
            delivery_minor: 100_000,
            delivery_free_from_minor: None,
            delivery_note: Localized::same("Within a day"),
        };
        change(&mut ways);
        shop::set_handing_over(&self.stage.services, &self.stage.owner(), &self.stage.merchant, ways).await.unwrap();
    }

    async fn opens(&mut self, product: &ProductId) {
        self.stage.telegram.send_text(TOKEN, self.person, &format!("/start {product}"));
        self.is_heard("opens a product").await;
    }

    async fn says(&mut self, text: &str) {
        self.stage.telegram.send_text(TOKEN, self.person, text);
        let id = text.contains("prd_").then_some("/start of a product that is gone");
        let long = (text.chars().count() > 100).then_some("writes very much");
        self.is_heard(id.or(long).unwrap_or(text)).await;
    }

    /// The newest button that begins so: alone, or before a colon.
    async fn presses(&mut self, sign: &str) {
        let (message, label, data) = self.button(self.person, sign);
        self.stage.telegram.press(TOKEN, self.person, message, &data);
        self.is_heard(&format!("[{label}]")).await;
    }

    fn button(&self, chat: i64, sign: &str) -> (i64, String, String) {
        let fits = |data: &str| data == sign || (sign.contains(':') && data.starts_with(sign));
        let found = self.seen[&chat].iter().rev().find_map(|message| {
            let key = buttons(message).into_iter().find(|key| key["callback_data"].as_str().is_some_and(fits))?;
            Some((message.id, key["text"].as_str()?.to_owned(), key["callback_data"].as_str()?.to_owned()))
        });
        found.unwrap_or_else(|| panic!("no button {sign} in\n{}", self.written))
    }

    /// A button that stands under no message any more, or never did.
    async fn presses_data(&mut self, what: &str, data: &str) {
        let newest = self.seen[&self.person].last().expect("a chat").id;
        self.stage.telegram.press(TOKEN, self.person, newest, data);
        self.is_heard(what).await;
    }

    /// Puts a product on the way to its order: the card, *Buy*, and how many.
    async fn buys(&mut self, product: &ProductId, quantity: &str) {
        self.opens(product).await;
        self.presses("b:").await;
        self.says(quantity).await;
    }

    /// The payment of the newest order's page, begun.
    async fn begins(&mut self, attempt: &str) -> PaymentId {
        let links = |message: &&Message| {
            let url = |key: &Value| key["url"].as_str().is_some_and(|url| url.contains("/pay/"));
            buttons(message).iter().any(url)
        };
        let order = self.seen[&self.person].iter().rev().find(links);
        let start = Start::of(&pay_code(order.expect("an order to pay")), self.lang, attempt);
        payments::start(&self.stage.services, start).await.unwrap().payment
    }

    /// On the payment page of the newest order.
    async fn pays(&mut self, attempt: &str, status: Status) -> PaymentId {
        let payment = self.begins(attempt).await;
        let reference = self.stage.payment(&payment).await.reference.unwrap();
        let quietly = Mischief { never_send: true, ..Mischief::default() };
        assert!(self.stage.vpos.end(&reference, status, quietly));
        let owner = self.stage.owner();
        payments::check(&self.stage.services, &owner, &self.stage.merchant, &payment).await.unwrap();
        self.turn(&format!("at the bank: {status:?}")).await;
        payment
    }

    /// What the provider tells by itself.
    async fn hears_of(&mut self, payment: &PaymentId, status: &str) {
        let payment = self.stage.payment(payment).await;
        let event = self.stage.event(&format!("evt_{status}_{}", payment.id), &payment, status);
        assert_eq!(self.stage.post_event(&event).await, 200);
        self.turn(&format!("the bank says: {status}")).await;
    }

    async fn is_given_back(&mut self, payment: &PaymentId, amount: Option<Money>) -> Refund {
        let new = NewRefund {
            payment: payment.clone(),
            amount,
            lines: Vec::new(),
            reason: "Broken".to_owned(),
            made_by: None,
        };
        let refund = refunds::ask(&self.stage.services, &self.stage.owner(), &self.stage.merchant, new).await.unwrap();
        let sum = amount.map_or("the rest".to_owned(), |amount| format!("{} drams", amount.amount_minor / 100));
        self.turn(&format!("{sum} is given back")).await;
        refund
    }

    async fn customer(&self) -> CustomerId {
        let found = customers::by_telegram(&self.stage.services.db, &self.stage.merchant, self.person).await;
        found.unwrap().expect("a customer").id
    }

    async fn newest_order(&self) -> orders::Whole {
        let (all, db) = (orders::Filter::default(), &self.stage.services.db);
        let all = orders::list(db, &self.stage.merchant, &all, 50).await.unwrap();
        all.into_iter().max_by_key(|whole| whole.order.number).expect("an order")
    }

    /// What no verb of the program does.
    async fn sql(&self, sql: &str) {
        Database::connect(&self.stage.database_url).await.unwrap().execute_unprepared(sql).await.unwrap();
    }

    /// What waits at Telegram is brought.
    async fn is_heard(&mut self, what: &str) {
        let bot = bots::get(&self.stage.services, &self.bot).await.unwrap();
        let api = providers::telegram::Api::new(&self.stage.services.telegram_api_url);
        let updates = api.updates(TOKEN, bot.next_update_id).await.unwrap();
        self.ends_and_begins().await;
        self.is_brought(updates).await;
        self.ends_and_begins().await;
        self.turn(what).await;
    }

    /// The program ends without a word, if it is to, and begins again with nothing but its database.
    async fn ends_and_begins(&mut self) {
        let Some(mut stands) = self.stands.take() else { return };
        let all = self.column("SELECT state FROM conversations").await;
        stands.extend(all.iter().map(|state| serde_json::from_str::<Value>(state).unwrap()["at"].to_string()));
        self.stands = Some(stands);
        self.stage.restart().await;
    }

    async fn column(&self, sql: &str) -> Vec<String> {
        let db = self.stage.services.db.read();
        let statement = sea_orm::Statement::from_string(db.get_database_backend(), sql);
        let rows = db.query_all_raw(statement).await.unwrap();
        rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
    }

    async fn is_brought(&self, updates: Vec<Value>) {
        let bot = bots::get(&self.stage.services, &self.bot).await.unwrap();
        let arrived = |update: &Value| Arrived {
            update_id: update["update_id"].as_i64().unwrap(),
            chat_id: Some(self.person),
            body: update.to_string(),
        };
        assert!(self.stage.services.updates.keep_polled(&bot, updates.iter().map(arrived).collect()).await);
    }

    /// Time goes by.
    async fn later(&mut self, by: i64, what: &str) {
        self.stage.clock.advance(by);
        self.turn(what).await;
    }

    /// Everything that is owed is done, and what is new in the chats is written down.
    async fn turn(&mut self, what: &str) {
        bot::jobs(self.stage.workers(), self.stage.services.clone()).drain().await.unwrap();
        let mut said = self.toasted();
        for chat in self.chats.clone() {
            let before = if chat == self.person { "← " } else { "⇐ " };
            let now = self.stage.telegram.messages(TOKEN, chat);
            let known = self.seen.insert(chat, now.clone()).unwrap_or_default();
            let news = now.iter().filter(|message| message.from_bot && is_news(message, &known));
            said.extend(news.map(|message| self.drawn(message, before, &known)));
        }
        self.written.push_str(&format!("\n→ {what}\n{}", said.concat()));
    }

    /// Short answers to a pressed button, since the last turn.
    fn toasted(&mut self) -> Vec<String> {
        let calls = self.stage.telegram.calls();
        assert!(calls.len() < CALLS, "none of the calls is forgotten");
        let toasts = calls.iter().filter(|(method, _)| method == "AnswerCallbackQuery");
        let all: Vec<_> = toasts.filter_map(|(_, body)| body.get("text")?.as_str().map(str::to_owned)).collect();
        let new = all[self.toasts..].iter().map(|text| format!("⌃ {text}\n")).collect();
        self.toasts = all.len();
        new
    }

    fn drawn(&self, message: &Message, before: &str, known: &[Message]) -> String {
        let sign = if known.iter().any(|known| known.id == message.id) { "✎ " } else { before };
        let file = message.document.as_ref().map(|file| format!("({})", file.name));
        let picture = message.photo.as_ref().map(|_| "(a picture) ".to_owned());
        let text = [file.or(picture).unwrap_or_default(), message.html.replace('\n', "\n  ")].concat();
        let rows = message.keyboard.as_ref().map(|keys| keys["inline_keyboard"].clone()).unwrap_or_default();
        let row = |row: &Value| {
            let labels = row.as_array().into_iter().flatten().filter_map(|key| key["text"].as_str());
            format!("    {}\n", labels.map(|label| format!("[{label}]")).collect::<Vec<_>>().join(" "))
        };
        let keys: String = rows.as_array().into_iter().flatten().map(row).collect();
        format!("{sign}{text}\n{keys}").replace(&self.stage.url, "https://shop.example")
    }
}

fn is_news(message: &Message, known: &[Message]) -> bool {
    let known = known.iter().find(|known| known.id == message.id);
    known.is_none_or(|known| known.html != message.html || known.keyboard != message.keyboard)
}

pub async fn made(
    stage: &Stage,
    name: &str,
    kind: ProductKind,
    price_minor: Option<i64>,
    donation: Option<DonationTerms>,
) -> ProductId {
    let input = ProductInput {
        kind,
        name: Localized::same(name),
        text: Localized::same("A few words about it."),
        category: None,
        sku: None,
        delivery: Localized::same("Thank you"),
        price_minor,
        compare_at_minor: None,
        donation,
        stock: None,
        digital_goods: false,
        visible: true,
    };
    catalog::create(&stage.services, &stage.owner(), &stage.merchant, input).await.unwrap().id
}

async fn changed(stage: &Stage, id: &ProductId, change: impl FnOnce(&mut ProductInput)) {
    let product = catalog::get(&stage.services.db, &stage.merchant, id).await.unwrap();
    let mut input = ProductInput::from(&product);
    change(&mut input);
    let edited = catalog::Edited { input, stock_shown: product.stock, picture: catalog::Picture::AsItIs };
    catalog::update(&stage.services, &stage.owner(), &stage.merchant, id, edited).await.unwrap();
}

async fn asked(stage: &Stage, product: &ProductId, kind: QuestionKind, words: &str, required: bool) {
    let offered = if kind == QuestionKind::Choice { vec!["White", "Blue"] } else { Vec::new() };
    let choices = Choices(offered.into_iter().map(Localized::same).collect());
    let input = QuestionInput { kind, words: Localized::same(words), choices, required };
    questions::add(&stage.services, &stage.owner(), &stage.merchant, product, input).await.unwrap();
}
