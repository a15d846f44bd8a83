//! Payments: attempts to pay an order at a provider, and the one gate through which their state changes.
//!
//! Invariants: state, journal and outbox commit together; a proof must match account, order, amount and currency;
//! no network call happens inside a transaction; a sender hears "yes" only after the commit.

mod accounts;
mod book;
mod check;
mod connect;
mod explain;
mod hooks;
mod intake;
mod look_up_store;
mod review;
mod rows;
mod say_again;
mod settle;
mod start;
pub(crate) mod store;
pub mod tell;
#[cfg(test)]
mod tests;

use domain::{EventId, MerchantId, OrderId, PaymentId, payment::Reported, reconcile::Theirs};

pub(crate) use accounts::offered;
pub use accounts::{Accounts, NewAccount, account_names, add_account, methods};
pub(crate) use accounts::{account_settings, set_account_settings};
pub use check::{CHECK_PAYMENT, check, check_for_customer, run as run_check};
pub(crate) use check::{look_up_for_books, look_up_said};
pub use connect::{AccountInput, AccountShown, account, accounts, change, connect, switch};
pub(crate) use explain::refunds_moved;
pub use hooks::{replay, routes as hook_routes};
pub(crate) use intake::Delivery;
pub use intake::{Intake, Receipt};
pub(crate) use review::close_after_refund;
pub use review::{close_review, deliver_anyway};
pub(crate) use rows::{Column as PaymentColumn, Entity as PaymentEntity, account::Model as AccountRow};
pub use rows::{Model as Payment, event::Model as WebhookEvent, look_up::Model as LookUp};
pub use say_again::say_again;
pub(crate) use settle::speaks_of;
pub use start::{Start, Started, start};
pub(crate) use start::{note, open_unbegun, ours as seen_as_ours};
pub use store::{EventFilter, Filter};

use crate::{
    clock::Clock,
    db::{Db, Tx},
    failure::{Outcome, Refusal},
};

/// Money went back by a refund of ours: `total` minor units of all refunds together. Goes through the one gate.
pub(crate) async fn money_back(
    tx: &Tx,
    clock: &Clock,
    payment: &Payment,
    road: &'static str,
    actor: &str,
    total: i64,
    word: String,
) -> Outcome<()> {
    let reported = if total >= payment.amount_minor { Reported::Refunded } else { Reported::PartiallyRefunded };
    let mut seen = start::ours(payment, reported, &word);
    seen.refunded_minor = Some(total);
    settle::settle(tx, clock, &[start::own_evidence(payment, road, actor.to_owned(), seen)]).await.map(|_| ())
}

/// What a provider's or bank's file says and a person has accepted. Goes through the one gate. A line of payment must match
/// in full; without one (a refund that stands alone) the payment is the one that the person has accepted it for.
pub(crate) async fn file_says(
    tx: &Tx,
    clock: &Clock,
    payment: &Payment,
    actor: &str,
    line: Option<&Theirs>,
    reported: Reported,
    refunded_minor: Option<i64>,
) -> Outcome<()> {
    let mut seen = start::ours(payment, reported, "accepted from a file");
    seen.refunded_minor = refunded_minor;
    if let Some(line) = line {
        seen.amount_minor = Some(line.amount_minor);
        seen.currency = Some(line.currency.as_str().to_owned());
        seen.merchant_order_id = line.order_id.clone().or(seen.merchant_order_id);
        seen.reference = line.reference.clone().or(seen.reference);
    }
    settle::settle(tx, clock, &[start::own_evidence(payment, "file", actor.to_owned(), seen)]).await.map(|_| ())
}

/// # Errors
/// `not_found`, also for another merchant's payment.
pub async fn get(db: &Db, merchant: &MerchantId, id: &PaymentId) -> Outcome<Payment> {
    store::get(db.read(), merchant, id).await?.ok_or_else(|| Refusal::not_found().into())
}

/// The payments of these ids that belong to the merchant.
///
/// # Errors
/// When the database does not answer.
pub async fn by_ids(db: &Db, merchant: &MerchantId, ids: Vec<PaymentId>) -> Outcome<Vec<Payment>> {
    store::by_ids(db.read(), merchant, ids).await
}

/// The payments of an order, oldest first.
///
/// # Errors
/// When the database does not answer.
pub async fn of_order(db: &Db, merchant: &MerchantId, order: &OrderId) -> Outcome<Vec<Payment>> {
    let all = store::of_orders(db.read(), vec![order.clone()]).await?;
    Ok(all.into_iter().filter(|payment| payment.merchant_id == *merchant).collect())
}

/// The look-ups of a payment that said nothing new.
///
/// # Errors
/// When the database does not answer.
pub async fn look_ups(db: &Db, merchant: &MerchantId, payment: &PaymentId) -> Outcome<Vec<LookUp>> {
    look_up_store::of_payment(db.read(), merchant, payment).await
}

/// One page of payments, newest first.
///
/// # Errors
/// When the database does not answer.
pub async fn list(db: &Db, merchant: &MerchantId, filter: &Filter, limit: u64) -> Outcome<Vec<Payment>> {
    store::list(db.read(), merchant, filter, limit).await
}

/// One page of the webhook log, newest first.
///
/// # Errors
/// When the database does not answer.
pub async fn events(db: &Db, merchant: &MerchantId, filter: &EventFilter, limit: u64) -> Outcome<Vec<WebhookEvent>> {
    store::events(db.read(), merchant, filter, limit).await
}

/// # Errors
/// `not_found`, also for another merchant's event.
pub async fn event(db: &Db, merchant: &MerchantId, id: &EventId) -> Outcome<WebhookEvent> {
    store::event(db.read(), merchant, id).await?.ok_or_else(|| Refusal::not_found().into())
}
