//! Fulfilment: giving what was bought, once, after the money is proven.
//!
//! Each line of an order is given by one row, unique in the database; doing it again changes nothing.

mod again;
mod rows;
mod store;

pub use again::again;
pub(crate) use again::promise_again;
use domain::{
    FulfilmentId, MerchantId, Moment, OrderId, PaymentId, journal::EntryKind, order::OrderStatus, role::Actor,
};
pub use rows::Model as Fulfilment;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    catalog,
    db::{Db, Tx},
    failure::{Outcome, Refusal},
    jobs::{Job, JobEnd, NewJob},
    journal::{self, NewEntry},
    orders::{self, Order},
    payments::tell::{self, What},
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

/// The job.
pub async fn run(services: Services, job: Job) -> JobEnd {
    let order = match serde_json::from_str::<Payload>(&job.payload) {
        Ok(payload) => payload.order,
        Err(error) => return JobEnd::GiveUp(error.into()),
    };
    fulfil(&services, &job.merchant_id, &order).await.into()
}

/// Gives what a paid order bought; a second time changes nothing.
pub(crate) async fn fulfil(services: &Services, merchant: &MerchantId, id: &OrderId) -> Outcome<()> {
    let (own, merchant, id) = (services.clone(), merchant.clone(), id.clone());
    services
        .db
        .write(move |tx| async move {
            let Some(order) = orders::store::lock(&*tx, vec![id]).await?.pop() else { return Ok(()) };
            if order.merchant_id != merchant || !order.is_to_be_delivered() {
                return Ok(());
            }
            give_lines(&tx, &own, &order).await?;
            // Partly refunded it stays what it is; the rest is delivered all the same.
            let status = if order.status == OrderStatus::Paid { OrderStatus::Fulfilled } else { order.status };
            let fulfilled_at = Some(own.clock.now());
            let change = orders::store::Change { status, fulfilled_at, ..(&order).into() };
            orders::store::change(&*tx, vec![order.id.clone()], change).await?;
            let entry = NewEntry {
                merchant,
                kind: EntryKind::OrderFulfilled,
                order: Some(order.id.clone()),
                payment: None,
                amount: Some(order.amount()),
                actor: Actor::System.label(),
                data: json!({ "number": order.number }),
            };
            journal::append(&tx, &own.clock, vec![entry]).await?;
            tell::enqueue(&tx, &own.clock, &order, None, What::Delivered).await
        })
        .await
}

/// Every line but those whose money goes back.
async fn give_lines(tx: &Tx, services: &Services, order: &Order) -> Outcome<()> {
    let given_up = refunds::lines_of_order(tx, order).await?;
    let lines = orders::store::lines(&**tx, &order.merchant_id, vec![order.id.clone()]).await?;
    for line in lines.into_iter().filter(|line| !given_up.contains(&line.position)) {
        let product = match &line.product_id {
            Some(id) => catalog::store::get(&**tx, &order.merchant_id, id).await?,
            None => None,
        };
        let given = Fulfilment {
            id: services.clock.id::<FulfilmentId>(),
            merchant_id: order.merchant_id.clone(),
            order_id: order.id.clone(),
            position: line.position,
            given: product.map(|product| product.delivery.get(order.language).to_owned()).unwrap_or_default(),
            done_at: services.clock.now(),
        };
        store::insert_once(&**tx, given).await?;
    }
    Ok(())
}

/// What was given for an order, line by line.
///
/// # Errors
/// `not_found`, also for another merchant's order.
pub async fn of_order(db: &Db, merchant: &MerchantId, order: &OrderId) -> Outcome<Vec<Fulfilment>> {
    orders::store::get(db.read(), merchant, order).await?.ok_or_else(Refusal::not_found)?;
    store::of_order(db.read(), merchant, order).await
}
