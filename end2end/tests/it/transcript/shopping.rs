//! A customer looks around, buys of each kind, pays, asks, and is told what became of it.

use domain::{
    Lang, Localized, Money, ProductId,
    handover::Way,
    hours::Hours,
    moment::{DAY, MINUTE},
    product::{DonationTerms, ProductKind},
    promo::Off,
    question::QuestionKind,
};
use sandbox::vpos::Status;
use serde_json::Value;
use server::{
    messages,
    promos::{self, NewPromo},
};
use tokio_util::sync::CancellationToken;

use super::{Play, asked, changed, in_three, made};
use crate::{buyer::TOKEN, slots::lesson};

in_three!(told);

/// Everything that happened between a person and the bot.
pub(super) async fn told(lang: Lang) -> String {
    let mut own = Play::new(lang).await;
    play(&mut own).await;
    own.written
}

pub(super) async fn play(play: &mut Play) {
    play.finds_an_empty_shop().await;
    let shelf = Shelf::filled(play).await;
    play.looks_around(&shelf).await;
    play.buys_goods(&shelf).await;
    play.asks().await;
    play.gives(&shelf).await;
    play.books(&shelf).await;
    play.answers_questions(&shelf).await;
    play.fills_a_cart(&shelf).await;
    play.lets_it_expire(&shelf).await;
    play.presses_what_is_old(&shelf).await;
}

struct Shelf {
    coffee: ProductId,
    cheaper: ProductId,
    sold_out: ProductId,
    gift: ProductId,
    lesson: ProductId,
    engraved: ProductId,
}

impl Shelf {
    async fn filled(play: &Play) -> Self {
        let stage = &play.stage;
        play.hands_over(|_| ()).await;
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
        asked(stage, &engraved, QuestionKind::Text, "Engraving", false).await;
        asked(stage, &engraved, QuestionKind::Choice, "Colour", true).await;
        asked(stage, &engraved, QuestionKind::Phone, "Phone", true).await;
        asked(stage, &engraved, QuestionKind::Email, "E-mail", true).await;
        let cheaper = stage.product(350_000, None).await;
        changed(stage, &cheaper, |input| input.compare_at_minor = Some(500_000)).await;
        for number in 1..=7 {
            let more = stage.product(100_000 * number, None).await;
            changed(stage, &more, |input| input.name = Localized::same(&format!("Cup {number}"))).await;
        }
        Self {
            cheaper,
            coffee: stage.product(500_000, Some(5)).await,
            sold_out: stage.product(400_000, Some(0)).await,
            gift: made(stage, "Garden", ProductKind::Donation, None, Some(terms)).await,
            lesson: lesson(stage, 3).await.0,
            engraved,
        }
    }
}

impl Play {
    async fn finds_an_empty_shop(&mut self) {
        self.menus_are_set().await;
        self.says("/catalog").await;
    }

    /// What Telegram shows beside the field of the chat, and the list of commands.
    async fn menus_are_set(&mut self) {
        let (stop, services) = (CancellationToken::new(), self.stage.services.clone());
        let running = tokio::spawn(bot::run(services, bot::Mode::Webhook, stop.clone()));
        let calls = |method: &str| {
            let all = self.stage.telegram.calls().into_iter();
            all.filter(|(name, _)| name.eq_ignore_ascii_case(method)).map(|(_, body)| body).collect::<Vec<_>>()
        };
        self.stage.until("the menus are set", || async { !calls("setChatMenuButton").is_empty() }).await;
        stop.cancel();
        running.await.unwrap();
        let api = providers::telegram::Api::new(&self.stage.services.telegram_api_url);
        api.delete_webhook(TOKEN).await.unwrap();
        let own = calls("setMyCommands").into_iter().find(|body| body["language_code"] == self.lang.as_str()).unwrap();
        let line =
            |one: &Value| format!("/{} — {}\n", one["command"].as_str().unwrap(), one["description"].as_str().unwrap());
        let commands: String = own["commands"].as_array().unwrap().iter().map(line).collect();
        let button = calls("setChatMenuButton").remove(0)["menu_button"]["text"].as_str().unwrap().to_owned();
        self.written.push_str(&format!("→ the menus of the chat\n[{button}]\n{commands}"));
    }

    async fn looks_around(&mut self, shelf: &Shelf) {
        self.says("/start").await;
        self.says("/help").await;
        let open = |day: usize| (day < 6).then_some(if day == 5 { (660, 960) } else { (600, 1_200) });
        let hours = Hours::new(std::array::from_fn(open)).unwrap();
        self.changes_the_shop(|profile| (profile.hours, profile.about) = (hours, Localized::same("Pots & cups"))).await;
        self.says("/help").await;
        self.says("/language").await;
        let own = format!("l:{}", self.lang);
        self.presses(&own).await;
        self.says("/orders").await;
        self.says("/cart").await;
        self.says("/nonsense").await;
        self.says("/catalog").await;
        self.presses("g:").await;
        self.presses("g:").await;
        self.opens(&shelf.sold_out).await;
        self.opens(&shelf.cheaper).await;
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
        self.presses("k:").await;
        self.says("/orders").await;
        let payment = self.pays("2", Status::Paid).await;
        self.presses("k:").await;
        self.says("/orders").await;
        self.presses("r:").await;
        self.is_given_back(&payment, Some(Money::amd(100_000))).await;
        self.says("/orders").await;
        self.is_given_back(&payment, None).await;
        self.presses("r:").await;
        self.says("/orders").await;
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
        self.later(15 * MINUTE, "a quarter of an hour later").await;
        self.later(15 * MINUTE, "a quarter of an hour later").await;
        self.presses("u:0").await;
        self.presses("u:1").await;
        self.later(30 * MINUTE, "half an hour later").await;
        self.presses("k:").await;
        self.says("/orders").await;
    }

    async fn presses_what_is_old(&mut self, shelf: &Shelf) {
        self.presses_data("a button of yesterday", "ok:of-yesterday").await;
        self.presses_data("a button that asks for too many", "y:1:100").await;
        self.says(&format!("/start {}", ProductId::make(1, [1; 10]))).await;
        self.says("/start l_nothing").await;
        self.later(3 * DAY, "three days later").await;
        self.opens(&shelf.lesson).await;
        self.presses("b:").await;
    }
}
