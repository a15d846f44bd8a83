//! The chat where the shop's people are told what must not wait: bound by a word that is said there, moved where Telegram moves
//! it, and lost when the bot is sent away. What could not be told there is seen in the dashboard all the same.

use domain::{BotId, MerchantId, role::Actor};
use serde_json::json;

use super::{rules::may_edit, store};
use crate::{
    failure::{Outcome, Refusal},
    services::Services,
    staff::audit,
};

/// The word that makes a chat the staff's chat, when it is said there to the shop's bot (`/start staff_WORD`). A new word each
/// time; the old one no longer opens anything.
///
/// # Errors
/// `forbidden`.
pub async fn invite_to_staff_chat(services: &Services, actor: &Actor, merchant: &MerchantId) -> Outcome<String> {
    may_edit(actor)?;
    let code = services.clock.code(20);
    let (own, actor, merchant, kept) = (services.clone(), actor.clone(), merchant.clone(), code.clone());
    services
        .db
        .write(move |tx| async move {
            store::set_staff_code(&*tx, &merchant, Some(&kept)).await?;
            let subject = merchant.as_str().to_owned();
            audit::record(&tx, &own.clock, &merchant, &actor, "staff_chat_invited", &subject, None, None).await
        })
        .await?;
    Ok(code)
}

/// Makes `chat` the staff's chat, if `code` is the shop's word; the word is then used up.
///
/// # Errors
/// When the database does not answer.
pub async fn bind_staff_chat(
    services: &Services,
    merchant: &MerchantId,
    bot: &BotId,
    chat: i64,
    code: &str,
) -> Outcome<bool> {
    let (own, merchant, bot, code) = (services.clone(), merchant.clone(), bot.clone(), code.to_owned());
    services
        .db
        .write(move |tx| async move {
            let shop = store::get(&*tx, &merchant).await?.ok_or_else(Refusal::not_found)?;
            if code.is_empty() || shop.staff_code.as_deref() != Some(code.as_str()) {
                return Ok(false);
            }
            store::set_staff_chat(&*tx, &merchant, &bot, chat).await?;
            let after = Some(json!({ "bot": bot, "chat": chat }));
            let (actor, subject) = (Actor::Customer, merchant.as_str().to_owned());
            audit::record(&tx, &own.clock, &merchant, &actor, "staff_chat_set", &subject, None, after).await?;
            Ok(true)
        })
        .await
}

/// The bot may not write to `chat` any more. Whoever binds a chat anew is told there again.
///
/// # Errors
/// When the database does not answer.
pub async fn lose_staff_chat(services: &Services, merchant: &MerchantId, bot: &BotId, chat: i64) -> Outcome<()> {
    let (own, merchant, bot) = (services.clone(), merchant.clone(), bot.clone());
    services
        .db
        .write(move |tx| async move {
            let now = own.clock.now();
            if !store::lose_staff_chat(&*tx, &merchant, &bot, chat, now).await? {
                return Ok(());
            }
            let (actor, subject, before) =
                (Actor::System, merchant.as_str(), Some(json!({ "bot": bot, "chat": chat })));
            audit::record(&tx, &own.clock, &merchant, &actor, "staff_chat_lost", subject, before, None).await
        })
        .await
}

/// Telegram has given the chat another number, as it does when a group grows.
///
/// # Errors
/// When the database does not answer.
pub async fn move_staff_chat(
    services: &Services,
    merchant: &MerchantId,
    bot: &BotId,
    from: i64,
    to: i64,
) -> Outcome<()> {
    let (own, merchant, bot) = (services.clone(), merchant.clone(), bot.clone());
    services
        .db
        .write(move |tx| async move {
            let shop = store::get(&*tx, &merchant).await?.ok_or_else(Refusal::not_found)?;
            if shop.staff_chat_id != Some(from) || shop.staff_bot_id.as_ref() != Some(&bot) {
                return Ok(());
            }
            store::move_staff_chat(&*tx, &merchant, to).await?;
            let (actor, subject) = (Actor::System, merchant.as_str());
            let (before, after) = (Some(json!({ "chat": from })), Some(json!({ "chat": to })));
            audit::record(&tx, &own.clock, &merchant, &actor, "staff_chat_moved", subject, before, after).await
        })
        .await
}
