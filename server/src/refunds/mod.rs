//! Refunds: money back, once, by the provider or by hand.
//!
//! Invariants: what is asked for is held in the payment's row by the database's own condition, so refunds never exceed what
//! was paid; the provider is asked outside any transaction, and an unclear answer is resolved by looking the payment up;
//! the payment itself moves only through `settle`. Each step is taken under the lock of the order, and journaled.

mod ask;
mod book;
mod by_hand;
mod rows;
mod run;
pub(crate) mod store;

use std::collections::BTreeSet;

use domain::{MerchantId, OrderId, PaymentId, RefundId};

pub use ask::{NewRefund, approve, ask, ask_for_duplicate, is_own, may_do_alone, reject};
pub use by_hand::{Proof, done_by_hand, failed_by_hand, proof_file};
pub use rows::Model as Refund;
pub use run::{REFUND, run};
pub use store::Filter;

use sea_orm::ConnectionTrait;

use crate::{
    db::Db,
    failure::{Outcome, Refusal},
};

/// # Errors
/// `not_found`, also for another merchant's refund.
pub async fn get(db: &Db, merchant: &MerchantId, id: &RefundId) -> Outcome<Refund> {
    store::get(db.read(), merchant, id).await?.ok_or_else(|| Refusal::not_found().into())
}

/// The refunds of these ids that belong to the merchant.
///
/// # Errors
/// When the database does not answer.
pub async fn by_ids(db: &Db, merchant: &MerchantId, ids: Vec<RefundId>) -> Outcome<Vec<Refund>> {
    store::by_ids(db.read(), merchant, ids).await
}

/// The refunds of a payment, oldest first.
///
/// # Errors
/// When the database does not answer.
pub async fn of_payment(db: &Db, merchant: &MerchantId, payment: &PaymentId) -> Outcome<Vec<Refund>> {
    store::of_payment(db.read(), merchant, payment).await
}

/// One page of refunds, newest first.
///
/// # Errors
/// When the database does not answer.
pub async fn list(db: &Db, merchant: &MerchantId, filter: &Filter, limit: u64) -> Outcome<Vec<Refund>> {
    store::list(db.read(), merchant, filter, limit).await
}

/// The lines of orders whose money went back or is to go back, by order and position.
pub(crate) async fn lines_of_orders(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    orders: Vec<OrderId>,
) -> Outcome<BTreeSet<(OrderId, i32)>> {
    let all = store::of_orders(db, merchant, orders).await?;
    let lines = |refund: &Refund| {
        let order = refund.order_id.clone();
        refund.lines().into_iter().map(move |line| (order.clone(), line))
    };
    Ok(all.iter().filter(|refund| refund.stands()).flat_map(lines).collect())
}

/// The lines that these refunds give back.
fn taken_lines(refunds: &[Refund]) -> BTreeSet<i32> {
    refunds.iter().filter(|refund| refund.stands()).flat_map(Refund::lines).collect()
}
