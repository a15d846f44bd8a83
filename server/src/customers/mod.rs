//! Customers: known by their Telegram user id, one row per merchant; and the phones and addresses they gave.

mod contact_store;
pub mod contacts;
mod rows;
pub(crate) mod store;

use domain::{CustomerId, Lang, MerchantId};
pub use rows::Model as Customer;
pub use store::Filter;

use crate::{
    db::{Db, Tx},
    failure::{Outcome, Refusal},
    services::Services,
    words,
};

/// What Telegram tells of a person.
#[derive(Clone, Debug)]
pub struct Person {
    pub telegram_user_id: i64,
    pub name: String,
    pub username: Option<String>,
    pub language: Lang,
}

/// The customer behind a Telegram user, made at the first word, renamed when the person renamed.
///
/// # Errors
/// When the database does not answer.
pub async fn meet(tx: &Tx, services: &Services, merchant: &MerchantId, person: &Person) -> Outcome<Customer> {
    let now = services.clock.now();
    store::upsert(&**tx, services.clock.id::<CustomerId>(), merchant, person, now).await?;
    let customer = store::by_telegram(&**tx, merchant, person.telegram_user_id).await?;
    let customer = customer.ok_or_else(|| anyhow::anyhow!("a customer just written is not there"))?;
    words::store::rename(&**tx, merchant, customer.id.as_str(), store::names(&customer)).await?;
    Ok(customer)
}

/// As [`meet`]. Most who write are known as they are, and then nothing is written.
///
/// # Errors
/// When the database does not answer.
pub async fn greet(services: &Services, merchant: &MerchantId, person: &Person) -> Outcome<Customer> {
    let known = store::by_telegram(services.db.read(), merchant, person.telegram_user_id).await?;
    let is_same =
        |known: &Customer| known.blocked_at.is_none() && known.name == person.name && known.username == person.username;
    if let Some(known) = known.filter(is_same) {
        return Ok(known);
    }
    let (own, merchant, person) = (services.clone(), merchant.clone(), person.clone());
    services.db.write(move |tx| async move { meet(&tx, &own, &merchant, &person).await }).await
}

/// # Errors
/// When the database does not answer.
pub async fn by_telegram(db: &Db, merchant: &MerchantId, telegram_user_id: i64) -> Outcome<Option<Customer>> {
    store::by_telegram(db.read(), merchant, telegram_user_id).await
}

/// # Errors
/// `not_found`, also for another merchant's customer.
pub async fn get(db: &Db, merchant: &MerchantId, id: &CustomerId) -> Outcome<Customer> {
    store::by_ids(db.read(), merchant, vec![id.clone()]).await?.pop().ok_or_else(|| Refusal::not_found().into())
}

/// The customers of these ids that belong to the merchant.
///
/// # Errors
/// When the database does not answer.
pub async fn by_ids(db: &Db, merchant: &MerchantId, ids: Vec<CustomerId>) -> Outcome<Vec<Customer>> {
    store::by_ids(db.read(), merchant, ids).await
}

/// One page of customers, newest first.
///
/// # Errors
/// When the database does not answer.
pub async fn list(db: &Db, merchant: &MerchantId, filter: &Filter, limit: u64) -> Outcome<Vec<Customer>> {
    store::list(db.read(), merchant, filter, limit).await
}

/// The language the customer chose last.
///
/// # Errors
/// When the database does not answer.
pub async fn set_language(tx: &Tx, merchant: &MerchantId, telegram_user_id: i64, language: Lang) -> Outcome<()> {
    store::set_language(&**tx, merchant, telegram_user_id, language).await
}

/// Notes that the person wants no broadcasts any more, or wants them again.
///
/// # Errors
/// When the database does not answer.
pub async fn set_ads_stopped(
    services: &Services,
    merchant: &MerchantId,
    telegram_user_id: i64,
    stopped: bool,
) -> Outcome<()> {
    let (merchant, at) = (merchant.clone(), stopped.then(|| services.clock.now()));
    services
        .db
        .write(move |tx| async move { store::set_ads_stopped(&*tx, &merchant, telegram_user_id, at).await })
        .await
}

/// Notes that the person blocked the bot, or unblocked it.
///
/// # Errors
/// When the database does not answer.
pub async fn set_blocked(
    services: &Services,
    merchant: &MerchantId,
    telegram_user_id: i64,
    blocked: bool,
) -> Outcome<()> {
    let (merchant, at) = (merchant.clone(), blocked.then(|| services.clock.now()));
    services.db.write(move |tx| async move { store::set_blocked(&*tx, &merchant, telegram_user_id, at).await }).await
}

/// Notes that the person does not want to be reminded of unpaid orders, or wants it again.
///
/// # Errors
/// When the database does not answer.
pub async fn set_reminders(
    services: &Services,
    merchant: &MerchantId,
    telegram_user_id: i64,
    wanted: bool,
) -> Outcome<()> {
    let (merchant, off) = (merchant.clone(), (!wanted).then(|| services.clock.now()));
    services
        .db
        .write(move |tx| async move { store::set_reminders_off(&*tx, &merchant, telegram_user_id, off).await })
        .await
}
