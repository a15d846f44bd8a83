//! The second step at sign-in: a code from an app, or one of ten recovery codes. A passkey is one too: see `passkeys.rs`.
//!
//! A code is good once, and so is a recovery code. The app's secret is sealed for its member's row; of recovery codes only
//! signatures under the master key are kept. Neither ever stands in a log, an audit line or an error.

use super::{StaffMember, audit, passkey_store, sessions, store, totp, two_factor_store as kept};
use crate::{
    db::{Db, Tx},
    failure::{Outcome, Refusal, RefusalKind},
    services::Services,
    shop,
};
use domain::{MerchantId, Moment, StaffId, role::Actor};

const RECOVERY_CODES: usize = 10;
/// Of five random bits each, written in two halves.
const RECOVERY_LENGTH: usize = 10;

/// What an app is set up with.
pub struct Setup {
    pub secret: String,
    /// For the QR code.
    pub address: String,
}

fn owner(id: &StaffId) -> String {
    ["staff/", id.as_str()].concat()
}

fn wrong() -> Refusal {
    Refusal::field("code", "code_wrong")
}

/// A fresh secret for the member's app; it asks for nothing until a code of it is shown.
///
/// # Errors
/// `forbidden` for others than staff, `two_factor_on`.
pub async fn begin(services: &Services, actor: &Actor, merchant: &MerchantId) -> Outcome<()> {
    let id = super::account::me(actor)?.clone();
    let secret = totp::secret(services.clock.random());
    let sealed = services.sealer.seal(&owner(&id), &secret)?;
    let merchant = merchant.clone();
    let begun = services.db.write(move |tx| async move { kept::begin(&*tx, &merchant, &id, &sealed).await }).await?;
    if begun { Ok(()) } else { Err(Refusal::new(RefusalKind::Conflict, "two_factor_on").into()) }
}

/// What is being set up; none where nothing is.
///
/// # Errors
/// When the secret cannot be opened.
pub async fn setup(services: &Services, member: &StaffMember) -> Outcome<Option<Setup>> {
    let Some(sealed) = member.totp_sealed.as_ref().filter(|_| !member.has_app()) else { return Ok(None) };
    let secret = services.sealer.open(&owner(&member.id), sealed)?;
    let shop = shop::get(&services.db, &member.merchant_id).await?;
    // An app shows the issuer above the code; a colon in it would end it.
    let issuer = shop.name.get(member.language).replace(':', " ");
    Ok(Some(Setup { address: totp::address(&secret, &issuer, &member.email), secret }))
}

/// Turns the second step on, once a code proves that the app is set up; other sessions end. Answers the recovery codes,
/// shown this once.
///
/// # Errors
/// `forbidden`, `code_wrong`, `two_factor_on`, `sign_in_too_often`.
pub async fn confirm(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    session: Option<String>,
    code: &str,
) -> Outcome<Vec<String>> {
    let member = super::get(&services.db, merchant, super::account::me(actor)?).await?;
    let sealed = member.totp_sealed.clone().filter(|_| !member.has_app());
    let sealed = sealed.ok_or_else(|| Refusal::new(RefusalKind::Conflict, "two_factor_on"))?;
    may_try(services, &member.id)?;
    let step = step_of(services, &member, &sealed, code)?.ok_or_else(wrong)?;
    let codes = fresh_codes(services);
    let (macs, now) = (macs(services, &member.id, &codes)?, services.clock.now());
    let (own, actor) = (services.clone(), actor.clone());
    services
        .db
        .write(move |tx| async move {
            let (merchant, id) = (&member.merchant_id, &member.id);
            if !kept::turn_on(&*tx, merchant, id, &sealed, step, now).await? {
                return Err(Refusal::new(RefusalKind::Conflict, "two_factor_on").into());
            }
            kept::replace_recovery(&*tx, merchant, id, macs).await?;
            sessions::end_all(&tx, merchant, id, session.as_deref()).await?;
            audit::record(&tx, &own.clock, merchant, &actor, "two_factor_on", id.as_str(), None, None).await
        })
        .await?;
    Ok(codes)
}

/// Lets a member in who has shown their password: by a code of their app, or by a recovery code.
///
/// # Errors
/// `code_wrong`, also for one that was used before; `sign_in_too_often`.
pub async fn second_step(services: &Services, member: &StaffMember, code: &str) -> Outcome<()> {
    let code = code.trim().replace([' ', '-'], "").to_lowercase();
    may_try(services, &member.id)?;
    let own = (services.clone(), member.clone());
    let used = services.db.write(move |tx| async move { use_code(&tx, &own.0, &own.1, &code).await }).await?;
    if !used {
        return Err(wrong().into());
    }
    services.sign_ins.forget(&throttled(&member.id));
    Ok(())
}

async fn use_code(tx: &Tx, services: &Services, member: &StaffMember, code: &str) -> Outcome<bool> {
    let (merchant, id, now) = (&member.merchant_id, &member.id, services.clock.now());
    if code.len() == RECOVERY_LENGTH {
        let mac = mac(services, id, code)?;
        if !kept::use_recovery(&**tx, merchant, id, &mac, now).await? {
            return Ok(false);
        }
        let actor = Actor::Staff { id: id.clone(), role: member.role };
        let subject = id.as_str();
        audit::record(tx, &services.clock, merchant, &actor, "recovery_code_used", subject, None, None).await?;
        return Ok(true);
    }
    let Some(sealed) = member.totp_sealed.as_ref().filter(|_| member.has_app()) else { return Ok(false) };
    match step_of(services, member, sealed, code)? {
        Some(step) => kept::use_step(&**tx, merchant, id, step).await,
        None => Ok(false),
    }
}

fn step_of(services: &Services, member: &StaffMember, sealed: &str, code: &str) -> Outcome<Option<i64>> {
    let secret = services.sealer.open(&owner(&member.id), sealed)?;
    let Moment(now) = services.clock.now();
    totp::step(&secret, code.trim(), now / 1_000)
}

fn throttled(id: &StaffId) -> String {
    ["code:", id.as_str()].concat()
}

fn may_try(services: &Services, id: &StaffId) -> Result<(), Refusal> {
    let may = services.sign_ins.may_try(&throttled(id), services.clock.now());
    if may { Ok(()) } else { Err(Refusal::new(RefusalKind::TooMany, "sign_in_too_often")) }
}

/// Ten others; those of before let nobody in. The password is asked.
///
/// # Errors
/// `forbidden`, `password_wrong`, `two_factor_off`, `sign_in_too_often`.
pub async fn renew_recovery(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    password: &str,
) -> Outcome<Vec<String>> {
    let member = super::account::proven(services, actor, merchant, password).await?;
    if !member.has_two_factor() {
        return Err(Refusal::new(RefusalKind::Conflict, "two_factor_off").into());
    }
    let codes = fresh_codes(services);
    let (macs, own, actor) = (macs(services, &member.id, &codes)?, services.clone(), actor.clone());
    services
        .db
        .write(move |tx| async move {
            let (merchant, id) = (&member.merchant_id, &member.id);
            kept::replace_recovery(&*tx, merchant, id, macs).await?;
            audit::record(&tx, &own.clock, merchant, &actor, "recovery_codes_renewed", id.as_str(), None, None).await
        })
        .await?;
    Ok(codes)
}

/// Codes of the app are asked no more. The password is asked.
///
/// # Errors
/// `forbidden`, `password_wrong`, `sign_in_too_often`.
pub async fn turn_off(services: &Services, actor: &Actor, merchant: &MerchantId, password: &str) -> Outcome<()> {
    let member = super::account::proven(services, actor, merchant, password).await?;
    off(services, actor.clone(), member, Keys::Stay).await
}

/// The way back in for who has lost app, passkeys and codes: at the shell only.
///
/// # Errors
/// `not_found`.
pub async fn turn_off_at_the_shell(services: &Services, email: &str) -> Outcome<()> {
    let email = super::normal_email(email)?;
    let member = store::by_email(services.db.read(), &email).await?.ok_or_else(Refusal::not_found)?;
    off(services, Actor::System, member, Keys::Go).await
}

/// What becomes of the member's passkeys.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keys {
    Stay,
    Go,
}

async fn off(services: &Services, actor: Actor, member: StaffMember, keys: Keys) -> Outcome<()> {
    let own = services.clone();
    services
        .db
        .write(move |tx| async move {
            let (merchant, id) = (&member.merchant_id, &member.id);
            kept::turn_off(&*tx, merchant, id).await?;
            if keys == Keys::Go {
                passkey_store::remove(&*tx, merchant, id, None).await?;
            }
            // Whoever still has a passkey keeps the codes that stand in for it.
            if keys == Keys::Go || member.passkeys == 0 {
                kept::replace_recovery(&*tx, merchant, id, Vec::new()).await?;
            }
            audit::record(&tx, &own.clock, merchant, &actor, "two_factor_off", id.as_str(), None, None).await
        })
        .await
}

/// How many recovery codes are left.
///
/// # Errors
/// When the database does not answer.
pub async fn recovery_left(db: &Db, member: &StaffMember) -> Outcome<u64> {
    kept::recovery_left(db.read(), &member.merchant_id, &member.id).await
}

pub(super) fn fresh_codes(services: &Services) -> Vec<String> {
    let code = |_| {
        let code = services.clock.code(RECOVERY_LENGTH);
        let (left, right) = code.split_at(RECOVERY_LENGTH / 2);
        [left, "-", right].concat()
    };
    (0..RECOVERY_CODES).map(code).collect()
}

fn mac(services: &Services, id: &StaffId, code: &str) -> Outcome<String> {
    Ok(services.sealer.sign("recovery code", [id.as_str(), ":", code].concat().as_bytes())?)
}

pub(super) fn macs(services: &Services, id: &StaffId, codes: &[String]) -> Outcome<Vec<String>> {
    codes.iter().map(|code| mac(services, id, &code.replace('-', ""))).collect()
}
