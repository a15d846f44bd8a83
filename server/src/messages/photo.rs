//! A picture that a customer sent: fetched from Telegram for whoever reads the conversation, kept nowhere.

use domain::{
    MerchantId, limits,
    role::{Actor, Permission},
};
use providers::telegram::{Api, PollFault};

use crate::{
    bots, catalog,
    failure::{Outcome, Refusal, RefusalKind},
    services::Services,
};

/// The kind of picture, and its bytes.
///
/// # Errors
/// `forbidden`; `not_found` where there is no picture, also for another merchant's message; `telegram_silent`.
pub async fn photo(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    message: i64,
) -> Outcome<(&'static str, Vec<u8>)> {
    if !actor.may(Permission::AnswerCustomers) {
        return Err(Refusal::forbidden().into());
    }
    let message = super::get(&services.db, merchant, message).await?;
    let file = message.file_id.ok_or_else(Refusal::not_found)?;
    let bot = bots::get(services, &message.bot_id).await?;
    let api = Api::new(&services.telegram_api_url);
    let bytes = api.file(&bot.token, &file, limits::PHOTO_BYTES).await.map_err(|fault| match fault {
        PollFault::Unreachable(_) => Refusal::new(RefusalKind::Unavailable, "telegram_silent"),
        _ => Refusal::not_found(),
    })?;
    let kind = catalog::media_type(&bytes).ok_or_else(Refusal::not_found)?;
    Ok((kind, bytes))
}
