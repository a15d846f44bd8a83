//! What a member changes about themselves: name, language, password. Nobody else's.

use domain::{Lang, MerchantId, StaffId, limits, role::Actor};
use serde_json::json;

use super::{StaffMember, audit, get, password, sessions, store};
use crate::{
    failure::{Outcome, Refusal, RefusalKind, required},
    services::Services,
    shop,
};

/// Who acts, if it is a member.
pub(super) const fn me(actor: &Actor) -> Result<&StaffId, Refusal> {
    match actor {
        Actor::Staff { id, .. } => Ok(id),
        _ => Err(Refusal::forbidden()),
    }
}

/// The acting member, whose password this is.
///
/// # Errors
/// `forbidden`, `password_wrong`, `sign_in_too_often`.
pub(super) async fn proven(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    password: &str,
) -> Outcome<StaffMember> {
    let member = get(&services.db, merchant, me(actor)?).await?;
    let key = ["password:", member.id.as_str()].concat();
    if !services.sign_ins.may_try(&key, services.clock.now()) {
        return Err(Refusal::new(RefusalKind::TooMany, "sign_in_too_often").into());
    }
    let fits = password.chars().count() <= limits::PASSWORD_MAX;
    if !fits || !password::verify(password, Some(member.password_hash.clone())).await? {
        return Err(Refusal::field("old_password", "password_wrong").into());
    }
    services.sign_ins.forget(&key);
    Ok(member)
}

/// # Errors
/// `forbidden`, what is wrong with the name.
pub async fn set_profile(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    name: &str,
    language: Lang,
) -> Outcome<()> {
    let name = required("name", name, limits::NAME)?;
    let old = get(&services.db, merchant, me(actor)?).await?;
    let (own, actor) = (services.clone(), actor.clone());
    services
        .db
        .write(move |tx| async move {
            let (merchant, id) = (&old.merchant_id, &old.id);
            store::set_profile(&*tx, merchant, id, &name, language).await?;
            let before = Some(json!({ "name": old.name, "language": old.language }));
            let after = Some(json!({ "name": name, "language": language }));
            audit::record(&tx, &own.clock, merchant, &actor, "profile_changed", id.as_str(), before, after).await
        })
        .await
}

/// Another password, by who knows the old one; every session but `session` ends.
///
/// # Errors
/// `forbidden`, `password_wrong`, `sign_in_too_often`, what is wrong with the new one.
pub async fn change_password(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    session: Option<String>,
    old: &str,
    new: &str,
) -> Outcome<()> {
    let member = proven(services, actor, merchant, old).await?;
    let shop = shop::get(&services.db, merchant).await?;
    password::check(new, &password::about(&shop, &member.email))?;
    let (hash, own, actor) = (password::hash(new).await?, services.clone(), actor.clone());
    services
        .db
        .write(move |tx| async move {
            let (merchant, id) = (&member.merchant_id, &member.id);
            store::set_password(&*tx, merchant, id, &hash).await?;
            sessions::end_all(&tx, merchant, id, session.as_deref()).await?;
            audit::record(&tx, &own.clock, merchant, &actor, "password_set", id.as_str(), None, None).await
        })
        .await
}
