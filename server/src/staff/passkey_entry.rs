//! Signing in by a passkey: without a password, or as the second step after it.
//!
//! Alone it is as good as both steps, because the device has asked for a finger, a face or a PIN: an answer that does not
//! say so is refused. One challenge lets in once, also for many answers at the same time. A key whose counter goes backwards
//! may have been copied: it is refused, and the shop's audit log says so.

use domain::{StaffId, role::Actor};
use serde_json::{Value, json};
use tower_sessions::Session;
use webauthn_rs::prelude::{PublicKeyCredential, WebauthnError};

use super::{
    StaffMember, audit,
    ceremony::{self, Asked, Waiting},
    get, passkey_store as kept,
    passkeys::Key,
};
use crate::{
    failure::{Outcome, Refusal, RefusalKind},
    services::Services,
};

const WE: &str = "Khanut";

/// What the browser is asked. `member`: who has shown their password and owes the second step; nobody at the door itself,
/// where any key may answer.
///
/// # Errors
/// `passkeys_impossible`, `passkey_none` for a member without keys.
pub async fn begin(services: &Services, session: &Session, member: Option<&StaffMember>) -> Outcome<Value> {
    let (asked, state) =
        ceremony::party(services, WE)?.start_discoverable_authentication().map_err(ceremony::broken)?;
    let mut asked = serde_json::to_value(asked.public_key)?;
    if let Some(member) = member {
        let own = kept::of(services.db.read(), &member.merchant_id, &member.id).await?;
        if own.is_empty() {
            return Err(Refusal::new(RefusalKind::Conflict, "passkey_none").into());
        }
        let own = own.iter().map(|key| json!({ "type": "public-key", "id": key.credential_id }));
        asked["allowCredentials"] = own.collect();
    }
    let staff = member.map(|member| member.id.clone());
    ceremony::keep(services, session, Asked::Known { staff, state }).await?;
    Ok(asked)
}

/// Who answered: the owner of the key, or of them only `member`, if it is given.
///
/// # Errors
/// `passkey_late`, `passkey_wrong` without saying why, `passkey_copied`.
pub async fn enter(
    services: &Services,
    session: &Session,
    member: Option<&StaffMember>,
    answer: &str,
) -> Outcome<StaffMember> {
    let Waiting { asked, turn, .. } = ceremony::take(services, session).await?;
    let Asked::Known { staff, state } = asked else { return Err(ceremony::wrong().into()) };
    let answer: PublicKeyCredential = ceremony::read(answer)?;
    let found = kept::by_credential(services.db.read(), &kept::credential_id(&answer.raw_id)).await?;
    let key = found.ok_or_else(ceremony::wrong)?;
    let asked_of = member.map(|member| &member.id);
    if staff.as_ref() != asked_of || asked_of.is_some_and(|id| *id != key.staff_id) {
        return Err(ceremony::wrong().into());
    }
    if !is_of(&answer, &key.staff_id, asked_of.is_some()) {
        return Err(ceremony::wrong().into());
    }
    let who = get(&services.db, &key.merchant_id, &key.staff_id).await.map_err(|_| ceremony::wrong())?;
    let mut opened = key.opened()?;
    match ceremony::party(services, WE)?.finish_discoverable_authentication_v2(&answer, state, &opened) {
        Ok(result) => drop(opened.update_credential(&result)),
        Err(WebauthnError::CredentialPossibleCompromise) => return Err(copied(services, &who, key).await?.into()),
        Err(error) => return Err(ceremony::refused(&error)),
    }
    let (now, after) = (services.clock.now(), serde_json::to_string(&opened)?);
    let used = services.db.write_quietly(move |tx| async move { kept::used(&*tx, &key, &after, &turn, now).await });
    if used.await? { Ok(who) } else { Err(ceremony::wrong().into()) }
}

/// Whether the device says that the key is this member's. Where the member is known already, it need not say anything.
fn is_of(answer: &PublicKeyCredential, staff: &StaffId, known: bool) -> bool {
    answer.get_user_unique_id().map_or(known, |handle| handle == ceremony::handle(staff).as_bytes())
}

async fn copied(services: &Services, who: &StaffMember, key: Key) -> Outcome<Refusal> {
    let (own, actor) = (services.clone(), Actor::Staff { id: who.id.clone(), role: who.role });
    let noted = services.db.write_quietly(move |tx| async move {
        let after = Some(json!({ "name": key.name }));
        let (merchant, subject) = (&key.merchant_id, key.id.as_str());
        audit::record(&tx, &own.clock, merchant, &actor, "passkey_copied", subject, None, after).await
    });
    noted.await?;
    Ok(Refusal::new(RefusalKind::Invalid, "passkey_copied"))
}
