//! Staff: who may sign in to the dashboard, and how they prove it.

pub mod account;
pub mod audit;
mod ceremony;
mod device;
mod invitation_store;
pub mod invitations;
pub mod passkey_entry;
mod passkey_store;
pub mod passkeys;
mod password;
mod rows;
mod session_store;
pub mod sessions;
pub(crate) mod store;
pub mod team;
pub mod telegram;
mod telegram_store;
mod throttle;
mod totp;
pub mod two_factor;
mod two_factor_store;

use domain::{
    Lang, MerchantId, StaffId, limits,
    role::{Actor, Role},
};
pub use rows::Model as StaffMember;
use serde_json::json;

pub use throttle::Throttle;

use crate::{
    db::Db,
    failure::{Outcome, Refusal, RefusalKind, required},
    services::Services,
    shop,
};

/// Adds a staff member, at the shell or by the demo.
///
/// # Errors
/// `email_wrong`, `email_taken`, and what is wrong with the password.
pub async fn create(
    services: &Services,
    merchant: &MerchantId,
    email: &str,
    name: &str,
    role: Role,
    language: Lang,
    password: &str,
) -> Outcome<StaffId> {
    let email = normal_email(email)?;
    let name = required("name", name, limits::NAME)?;
    password::check(password, &password::about(&shop::get(&services.db, merchant).await?, &email))?;
    let row = StaffMember {
        password_hash: password::hash(password).await?,
        ..StaffMember::new(&services.clock, merchant, &email, &name, role, language)
    };
    let own = services.clone();
    services
        .db
        .write(move |tx| async move {
            if store::by_email(&*tx, &email).await?.is_some() {
                return Err(Refusal::field("email", "email_taken").into());
            }
            let (merchant, id) = (row.merchant_id.clone(), row.id.clone());
            let after = Some(json!({ "email": row.email, "name": row.name, "role": row.role }));
            store::insert(&*tx, row).await?;
            audit::record(&tx, &own.clock, &merchant, &Actor::System, "staff_added", id.as_str(), None, after).await?;
            Ok(id)
        })
        .await
}

fn normal_email(email: &str) -> Result<String, Refusal> {
    let email = required("email", email, limits::EMAIL)?.to_lowercase();
    let well_formed = email.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.len() > 2);
    if well_formed && !email.contains(char::is_whitespace) {
        Ok(email)
    } else {
        Err(Refusal::field("email", "email_wrong"))
    }
}

/// Who signs in with this e-mail and password. With a second step they are only half in: see [`two_factor::second_step`].
///
/// # Errors
/// `sign_in_wrong` without saying which of the two, `sign_in_too_often`.
pub async fn sign_in(services: &Services, email: &str, password: &str) -> Outcome<StaffMember> {
    let wrong = || Refusal::new(RefusalKind::Invalid, "sign_in_wrong");
    let email = normal_email(email).map_err(|_| wrong())?;
    if password.chars().count() > limits::PASSWORD_MAX {
        return Err(wrong().into());
    }
    if !services.sign_ins.may_try(&email, services.clock.now()) {
        return Err(Refusal::new(RefusalKind::TooMany, "sign_in_too_often").into());
    }
    let member = store::by_email(services.db.read(), &email).await?.filter(|member| member.disabled_at.is_none());
    let hash = member.as_ref().map(|member| member.password_hash.clone());
    let fits = password::verify(password, hash).await?;
    let member = member.filter(|_| fits).ok_or_else(wrong)?;
    services.sign_ins.forget(&email);
    Ok(member)
}

/// Sets a staff member's password, found by e-mail; whoever is signed in as them is signed out.
///
/// # Errors
/// `not_found`, and what is wrong with the password.
pub async fn set_password(services: &Services, email: &str, password: &str) -> Outcome<()> {
    let member = store::by_email(services.db.read(), &normal_email(email)?).await?.ok_or_else(Refusal::not_found)?;
    let shop = shop::get(&services.db, &member.merchant_id).await?;
    password::check(password, &password::about(&shop, &member.email))?;
    let hash = password::hash(password).await?;
    let own = services.clone();
    services
        .db
        .write(move |tx| async move {
            let (merchant, id) = (member.merchant_id, member.id);
            store::set_password(&*tx, &merchant, &id, &hash).await?;
            sessions::end_all(&tx, &merchant, &id, None).await?;
            audit::record(&tx, &own.clock, &merchant, &Actor::System, "password_set", id.as_str(), None, None).await
        })
        .await
}

/// # Errors
/// `not_found`, also for a disabled member.
pub async fn get(db: &Db, merchant: &MerchantId, id: &StaffId) -> Outcome<StaffMember> {
    let member = store::get(db.read(), merchant, id).await?.filter(|member| member.disabled_at.is_none());
    member.ok_or_else(|| Refusal::not_found().into())
}

/// # Errors
/// When the database does not answer.
pub async fn list(db: &Db, merchant: &MerchantId) -> Outcome<Vec<StaffMember>> {
    store::list(db.read(), merchant).await
}
