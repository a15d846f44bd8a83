//! Connecting the shop's bot, and taking it away. A token is asked about at Telegram before it is kept; it never stands in
//! a log or an answer.

use domain::{
    BotId, MerchantId,
    role::{Actor, Permission},
};
use providers::telegram::{Api, PollFault};
use serde_json::json;

use super::{BotRow, sealed_in, store};
use crate::{
    failure::{Outcome, Refusal, RefusalKind},
    services::Services,
    staff::audit,
};

/// Connects the bot that this token belongs to: a new one, or the shop's own with a new token.
///
/// # Errors
/// `forbidden`; `token_wrong` when Telegram does not know it, `telegram_away`; `bot_taken` when another shop here has this
/// bot, `bot_connected` when the shop has another one.
pub async fn connect(services: &Services, actor: &Actor, merchant: &MerchantId, token: &str) -> Outcome<BotId> {
    if !actor.may(Permission::EditSettings) {
        return Err(Refusal::forbidden().into());
    }
    let token = token.trim().to_owned();
    let username = username(services, &token).await?;
    let id: BotId = services.clock.id();
    let row = BotRow {
        merchant_id: merchant.clone(),
        name: username.clone(),
        username,
        token: services.sealer.seal(&sealed_in(&id, "token"), &token)?,
        webhook_secret: services.sealer.seal(&sealed_in(&id, "secret"), &services.clock.code(48))?,
        next_update_id: 0,
        active: true,
        trouble: None,
        created_at: services.clock.now(),
        id,
    };
    let (own, actor) = (services.clone(), actor.clone());
    services.db.write(move |tx| async move { keep(&tx, &own, &actor, row, &token).await }).await
}

async fn username(services: &Services, token: &str) -> Outcome<String> {
    let wrong = || Refusal::field("token", "token_wrong");
    // It becomes a part of an address: nothing else may stand in it.
    let (number, secret) = token.split_once(':').ok_or_else(wrong)?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if number.is_empty()
        || !number.chars().all(|c| c.is_ascii_digit())
        || secret.is_empty()
        || !secret.chars().all(plain)
    {
        return Err(wrong().into());
    }
    match Api::new(&services.telegram_api_url).username(token).await {
        Ok(username) => Ok(username),
        Err(PollFault::Unreachable(why)) => {
            tracing::warn!(%why, "Telegram did not say whose token it is");
            Err(Refusal::new(RefusalKind::Unavailable, "telegram_away").into())
        }
        Err(_) => Err(wrong().into()),
    }
}

async fn keep(tx: &crate::db::Tx, services: &Services, actor: &Actor, row: BotRow, token: &str) -> Outcome<BotId> {
    let merchant = row.merchant_id.clone();
    let conflict = |code| Refusal { field: Some("token"), ..Refusal::new(RefusalKind::Conflict, code) };
    let mut known = None;
    for bot in store::active(&**tx).await? {
        match (bot.username == row.username, bot.merchant_id == merchant) {
            (true, false) => return Err(conflict("bot_taken").into()),
            (false, true) => return Err(conflict("bot_connected").into()),
            (true, true) => known = Some(bot.id),
            (false, false) => {}
        }
    }
    let after = Some(json!({ "username": row.username }));
    let id = match known {
        Some(id) => {
            let sealed = services.sealer.seal(&sealed_in(&id, "token"), token)?;
            store::renew_token(&**tx, &id, &sealed).await?;
            id
        }
        None => {
            let id = row.id.clone();
            store::insert(&**tx, row).await?;
            id
        }
    };
    audit::record(tx, &services.clock, &merchant, actor, "bot_connected", id.as_str(), None, after).await?;
    Ok(id)
}

/// Takes the bot away: it answers nobody any more, and Telegram sends nothing for it.
///
/// # Errors
/// `forbidden`; `not_found`, also for another merchant's bot.
pub async fn disconnect(services: &Services, actor: &Actor, merchant: &MerchantId, id: &BotId) -> Outcome<()> {
    if !actor.may(Permission::EditSettings) {
        return Err(Refusal::forbidden().into());
    }
    let bot = super::get(services, id).await?;
    if bot.merchant != *merchant {
        return Err(Refusal::not_found().into());
    }
    let (own, actor, merchant, gone) = (services.clone(), actor.clone(), merchant.clone(), id.clone());
    let before = Some(json!({ "username": bot.username }));
    services
        .db
        .write(move |tx| async move {
            store::switch_off(&*tx, &merchant, &gone).await?;
            audit::record(&tx, &own.clock, &merchant, &actor, "bot_disconnected", gone.as_str(), before, None).await
        })
        .await?;
    if let Err(fault) = Api::new(&services.telegram_api_url).delete_webhook(&bot.token).await {
        tracing::warn!(bot = %id, %fault, "Telegram was not told that the bot is gone; it will find nobody here");
    }
    Ok(())
}
