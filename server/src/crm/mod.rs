//! A shop's CRM: every order that was paid has one deal there, which follows it when money goes back.
//!
//! Work is promised in the transaction of the journal's entry that moves the order; the job looks at how the order stands and
//! makes the deal stand so, so it may run late or twice. One lane of jobs asks the CRM, a deal at a time. No CRM knows an
//! idempotency key: a deal is looked for by its order's id before it is added, and where an answer was lost not before
//! whatever was under way has ended. Keys that are refused stop the lane until there are others.

mod again;
mod connect;
mod face;
mod past;
mod promise;
mod rows;
mod run;
pub(crate) mod store;

use domain::{
    MerchantId, Moment, OrderId,
    deal::DealState,
    role::{Actor, Permission},
};

pub use again::again;
pub use connect::{ConnectInput, Connected, check, choose, connect, connected, disconnect};
pub use past::reach;
pub(crate) use past::{Past, adopt as adopt_past};
pub(crate) use promise::{Follows, promise};
pub use providers::crm::{Ends, Offer, Pipeline, StageOffer};
pub use rows::Model as Deal;
pub use run::{SYNC_DEAL, run};

use crate::{
    db::{Db, Tx},
    failure::{Outcome, Refusal},
    services::Services,
};

/// Whatever is written of a merchant's CRM or its deals is written alone.
async fn alone(tx: &Tx, merchant: &MerchantId) -> Outcome<()> {
    tx.alone(&["crm:", merchant.as_str()].concat()).await
}

/// Deals in this state that are not in the CRM as they should be, the oldest first.
///
/// # Errors
/// `forbidden`.
pub async fn waiting(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    state: DealState,
    limit: u64,
) -> Outcome<Vec<Deal>> {
    if !actor.may(Permission::SeeMoney) {
        return Err(Refusal::forbidden().into());
    }
    store::in_state(services.db.read(), merchant, state, limit).await
}

/// How many are in this state.
///
/// # Errors
/// When the database does not answer.
pub async fn count(db: &Db, merchant: &MerchantId, state: DealState) -> Outcome<u64> {
    store::count(db.read(), merchant, state).await
}

/// How many deals of this span of time are not in the CRM as they should be.
///
/// # Errors
/// When the database does not answer.
pub async fn unmade(db: &Db, merchant: &MerchantId, span: (Moment, Moment)) -> Outcome<u64> {
    store::unmade(db.read(), merchant, span).await
}

/// The deal of an order, if it has one.
///
/// # Errors
/// When the database does not answer.
pub async fn of_order(db: &Db, merchant: &MerchantId, order: &OrderId) -> Outcome<Option<Deal>> {
    store::get(db.read(), merchant, order).await
}
