//! A member's own Telegram account, by which they act in the chat as they may in the dashboard.
//!
//! Who is signed in makes a code; whoever says it to the shop's bot, once and within a quarter of an hour, is known as that
//! member from then on. An account is one member's and a member has one account: a new bond takes the place of the old ones.
//! What is done by it is done by the member, with the role they have then, and not at all once they are
//! shut out, or while they owe the second step at sign-in.

use domain::{MerchantId, Moment, StaffId, moment::MINUTE, role::Actor};
use serde_json::json;
use sha2::{Digest, Sha256};

pub use super::rows::telegram::Model as Bond;
use super::{StaffMember, account::me, audit, store, telegram_store as kept};
use crate::{
    db::{Db, Tx},
    failure::Outcome,
    journal::hex,
    services::Services,
    shop,
};

/// How long a code may be said.
pub const LIFE: i64 = 15 * MINUTE;
const CODE_LENGTH: usize = 20;

fn hash(code: &str) -> String {
    hex(&Sha256::digest(code))
}

/// A new code for the acting member; the one before opens nothing any more.
///
/// # Errors
/// `forbidden` for who is no member.
pub async fn invite(services: &Services, actor: &Actor, merchant: &MerchantId) -> Outcome<String> {
    let code = services.clock.code(CODE_LENGTH);
    let (own, actor, merchant, staff) = (services.clone(), actor.clone(), merchant.clone(), me(actor)?.clone());
    let until = services.clock.now().plus(LIFE);
    let code_hash = hash(&code);
    services
        .db
        .write(move |tx| async move {
            kept::invite(&*tx, &merchant, &staff, &code_hash, until).await?;
            audit::record(&tx, &own.clock, &merchant, &actor, "telegram_invited", staff.as_str(), None, None).await
        })
        .await?;
    Ok(code)
}

/// The person of Telegram who says a member's code is that member from now on; nobody's code: nothing.
///
/// # Errors
/// When the database does not answer.
pub async fn bind(
    services: &Services,
    merchant: &MerchantId,
    person: i64,
    name: &str,
    code: &str,
) -> Outcome<Option<StaffMember>> {
    let (own, merchant, name, code_hash) = (services.clone(), merchant.clone(), name.to_owned(), hash(code));
    services
        .db
        .write(move |tx| async move {
            let now = own.clock.now();
            let Some(bond) = kept::by_code(&*tx, &merchant, &code_hash, now).await? else { return Ok(None) };
            let member = store::get(&*tx, &merchant, &bond.staff_id).await?;
            let Some(member) = member.filter(|member| member.disabled_at.is_none()) else { return Ok(None) };
            let other = kept::by_person(&*tx, &merchant, person).await?;
            if let Some(other) = other.filter(|other| other.staff_id != member.id) {
                release(&tx, &own, &Actor::Customer, &other).await?;
            }
            if !kept::bind(&*tx, &bond, person, &name, now).await? {
                return Ok(None);
            }
            let (before, after) = (bond.told(), Some(json!({ "telegram": person, "name": name })));
            let actor = Actor::Staff { id: member.id.clone(), role: member.role };
            let subject = member.id.as_str();
            audit::record(&tx, &own.clock, &merchant, &actor, "telegram_bound", subject, before, after).await?;
            Ok(Some(member))
        })
        .await
}

impl Bond {
    fn told(&self) -> Option<serde_json::Value> {
        self.telegram_user_id.map(|person| json!({ "telegram": person, "name": self.name }))
    }
}

async fn release(tx: &Tx, services: &Services, actor: &Actor, bond: &Bond) -> Outcome<()> {
    kept::remove(&**tx, &bond.merchant_id, &bond.staff_id).await?;
    let (merchant, subject) = (&bond.merchant_id, bond.staff_id.as_str());
    audit::record(tx, &services.clock, merchant, actor, "telegram_released", subject, bond.told(), None).await
}

/// The acting member's account does nothing for them any more.
///
/// # Errors
/// `forbidden` for who is no member.
pub async fn unbind(services: &Services, actor: &Actor, merchant: &MerchantId) -> Outcome<()> {
    let (own, actor, merchant, staff) = (services.clone(), actor.clone(), merchant.clone(), me(actor)?.clone());
    services
        .db
        .write(move |tx| async move {
            match kept::of(&*tx, &merchant, &staff).await? {
                Some(bond) => release(&tx, &own, &actor, &bond).await,
                None => Ok(()),
            }
        })
        .await
}

/// The account that a member has, if any.
///
/// # Errors
/// When the database does not answer.
pub async fn of(db: &Db, merchant: &MerchantId, staff: &StaffId) -> Outcome<Option<(String, Moment)>> {
    let bond = kept::of(db.read(), merchant, staff).await?;
    Ok(bond.and_then(|bond| bond.name.zip(bond.bound_at)))
}

/// The member who a person of Telegram is, unless they were shut out, or owe the second step that the shop asks for.
///
/// # Errors
/// When the database does not answer.
pub async fn who(db: &Db, merchant: &MerchantId, person: i64) -> Outcome<Option<StaffMember>> {
    let Some(bond) = kept::by_person(db.read(), merchant, person).await? else { return Ok(None) };
    let shop = shop::get(db, merchant).await?;
    let member = store::get(db.read(), merchant, &bond.staff_id).await?;
    let owes = |member: &StaffMember| shop.two_factor_required && !member.has_two_factor();
    Ok(member.filter(|member| member.disabled_at.is_none() && !owes(member)))
}
