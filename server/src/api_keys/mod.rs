//! API keys: shown once, stored as a hash, each with its permissions, until they are revoked; and the answers kept for
//! repeated requests.

pub(crate) mod idempotency;
mod known;
mod rows;
pub(crate) mod store;

use domain::{
    ApiKeyId, MerchantId, Moment, limits,
    moment::MINUTE,
    role::{Actor, Permission},
};
pub(crate) use known::KnownKeys;
pub use rows::Model as ApiKey;
use sea_orm::ConnectionTrait;
use sha2::{Digest, Sha256};

use crate::{
    failure::{Outcome, Refusal, required},
    journal::hex,
    services::Services,
    staff::audit,
};

const PREFIX: &str = "kh_";
const SECRET_LENGTH: usize = 40;
const NOTED: i64 = 5 * MINUTE;

/// Who comes with this `Authorization` header; `None`: no key, or none of ours.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn authenticate(
    services: &Services,
    known: &KnownKeys,
    header: Option<&str>,
) -> Outcome<Option<(MerchantId, Actor)>> {
    let Some(secret) = header.and_then(bearer).filter(|s| s.starts_with(PREFIX)) else { return Ok(None) };
    // Looked up by hash: how long it takes says nothing of the secret.
    let (hash, now) = (hash(secret), services.clock.now());
    if let Some(who) = known.find(&hash, now) {
        return Ok(Some(who));
    }
    let Some(key) = store::by_hash(services.db.read(), &hash).await? else { return Ok(None) };
    note_use(services, &key, now).await;
    let permissions = serde_json::from_value(key.permissions)?;
    let who = (key.merchant_id, Actor::ApiKey { id: key.id, permissions });
    known.keep(hash, who.clone(), now);
    Ok(Some(who))
}

/// When a key was used last is kept to some minutes; a request does not fail for it.
async fn note_use(services: &Services, key: &ApiKey, now: Moment) {
    if key.used_at.is_some_and(|at| now.since(at) < NOTED) {
        return;
    }
    let (merchant, id) = (key.merchant_id.clone(), key.id.clone());
    let noted = services.db.write_quietly(move |tx| async move { store::used(&*tx, &merchant, &id, now).await });
    if let Err(error) = noted.await {
        tracing::warn!(%error, "when an API key was used could not be noted");
    }
}

/// The scheme is named in any case.
fn bearer(header: &str) -> Option<&str> {
    let (scheme, secret) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| secret.trim())
}

fn hash(secret: &str) -> String {
    hex(&Sha256::digest(secret))
}

/// The person behind a label of the journal: of an API key whoever made it, also by another key.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn person_behind(db: &impl ConnectionTrait, merchant: &MerchantId, label: &str) -> Outcome<String> {
    let mut label = label.to_owned();
    while let Ok(id) = ApiKeyId::parse(&label) {
        match store::get(db, merchant, &id).await?.and_then(|key| key.made_by) {
            Some(maker) => label = maker,
            None => break,
        }
    }
    Ok(label)
}

/// Makes a key; its secret is answered this once.
///
/// # Errors
/// `forbidden`, `required`, `too_long`; `forbidden` also for permissions the maker does not have.
pub async fn create(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    name: &str,
    permissions: Vec<Permission>,
) -> Outcome<(ApiKeyId, String)> {
    let name = required("name", name, limits::LABEL)?;
    if !actor.may(Permission::EditSettings) || permissions.iter().any(|permission| !actor.may(*permission)) {
        return Err(Refusal::forbidden().into());
    }
    let secret = format!("{PREFIX}{}", services.clock.code(SECRET_LENGTH));
    let id = keep(services, actor, merchant, name, &secret, permissions).await?;
    Ok((id, secret))
}

/// The merchant's keys: those that work first, newest first.
///
/// # Errors
/// `forbidden`.
pub async fn list(services: &Services, actor: &Actor, merchant: &MerchantId) -> Outcome<Vec<ApiKey>> {
    if !actor.may(Permission::EditSettings) {
        return Err(Refusal::forbidden().into());
    }
    store::list(services.db.read(), merchant).await
}

/// The key opens nothing any more, at the latest when it has been forgotten everywhere ([`known`]).
///
/// # Errors
/// `forbidden`, `not_found`, also for one that is revoked already.
pub async fn revoke(services: &Services, actor: &Actor, merchant: &MerchantId, id: &ApiKeyId) -> Outcome<()> {
    if !actor.may(Permission::EditSettings) {
        return Err(Refusal::forbidden().into());
    }
    let key = store::get(services.db.read(), merchant, id).await?.ok_or_else(Refusal::not_found)?;
    let (own, actor) = (services.clone(), actor.clone());
    services
        .db
        .write(move |tx| async move {
            if !store::revoke(&*tx, &key.merchant_id, &key.id, own.clock.now()).await? {
                return Err(Refusal::not_found().into());
            }
            let before = serde_json::json!({ "name": key.name, "permissions": key.permissions });
            let (merchant, id) = (&key.merchant_id, key.id.as_str());
            audit::record(&tx, &own.clock, merchant, &actor, "api_key_revoked", id, Some(before), None).await
        })
        .await
}

impl ApiKey {
    /// What it may do.
    ///
    /// # Errors
    /// When what is stored cannot be read.
    pub fn may(&self) -> Outcome<Vec<Permission>> {
        Ok(serde_json::from_value(self.permissions.clone())?)
    }
}

/// Keeps a key whose secret is known beforehand: for the demo.
pub(crate) async fn adopt(
    services: &Services,
    merchant: &MerchantId,
    name: &str,
    secret: &str,
    permissions: Vec<Permission>,
) -> Outcome<ApiKeyId> {
    keep(services, &Actor::System, merchant, name.to_owned(), secret, permissions).await
}

async fn keep(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    name: String,
    secret: &str,
    permissions: Vec<Permission>,
) -> Outcome<ApiKeyId> {
    let row = ApiKey {
        id: services.clock.id(),
        merchant_id: merchant.clone(),
        name,
        key_hash: hash(secret),
        permissions: serde_json::to_value(&permissions)?,
        revoked_at: None,
        created_at: services.clock.now(),
        made_by: matches!(actor, Actor::Staff { .. } | Actor::ApiKey { .. }).then(|| actor.label()),
        used_at: None,
    };
    let (own, actor, id) = (services.clone(), actor.clone(), row.id.clone());
    services
        .db
        .write(move |tx| async move {
            let after = serde_json::json!({ "name": row.name, "permissions": row.permissions });
            let (merchant, id) = (row.merchant_id.clone(), row.id.clone());
            store::insert(&*tx, row).await?;
            audit::record(&tx, &own.clock, &merchant, &actor, "api_key_created", id.as_str(), None, Some(after)).await
        })
        .await?;
    Ok(id)
}
