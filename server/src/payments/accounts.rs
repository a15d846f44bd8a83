//! Provider accounts: their sealed secrets, and the open adapter of each, kept at hand for webhooks.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, PoisonError, RwLock},
};

use domain::{AccountId, MerchantId, Moment, moment::SECOND};
use providers::{Provider, Secrets};

use super::{rows::account, store};
use crate::{
    db::{Db, Tx},
    failure::{Outcome, Refusal},
    links::Method,
    services::Services,
};

/// Another instance may have changed an account: look again after this long.
const FRESH: i64 = 30 * SECOND;

/// An account with its adapter.
pub struct OpenAccount {
    pub id: AccountId,
    pub merchant: MerchantId,
    pub provider_name: String,
    pub provider: Arc<dyn Provider>,
    read_at: Moment,
}

/// The open accounts of this process.
#[derive(Clone, Default)]
pub struct Accounts(Arc<RwLock<HashMap<AccountId, Arc<OpenAccount>>>>);

impl Accounts {
    /// The account with its adapter; `None` when there is no such account. One that is switched off begins no payments, but
    /// those it has begun go on.
    ///
    /// # Errors
    /// When its settings are wrong or its secrets cannot be opened.
    pub async fn get(&self, services: &Services, id: &AccountId) -> Outcome<Option<Arc<OpenAccount>>> {
        let now = services.clock.now();
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned();
        if let Some(account) = known.filter(|account| now.since(account.read_at) < FRESH) {
            return Ok(Some(account));
        }
        let row = store::account(services.db.read(), id).await?;
        let opened = row.map(|row| open(services, row, now)).transpose()?.map(Arc::new);
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        match &opened {
            Some(account) => all.insert(id.clone(), account.clone()),
            None => all.remove(id),
        };
        Ok(opened)
    }

    /// It was changed here: the next who asks reads it anew.
    pub(super) fn forget(&self, id: &AccountId) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(id);
    }
}

fn open(services: &Services, row: account::Model, now: Moment) -> Outcome<OpenAccount> {
    let secrets: BTreeMap<String, String> =
        serde_json::from_str(&services.sealer.open(&sealed_in(&row.id), &row.secrets)?)?;
    let provider = providers::open(&row.provider, &row.settings, &Secrets::new(secrets), &services.http)
        .map_err(|bad| anyhow::anyhow!("the provider account {} cannot be used: {bad}", row.id))?;
    Ok(OpenAccount { id: row.id, merchant: row.merchant_id, provider_name: row.provider, provider, read_at: now })
}

pub(super) fn sealed_in(id: &AccountId) -> String {
    format!("provider_accounts/{id}")
}

/// A provider account to be kept.
#[derive(Clone, Debug)]
pub struct NewAccount {
    pub id: AccountId,
    pub provider: String,
    pub name: String,
    pub settings: serde_json::Value,
    pub secrets: BTreeMap<String, String>,
}

/// Adds a provider account, its secrets sealed.
///
/// # Errors
/// When the settings are wrong for the provider.
pub async fn add_account(services: &Services, merchant: &MerchantId, new: NewAccount) -> Outcome<()> {
    let secrets = serde_json::to_string(&new.secrets)?;
    let row = account::Model {
        merchant_id: merchant.clone(),
        provider: new.provider,
        name: new.name,
        settings: new.settings,
        secrets: services.sealer.seal(&sealed_in(&new.id), &secrets)?,
        active: true,
        file_mapping: None,
        created_at: services.clock.now(),
        id: new.id,
    };
    open(services, row.clone(), services.clock.now())?;
    services.db.write(move |tx| async move { store::insert_account(&*tx, row).await }).await
}

/// What the adapter of an account is set to. Secrets stand elsewhere.
pub(crate) async fn account_settings(services: &Services, id: &AccountId) -> Outcome<serde_json::Value> {
    let row = store::account(services.db.read(), id).await?.ok_or_else(Refusal::not_found)?;
    Ok(row.settings)
}

/// Points an account somewhere else: for a demo that starts again on another port.
pub(crate) async fn set_account_settings(
    services: &Services,
    id: &AccountId,
    settings: serde_json::Value,
) -> Outcome<()> {
    let id = id.clone();
    services.db.write(move |tx| async move { store::set_account_settings(&*tx, &id, settings).await }).await
}

/// The ways to pay at a merchant, the first one offered first.
///
/// # Errors
/// When the database does not answer.
pub async fn methods(db: &Db, merchant: &MerchantId) -> Outcome<Vec<Method>> {
    let rows = store::accounts(db.read(), merchant).await?;
    Ok(rows.into_iter().filter(|row| row.active).map(|row| Method { account: row.id, name: row.name }).collect())
}

/// Every account the merchant has or had, with its name.
///
/// # Errors
/// When the database does not answer.
pub async fn account_names(db: &Db, merchant: &MerchantId) -> Outcome<Vec<(AccountId, String)>> {
    let rows = store::accounts(db.read(), merchant).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.name)).collect())
}

/// The account, if it is one of the merchant's that are switched on.
pub(crate) async fn offered(tx: &Tx, merchant: &MerchantId, wanted: Option<AccountId>) -> Outcome<Option<AccountId>> {
    let Some(wanted) = wanted else { return Ok(None) };
    let rows = store::accounts(&**tx, merchant).await?;
    Ok(rows.into_iter().find(|row| row.active && row.id == wanted).map(|row| row.id))
}

/// The chosen account of the merchant, or its first.
pub(crate) async fn choose(
    services: &Services,
    merchant: &MerchantId,
    wanted: Option<&AccountId>,
) -> Outcome<Arc<OpenAccount>> {
    let none = || Refusal::new(crate::failure::RefusalKind::Unavailable, "no_payment_method");
    let methods = methods(&services.db, merchant).await?;
    let method = methods.iter().find(|m| wanted.is_none_or(|id| *id == m.account)).ok_or_else(none)?;
    Ok(services.accounts.get(services, &method.account).await?.ok_or_else(none)?)
}
