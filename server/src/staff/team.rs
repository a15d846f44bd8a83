//! The team: who is what, who may come in. What is changed here holds from the next request on.

use domain::{
    MerchantId, StaffId,
    role::{Actor, Permission, Role},
};
use serde_json::json;

use super::{StaffMember, audit, invitations, sessions, store};
use crate::{
    clock::Clock,
    db::Tx,
    failure::{Outcome, Refusal, RefusalKind},
    services::Services,
};

/// Whether the actor may give and take roles at all.
pub(super) fn may_edit(actor: &Actor) -> Result<(), Refusal> {
    if actor.may(Permission::EditTeam) { Ok(()) } else { Err(Refusal::forbidden()) }
}

/// Nobody gives what they may not do themselves, nor takes it from those who may more.
pub(super) fn may_give(actor: &Actor, role: Role) -> Result<(), Refusal> {
    may_edit(actor)?;
    if actor.may_give(role) { Ok(()) } else { Err(Refusal::forbidden()) }
}

/// Gives a member another role.
///
/// # Errors
/// `forbidden`, `not_found`, `own_role`, `last_owner`.
pub async fn set_role(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    id: &StaffId,
    role: Role,
) -> Outcome<()> {
    may_give(actor, role)?;
    change(services, actor, merchant, id, Change::Role(role)).await
}

/// Shuts a member out: their sessions end now, and what they invited to is withdrawn.
///
/// # Errors
/// `forbidden`, `not_found`, `own_role`, `last_owner`.
pub async fn disable(services: &Services, actor: &Actor, merchant: &MerchantId, id: &StaffId) -> Outcome<()> {
    change(services, actor, merchant, id, Change::Disable).await
}

/// Lets a member in again, by their old password.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn enable(services: &Services, actor: &Actor, merchant: &MerchantId, id: &StaffId) -> Outcome<()> {
    change(services, actor, merchant, id, Change::Enable).await
}

#[derive(Clone, Copy)]
enum Change {
    Role(Role),
    Disable,
    Enable,
}

async fn change(services: &Services, actor: &Actor, merchant: &MerchantId, id: &StaffId, what: Change) -> Outcome<()> {
    may_edit(actor)?;
    let (own, actor, merchant, id) = (services.clone(), actor.clone(), merchant.clone(), id.clone());
    services
        .db
        .write(move |tx| async move {
            // All of them are held: two owners who disable each other at once leave one.
            let team = store::lock_team(&*tx, &merchant).await?;
            let member = team.iter().find(|member| member.id == id).ok_or_else(Refusal::not_found)?;
            checked(&actor, &team, member, what)?;
            changed(&tx, &own.clock, &actor, member, what).await
        })
        .await
}

fn checked(actor: &Actor, team: &[StaffMember], member: &StaffMember, what: Change) -> Result<(), Refusal> {
    may_give(actor, member.role)?;
    if actor.label() == member.id.as_str() {
        return Err(Refusal::new(RefusalKind::Conflict, "own_role"));
    }
    let stays_owner = matches!(what, Change::Enable | Change::Role(Role::Owner));
    let owns = |other: &StaffMember| other.role == Role::Owner && other.disabled_at.is_none() && other.id != member.id;
    if member.role == Role::Owner && !stays_owner && !team.iter().any(owns) {
        return Err(Refusal::new(RefusalKind::Conflict, "last_owner"));
    }
    Ok(())
}

async fn changed(tx: &Tx, clock: &Clock, actor: &Actor, member: &StaffMember, what: Change) -> Outcome<()> {
    let (merchant, id, now) = (&member.merchant_id, &member.id, clock.now());
    let (action, before, after) = match what {
        Change::Role(role) if role == member.role => return Ok(()),
        Change::Enable if member.disabled_at.is_none() => return Ok(()),
        Change::Disable if member.disabled_at.is_some() => return Ok(()),
        Change::Role(role) => {
            store::set_role(&**tx, merchant, id, role).await?;
            ("role_changed", Some(json!({ "role": member.role })), Some(json!({ "role": role })))
        }
        Change::Disable => {
            store::set_disabled(&**tx, merchant, id, Some(now)).await?;
            sessions::end_all(tx, merchant, id, None).await?;
            ("staff_disabled", None, None)
        }
        Change::Enable => {
            store::set_disabled(&**tx, merchant, id, None).await?;
            ("staff_enabled", None, None)
        }
    };
    if !matches!(what, Change::Enable) {
        invitations::withdraw_of(tx, clock, merchant, id).await?;
    }
    audit::record(tx, clock, merchant, actor, action, id.as_str(), before, after).await
}
