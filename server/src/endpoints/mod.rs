//! Endpoints: the merchant's own addresses, told of every event of money by signed webhooks (Standard Webhooks).
//!
//! A delivery is promised in the transaction that writes the journal's entry, for every endpoint that wants its type, once
//! (`deliveries_once`). It is sent by a job until the receiver says 2xx or the tries are used up, so it may come twice: its
//! `webhook-id` is the entry's id and stays the same. Deliveries of one order come in the order of the journal. The signing
//! secret is derived from the master key, and stands in no table.

mod edit;
mod event;
mod promise;
mod rows;
mod send;
pub(crate) mod store;

use domain::{
    DeliveryId, EndpointId, MerchantId, Moment, OrderId,
    role::{Actor, Permission},
};

pub(crate) use edit::address;
pub use edit::{Changes, NewEndpoint, change, create, remove, renew_secret, secret};
pub use event::body;
pub(crate) use promise::promise;
pub use promise::{again, test};
pub use rows::{Model as Endpoint, delivery::Model as Delivery};
pub use send::{SEND_EVENT, run};
pub use store::Filter;

use crate::{
    db::Db,
    failure::{Outcome, Refusal},
    services::Services,
};

impl Endpoint {
    /// The types it wants; none: all.
    #[must_use]
    pub fn events(&self) -> Vec<String> {
        serde_json::from_value(self.events.clone()).unwrap_or_default()
    }

    fn wants(&self, event_type: &str) -> bool {
        let events = self.events();
        events.is_empty() || events.iter().any(|wanted| wanted == event_type)
    }

    /// Its secrets, newest first: two for a time after it was renewed.
    fn secrets(&self, now: Moment) -> Vec<i64> {
        let before = self.secret_before_until.is_some_and(|until| now < until);
        (self.secret - i64::from(before)..=self.secret).rev().collect()
    }
}

fn must(actor: &Actor, permission: Permission) -> Outcome<()> {
    if actor.may(permission) { Ok(()) } else { Err(Refusal::forbidden().into()) }
}

/// The merchant's endpoints, oldest first.
///
/// # Errors
/// `forbidden`.
pub async fn list(services: &Services, actor: &Actor, merchant: &MerchantId) -> Outcome<Vec<Endpoint>> {
    must(actor, Permission::SeeWebhooks)?;
    store::list(services.db.read(), merchant).await
}

/// One page of the endpoints, newest first.
///
/// # Errors
/// `forbidden`.
pub async fn page(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    before: Option<&EndpointId>,
    limit: u64,
) -> Outcome<Vec<Endpoint>> {
    must(actor, Permission::SeeWebhooks)?;
    store::page(services.db.read(), merchant, before, limit).await
}

/// # Errors
/// `forbidden`; `not_found`, also for one that was removed.
pub async fn get(services: &Services, actor: &Actor, merchant: &MerchantId, id: &EndpointId) -> Outcome<Endpoint> {
    must(actor, Permission::SeeWebhooks)?;
    Ok(store::get(services.db.read(), merchant, id).await?.ok_or_else(Refusal::not_found)?)
}

/// One page of the deliveries, newest first.
///
/// # Errors
/// `forbidden`.
pub async fn deliveries(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    filter: &Filter,
    limit: u64,
) -> Outcome<Vec<Delivery>> {
    must(actor, Permission::SeeWebhooks)?;
    store::deliveries(services.db.read(), merchant, filter, limit).await
}

/// # Errors
/// `not_found`.
pub async fn delivery(db: &Db, merchant: &MerchantId, id: &DeliveryId) -> Outcome<Delivery> {
    Ok(store::delivery(db.read(), merchant, id).await?.ok_or_else(Refusal::not_found)?)
}

/// Of one order so many are told in its story.
const OF_ORDER: u64 = 200;

/// What was sent of one order, newest first.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn of_order(db: &Db, merchant: &MerchantId, order: &OrderId) -> Outcome<Vec<Delivery>> {
    let filter = Filter { order: Some(order.clone()), ..Filter::default() };
    store::deliveries(db.read(), merchant, &filter, OF_ORDER).await
}
