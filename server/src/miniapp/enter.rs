//! Who orders: the customer whom Telegram names.

use domain::{BotId, Lang};
use providers::telegram::init_data::{self, Unproven};

use crate::{
    bots::{self, Bot},
    customers::{self, Customer, Person},
    failure::{Outcome, Refusal, RefusalKind},
    services::Services,
    shop::{self, Merchant},
};

/// A customer in the Mini App of a bot.
pub struct Guest {
    pub bot: Bot,
    pub shop: Merchant,
    pub customer: Customer,
}

/// The customer that `init_data` names, met as in the chat.
///
/// # Errors
/// `not_found` for a bot that is unknown or switched off; `telegram_unproven` when it is not Telegram's word for this bot,
/// `telegram_stale` when it is too old.
pub async fn enter(services: &Services, bot: &BotId, init_data: &str) -> Outcome<Guest> {
    let bot = bots::get(services, bot).await?;
    let opener = init_data::read(&bot.token, init_data, services.clock.now()).map_err(|why| match why {
        Unproven::Stale => Refusal::new(RefusalKind::Forbidden, "telegram_stale"),
        _ => Refusal::new(RefusalKind::Forbidden, "telegram_unproven"),
    })?;
    let shop = shop::get(&services.db, &bot.merchant).await?;
    let person = Person {
        telegram_user_id: opener.id,
        name: opener.name,
        username: opener.username,
        language: opener.language_code.as_deref().and_then(Lang::from_tag).unwrap_or(shop.language),
    };
    let (own, merchant) = (services.clone(), bot.merchant.clone());
    let meet = move |tx| async move { customers::meet(&tx, &own, &merchant, &person).await };
    let customer = services.db.write(meet).await?;
    Ok(Guest { bot, shop, customer })
}
