//! Customers of a bot, without the dialogue: they order, and hear in their chats what becomes of it.

use domain::{BotId, Lang};
use sandbox::telegram::NewBot;
use server::{
    bots, customers,
    failure::Outcome,
    orders::{self, Asked, Chosen, Place, Placed},
};

use crate::stage::Stage;

pub const TOKEN: &str = "1000000001:test-token";

/// Makes a bot known to the shop and to Telegram.
pub async fn bot(stage: &Stage) -> BotId {
    let (token, username, name) = (TOKEN.to_owned(), "test_bot".to_owned(), "Test".to_owned());
    stage.telegram.add_bot(NewBot { id: 1_000_000_001, token, username, name });
    let bot = stage.clock.id::<BotId>();
    bots::add(&stage.services, &stage.merchant, bot.clone(), "test_bot", "Test", TOKEN).await.unwrap();
    bot
}

/// The bot of the shop.
pub async fn bot_id(stage: &Stage) -> BotId {
    bots::of_merchant(&stage.services, &stage.merchant).await.unwrap().remove(0).id
}

/// A person orders in the chat with the bot.
pub async fn orders(stage: &Stage, bot: &BotId, person: i64, asked: Vec<Asked>, made_by: String) -> Outcome<Placed> {
    // Before anybody may be written to, he writes.
    if stage.telegram.messages(TOKEN, person).is_empty() {
        stage.telegram.send_text(TOKEN, person, "/start");
    }
    let who = customers::Person { telegram_user_id: person, name: "A".to_owned(), username: None, language: Lang::En };
    let (own, merchant) = (stage.services.clone(), stage.merchant.clone());
    let meet = move |tx| async move { customers::meet(&tx, &own, &merchant, &who).await };
    let customer = stage.services.db.write(meet).await?.id;
    let place = Place {
        asked,
        bot: bot.clone(),
        customer,
        telegram_user_id: person,
        language: Lang::En,
        made_by,
        chosen: Chosen::default(),
    };
    orders::place(&stage.services, &stage.merchant, place).await
}

/// How often the person heard `part`.
pub fn heard(stage: &Stage, person: i64, part: &str) -> usize {
    let said = stage.telegram.messages(TOKEN, person);
    said.iter().filter(|message| message.from_bot && message.text.contains(part)).count()
}
