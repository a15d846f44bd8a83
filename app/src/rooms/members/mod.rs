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
pub(super) use self::{
    found::{MemberRow, of_person},
    shown::card,
};
use super::why::Why;
use crate::{
    ui::{Glyph, Look, Size},
    web::{Desk, Faces, Flash, own_path},
};

pub(super) const PATH: &str = "/members";

pub(super) fn routes() -> Router<Faces> {
    Router::new()
        .route(PATH, get(list))
        .route("/members/{id}/exempt", post(exempt))
        .route("/members/{id}/unexempt", post(unexempt))
        .route("/members/{id}/end", post(end))
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

/// The button that asks why a membership is to end now; `back` is the page that it stands on.
pub(super) fn end_why(desk: &Desk, id: &str, back: &str) -> Option<Why> {
    desk.may(Permission::ResolveReview).then(|| Why {
        id: ["end-", id].concat(),
        action: [PATH, "/", id, "/end"].concat(),
        verb: "members.end",
        title: "members.end",
        text: Some("members.end_text"),
        field: "reason",
        label: "again.reason",
        help: None,
        hidden: vec![("back", back.to_owned())],
        look: Look::Danger,
        size: Size::Small,
        icon: None,
    })
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Reason {
    reason: String,
    back: String,
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

async fn end(desk: Desk, Path(id): Path<String>, Form(form): Form<Reason>) -> Response {
    let back = if form.back.is_empty() { PATH } else { own_path(&form.back) };
    let ended = async || -> Outcome<Flash> {
        let member = MembershipId::parse(&id)?;
        clubs::end(&desk.services, &desk.actor, desk.merchant(), &member, &form.reason).await?;
        Ok(Flash::good(desk.say("members.ended")))
    };
    match (ended().await, end_why(&desk, &id, back)) {
        (Err(failure), Some(why)) => why.refused(&desk, back, &form.reason, &failure).await,
        (done, _) => desk.done(done, back),
    }
}

async fn set(desk: &Desk, id: &str, why: Option<String>) -> Outcome<()> {
    clubs::set_exempt(&desk.services, &desk.actor, desk.merchant(), &MembershipId::parse(id)?, why).await
}
