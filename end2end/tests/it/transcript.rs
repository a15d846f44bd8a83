//! What the bot says, word by word: whole conversations in each language, written down and compared with what was read and
//! found good. A text that is changed shows here as its readers see it, with its buttons.

use domain::{
    CustomerId, Lang, Localized, Money, ProductId,
    handover::Way,
    moment::{DAY, MINUTE},
    product::{DonationTerms, ProductKind},
    promo::Off,
    question::{Choices, QuestionKind},
};
use sandbox::{
    telegram::Message,
    vpos::{Mischief, Status},
};
use server::{
    bots::{self, Arrived},
    catalog::{
        self, ProductInput,
        questions::{self, QuestionInput},
    },
    customers, messages,
    payments::{self, Start},
    promos::{self, NewPromo},
    refunds::{self, NewRefund},
    shop::{self, HandingOver},
};

use crate::{
    buyer::{self, TOKEN},
    chat::{buttons, pay_code},
    slots::lesson,
    stage::Stage,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_armenian() {
    insta::assert_snapshot!("hy", told(Lang::Hy, 1001).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_russian() {
    insta::assert_snapshot!("ru", told(Lang::Ru, 1002).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_english() {
    insta::assert_snapshot!("en", told(Lang::En, 1003).await);
}

/// Everything that happened between a person and the bot.
async fn told(lang: Lang, person: i64) -> String {
    let stage = Stage::simulated(7).await;
    let bot = buyer::bot(&stage).await;
    let shelf = Shelf::filled(&stage).await;
    let mut play = Play { stage, bot, lang, person, seen: Vec::new(), written: String::new() };
    play.looks_around(&shelf).await;
    play.buys_goods(&shelf).await;
    play.asks().await;
    play.gives(&shelf).await;
    play.books(&shelf).await;
    play.answers_questions(&shelf).await;
    play.fills_a_cart(&shelf).await;
    play.lets_it_expire(&shelf).await;
    play.presses_what_is_old(&shelf).await;
    play.written
}

struct Shelf {
    coffee: ProductId,
    sold_out: ProductId,
    gift: ProductId,
    lesson: ProductId,
    engraved: ProductId,
}

impl Shelf {
    async fn filled(stage: &Stage) -> Self {
        let ways = HandingOver {
            pickup: true,
            pickup_address: Localized::same("Abovyan 18"),
            delivery: true,
            delivery_minor: 100_000,
            delivery_free_from_minor: None,
            delivery_note: Localized::same("Within a day"),
        };
        shop::set_handing_over(&stage.services, &stage.owner(), &stage.merchant, ways).await.unwrap();
        let promo = NewPromo {
            code: "AUTUMN".to_owned(),
            off: Off::Percent(10),
            from: None,
            until: None,
            most_uses: None,
            most_each: None,
            least_minor: 0,
            products: Vec::new(),
        };
        promos::create(&stage.services, &stage.owner(), &stage.merchant, promo).await.unwrap();
        let terms = DonationTerms { suggested_minor: vec![100_000, 500_000], min_minor: 50_000, max_minor: 5_000_000 };
        let engraved = made(stage, "Cup", ProductKind::Service, Some(300_000), None).await;
        ask(stage, &engraved, QuestionKind::Text, "Engraving", false).await;
        ask(stage, &engraved, QuestionKind::Choice, "Colour", true).await;
        ask(stage, &engraved, QuestionKind::Phone, "Phone", true).await;
        ask(stage, &engraved, QuestionKind::Email, "E-mail", true).await;
        Self {
            coffee: stage.product(500_000, Some(5)).await,
            sold_out: stage.product(400_000, Some(0)).await,
            gift: made(stage, "Garden", ProductKind::Donation, None, Some(terms)).await,
            lesson: lesson(stage, 3).await.0,
            engraved,
        }
    }
}

async fn made(
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

async fn ask(stage: &Stage, product: &ProductId, kind: QuestionKind, words: &str, required: bool) {
    let offered = if kind == QuestionKind::Choice { vec!["White", "Blue"] } else { Vec::new() };
    let choices = Choices(offered.into_iter().map(Localized::same).collect());
    let input = QuestionInput { kind, words: Localized::same(words), choices, required };
    questions::add(&stage.services, &stage.owner(), &stage.merchant, product, input).await.unwrap();
}

struct Play {
    stage: Stage,
    bot: domain::BotId,
    lang: Lang,
    person: i64,
    /// The chat as it stood after the last turn.
    seen: Vec<Message>,
    written: String,
}

impl Play {
    async fn looks_around(&mut self, shelf: &Shelf) {
        self.says("/start").await;
        self.says("/help").await;
        self.says("/language").await;
        let own = format!("l:{}", self.lang);
        self.presses(&own).await;
        self.says("/orders").await;
        self.says("/cart").await;
        self.says("/nonsense").await;
        self.says("/catalog").await;
        self.presses("g:").await;
        self.opens(&shelf.sold_out).await;
    }

    async fn buys_goods(&mut self, shelf: &Shelf) {
        self.opens(&shelf.coffee).await;
        self.presses("b:").await;
        self.says("99").await;
        self.says("2").await;
        self.presses(&format!("z:{}", Way::Delivery)).await;
        self.says("x").await;
        self.says("Tumanyan 12, flat 5").await;
        self.presses("zc").await;
        self.presses(&format!("z:{}", Way::Pickup)).await;
        self.presses("zp:1").await;
        self.says("SPRING").await;
        self.presses("zp:1").await;
        self.says("autumn").await;
        self.presses("ok:").await;
        self.presses("k:").await;
        self.pays("1", Status::Failed).await;
        self.pays("2", Status::Paid).await;
        self.says("/orders").await;
        self.presses("r:").await;
        self.is_given_back().await;
    }

    /// With the people of the shop.
    async fn asks(&mut self) {
        self.says("/ask").await;
        self.says("Are you open on Sunday?").await;
        let words = "Yes, until 18:00.".to_owned();
        let answer = messages::Answer { words, order: None, once: None };
        let (customer, owner) = (self.customer().await, self.stage.owner());
        messages::answer(&self.stage.services, &owner, &self.stage.merchant, &customer, answer).await.unwrap();
        self.turn("the shop answers").await;
        self.presses("w").await;
        self.says("Thank you").await;
        self.says("/stop").await;
        self.presses("e:1").await;
    }

    async fn gives(&mut self, shelf: &Shelf) {
        self.opens(&shelf.gift).await;
        self.presses("b:").await;
        self.presses("s").await;
        self.says("1").await;
        self.says("2500").await;
        self.presses("x").await;
    }

    async fn books(&mut self, shelf: &Shelf) {
        self.opens(&shelf.lesson).await;
        self.presses("b:").await;
        self.presses("d:").await;
        self.presses("t:").await;
        self.says("1").await;
        self.presses("ok:").await;
        self.pays("1", Status::Paid).await;
    }

    async fn answers_questions(&mut self, shelf: &Shelf) {
        self.opens(&shelf.engraved).await;
        self.presses("b:").await;
        self.says("1").await;
        self.presses("n:").await;
        self.says("Green").await;
        self.says("Blue").await;
        self.says("call me").await;
        self.says("+374 91 123456").await;
        self.says("nowhere").await;
        self.says("ani@example.am").await;
        self.presses("ok:").await;
        self.says("/orders").await;
        self.presses("j:").await;
    }

    async fn fills_a_cart(&mut self, shelf: &Shelf) {
        self.opens(&shelf.coffee).await;
        self.presses("i:").await;
        self.says("1").await;
        self.presses("y:1:2").await;
        self.presses("yo").await;
        self.says("/cart").await;
        self.presses("yx:").await;
    }

    async fn lets_it_expire(&mut self, shelf: &Shelf) {
        self.opens(&shelf.lesson).await;
        self.presses("b:").await;
        self.presses("d:").await;
        self.presses("t:").await;
        self.says("1").await;
        self.presses("ok:").await;
        for _ in 0..4 {
            self.stage.clock.advance(15 * MINUTE);
            self.turn("a quarter of an hour later").await;
        }
    }

    async fn presses_what_is_old(&mut self, shelf: &Shelf) {
        let newest = self.seen.last().expect("a chat").id;
        self.stage.telegram.press(TOKEN, self.person, newest, "ok:of-yesterday");
        self.is_heard("a button of yesterday").await;
        self.says(&format!("/start {}", ProductId::make(1, [1; 10]))).await;
        self.says("/start l_nothing").await;
        self.stage.clock.advance(3 * DAY);
        self.opens(&shelf.lesson).await;
        self.presses("b:").await;
    }

    async fn opens(&mut self, product: &ProductId) {
        self.stage.telegram.send_text(TOKEN, self.person, &format!("/start {product}"));
        self.is_heard("opens a product").await;
    }

    async fn says(&mut self, text: &str) {
        self.stage.telegram.send_text(TOKEN, self.person, text);
        let id = text.contains("prd_").then_some("/start of a product that is gone");
        self.is_heard(id.unwrap_or(text)).await;
    }

    /// The newest button that begins so: alone, or before a colon.
    async fn presses(&mut self, sign: &str) {
        let fits = |data: &str| data == sign || (sign.contains(':') && data.starts_with(sign));
        let found = self.seen.iter().rev().find_map(|message| {
            let key = buttons(message).into_iter().find(|key| key["callback_data"].as_str().is_some_and(fits))?;
            Some((message.id, key["text"].as_str()?.to_owned(), key["callback_data"].as_str()?.to_owned()))
        });
        let (message, label, data) = found.unwrap_or_else(|| panic!("no button {sign} in\n{}", self.written));
        self.stage.telegram.press(TOKEN, self.person, message, &data);
        self.is_heard(&format!("[{label}]")).await;
    }

    /// On the payment page of the newest order.
    async fn pays(&mut self, attempt: &str, status: Status) {
        let order = self.seen.iter().rev().find(|message| buttons(message).iter().any(|key| key["url"].is_string()));
        let start = Start::of(&pay_code(order.expect("an order to pay")), self.lang, attempt);
        let payment = payments::start(&self.stage.services, start).await.unwrap().payment;
        let reference = self.stage.payment(&payment).await.reference.unwrap();
        let quietly = Mischief { never_send: true, ..Mischief::default() };
        assert!(self.stage.vpos.end(&reference, status, quietly));
        let owner = self.stage.owner();
        payments::check(&self.stage.services, &owner, &self.stage.merchant, &payment).await.unwrap();
        self.turn(&format!("at the bank: {status:?}")).await;
    }

    async fn is_given_back(&mut self) {
        let paid = "SELECT id FROM payments WHERE status = 'paid'";
        let payment = self.stage.text(paid).await.parse().unwrap();
        let new = NewRefund {
            payment,
            amount: Some(Money::amd(100_000)),
            lines: Vec::new(),
            reason: "Broken".to_owned(),
            made_by: None,
        };
        refunds::ask(&self.stage.services, &self.stage.owner(), &self.stage.merchant, new).await.unwrap();
        self.turn("1,000 drams are given back").await;
    }

    async fn customer(&self) -> CustomerId {
        let (all, db) = (customers::Filter::default(), &self.stage.services.db);
        customers::list(db, &self.stage.merchant, &all, 1).await.unwrap().remove(0).id
    }

    /// What waits at Telegram is brought.
    async fn is_heard(&mut self, what: &str) {
        let bot = bots::get(&self.stage.services, &self.bot).await.unwrap();
        let api = providers::telegram::Api::new(&self.stage.services.telegram_api_url);
        let arrived = |update: &serde_json::Value| Arrived {
            update_id: update["update_id"].as_i64().unwrap(),
            chat_id: Some(self.person),
            body: update.to_string(),
        };
        let updates = api.updates(TOKEN, bot.next_update_id).await.unwrap();
        assert!(self.stage.services.updates.keep_polled(&bot, updates.iter().map(arrived).collect()).await);
        self.turn(what).await;
    }

    /// Everything that is owed is done, and what is new in the chat is written down.
    async fn turn(&mut self, what: &str) {
        bot::jobs(self.stage.workers(), self.stage.services.clone()).drain().await.unwrap();
        let now = self.stage.telegram.messages(TOKEN, self.person);
        let said: Vec<_> = now.iter().filter(|message| message.from_bot && self.is_news(message)).collect();
        let said: Vec<_> = said.into_iter().map(|message| self.drawn(message)).collect();
        self.seen = now;
        self.written.push_str(&format!("\n→ {what}\n{}", said.concat()));
    }

    fn is_news(&self, message: &Message) -> bool {
        let known = self.seen.iter().find(|known| known.id == message.id);
        known.is_none_or(|known| known.html != message.html || known.keyboard != message.keyboard)
    }

    fn drawn(&self, message: &Message) -> String {
        let sign = if self.seen.iter().any(|known| known.id == message.id) { "✎" } else { "←" };
        let file = message.document.as_ref().map(|file| format!("({})", file.name));
        let text = [file.unwrap_or_default(), message.html.replace('\n', "\n  ")].concat();
        let rows = message.keyboard.as_ref().map(|keys| keys["inline_keyboard"].clone()).unwrap_or_default();
        let row = |row: &serde_json::Value| {
            let labels = row.as_array().into_iter().flatten().filter_map(|key| key["text"].as_str());
            format!("    {}\n", labels.map(|label| format!("[{label}]")).collect::<Vec<_>>().join(" "))
        };
        let keys: String = rows.as_array().into_iter().flatten().map(row).collect();
        format!("{sign} {text}\n{keys}").replace(&self.stage.url, "https://shop.example")
    }
}
