//! Reminders of orders that were not paid: after silence, to who can still pay, and to nobody who does not want them.
//!
//! A reconciler: it looks at what is unpaid now, so it may run at any time, twice, or late. What it sends is counted in the
//! order's row, in the transaction that promises the message. Whoever paid, cancelled, ordered again or asked for silence is
//! left alone; the bot looks once more before it speaks.

use domain::{MerchantId, Moment, OrderId, order::OrderStatus, schedule::Reminders};
use sea_orm::ConnectionTrait;

use super::{Order, store};
use crate::{
    db::Tx,
    failure::Outcome,
    jobs::{self, NewJob},
    links,
    payments::{self, tell},
    services::Services,
    shop::Merchant,
};

/// Reminders sent in one turn.
const MOST: u64 = 200;

/// Promises the reminders that are due; answers how many.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn remind(services: &Services, shop: &Merchant) -> Outcome<usize> {
    let (rule, now) = (shop.reminders(), services.clock.now());
    if !rule.wanted() {
        return Ok(0);
    }
    let due = due(services.db.read(), &shop.id, rule, now).await?;
    if due.is_empty() {
        return Ok(0);
    }
    let (own, merchant) = (services.clone(), shop.id.clone());
    services.db.write(move |tx| async move { promise(&tx, &own, &merchant, rule, due).await }).await
}

async fn promise(
    tx: &Tx,
    services: &Services,
    merchant: &MerchantId,
    rule: Reminders,
    seen: Vec<OrderId>,
) -> Outcome<usize> {
    let now = services.clock.now();
    // Under the lock of the orders nobody pays or reminds meanwhile.
    store::lock(&**tx, seen.clone()).await?;
    let still = due(&**tx, merchant, rule, now).await?;
    let ids: Vec<_> = seen.into_iter().filter(|id| still.contains(id)).collect();
    let orders = store::by_ids(&**tx, merchant, ids.clone()).await?;
    let jobs: Vec<NewJob> = orders.iter().filter_map(|order| tell::reminder(now, order)).collect();
    store::count_reminder(&**tx, ids, now).await?;
    let count = jobs.len();
    jobs::enqueue(tx, now, jobs).await?;
    Ok(count)
}

/// The orders of which a reminder is due.
async fn due(db: &impl ConnectionTrait, merchant: &MerchantId, rule: Reminders, now: Moment) -> Outcome<Vec<OrderId>> {
    let orders = store::unpaid(db, merchant, rule, now, MOST).await?;
    let payments = payments::store::of_orders(db, orders.iter().map(|order| order.id.clone()).collect()).await?;
    let closes = links::store::expiries(db, merchant, orders.iter().filter_map(|order| order.link_id.clone())).await?;
    let is_due = |order: &Order| {
        let tries = payments.iter().filter(|payment| payment.order_id == order.id).map(|payment| payment.created_at);
        let touched = tries.fold(order.created_at, Moment::max);
        let closes = order.link_id.as_ref().and_then(|link| closes.get(link).copied());
        rule.due(order.reminded, touched, closes, now)
    };
    Ok(orders.into_iter().filter(is_due).map(|order| order.id).collect())
}

/// Whether the order may still be reminded of: the look before the bot speaks.
#[must_use]
pub fn waits(order: &Order) -> bool {
    order.status == OrderStatus::AwaitingPayment && !order.needs_review
}

/// What came of the reminders sent since a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sea_orm::FromQueryResult)]
pub struct Reminded {
    pub orders: i64,
    /// Paid after the reminder.
    pub paid: i64,
}

/// # Errors
/// When the database does not answer.
pub async fn reminded(services: &Services, merchant: &MerchantId, since: Moment) -> Outcome<Reminded> {
    store::reminded(services.db.read(), merchant, since).await
}
