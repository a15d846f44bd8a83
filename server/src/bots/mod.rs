//! Bots: their sealed tokens, the updates Telegram sent, and where each chat stands.
//!
//! An update is stored under its unique (bot, update id), together with the job that will handle it, before anybody
//! tells Telegram that it arrived. Updates of one chat are handled in order, chats beside each other.

mod connect;
mod keep;
mod pace;
mod rows;
pub(crate) mod store;

pub use connect::{connect, disconnect};
use domain::{BotId, MerchantId};
pub use keep::Updates;
pub use pace::{Pace, Pass};
pub use rows::{Model as BotRow, conversation::Model as Conversation, update::Model as StoredUpdate};
use serde::{Deserialize, Serialize};

use crate::{
    db::Tx,
    failure::{Outcome, Refusal},
    services::Services,
};

pub const HANDLE_UPDATE: &str = "handle_update";

/// A bot with its opened secrets. Never logged.
#[derive(Clone)]
pub struct Bot {
    pub id: BotId,
    pub merchant: MerchantId,
    pub username: String,
    pub name: String,
    pub token: String,
    pub webhook_secret: String,
    pub next_update_id: i64,
}

/// The payload of a `handle_update` job.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HandleUpdate {
    pub bot: BotId,
    pub update_id: i64,
}

/// An update as it came.
#[derive(Clone, Debug)]
pub struct Arrived {
    pub update_id: i64,
    /// The chat it belongs to; updates of one chat are handled in order.
    pub chat_id: Option<i64>,
    pub body: String,
}

/// Adds a bot, its token and a fresh webhook secret sealed.
///
/// # Errors
/// When the database refuses.
pub async fn add(
    services: &Services,
    merchant: &MerchantId,
    id: BotId,
    username: &str,
    name: &str,
    token: &str,
) -> Outcome<()> {
    let row = BotRow {
        merchant_id: merchant.clone(),
        username: username.to_owned(),
        name: name.to_owned(),
        token: services.sealer.seal(&sealed_in(&id, "token"), token)?,
        webhook_secret: services.sealer.seal(&sealed_in(&id, "secret"), &services.clock.code(48))?,
        next_update_id: 0,
        active: true,
        trouble: None,
        created_at: services.clock.now(),
        id,
    };
    services.db.write(move |tx| async move { store::insert(&*tx, row).await }).await
}

/// Gives a bot another token: for a demo that starts again beside another Bot API server.
pub(crate) async fn set_token(services: &Services, id: &BotId, username: &str, token: &str) -> Outcome<()> {
    let sealed = services.sealer.seal(&sealed_in(id, "token"), token)?;
    let (id, username) = (id.clone(), username.to_owned());
    services.db.write(move |tx| async move { store::set_token(&*tx, &id, &username, &sealed).await }).await
}

fn sealed_in(id: &BotId, what: &str) -> String {
    format!("bots/{id}/{what}")
}

fn open(services: &Services, row: BotRow) -> Outcome<Bot> {
    Ok(Bot {
        token: services.sealer.open(&sealed_in(&row.id, "token"), &row.token)?,
        webhook_secret: services.sealer.open(&sealed_in(&row.id, "secret"), &row.webhook_secret)?,
        id: row.id,
        merchant: row.merchant_id,
        username: row.username,
        name: row.name,
        next_update_id: row.next_update_id,
    })
}

/// # Errors
/// `not_found` for an unknown or switched-off bot.
pub async fn get(services: &Services, id: &BotId) -> Outcome<Bot> {
    let row = store::get(services.db.read(), id).await?.filter(|row| row.active).ok_or_else(Refusal::not_found)?;
    open(services, row)
}

/// Every bot that is switched on. One whose secrets cannot be opened is left out and logged: it harms no other.
///
/// # Errors
/// When the database does not answer.
pub async fn active(services: &Services) -> Outcome<Vec<Bot>> {
    let rows = store::active(services.db.read()).await?;
    let opened = rows.into_iter().filter_map(|row| {
        let id = row.id.clone();
        open(services, row).inspect_err(|failure| tracing::error!(bot = %id, %failure, "a bot cannot be opened")).ok()
    });
    Ok(opened.collect())
}

/// The merchant's bots, for the dashboard.
///
/// # Errors
/// When the database does not answer.
pub async fn of_merchant(services: &Services, merchant: &MerchantId) -> Outcome<Vec<BotRow>> {
    store::of_merchant(services.db.read(), merchant).await
}

/// Notes why a bot does not work, or that it works again.
///
/// # Errors
/// When the database does not answer.
pub async fn set_trouble(services: &Services, id: &BotId, trouble: Option<String>) -> Outcome<()> {
    let id = id.clone();
    services.db.write(move |tx| async move { store::set_trouble(&*tx, &id, trouble).await }).await
}

/// # Errors
/// `not_found`.
pub async fn update(services: &Services, bot: &BotId, update_id: i64) -> Outcome<StoredUpdate> {
    store::update(services.db.read(), bot, update_id).await?.ok_or_else(|| Refusal::not_found().into())
}

/// Where a chat stands; `None` before its first word.
///
/// # Errors
/// When the database does not answer.
pub async fn conversation(services: &Services, bot: &BotId, chat_id: i64) -> Outcome<Option<Conversation>> {
    store::conversation(services.db.read(), bot, chat_id).await
}

/// # Errors
/// When the database does not answer.
pub async fn save_conversation(tx: &Tx, conversation: Conversation) -> Outcome<()> {
    store::save_conversation(&**tx, conversation).await
}
