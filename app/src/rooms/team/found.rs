//! The team in words: members and open invitations, one row each.

use domain::role::{Permission, Role};
use server::{
    failure::Outcome,
    staff::{
        self, StaffMember,
        invitations::{self, Invitation, State},
    },
};

use crate::{badge::Badge, ui::Tone, web::Desk};

pub(super) struct Member {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) role: Role,
    pub(super) role_name: String,
    pub(super) state: Badge,
    pub(super) two_factor: String,
    pub(super) seen: String,
    pub(super) disabled: bool,
    /// Whether the reader may change this member.
    pub(super) may_edit: bool,
}

pub(super) struct Waiting {
    pub(super) id: String,
    pub(super) email: String,
    pub(super) role_name: String,
    pub(super) state: Badge,
    pub(super) until: String,
}

pub(super) struct Found {
    pub(super) members: Vec<Member>,
    pub(super) waiting: Vec<Waiting>,
    /// What the reader may give: value and name. None where they may give nothing.
    pub(super) roles: Vec<(String, String)>,
    pub(super) may_edit: bool,
    pub(super) required: bool,
    /// Of each permission: its name, and for each role whether it may.
    pub(super) table: Vec<(String, Vec<(String, bool)>)>,
}

pub(super) async fn find(desk: &Desk) -> Outcome<Found> {
    let (db, merchant, may_edit) = (&desk.services.db, desk.merchant(), desk.may(Permission::EditTeam));
    let members = staff::list(db, merchant).await?.into_iter().map(|member| shown(desk, member)).collect();
    let waiting = if may_edit { invitations::waiting(db, merchant).await? } else { Vec::new() };
    let roles = Role::ALL.iter().filter(|role| may_edit && desk.actor.may_give(**role));
    Ok(Found {
        members,
        waiting: waiting.into_iter().map(|row| invited(desk, row)).collect(),
        roles: roles.map(|role| (role.to_string(), role_name(desk, *role))).collect(),
        may_edit,
        required: desk.shop.two_factor_required,
        table: Permission::ALL.iter().map(|permission| line(desk, *permission)).collect(),
    })
}

fn role_name(desk: &Desk, role: Role) -> String {
    desk.say(&["role.", role.as_str()].concat())
}

/// Drawn from the rule that decides: nothing here can differ from what is allowed.
fn line(desk: &Desk, permission: Permission) -> (String, Vec<(String, bool)>) {
    let roles = Role::ALL.iter().map(|role| (role_name(desk, *role), role.may(permission)));
    (desk.say(&["permission.", permission.as_str()].concat()), roles.collect())
}

fn shown(desk: &Desk, member: StaffMember) -> Member {
    let state = match member.disabled_at {
        Some(_) => (Tone::Ended, "team.disabled"),
        None => (Tone::Good, "team.active"),
    };
    let me = member.id == desk.who().id;
    Member {
        may_edit: !me && desk.may(Permission::EditTeam) && desk.actor.may_give(member.role),
        state: Badge { tone: state.0, text: desk.say(state.1) },
        two_factor: desk.say(if member.has_two_factor() { "team.two_factor_on" } else { "team.two_factor_off" }),
        seen: member.seen_at.map_or_else(|| desk.say("team.never_seen"), |at| desk.when(at)),
        role_name: role_name(desk, member.role),
        role: member.role,
        disabled: member.disabled_at.is_some(),
        name: member.name,
        email: member.email,
        id: member.id.into(),
    }
}

fn invited(desk: &Desk, row: Invitation) -> Waiting {
    let expired = row.state(desk.now()) == State::Expired;
    let state = if expired { (Tone::Ended, "team.expired") } else { (Tone::Waiting, "team.invited") };
    Waiting {
        state: Badge { tone: state.0, text: desk.say(state.1) },
        role_name: role_name(desk, row.role),
        until: desk.say_with("team.until", &[("time", &desk.when(row.expires_at))]),
        email: row.email,
        id: row.id.into(),
    }
}
