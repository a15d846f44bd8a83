//! The team: who may come in, as what; invitations by link; and what each role may do.

mod found;
mod shown;

use axum::{
    Form, Router,
    extract::Path,
    response::Response,
    routing::{get, post},
};
use domain::{
    InvitationId, StaffId,
    role::{Permission, Role},
};
use serde::Deserialize;
use server::{
    failure::{Outcome, Refusal},
    shop,
    staff::{invitations, team},
};

use crate::{
    said::Wrong,
    web::{Desk, Faces, Flash},
};

const PATH: &str = "/team";

pub(super) fn routes() -> Router<Faces> {
    Router::new()
        .route(PATH, get(list))
        // An invitation is shown once, at this address; what is live around it is read from here too.
        .route("/team/invite", get(list).post(invite))
        .route("/team/two-factor", post(require))
        .route("/team/invitations/{id}/renew", post(renew))
        .route("/team/invitations/{id}/withdraw", post(withdraw))
        .route("/team/{id}/role", post(role))
        .route("/team/{id}/disable", post(disable))
        .route("/team/{id}/enable", post(enable))
}

/// As typed.
#[derive(Default, Deserialize)]
#[serde(default)]
struct InviteForm {
    email: String,
    role: String,
}

async fn list(desk: Desk) -> Response {
    room(&desk, &InviteForm::default(), Wrong::default(), None).await
}

/// `link`: made just now, and shown this once.
async fn room(desk: &Desk, form: &InviteForm, wrong: Wrong, link: Option<String>) -> Response {
    let title = desk.say("room.team");
    match found::find(desk).await {
        Ok(found) => desk.form(&title, wrong, |wrong| shown::room(found, form, wrong, link)).await,
        Err(failure) => desk.failed(&title, &failure).await,
    }
}

fn read_role(role: &str) -> Result<Role, Refusal> {
    role.parse().map_err(|_| Refusal::field("role", "required"))
}

/// Answered by the room itself and not by a redirect: the link is in no address and no cookie.
async fn invite(desk: Desk, Form(form): Form<InviteForm>) -> Response {
    let invited = async || -> Outcome<String> {
        desk.must(Permission::EditTeam)?;
        let role = read_role(&form.role)?;
        let made = invitations::invite(&desk.services, &desk.actor, desk.merchant(), &form.email, role).await?;
        Ok(made.url(&desk.services))
    };
    match invited().await {
        Ok(link) => room(&desk, &InviteForm::default(), Wrong::default(), Some(link)).await,
        Err(failure) => room(&desk, &form, desk.wrong(&failure), None).await,
    }
}

async fn renew(desk: Desk, Path(id): Path<String>) -> Response {
    let renewed = async || -> Outcome<String> {
        let id = InvitationId::parse(&id)?;
        let made = invitations::renew(&desk.services, &desk.actor, desk.merchant(), &id).await?;
        Ok(made.url(&desk.services))
    };
    match renewed().await {
        Ok(link) => room(&desk, &InviteForm::default(), Wrong::default(), Some(link)).await,
        Err(failure) => desk.done(Err(failure), PATH),
    }
}

async fn withdraw(desk: Desk, Path(id): Path<String>) -> Response {
    let withdrawn = async || -> Outcome<Flash> {
        let id = InvitationId::parse(&id)?;
        invitations::withdraw(&desk.services, &desk.actor, desk.merchant(), &id).await?;
        Ok(Flash::good(desk.say("team.withdrawn")))
    };
    desk.done(withdrawn().await, PATH)
}

#[derive(Deserialize)]
struct NewRole {
    #[serde(default)]
    role: String,
}

async fn role(desk: Desk, Path(id): Path<String>, Form(new): Form<NewRole>) -> Response {
    let changed = async || -> Outcome<Flash> {
        let (id, role) = (StaffId::parse(&id)?, read_role(&new.role)?);
        team::set_role(&desk.services, &desk.actor, desk.merchant(), &id, role).await?;
        Ok(Flash::good(desk.say("common.saved")))
    };
    desk.done(changed().await, PATH)
}

async fn disable(desk: Desk, Path(id): Path<String>) -> Response {
    let disabled = async || -> Outcome<Flash> {
        let id = StaffId::parse(&id)?;
        team::disable(&desk.services, &desk.actor, desk.merchant(), &id).await?;
        Ok(Flash::good(desk.say("team.disabled_now")))
    };
    desk.done(disabled().await, PATH)
}

async fn enable(desk: Desk, Path(id): Path<String>) -> Response {
    let enabled = async || -> Outcome<Flash> {
        let id = StaffId::parse(&id)?;
        team::enable(&desk.services, &desk.actor, desk.merchant(), &id).await?;
        Ok(Flash::good(desk.say("team.enabled_now")))
    };
    desk.done(enabled().await, PATH)
}

#[derive(Deserialize)]
struct Rule {
    #[serde(default)]
    required: String,
}

async fn require(desk: Desk, Form(rule): Form<Rule>) -> Response {
    let set = async || -> Outcome<Flash> {
        let required = !rule.required.is_empty();
        shop::require_two_factor(&desk.services, &desk.actor, desk.merchant(), required).await?;
        Ok(Flash::good(desk.say("common.saved")))
    };
    desk.done(set().await, PATH)
}
