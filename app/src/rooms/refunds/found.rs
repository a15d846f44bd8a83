//! Refunds in words.

use domain::{
    RefundId,
    refund::{Hindrance, RefundStatus},
    role::Permission,
};
use serde::Deserialize;
use server::{
    failure::Outcome,
    orders,
    refunds::{self, Filter, Refund},
};

use crate::{
    badge::Badge,
    rooms::{PAGE, paged, people::People, place::Place, story::Known},
    web::Desk,
};

/// What the list is asked for: the state in its address, as it stands there.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    shelf: String,
    before: String,
}

impl Asked {
    pub(super) fn place(&self) -> Place {
        Place::new(super::PATH, &[("shelf", &self.shelf)], &self.before)
    }
}

pub(super) struct RefundRow {
    pub(super) id: String,
    pub(super) what: String,
    pub(super) reason: String,
    pub(super) sum: String,
    pub(super) status: Badge,
    pub(super) asked_by: String,
    pub(super) when: String,
}

pub(super) struct Found {
    pub(super) rows: Vec<RefundRow>,
    pub(super) next: Option<String>,
}

pub(super) async fn find(desk: &Desk, asked: &Asked) -> Outcome<Found> {
    let filter =
        Filter { open: asked.shelf == "open", status: asked.shelf.parse().ok(), before: asked.before.parse().ok() };
    let rows = refunds::list(&desk.services.db, desk.merchant(), &filter, PAGE as u64 + 1).await?;
    let (rows, next) = paged(rows, |refund| refund.id.to_string());
    let orders = rows.iter().map(|refund| refund.order_id.clone()).collect();
    let orders = orders::by_ids(&desk.services.db, desk.merchant(), orders).await?;
    let people = People::of(desk).await?;
    let row = |refund: Refund| {
        let whole = orders.iter().find(|whole| whole.order.id == refund.order_id);
        let what =
            whole.map(|whole| ["№ ", &whole.order.number.to_string(), " · ", whole.title().get(desk.lang)].concat());
        RefundRow {
            what: what.unwrap_or_default(),
            sum: refund.amount().to_string(),
            status: Badge::refund(desk.lang, refund.status),
            asked_by: people.name(desk, &refund.asked_by),
            when: desk.when(refund.asked_at),
            id: refund.id.to_string(),
            reason: refund.reason,
        }
    };
    Ok(Found { rows: rows.into_iter().map(row).collect(), next })
}

/// One refund, and what the person who looks at it may do.
pub(super) struct RefundView {
    pub(super) id: String,
    pub(super) payment: String,
    pub(super) title: String,
    pub(super) sum: String,
    pub(super) status: Badge,
    pub(super) reason: String,
    pub(super) note: Option<String>,
    pub(super) proof: Option<String>,
    pub(super) proof_file: bool,
    pub(super) known: Vec<Known>,
    pub(super) may_approve: bool,
    pub(super) may_reject: bool,
    pub(super) may_prove: bool,
    pub(super) under_way: bool,
}

pub(super) async fn one(desk: &Desk, id: &str) -> Outcome<RefundView> {
    let refund = refunds::get(&desk.services.db, desk.merchant(), &RefundId::parse(id)?).await?;
    let whole = orders::get(&desk.services.db, desk.merchant(), &refund.order_id).await?;
    let people = People::of(desk).await?;
    let decides = desk.may(Permission::ApproveRefund);
    let own = refunds::is_own(&desk.services, &desk.actor, &refund).await?;
    let waits = refund.status == RefundStatus::Requested;
    Ok(RefundView {
        id: id.to_owned(),
        payment: refund.payment_id.to_string(),
        title: ["№ ", &whole.order.number.to_string(), " · ", whole.title().get(desk.lang)].concat(),
        sum: refund.amount().to_string(),
        status: Badge::refund(desk.lang, refund.status),
        may_approve: decides && waits && !own,
        may_reject: (decides || own) && waits,
        may_prove: decides && refund.status == RefundStatus::ManualRequired,
        under_way: matches!(refund.status, RefundStatus::Approved | RefundStatus::Processing),
        known: known(desk, &refund, &people),
        proof_file: refund.proof_file_id.is_some(),
        proof: refund.proof_text,
        reason: refund.reason,
        note: refund.note.map(|note| words(desk, &note)),
    })
}

/// What hindered the provider, in the reader's language; a person's own words stay as they are.
fn words(desk: &Desk, note: &str) -> String {
    match Hindrance::read(note) {
        Some((hindrance, "")) => desk.say(&["hindrance.", hindrance.as_str()].concat()),
        Some((hindrance, more)) => [&desk.say(&["hindrance.", hindrance.as_str()].concat()), " (", more, ")"].concat(),
        None => note.to_owned(),
    }
}

fn known(desk: &Desk, refund: &Refund, people: &People) -> Vec<Known> {
    let plain = |key: &str, value: String| Known { label: desk.say(key), value, copy: false, href: None };
    let mut known = vec![
        plain("refunds.asked_by", people.name(desk, &refund.asked_by)),
        plain("refunds.asked_at", desk.at(refund.asked_at)),
    ];
    known.extend(refund.decided_by.as_ref().map(|label| plain("refunds.decided_by", people.name(desk, label))));
    known.extend(refund.ended_at.map(|at| plain("refunds.ended_at", desk.at(at))));
    known.push(Known { copy: true, ..plain("refunds.id", refund.id.to_string()) });
    known
}
