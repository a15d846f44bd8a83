//! Goods on their way, in words.

use std::collections::HashMap;

use domain::{CustomerId, handover::Step, role::Permission};
use server::{
    customers,
    failure::Outcome,
    orders::{self, Filter, Goods, Order, Whole},
};

use super::Asked;
use crate::{
    badge::Badge,
    rooms::{PAGE, paged},
    web::Desk,
};

/// A step that can be taken: what the button says, and what it sends.
pub(in crate::rooms) struct Next {
    pub(super) verb: &'static str,
    /// `ord_…:packed`.
    pub(super) order: String,
}

pub(super) struct GoodsRow {
    pub(super) id: String,
    pub(super) what: String,
    /// Who gets it, and where.
    pub(super) who: String,
    pub(super) step: Badge,
    pub(super) when: String,
    pub(super) next: Option<Next>,
}

pub(super) struct Found {
    pub(super) rows: Vec<GoodsRow>,
    pub(super) next: Option<String>,
    pub(super) may_move: bool,
}

pub(super) async fn find(desk: &Desk, asked: &Asked) -> Outcome<Found> {
    let goods = asked.step.parse().map_or(Goods::Owed, Goods::At);
    let before = asked.before.parse().ok();
    let filter = Filter { goods: Some(goods), before, ..Filter::default() };
    let found = orders::list(&desk.services.db, desk.merchant(), &filter, PAGE as u64 + 1).await?;
    let (found, next) = paged(found, |whole| whole.order.id.to_string());
    let ids: Vec<CustomerId> = found.iter().filter_map(|whole| whole.order.customer_id.clone()).collect();
    let people = customers::by_ids(&desk.services.db, desk.merchant(), ids).await?;
    let names: HashMap<CustomerId, String> = people.into_iter().map(|person| (person.id, person.name)).collect();
    let may_move = desk.may(Permission::ResolveReview);
    let rows = found.iter().filter_map(|whole| row(desk, whole, &names, may_move)).collect();
    Ok(Found { rows, next, may_move })
}

fn row(desk: &Desk, whole: &Whole, names: &HashMap<CustomerId, String>, may_move: bool) -> Option<GoodsRow> {
    let order = &whole.order;
    let (way, step) = order.handover.zip(order.step)?;
    let name = order.customer_id.as_ref().and_then(|id| names.get(id)).cloned();
    let place = order.address.clone().unwrap_or_else(|| desk.say(&["handover.", way.as_str()].concat()));
    Some(GoodsRow {
        id: order.id.to_string(),
        what: ["№ ", &order.number.to_string(), " · ", whole.title().get(desk.lang)].concat(),
        who: [name, Some(place)].into_iter().flatten().collect::<Vec<_>>().join(" · "),
        step: Badge::step(desk.lang, step),
        when: desk.when(order.step_at.unwrap_or(order.created_at)),
        next: next(order).filter(|_| may_move),
    })
}

fn seen(order: &Order, step: Step) -> String {
    [order.id.as_str(), ":", step.as_str()].concat()
}

fn next(order: &Order) -> Option<Next> {
    let (way, step) = order.handover.zip(order.step).filter(|_| order.may_be_received())?;
    Some(Next { verb: verb(way.next(step)?), order: seen(order, step) })
}

/// What is done to come to a step.
const fn verb(step: Step) -> &'static str {
    match step {
        Step::ToPack => "handover.do_to_pack",
        Step::Packed => "handover.do_packed",
        Step::OnWay => "handover.do_on_way",
        Step::Ready => "handover.do_ready",
        Step::HandedOver => "handover.do_handed_over",
    }
}

/// How the story tells of a step.
pub(in crate::rooms) fn happened(step: &str) -> &'static str {
    match step.parse() {
        Ok(Step::Packed) => "happened.step_packed",
        Ok(Step::OnWay) => "happened.step_on_way",
        Ok(Step::Ready) => "happened.step_ready",
        Ok(Step::HandedOver) => "happened.step_handed_over",
        Ok(Step::ToPack) | Err(_) => "happened.step_to_pack",
    }
}

/// One order's goods.
pub(in crate::rooms) struct OfOrder {
    pub(super) step: Badge,
    pub(super) since: String,
    pub(super) next: Option<Next>,
    /// Every other step of its way: its word and its name. Forward over several, or back after a mistake.
    pub(super) others: Vec<(&'static str, String)>,
    pub(super) order: String,
    pub(super) back: String,
}

/// Nothing of an order whose goods are not handed over, or that was given back.
pub(in crate::rooms) fn of_order(desk: &Desk, order: &Order) -> Option<OfOrder> {
    let (way, step) = order.handover.zip(order.step).filter(|_| order.may_be_received())?;
    let may = desk.may(Permission::ResolveReview);
    let others = way.steps().into_iter().filter(|other| may && *other != step && way.next(step) != Some(*other));
    Some(OfOrder {
        step: Badge::step(desk.lang, step),
        since: desk.at(order.step_at.unwrap_or(order.created_at)),
        next: next(order).filter(|_| may),
        others: others.map(|step| (step.as_str(), Badge::step(desk.lang, step).text)).collect(),
        order: seen(order, step),
        back: ["/orders/", order.id.as_str()].concat(),
    })
}
