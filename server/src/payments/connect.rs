//! The ways to pay at a shop: provider accounts added, changed and switched on and off in the dashboard. Keys are asked
//! about at the provider before they are kept; they never stand in a log, an answer or the audit log.

use std::collections::BTreeMap;

use domain::{
    AccountId, MerchantId,
    role::{Actor, Permission},
};
use providers::{Fault, Secrets};
use serde_json::{Value, json};

use super::{accounts::sealed_in, rows::account, store};
use crate::{
    db::Tx,
    failure::{Outcome, Refusal, RefusalKind, required},
    sabotage,
    services::Services,
    staff::audit,
};

/// The provider of new accounts.
const PROVIDER: &str = "vpos";
const NAME: usize = 40;

/// An account as its form has it. A secret left empty stays what it was.
#[derive(Clone, Debug)]
pub struct AccountInput {
    pub name: String,
    pub settings: Value,
    pub secrets: BTreeMap<String, String>,
}

/// An account as the dashboard shows it: without secrets.
#[derive(Clone, Debug)]
pub struct AccountShown {
    pub id: AccountId,
    pub name: String,
    pub provider: String,
    pub active: bool,
    pub settings: Value,
}

impl From<account::Model> for AccountShown {
    fn from(row: account::Model) -> Self {
        Self { id: row.id, name: row.name, provider: row.provider, active: row.active, settings: row.settings }
    }
}

/// Every account of the shop, switched off ones too.
///
/// # Errors
/// When the database does not answer.
pub async fn accounts(services: &Services, merchant: &MerchantId) -> Outcome<Vec<AccountShown>> {
    Ok(store::accounts(services.db.read(), merchant).await?.into_iter().map(AccountShown::from).collect())
}

/// # Errors
/// `not_found`, also for another merchant's account.
pub async fn account(services: &Services, merchant: &MerchantId, id: &AccountId) -> Outcome<AccountShown> {
    Ok(own(services, merchant, id).await?.into())
}

async fn own(services: &Services, merchant: &MerchantId, id: &AccountId) -> Outcome<account::Model> {
    let row = store::account(services.db.read(), id).await?.filter(|row| row.merchant_id == *merchant);
    row.ok_or_else(|| Refusal::not_found().into())
}

/// Adds an account whose keys the provider accepts.
///
/// # Errors
/// `forbidden`, `required`; `settings_wrong`, `key_refused`, `provider_away`.
pub async fn connect(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    input: AccountInput,
) -> Outcome<AccountId> {
    may_edit(actor)?;
    let id: AccountId = services.clock.id();
    let row = account::Model {
        merchant_id: merchant.clone(),
        provider: PROVIDER.to_owned(),
        name: required("name", &input.name, NAME)?,
        settings: input.settings,
        secrets: seal(services, &id, &input.secrets)?,
        active: true,
        file_mapping: None,
        created_at: services.clock.now(),
        id: id.clone(),
    };
    ask(services, &row.provider, &row.settings, input.secrets).await?;
    let (own, actor) = (services.clone(), actor.clone());
    let write = move |tx| async move {
        note(&tx, &own, &actor, "payment_method_added", None, Some(&row)).await?;
        store::insert_account(&*tx, row).await
    };
    services.db.write(write).await?;
    Ok(id)
}

/// Changes an account, if the provider accepts its keys.
///
/// # Errors
/// As [`connect`], and `not_found`.
pub async fn change(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    id: &AccountId,
    input: AccountInput,
) -> Outcome<()> {
    may_edit(actor)?;
    let old = own(services, merchant, id).await?;
    let mut secrets: BTreeMap<String, String> =
        serde_json::from_str(&services.sealer.open(&sealed_in(id), &old.secrets)?)?;
    secrets.extend(input.secrets.into_iter().filter(|(_, secret)| !secret.trim().is_empty()));
    let row = account::Model {
        name: required("name", &input.name, NAME)?,
        settings: input.settings,
        secrets: seal(services, id, &secrets)?,
        ..old.clone()
    };
    ask(services, &row.provider, &row.settings, secrets).await?;
    write(services, actor, "payment_method_changed", old, row).await
}

/// Offers the account to customers, or no longer. Payments begun with it go on either way once it is on again.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn switch(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    id: &AccountId,
    active: bool,
) -> Outcome<()> {
    may_edit(actor)?;
    let old = own(services, merchant, id).await?;
    let row = account::Model { active, ..old.clone() };
    write(services, actor, "payment_method_switched", old, row).await
}

async fn write(
    services: &Services,
    actor: &Actor,
    action: &'static str,
    old: account::Model,
    row: account::Model,
) -> Outcome<()> {
    let (own, actor, id) = (services.clone(), actor.clone(), row.id.clone());
    let write = move |tx| async move {
        note(&tx, &own, &actor, action, Some(&old), Some(&row)).await?;
        store::change_account(&*tx, row).await
    };
    services.db.write(write).await?;
    services.accounts.forget(&id);
    Ok(())
}

fn may_edit(actor: &Actor) -> Result<(), Refusal> {
    if actor.may(Permission::EditSettings) { Ok(()) } else { Err(Refusal::forbidden()) }
}

fn seal(services: &Services, id: &AccountId, secrets: &BTreeMap<String, String>) -> Outcome<String> {
    Ok(services.sealer.seal(&sealed_in(id), &serde_json::to_string(secrets)?)?)
}

/// Whether the adapter can work with this, and the provider with these keys.
async fn ask(services: &Services, provider: &str, settings: &Value, secrets: BTreeMap<String, String>) -> Outcome<()> {
    if secrets.get("token").is_none_or(|token| token.trim().is_empty()) {
        return Err(Refusal::field("token", "required").into());
    }
    let wrong = |bad: providers::BadSettings| Refusal::field("settings", "settings_wrong").with("why", bad);
    let provider = providers::open(provider, settings, &Secrets::new(secrets), &services.http).map_err(wrong)?;
    sabotage::point("provider:check:before");
    let answer = provider.check().await;
    sabotage::point("provider:check:after");
    match answer {
        // A provider that does not know the question has not refused the key.
        Ok(()) | Err(Fault::NotFound | Fault::RateLimited { .. }) => Ok(()),
        Err(Fault::Refused { status: 401 | 403, .. }) => Err(Refusal::field("token", "key_refused").into()),
        Err(fault) => {
            tracing::warn!(%fault, "a provider did not say whether it accepts a key");
            Err(Refusal { field: Some("base_url"), ..Refusal::new(RefusalKind::Unavailable, "provider_away") }.into())
        }
    }
}

async fn note(
    tx: &Tx,
    services: &Services,
    actor: &Actor,
    action: &'static str,
    old: Option<&account::Model>,
    new: Option<&account::Model>,
) -> Outcome<()> {
    let told = |row: &account::Model| json!({ "name": row.name, "active": row.active, "settings": row.settings });
    let Some(row) = new.or(old) else { return Ok(()) };
    let (subject, merchant) = (row.id.to_string(), row.merchant_id.clone());
    audit::record(tx, &services.clock, &merchant, actor, action, &subject, old.map(told), new.map(told)).await
}
