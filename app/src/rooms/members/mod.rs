//! Members of the shop's clubs: who is in, until when, and who stays whatever the clock says.

mod found;
mod shown;

use axum::{
    Form, Router,
    extract::{Path, Query},
    response::Response,
    routing::{get, post},
};
use domain::{MembershipId, role::Permission};
use serde::Deserialize;
use server::{clubs, failure::Outcome};

use self::found::Asked;
use super::why::Why;
use crate::{
    ui::{Glyph, Look, Size},
    web::{Desk, Faces, Flash},
};

pub(super) const PATH: &str = "/members";

pub(super) fn routes() -> Router<Faces> {
    Router::new()
        .route(PATH, get(list))
        .route("/members/{id}/exempt", post(exempt))
        .route("/members/{id}/unexempt", post(unexempt))
}

async fn list(desk: Desk, Query(asked): Query<Asked>) -> Response {
    let found = found::find(&desk, &asked).await;
    desk.room(&desk.say("room.members"), found, |found| shown::room(found, &asked.place())).await
}

/// The button that asks why a member is to stay.
fn why(desk: &Desk, id: &str) -> Option<Why> {
    desk.may(Permission::ResolveReview).then(|| Why {
        id: ["exempt-", id].concat(),
        action: [PATH, "/", id, "/exempt"].concat(),
        verb: "members.exempt",
        title: "members.exempt",
        text: Some("members.exempt_text"),
        field: "reason",
        label: "again.reason",
        help: None,
        hidden: Vec::new(),
        look: Look::Quiet,
        size: Size::Small,
        icon: Some(Glyph::Check),
    })
}

#[derive(Deserialize)]
struct Reason {
    #[serde(default)]
    reason: String,
}

async fn exempt(desk: Desk, Path(id): Path<String>, Form(form): Form<Reason>) -> Response {
    match set(&desk, &id, Some(form.reason.clone())).await {
        Ok(()) => desk.done(Ok(Flash::good(desk.say("members.exempted"))), PATH),
        Err(failure) => match why(&desk, &id) {
            Some(why) => why.refused(&desk, PATH, &form.reason, &failure).await,
            None => desk.done(Err(failure), PATH),
        },
    }
}

async fn unexempt(desk: Desk, Path(id): Path<String>) -> Response {
    let done = set(&desk, &id, None).await.map(|()| Flash::good(desk.say("members.unexempted")));
    desk.done(done, PATH)
}

async fn set(desk: &Desk, id: &str, why: Option<String>) -> Outcome<()> {
    clubs::set_exempt(&desk.services, &desk.actor, desk.merchant(), &MembershipId::parse(id)?, why).await
}
