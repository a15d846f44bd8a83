//! Fulfilment: giving what was bought, once, after the money is proven.
//!
//! Each line of an order is given by one row, unique in the database; doing it again changes nothing.

mod again;
mod rows;
pub(crate) mod store;

pub use again::again;
pub(crate) use again::promise_again;
use domain::{FulfilmentId, MerchantId, Moment, OrderId, PaymentId, journal::EntryKind, role::Actor};
pub use rows::Model as Fulfilment;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    catalog,
    db::{Db, Tx},
    failure::{Outcome, Refusal},
    jobs::{self, Job, JobEnd, NewJob},
    journal::{self, NewEntry},
    orders::{self, Order},
    payments::{
        self,
        tell::{self, What},
    },
    refunds,
    services::Services,
};

pub const FULFIL_ORDER: &str = "fulfil_order";

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
    let together = fulfil(&services, readable).await.is_ok();
    let mut ends = Vec::with_capacity(wanted.len());
    for order in wanted {
        ends.push(match order {
            Err(error) => JobEnd::GiveUp(error.into()),
            Ok(_) if together => JobEnd::Done,
            Ok(alone) => fulfil(&services, vec![alone]).await.into(),
        });
    }
    ends
}

/// Gives what paid orders bought; a second time changes nothing.
pub(crate) async fn fulfil(services: &Services, wanted: Vec<(MerchantId, OrderId)>) -> Outcome<()> {
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
async fn give(tx: &Tx, services: &Services, due: Vec<Order>) -> Outcome<()> {
    if due.is_empty() {
        return Ok(());
    }
    let now = services.clock.now();
    let mut given = Vec::new();
    for orders in due.chunk_by(|one, other| one.merchant_id == other.merchant_id) {
        given.extend(lines(tx, services, orders).await?);
    }
    store::insert_once(&**tx, given).await?;
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
    journal::append(tx, &services.clock, due.iter().map(entry).collect()).await?;
    let told = due.iter().filter_map(|order| tell::job(now, order, None, What::Delivered));
    jobs::enqueue(tx, now, told.collect()).await
}

/// What is given for orders of one merchant: every line but those whose money goes back.
async fn lines(tx: &Tx, services: &Services, orders: &[Order]) -> Outcome<Vec<Fulfilment>> {
    let Some(merchant) = orders.first().map(|order| &order.merchant_id) else { return Ok(Vec::new()) };
    let ids: Vec<OrderId> = orders.iter().map(|order| order.id.clone()).collect();
    let given_up = refunds::lines_of_orders(tx, merchant, ids.clone()).await?;
    let mut lines = orders::store::lines(&**tx, merchant, ids).await?;
    lines.retain(|line| !given_up.contains(&(line.order_id.clone(), line.position)));
    let products = lines.iter().filter_map(|line| line.product_id.clone()).collect();
    let products = catalog::store::by_ids(&**tx, merchant, products).await?;
    let given = lines.into_iter().map(|line| {
        let product = products.iter().find(|product| Some(&product.id) == line.product_id.as_ref());
        let language = orders.iter().find(|order| order.id == line.order_id).map(|order| order.language);
        let text = product.zip(language).map(|(product, language)| product.delivery.get(language).to_owned());
        Fulfilment {
            id: services.clock.id::<FulfilmentId>(),
            merchant_id: merchant.clone(),
            order_id: line.order_id,
            position: line.position,
            given: text.unwrap_or_default(),
            done_at: services.clock.now(),
        }
    });
    Ok(given.collect())
}

/// What was given for an order, line by line.
///
/// # Errors
/// `not_found`, also for another merchant's order.
pub async fn of_order(db: &Db, merchant: &MerchantId, order: &OrderId) -> Outcome<Vec<Fulfilment>> {
    orders::store::get(db.read(), merchant, order).await?.ok_or_else(Refusal::not_found)?;
    store::of_order(db.read(), merchant, order).await
}
