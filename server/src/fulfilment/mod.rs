//! Fulfilment: giving what was bought, once, after the money is proven.
//!
//! Each line of an order is given by one row, unique in the database; doing it again changes nothing. Where a pool of codes
//! has too few, or the merchant's own program has not answered yet, the order waits whole: nothing of it is given, and it is
//! no failure that uses up tries.

mod again;
mod rows;
pub(crate) mod store;
mod told;

use std::collections::BTreeSet;

pub(crate) use again::promise_again;
pub use again::{again, for_customer};
use domain::{
    FulfilmentId, MerchantId, Moment, OrderId, PaymentId, ProductId, handover::Way, journal::EntryKind, moment::MINUTE,
    role::Actor,
};
pub use rows::Model as Fulfilment;
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use serde_json::json;
use told::Lines;

use crate::{
    alerts::{self, Alert},
    calls, catalog, clubs, codes,
    db::{Db, Tx},
    failure::{Outcome, Refusal},
    jobs::{self, Job, JobEnd, NewJob},
    journal::{self, NewEntry},
    orders::{self, Line, Order},
    payments, refunds,
    services::Services,
};

pub const FULFIL_ORDER: &str = "fulfil_order";

/// Until an order that waits is tried again by itself.
const WAIT: i64 = 2 * MINUTE;

#[derive(Serialize, Deserialize)]
struct Payload {
    order: OrderId,
}

/// The promise to give what `order` bought.
pub(crate) fn job(now: Moment, order: &Order, payment: &PaymentId) -> NewJob {
    NewJob {
        payload: json!({ "order": order.id }).to_string(),
        once_key: Some(format!("fulfil:{}", order.id)),
        order: Some(order.id.clone()),
        payment: Some(payment.clone()),
        ..NewJob::new(order.merchant_id.clone(), FULFIL_ORDER, now)
    }
}

/// The job, many at once: one commit gives all that they bought. What fails together is tried one by one.
pub async fn run(services: Services, jobs: Vec<Job>) -> Vec<JobEnd> {
    let wanted = jobs.iter().map(|job| {
        serde_json::from_str::<Payload>(&job.payload).map(|payload| (job.merchant_id.clone(), payload.order))
    });
    let wanted: Vec<_> = wanted.collect();
    let readable: Vec<_> = wanted.iter().filter_map(|order| order.as_ref().ok().cloned()).collect();
    let together = fulfil(&services, readable).await.ok();
    let mut ends = Vec::with_capacity(wanted.len());
    for order in wanted {
        ends.push(match order {
            Err(error) => JobEnd::GiveUp(error.into()),
            Ok((_, order)) if together.is_some() => end(&services, &together, &order),
            Ok((merchant, order)) => match fulfil(&services, vec![(merchant, order.clone())]).await {
                Ok(waiting) => end(&services, &Some(waiting), &order),
                Err(failure) => JobEnd::Retry(failure.into()),
            },
        });
    }
    ends
}

/// An order that waits is looked at again by the clock too: what was added may have missed it.
fn end(services: &Services, waiting: &Option<Vec<OrderId>>, order: &OrderId) -> JobEnd {
    match waiting {
        Some(waiting) if waiting.contains(order) => JobEnd::Again(services.clock.now().plus(WAIT)),
        _ => JobEnd::Done,
    }
}

/// Orders that waited for something of `product` are tried at once.
pub(crate) async fn hurry_waiting(tx: &Tx, now: Moment, merchant: &MerchantId, product: &ProductId) -> Outcome<()> {
    for order in orders::store::undelivered_of(&**tx, merchant, product).await? {
        jobs::store::hurry(&**tx, merchant, &order, FULFIL_ORDER, now).await?;
    }
    Ok(())
}

/// Gives what paid orders bought; a second time changes nothing. Answers the orders that wait, because there is no code to
/// give for them, or no answer of the merchant's program.
pub(crate) async fn fulfil(services: &Services, wanted: Vec<(MerchantId, OrderId)>) -> Outcome<Vec<OrderId>> {
    let own = services.clone();
    services
        .db
        .write(move |tx| async move {
            let mut due = orders::store::lock(&*tx, wanted.iter().map(|(_, id)| id.clone()).collect()).await?;
            let paid = payments::store::of_orders(&*tx, due.iter().map(|order| order.id.clone()).collect()).await?;
            due.retain(|order| {
                let asked = wanted.iter().any(|(merchant, id)| *merchant == order.merchant_id && *id == order.id);
                asked && order.is_to_be_delivered(&paid)
            });
            give(&tx, &own, due).await
        })
        .await
}

/// Orders that are locked and due.
async fn give(tx: &Tx, services: &Services, mut due: Vec<Order>) -> Outcome<Vec<OrderId>> {
    let now = services.clock.now();
    let (mut given, mut given_lines, mut entered, mut waiting) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut answered = Vec::new();
    for orders in due.chunk_by(|one, other| one.merchant_id == other.merchant_id) {
        let (lines, short) = lines(tx, services, orders).await?;
        given.extend(rows(tx, services, orders, &lines).await?);
        given_lines.extend(lines);
        entered.extend(entries(tx, orders).await?);
        answered.extend(answers(tx, orders).await?);
        waiting.extend(short);
    }
    due.retain(|order| !waiting.contains(&order.id));
    if due.is_empty() {
        return Ok(waiting);
    }
    store::insert_once(&**tx, given.clone()).await?;
    orders::store::set_fulfilled(&**tx, due.iter().map(|order| order.id.clone()).collect(), now).await?;
    let entry = |order: &Order| NewEntry {
        merchant: order.merchant_id.clone(),
        kind: EntryKind::OrderFulfilled,
        order: Some(order.id.clone()),
        payment: None,
        amount: Some(order.amount()),
        actor: Actor::System.label(),
        data: json!({ "number": order.number }),
    };
    let mut told: Vec<_> = due
        .iter()
        .flat_map(|order| {
            told::jobs(now, order, &given, &given_lines, &Lines { entered: &entered, answered: &answered })
        })
        .collect();
    for order in &due {
        told.extend(to_hand_over(now, order)?);
    }
    jobs::enqueue(tx, now, told).await?;
    journal::append(tx, &services.clock, due.iter().map(entry).collect()).await?;
    Ok(waiting)
}

/// The note to staff about goods that are to be brought or laid out.
fn to_hand_over(now: Moment, order: &Order) -> Outcome<Option<NewJob>> {
    let Some(way) = order.handover else { return Ok(None) };
    let what = match way {
        Way::Pickup => alerts::What::ToPickUp,
        Way::Delivery => alerts::What::ToDeliver,
    };
    let (number, amount, word) = (Some(order.number), Some(order.amount()), order.address.clone());
    let alert = Alert { order: number, amount, word, ..what.into() };
    let key = ["handover:", order.id.as_str()].concat();
    alerts::job(now, &order.merchant_id, &key, &alert).map(Some)
}

/// The lines of orders of one merchant that are given: all but those whose money goes back. With them the orders that wait.
async fn lines(tx: &Tx, services: &Services, orders: &[Order]) -> Outcome<(Vec<Line>, Vec<OrderId>)> {
    let Some(merchant) = orders.first().map(|order| &order.merchant_id) else { return Ok((Vec::new(), Vec::new())) };
    let ids: Vec<OrderId> = orders.iter().map(|order| order.id.clone()).collect();
    let given_up = refunds::lines_of_orders(&**tx, merchant, ids.clone()).await?;
    let mut lines = orders::store::lines(&**tx, merchant, ids).await?;
    lines.retain(|line| !given_up.contains(&(line.order_id.clone(), line.position)));
    let mut waiting = calls::wait_for(tx, services, merchant, orders, &lines).await?;
    lines.retain(|line| !waiting.contains(&line.order_id));
    waiting.extend(codes::take(tx, merchant, orders, &lines, services.clock.now()).await?);
    lines.retain(|line| !waiting.contains(&line.order_id));
    clubs::enrol(tx, services, merchant, orders, &lines).await?;
    Ok((lines, waiting))
}

/// The lines of orders of one merchant by which somebody became a member of a club.
async fn entries(tx: &Tx, orders: &[Order]) -> Outcome<Vec<(OrderId, i32)>> {
    let Some(merchant) = orders.first().map(|order| &order.merchant_id) else { return Ok(Vec::new()) };
    clubs::store::terms_of(&**tx, merchant, orders.iter().map(|order| order.id.clone()).collect()).await
}

/// The lines of orders of one merchant for which its program has answered a text.
async fn answers(tx: &Tx, orders: &[Order]) -> Outcome<Vec<(OrderId, i32)>> {
    let Some(merchant) = orders.first().map(|order| &order.merchant_id) else { return Ok(Vec::new()) };
    calls::told_of(&**tx, merchant, orders.iter().map(|order| order.id.clone()).collect()).await
}

/// What is given for each of `lines`, which belong to orders of one merchant.
async fn rows(tx: &Tx, services: &Services, orders: &[Order], lines: &[Line]) -> Outcome<Vec<Fulfilment>> {
    let Some(merchant) = orders.first().map(|order| &order.merchant_id) else { return Ok(Vec::new()) };
    let products: BTreeSet<_> = lines.iter().filter_map(|line| line.product_id.clone()).collect();
    let files = catalog::attachment_store::of_products(&**tx, merchant, products.clone()).await?;
    let products = catalog::store::by_ids(&**tx, merchant, products).await?;
    let given = lines.iter().map(|line| {
        let file = files.iter().find(|file| Some(&file.product_id) == line.product_id.as_ref());
        let product = products.iter().find(|product| Some(&product.id) == line.product_id.as_ref());
        let language = orders.iter().find(|order| order.id == line.order_id).map(|order| order.language);
        let text = product.zip(language).map(|(product, language)| product.delivery.get(language).to_owned());
        Fulfilment {
            id: services.clock.id::<FulfilmentId>(),
            merchant_id: merchant.clone(),
            order_id: line.order_id.clone(),
            position: line.position,
            given: text.unwrap_or_default(),
            file_id: file.map(|file| file.file_id.clone()),
            file_name: file.map(|file| file.name.clone()),
            done_at: services.clock.now(),
        }
    });
    Ok(given.collect())
}

/// Whether of what an order was given something can be sent again.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn may_be_sent(db: &impl ConnectionTrait, merchant: &MerchantId, order: &OrderId) -> Outcome<bool> {
    let given = store::of_order(db, merchant, order).await?;
    let lines = orders::store::lines(db, merchant, vec![order.clone()]).await?;
    Ok(given.iter().any(|line| !line.given.is_empty() || line.file_id.is_some())
        || lines.iter().any(|line| line.slot_at.is_some())
        || codes::store::any_of_order(db, merchant, order).await?
        || !calls::told_of(db, merchant, vec![order.clone()]).await?.is_empty()
        || !clubs::store::terms_of(db, merchant, vec![order.clone()]).await?.is_empty())
}

/// What was given for an order, line by line.
///
/// # Errors
/// `not_found`, also for another merchant's order.
pub async fn of_order(db: &Db, merchant: &MerchantId, order: &OrderId) -> Outcome<Vec<Fulfilment>> {
    orders::store::get(db.read(), merchant, order).await?.ok_or_else(Refusal::not_found)?;
    store::of_order(db.read(), merchant, order).await
}
