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

use domain::{MerchantId, PaymentId, RefundId, refund::RefundStatus};

pub use ask::{NewRefund, approve, ask, may_do_alone, reject};
pub use by_hand::{Proof, done_by_hand, failed_by_hand, proof_file};
pub use rows::Model as Refund;
pub use run::{REFUND, run};
pub use store::Filter;

use crate::{
    db::{Db, Tx},
    failure::{Outcome, Refusal},
    orders::Order,
    payments,
};

/// # Errors
/// `not_found`, also for another merchant's refund.
pub async fn get(db: &Db, merchant: &MerchantId, id: &RefundId) -> Outcome<Refund> {
    store::get(db.read(), merchant, id).await?.ok_or_else(|| Refusal::not_found().into())
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

/// The lines of an order whose money went back or is to go back, by position.
pub(crate) async fn lines_of_order(tx: &Tx, order: &Order) -> Outcome<BTreeSet<i32>> {
    let mut lines = BTreeSet::new();
    for payment in payments::store::of_orders(&**tx, vec![order.id.clone()]).await? {
        lines.extend(taken_lines(&store::of_payment(&**tx, &order.merchant_id, &payment.id).await?));
    }
    Ok(lines)
}

/// The lines that these refunds give back.
fn taken_lines(refunds: &[Refund]) -> BTreeSet<i32> {
    let standing = refunds.iter().filter(|r| !matches!(r.status, RefundStatus::Failed | RefundStatus::Rejected));
    standing.flat_map(Refund::lines).collect()
}

/// How many wait for a person: for an approval, or for hands.
///
/// # Errors
/// When the database does not answer.
pub async fn waiting(db: &Db, merchant: &MerchantId) -> Outcome<u64> {
    store::waiting(db.read(), merchant).await
}
