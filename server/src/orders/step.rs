//! The shop's people take goods that were paid for towards the customer, step by step.

use domain::{
    MerchantId, OrderId,
    handover::{Step, Turn, Way},
    journal::EntryKind,
    role::{Actor, Permission},
};
use serde_json::json;

use super::{Order, store};
use crate::{
    db::Tx,
    failure::{Outcome, Refusal, RefusalKind},
    jobs::{self, NewJob},
    journal::{self, NewEntry},
    payments::tell::{self, What},
    services::Services,
    staff::audit,
};

/// Orders as they were seen, and where they go.
#[derive(Clone, Debug)]
pub struct HandOver {
    /// Each with the step at which it was seen: what has moved since is not moved by who did not know.
    pub orders: Vec<(OrderId, Step)>,
    /// None: each to the next step of its way.
    pub to: Option<Step>,
}

/// So many at once.
const MANY: usize = 100;

/// Takes orders to a step, and tells each customer once of each step. Answers how many moved; the same press again moves
/// none. Of several, those that cannot be moved are passed over.
///
/// # Errors
/// `forbidden`, `not_found`, `nothing_chosen`; of a single one `step_moved_on`, `step_wrong`, and `not_handed_over` where
/// there is nothing to hand over (any more).
pub async fn hand_over(services: &Services, actor: &Actor, merchant: &MerchantId, wanted: HandOver) -> Outcome<usize> {
    if !actor.may(Permission::ResolveReview) {
        return Err(Refusal::forbidden().into());
    }
    if wanted.orders.is_empty() || wanted.orders.len() > MANY {
        return Err(Refusal::field("order", "nothing_chosen").into());
    }
    let (own, actor, merchant) = (services.clone(), actor.clone(), merchant.clone());
    services.db.write(move |tx| async move { all(&tx, &own, &actor, &merchant, wanted).await }).await
}

async fn all(tx: &Tx, services: &Services, actor: &Actor, merchant: &MerchantId, wanted: HandOver) -> Outcome<usize> {
    let ids: Vec<OrderId> = wanted.orders.iter().map(|(id, _)| id.clone()).collect();
    let mut orders = store::lock(&**tx, ids).await?;
    orders.retain(|order| order.merchant_id == *merchant);
    let mut moves = Vec::new();
    for (id, seen) in &wanted.orders {
        let order = orders.iter().find(|order| order.id == *id).ok_or_else(Refusal::not_found)?;
        match step(order, *seen, wanted.to) {
            Ok(Some(step)) => moves.push((order, step)),
            Ok(None) => {}
            Err(refusal) if wanted.orders.len() == 1 => return Err(refusal.into()),
            Err(_) => {}
        }
    }
    take(tx, services, actor, &moves).await?;
    Ok(moves.len())
}

/// A step from one to another.
struct Move {
    from: Step,
    to: Step,
    turn: Turn,
}

/// What is to be done with an order; nothing where it stands there already.
fn step(order: &Order, seen: Step, to: Option<Step>) -> Result<Option<Move>, Refusal> {
    let no = |code| Refusal::new(RefusalKind::Conflict, code);
    let place = order.handover.zip(order.step).filter(|_| order.may_be_received());
    let (way, from): (Way, Step) = place.ok_or_else(|| no("not_handed_over"))?;
    let to = to.or_else(|| way.next(seen)).ok_or_else(|| no("step_wrong"))?;
    match way.turn(from, to).ok_or_else(|| no("step_wrong"))? {
        Turn::Stay => Ok(None),
        _ if from != seen => Err(no("step_moved_on")),
        turn => Ok(Some(Move { from, to, turn })),
    }
}

/// The steps, their entries, their lines in the audit log and what customers are told, in one commit.
async fn take(tx: &Tx, services: &Services, actor: &Actor, moves: &[(&Order, Move)]) -> Outcome<()> {
    let now = services.clock.now();
    for (order, Move { from, to, .. }) in moves {
        store::set_step(&**tx, order, *to, now).await?;
        let (before, after) = (json!({ "step": from }), json!({ "number": order.number, "step": to }));
        let (merchant, subject) = (&order.merchant_id, order.id.as_str());
        let (before, after) = (Some(before), Some(after));
        audit::record(tx, &services.clock, merchant, actor, "order_step", subject, before, after).await?;
    }
    let entry = |(order, Move { from, to, .. }): &(&Order, Move)| NewEntry {
        merchant: order.merchant_id.clone(),
        kind: EntryKind::OrderHandover,
        order: Some(order.id.clone()),
        payment: None,
        amount: None,
        actor: actor.label(),
        data: json!({ "number": order.number, "from": from, "step": to }),
    };
    journal::append(tx, &services.clock, moves.iter().map(entry).collect()).await?;
    let told = moves.iter().filter(|(_, own)| own.turn == Turn::On).filter_map(|(order, own)| {
        let what = told(own.to)?;
        tell::job(now, order, None, what)
    });
    let told: Vec<NewJob> = told.collect();
    jobs::enqueue(tx, now, told).await
}

const fn told(step: Step) -> Option<What> {
    match step {
        Step::ToPack => None,
        Step::Packed => Some(What::Packed),
        Step::OnWay => Some(What::OnWay),
        Step::Ready => Some(What::Ready),
        Step::HandedOver => Some(What::HandedOver),
    }
}
