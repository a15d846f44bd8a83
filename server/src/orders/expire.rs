//! Expiry of an order that nobody began to pay: its dynamic link has ended.

use domain::{MerchantId, OrderId, journal::EntryKind, order::OrderStatus, role::Actor};
use serde_json::json;

use super::store;
use crate::{
    failure::Outcome,
    jobs::{Job, JobEnd},
    journal::{self, NewEntry},
    payments,
    services::Services,
};

pub const EXPIRE_ORDER: &str = "expire_order";

/// Expires the order unless a payment of it is open (then the payment's own end decides) or it has ended already.
///
/// # Errors
/// When the database does not answer.
async fn expire(services: &Services, merchant: &MerchantId, id: &OrderId) -> Outcome<()> {
    let (own, merchant, id) = (services.clone(), merchant.clone(), id.clone());
    services
        .db
        .write(move |tx| async move {
            let Some(order) = store::lock(&*tx, vec![id.clone()]).await?.pop() else { return Ok(()) };
            let open = payments::store::of_orders(&*tx, vec![id]).await?.iter().any(|payment| payment.status.is_open());
            if order.merchant_id != merchant || order.status != OrderStatus::AwaitingPayment || open {
                return Ok(());
            }
            let change = store::Change { status: OrderStatus::Expired, ..(&order).into() };
            store::change(&*tx, vec![order.id.clone()], change).await?;
            let entry = NewEntry {
                merchant,
                kind: EntryKind::OrderExpired,
                order: Some(order.id.clone()),
                payment: None,
                amount: Some(order.amount()),
                actor: Actor::System.label(),
                data: json!({ "number": order.number }),
            };
            journal::append(&tx, &own.clock, vec![entry]).await?;
            payments::tell::enqueue(&tx, &own.clock, &order, None, payments::tell::What::Expired).await
        })
        .await
}

#[derive(serde::Deserialize)]
struct Payload {
    order: OrderId,
}

/// The job.
pub async fn run(services: Services, job: Job) -> JobEnd {
    match serde_json::from_str::<Payload>(&job.payload) {
        Ok(payload) => expire(&services, &job.merchant_id, &payload.order).await.into(),
        Err(error) => JobEnd::GiveUp(error.into()),
    }
}
