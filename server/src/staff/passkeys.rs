//! Passkeys of a member: keys that their devices keep, opened by a finger, a face or a PIN. Each is a second step after the
//! password, and a sign-in of its own (`passkey_entry.rs`).
//!
//! Of a key only its public half is here. A member adds keys for themselves alone, by their password, and takes them away
//! by it; whoever had no second step before gets recovery codes with the first one.

use domain::{MerchantId, PasskeyId, limits, role::Actor};
use serde_json::{Value, json};
use tower_sessions::Session;
use webauthn_rs::prelude::{Passkey, RegisterPublicKeyCredential};

use super::{
    StaffMember, account, audit,
    ceremony::{self, Asked},
    get, passkey_store as kept, sessions, two_factor, two_factor_store,
};
pub use super::{ceremony::offered, rows::passkey::Model as Key};
use crate::{
    db::Db,
    failure::{Outcome, Refusal, RefusalKind, required},
    services::Services,
    shop,
};

impl Key {
    pub(super) fn opened(&self) -> Outcome<Passkey> {
        Ok(serde_json::from_str(&self.credential)?)
    }
}

/// The member's keys, oldest first.
///
/// # Errors
/// When the database does not answer.
pub async fn list(db: &Db, member: &StaffMember) -> Outcome<Vec<Key>> {
    kept::of(db.read(), &member.merchant_id, &member.id).await
}

/// One key of the acting member.
///
/// # Errors
/// `not_found`, also for another member's.
pub async fn one(db: &Db, actor: &Actor, merchant: &MerchantId, id: &PasskeyId) -> Outcome<Key> {
    let own = kept::of(db.read(), merchant, account::me(actor)?).await?;
    own.into_iter().find(|key| key.id == *id).ok_or_else(|| Refusal::not_found().into())
}

/// What the browser is asked, so that the member's device makes a key. The password is asked, and the name is looked at
/// already: nothing may go wrong once the device has made it.
///
/// # Errors
/// `forbidden`, `password_wrong`, `sign_in_too_often`, `passkeys_impossible`, `passkeys_many`, what is wrong with the name.
pub async fn begin(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    session: &Session,
    name: &str,
    password: &str,
) -> Outcome<Value> {
    let shop = shop::get(&services.db, merchant).await?;
    required("passkey_name", name, limits::NAME)?;
    let member = account::proven(services, actor, merchant, password).await?;
    let party = ceremony::party(services, shop.name.get(member.language))?;
    let own = list(&services.db, &member).await?;
    if own.len() >= limits::PASSKEYS {
        return Err(Refusal::new(RefusalKind::Conflict, "passkeys_many").with("max", limits::PASSKEYS).into());
    }
    let known = own.iter().map(|key| Ok(key.opened()?.cred_id().clone())).collect::<Outcome<_>>()?;
    let handle = ceremony::handle(&member.id);
    let begun = party.start_passkey_registration(handle, &member.email, &member.name, Some(known));
    let (asked, state) = begun.map_err(ceremony::broken)?;
    ceremony::keep(services, session, Asked::New { staff: member.id, state }).await?;
    let mut asked = serde_json::to_value(asked.public_key)?;
    // A key that signs in by itself has to remember whose it is.
    asked["authenticatorSelection"]["residentKey"] = json!("required");
    asked["authenticatorSelection"]["requireResidentKey"] = json!(true);
    Ok(asked)
}

/// Keeps the key that the device made. Answers recovery codes, shown this once, if it is the member's first second step;
/// other sessions end then.
///
/// # Errors
/// `forbidden`, `passkey_late`, `passkey_wrong`, `passkey_known`, what is wrong with the name.
pub async fn add(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    session: &Session,
    name: &str,
    answer: &str,
) -> Outcome<Option<Vec<String>>> {
    let member = get(&services.db, merchant, account::me(actor)?).await?;
    let (name, waiting) = (required("passkey_name", name, limits::NAME)?, ceremony::take(services, session).await?);
    let Asked::New { staff, state } = waiting.asked else { return Err(ceremony::wrong().into()) };
    if staff != member.id {
        return Err(ceremony::wrong().into());
    }
    let answer: RegisterPublicKeyCredential = ceremony::read(answer)?;
    let made = ceremony::party(services, &name)?.finish_passkey_registration(&answer, &state);
    let key = row(services, &member, name, &made.map_err(|error| ceremony::refused(&error))?)?;
    let codes = if member.has_two_factor() { None } else { Some(two_factor::fresh_codes(services)) };
    let macs = codes.as_ref().map(|codes| two_factor::macs(services, &member.id, codes)).transpose()?;
    let (own, actor, current) = (services.clone(), actor.clone(), session.id().map(|id| id.to_string()));
    services
        .db
        .write(move |tx| async move {
            let (merchant, id, after) = (&member.merchant_id, &member.id, json!({ "name": key.name }));
            let subject = key.id.clone();
            if kept::by_credential(&*tx, &key.credential_id).await?.is_some() {
                return Err(Refusal::new(RefusalKind::Conflict, "passkey_known").into());
            }
            kept::insert(&*tx, key).await?;
            if let Some(macs) = macs {
                two_factor_store::replace_recovery(&*tx, merchant, id, macs).await?;
                sessions::end_all(&tx, merchant, id, current.as_deref()).await?;
            }
            audit::record(&tx, &own.clock, merchant, &actor, "passkey_added", subject.as_str(), None, Some(after)).await
        })
        .await?;
    Ok(codes)
}

fn row(services: &Services, member: &StaffMember, name: String, key: &Passkey) -> Outcome<Key> {
    Ok(Key {
        id: services.clock.id(),
        merchant_id: member.merchant_id.clone(),
        staff_id: member.id.clone(),
        name,
        credential_id: kept::credential_id(key.cred_id().as_slice()),
        credential: serde_json::to_string(key)?,
        last_turn: None,
        used_at: None,
        created_at: services.clock.now(),
    })
}

/// # Errors
/// `forbidden`, `not_found`, what is wrong with the name.
pub async fn rename(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    id: &PasskeyId,
    name: &str,
) -> Outcome<()> {
    let key = one(&services.db, actor, merchant, id).await?;
    let name = required("passkey_name", name, limits::NAME)?;
    let (own, actor) = (services.clone(), actor.clone());
    services
        .db
        .write(move |tx| async move {
            kept::rename(&*tx, &key.merchant_id, &key.id, &name).await?;
            let (before, after) = (json!({ "name": key.name }), json!({ "name": name }));
            let (clock, merchant, subject) = (&own.clock, &key.merchant_id, key.id.as_str());
            audit::record(&tx, clock, merchant, &actor, "passkey_renamed", subject, Some(before), Some(after)).await
        })
        .await
}

/// The key lets nobody in any more. The password is asked; with the last second step its recovery codes go too.
///
/// # Errors
/// `forbidden`, `not_found`, `password_wrong`, `sign_in_too_often`.
pub async fn remove(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    id: &PasskeyId,
    password: &str,
) -> Outcome<()> {
    let key = one(&services.db, actor, merchant, id).await?;
    let member = account::proven(services, actor, merchant, password).await?;
    let (own, actor) = (services.clone(), actor.clone());
    services
        .db
        .write(move |tx| async move {
            let (merchant, subject) = (&member.merchant_id, key.id.as_str());
            let left = kept::remove(&*tx, merchant, &member.id, Some(&key.id)).await?;
            if left == 0 && !member.has_app() {
                two_factor_store::replace_recovery(&*tx, merchant, &member.id, Vec::new()).await?;
            }
            let before = Some(json!({ "name": key.name }));
            audit::record(&tx, &own.clock, merchant, &actor, "passkey_removed", subject, before, None).await
        })
        .await
}
