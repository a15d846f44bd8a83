//! The Mini App: the shop's catalog as a storefront inside Telegram.
//!
//! Everybody may look. Who puts into a cart or orders is whom Telegram has named, by words that the bot's own token signed
//! ([`providers::telegram::init_data`]); they come along with every form, and no session is kept. What is ordered goes the
//! way of the bot's own orders: the same cart, prices and links.

mod enter;
mod order;
mod shelf;

use domain::{BotId, Lang};
pub use enter::{Guest, enter};
pub use order::{Basket, Contents, contents, order};
pub use shelf::{Card, Item, PER_PAGE, Place, Shelf, card, host, shelf};

use crate::services::Services;

/// Where the Mini App of a bot is. Telegram opens it at an address of https only; the sandbox's Telegram at ours.
#[must_use]
pub fn address(services: &Services, bot: &BotId, lang: Lang) -> Option<String> {
    let sandboxed = services.telegram_api_url.strip_prefix(&services.public_url);
    let opens =
        services.public_url.starts_with("https://") || sandboxed.is_some_and(|path| path.starts_with("/sandbox"));
    opens.then(|| services.url(&["/tg/", bot.as_str(), "?lang=", lang.as_str()].concat()))
}
