//! A club: the way in, one more purchase, the end that comes near, the end, and being asked back; and a club for ever.

use domain::{
    Lang, ProductId,
    club::WinBack,
    moment::{DAY, MINUTE},
    product::ProductKind,
};
use sandbox::{telegram::Rights, vpos::Status};
use server::clubs::{self, NewClub};

use super::{Play, in_three, made};
use crate::buyer::TOKEN;

in_three!(told);

const OWNER: i64 = 999;
const CHAT: i64 = -1_001_000_000_001;

async fn told(lang: Lang) -> String {
    let mut play = Play::new(lang).await;
    server::alerts::start_watching(&play.stage.services).await.unwrap();
    let potters = play.club(CHAT, "Potters", Some(30)).await;
    let elders = play.club(CHAT - 1, "Elders", None).await;
    play.says("/start").await;
    for club in [&potters, &elders] {
        play.joins(club).await;
        // Once more, as somebody does who wants to be sure.
        play.joins(club).await;
    }
    for (days, what) in [(56, "eight weeks later"), (1, "a day later"), (1, "a day later"), (1, "a day later")] {
        play.goes_by(days, what).await;
    }
    play.goes_by(3, "three days later").await;
    play.goes_by(8, "eight days later").await;
    play.presses("b:").await;
    play.written
}

impl Play {
    async fn club(&self, chat: i64, title: &str, days: Option<i64>) -> ProductId {
        let (stage, telegram) = (&self.stage, &self.stage.telegram);
        telegram.add_group(chat, title, OWNER);
        telegram.set_rights(chat, TOKEN, Some(Rights::ALL));
        let product = made(stage, title, ProductKind::Club, Some(450_000), None).await;
        let back = WinBack { after_days: 7, at_most: 1 };
        let new = NewClub { chat: chat.to_string(), days, grace_days: 2, back };
        clubs::connect(&stage.services, &stage.owner(), &stage.merchant, &product, new).await.unwrap();
        product
    }

    async fn joins(&mut self, club: &ProductId) {
        self.opens(club).await;
        self.presses("b:").await;
        self.presses("ok:").await;
        self.pays("1", Status::Paid).await;
        let messages = self.stage.telegram.messages(TOKEN, self.person);
        let last = messages.last().and_then(|message| message.keyboard.as_ref());
        let link = last.and_then(|keys| keys["inline_keyboard"][0][0]["url"].as_str().map(str::to_owned));
        if let Some(link) = link.filter(|link| link.starts_with("https://t.me/+")) {
            self.stage.telegram.ask_to_join(&link, self.person);
            self.is_heard("asks to be let in").await;
        }
    }

    /// The watch looks once a minute; what it promised is done with the next look.
    async fn goes_by(&mut self, days: i64, what: &str) {
        self.later(days * DAY, what).await;
        self.later(2 * MINUTE, "a little later").await;
        self.later(2 * MINUTE, "a little later").await;
    }
}
