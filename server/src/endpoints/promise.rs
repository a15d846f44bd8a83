//! Deliveries promised: of what the journal has written, of a test, and once more by hand.

use domain::{
    DeliveryId, EndpointId, MerchantId, Moment,
    endpoint::{DeliveryState, TEST, event_type},
    role::{Actor, Permission},
};
use serde_json::json;

use super::{Delivery, Endpoint, SEND_EVENT, delivery, must, store};
use crate::{
    clock::Clock,
    db::Tx,
    failure::{Outcome, Refusal, RefusalKind},
    jobs::{self, NewJob},
    journal::JournalEntry,
    services::Services,
    staff::audit,
};

/// Promises to tell the endpoints of these merchants of what was written just now.
pub(crate) async fn promise(tx: &Tx, clock: &Clock, entries: &[JournalEntry]) -> Outcome<()> {
    let mut merchants: Vec<MerchantId> = entries.iter().map(|entry| entry.merchant_id.clone()).collect();
    merchants.dedup();
    if merchants.is_empty() {
        return Ok(());
    }
    let (endpoints, now) = (store::active(&**tx, merchants).await?, clock.now());
    let mut promised = Vec::new();
    for entry in entries {
        let told = event_type(entry.kind);
        let wanting = |to: &&Endpoint| to.merchant_id == entry.merchant_id && to.wants(&told);
        promised.extend(endpoints.iter().filter(wanting).map(|to| of(entry, to, clock, now)));
    }
    let send = promised.iter().map(|delivery| job(now, delivery)).collect();
    store::insert_deliveries(&**tx, promised).await?;
    jobs::enqueue(tx, now, send).await
}

fn of(entry: &JournalEntry, to: &Endpoint, clock: &Clock, now: Moment) -> Delivery {
    Delivery {
        entry_number: Some(entry.number),
        order_id: entry.order_id.clone(),
        payment_id: entry.payment_id.clone(),
        ..fresh(to, clock.id(), event_type(entry.kind), now)
    }
}

fn fresh(to: &Endpoint, id: DeliveryId, event_type: String, now: Moment) -> Delivery {
    Delivery {
        id,
        merchant_id: to.merchant_id.clone(),
        endpoint_id: to.id.clone(),
        event_type,
        entry_number: None,
        order_id: None,
        payment_id: None,
        state: DeliveryState::Waiting,
        tries: 0,
        last_status: None,
        last_said: None,
        tried_at: None,
        delivered_at: None,
        created_at: now,
    }
}

/// One lane for an endpoint and an order: what happened first is told first.
fn job(now: Moment, delivery: &Delivery) -> NewJob {
    let about = delivery.order_id.as_ref().map_or(delivery.id.as_str(), |order| order.as_str());
    NewJob {
        payload: json!({ "delivery": delivery.id }).to_string(),
        lane: Some(format!("endpoint:{}:{about}", delivery.endpoint_id)),
        order: delivery.order_id.clone(),
        payment: delivery.payment_id.clone(),
        ..NewJob::new(delivery.merchant_id.clone(), SEND_EVENT, now)
    }
}

/// Sends an event of the type `endpoint.test`, to try the endpoint.
///
/// # Errors
/// `forbidden`, `not_found`; `endpoint_off`.
pub async fn test(services: &Services, actor: &Actor, merchant: &MerchantId, id: &EndpointId) -> Outcome<DeliveryId> {
    must(actor, Permission::EditEndpoints)?;
    let (own, merchant, id) = (services.clone(), merchant.clone(), id.clone());
    services
        .db
        .write(move |tx| async move {
            let endpoint = store::get(&*tx, &merchant, &id).await?.ok_or_else(Refusal::not_found)?;
            if !endpoint.active {
                return Err(off().into());
            }
            let now = own.clock.now();
            let delivery = fresh(&endpoint, own.clock.id(), TEST.to_owned(), now);
            store::insert_deliveries(&*tx, vec![delivery.clone()]).await?;
            jobs::enqueue(&tx, now, vec![job(now, &delivery)]).await?;
            Ok(delivery.id)
        })
        .await
}

const fn off() -> Refusal {
    Refusal::new(RefusalKind::Conflict, "endpoint_off")
}

/// Sends a delivery once more, whether it came or not. While it waits anyway, nothing is added.
///
/// # Errors
/// `forbidden`, `not_found`; `endpoint_off`.
pub async fn again(services: &Services, actor: &Actor, merchant: &MerchantId, id: &DeliveryId) -> Outcome<Delivery> {
    must(actor, Permission::ReplayWebhooks)?;
    delivery(&services.db, merchant, id).await?;
    let (own, doer, of, which) = (services.clone(), actor.clone(), merchant.clone(), id.clone());
    services
        .db
        .write(move |tx| async move {
            tx.alone(which.as_str()).await?;
            let delivery = store::delivery(&*tx, &of, &which).await?.ok_or_else(Refusal::not_found)?;
            let endpoint = store::get(&*tx, &of, &delivery.endpoint_id).await?;
            if !endpoint.is_some_and(|endpoint| endpoint.active) {
                return Err(off().into());
            }
            if delivery.state == DeliveryState::Waiting {
                return Ok(());
            }
            let now = own.clock.now();
            store::wait_again(&*tx, &of, &which).await?;
            jobs::enqueue(&tx, now, vec![job(now, &delivery)]).await?;
            let before = json!({ "state": delivery.state, "type": delivery.event_type });
            audit::record(&tx, &own.clock, &of, &doer, "event_sent_again", which.as_str(), Some(before), None).await
        })
        .await?;
    delivery(&services.db, merchant, id).await
}
