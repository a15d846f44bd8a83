//! Invitations: a link that lets one person in, once, within a week. Only its hash is kept, so that whoever reads the
//! database lets nobody in.

use domain::{
    InvitationId, Lang, Localized, MerchantId, Moment, StaffId, limits,
    moment::DAY,
    role::{Actor, Role},
};
use serde_json::json;
use sha2::{Digest, Sha256};

pub use super::rows::invitation::Model as Invitation;
use super::{StaffMember, audit, invitation_store as kept, normal_email, password, store, team};
use crate::{
    clock::Clock,
    db::{Db, Tx},
    failure::{Outcome, Refusal, RefusalKind, required},
    journal::hex,
    services::Services,
    shop,
};

const LIFE: i64 = 7 * DAY;
/// 130 random bits.
const CODE_LENGTH: usize = 26;

/// What became of an invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Open,
    Expired,
    Used,
    Withdrawn,
}

impl Invitation {
    #[must_use]
    pub fn state(&self, now: Moment) -> State {
        match (self.used_at, self.withdrawn_at) {
            (Some(_), _) => State::Used,
            (None, Some(_)) => State::Withdrawn,
            (None, None) if now >= self.expires_at => State::Expired,
            (None, None) => State::Open,
        }
    }

    fn must_be_open(&self, now: Moment) -> Result<(), Refusal> {
        let gone = |code| Err(Refusal::new(RefusalKind::Conflict, code));
        match self.state(now) {
            State::Open => Ok(()),
            State::Expired => gone("invitation_expired"),
            State::Used => gone("invitation_used"),
            State::Withdrawn => gone("invitation_withdrawn"),
        }
    }
}

/// The word of the link, shown this once.
pub struct Made {
    pub id: InvitationId,
    pub code: String,
}

impl Made {
    #[must_use]
    pub fn url(&self, services: &Services) -> String {
        services.url(&["/invitation/", &self.code].concat())
    }
}

fn hash(code: &str) -> String {
    hex(&Sha256::digest(code))
}

/// Invites somebody to a role.
///
/// # Errors
/// `forbidden`, `email_wrong`, `email_taken`, `invited_already`.
pub async fn invite(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    email: &str,
    role: Role,
) -> Outcome<Made> {
    team::may_give(actor, role)?;
    let (email, now, code) = (normal_email(email)?, services.clock.now(), services.clock.code(CODE_LENGTH));
    let row = Invitation {
        id: services.clock.id(),
        merchant_id: merchant.clone(),
        email,
        role,
        code_hash: hash(&code),
        made_by: actor.label(),
        made_at: now,
        expires_at: now.plus(LIFE),
        used_at: None,
        withdrawn_at: None,
        staff_id: None,
    };
    let (own, actor, id) = (services.clone(), actor.clone(), row.id.clone());
    services.db.write(move |tx| async move { keep(&tx, &own.clock, &actor, row).await }).await?;
    Ok(Made { id, code })
}

async fn keep(tx: &Tx, clock: &Clock, actor: &Actor, row: Invitation) -> Outcome<()> {
    if store::by_email(&**tx, &row.email).await?.is_some() {
        return Err(Refusal::field("email", "email_taken").into());
    }
    let (merchant, id) = (row.merchant_id.clone(), row.id.clone());
    let after = Some(json!({ "email": row.email, "role": row.role }));
    // The unique constraint is the answer: one open invitation for one person.
    if !kept::insert(&**tx, row).await? {
        return Err(Refusal::field("email", "invited_already").into());
    }
    audit::record(tx, clock, &merchant, actor, "staff_invited", id.as_str(), None, after).await
}

/// The link anew: another word for another week; the old one lets nobody in.
///
/// # Errors
/// `forbidden`, `not_found`, `invitation_used`, `invitation_withdrawn`.
pub async fn renew(services: &Services, actor: &Actor, merchant: &MerchantId, id: &InvitationId) -> Outcome<Made> {
    team::may_edit(actor)?;
    let code = services.clock.code(CODE_LENGTH);
    let (own, who, merchant, id) = (services.clone(), actor.clone(), merchant.clone(), id.clone());
    let (own_id, code_hash) = (id.clone(), hash(&code));
    services
        .db
        .write(move |tx| async move {
            let now = own.clock.now();
            let row = kept::lock(&*tx, &merchant, &id).await?.ok_or_else(Refusal::not_found)?;
            team::may_give(&who, row.role)?;
            if row.state(now) != State::Expired {
                row.must_be_open(now)?;
            }
            kept::renew(&*tx, &id, &code_hash, &who.label(), now.plus(LIFE)).await?;
            audit::record(&tx, &own.clock, &merchant, &who, "invitation_renewed", id.as_str(), None, None).await
        })
        .await?;
    Ok(Made { id: own_id, code })
}

/// The link lets nobody in any more.
///
/// # Errors
/// `forbidden`, `not_found`, `invitation_used`.
pub async fn withdraw(services: &Services, actor: &Actor, merchant: &MerchantId, id: &InvitationId) -> Outcome<()> {
    team::may_edit(actor)?;
    let (own, actor, merchant, id) = (services.clone(), actor.clone(), merchant.clone(), id.clone());
    services
        .db
        .write(move |tx| async move {
            let now = own.clock.now();
            let row = kept::lock(&*tx, &merchant, &id).await?.ok_or_else(Refusal::not_found)?;
            match row.state(now) {
                State::Used => return Err(Refusal::new(RefusalKind::Conflict, "invitation_used").into()),
                State::Withdrawn => return Ok(()),
                State::Open | State::Expired => kept::withdraw(&*tx, &id, now).await?,
            }
            audit::record(&tx, &own.clock, &merchant, &actor, "invitation_withdrawn", id.as_str(), None, None).await
        })
        .await
}

/// Who may no longer invite has not invited: their open links are withdrawn with them.
pub(super) async fn withdraw_of(tx: &Tx, clock: &Clock, merchant: &MerchantId, maker: &StaffId) -> Outcome<()> {
    kept::withdraw_of(&**tx, merchant, maker.as_str(), clock.now()).await
}

/// Those that wait to be used, also in vain, newest first.
///
/// # Errors
/// When the database does not answer.
pub async fn waiting(db: &Db, merchant: &MerchantId) -> Outcome<Vec<Invitation>> {
    kept::waiting(db.read(), merchant).await
}

/// What the invited person sees.
#[derive(Clone, Debug)]
pub struct Welcome {
    pub shop: Localized,
    pub email: String,
    pub role: Role,
}

async fn open(services: &Services, code: &str) -> Outcome<Invitation> {
    let row = kept::by_hash(services.db.read(), &hash(code)).await?.ok_or_else(Refusal::not_found)?;
    row.must_be_open(services.clock.now())?;
    Ok(row)
}

/// # Errors
/// `not_found`, `invitation_expired`, `invitation_used`, `invitation_withdrawn`.
pub async fn look(services: &Services, code: &str) -> Outcome<Welcome> {
    let row = open(services, code).await?;
    let shop = shop::get(&services.db, &row.merchant_id).await?;
    Ok(Welcome { shop: shop.name, email: row.email, role: row.role })
}

/// What the invited person chooses.
pub struct Accepted {
    pub name: String,
    pub language: Lang,
    pub password: String,
}

/// Makes the invited person a member; the link is used up.
///
/// # Errors
/// As [`look`], what is wrong with name or password, `email_taken`, `sign_in_too_often`.
pub async fn accept(services: &Services, code: &str, accepted: Accepted) -> Outcome<StaffMember> {
    if !services.sign_ins.may_try(&["invitation:", &hash(code)].concat(), services.clock.now()) {
        return Err(Refusal::new(RefusalKind::TooMany, "sign_in_too_often").into());
    }
    let row = open(services, code).await?;
    let name = required("name", &accepted.name, limits::NAME)?;
    let shop = shop::get(&services.db, &row.merchant_id).await?;
    password::check(&accepted.password, &password::about(&shop, &row.email))?;
    let member = StaffMember {
        password_hash: password::hash(&accepted.password).await?,
        ..StaffMember::new(&services.clock, &row.merchant_id, &row.email, &name, row.role, accepted.language)
    };
    let (own, made) = (services.clone(), member.clone());
    services.db.write(move |tx| async move { enter(&tx, &own.clock, row, made).await }).await?;
    Ok(member)
}

async fn enter(tx: &Tx, clock: &Clock, row: Invitation, member: StaffMember) -> Outcome<()> {
    let (merchant, id) = (row.merchant_id.clone(), member.id.clone());
    let actor = Actor::Staff { id: id.clone(), role: member.role };
    // Locked and looked at again: the link may have been used or withdrawn while the password was hashed.
    let row = kept::lock(&**tx, &merchant, &row.id).await?.ok_or_else(Refusal::not_found)?;
    row.must_be_open(clock.now())?;
    if member.role != row.role || store::by_email(&**tx, &member.email).await?.is_some() {
        return Err(Refusal::field("email", "email_taken").into());
    }
    let after = Some(json!({ "email": member.email, "name": member.name, "role": member.role }));
    store::insert(&**tx, member).await?;
    kept::used(&**tx, &row.id, &id, clock.now()).await?;
    audit::record(tx, clock, &merchant, &actor, "invitation_accepted", id.as_str(), None, after).await
}
