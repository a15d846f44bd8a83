//! Calls: a product may be given by the merchant's own program, which is asked by a signed call when it is paid for.
//!
//! Each line of an order is asked for under one id, the same at every try, so that the program gives it once however often
//! it is asked. The order waits whole until each of its lines has an answer; what was answered is asked for no more. A clear
//! no ends the tries, and staff see to it. Nothing is asked inside a transaction. The signing secret is derived from the
//! master key, and stands in no table.

mod ask;
mod body;
mod promise;
mod rows;
mod set;
pub(crate) mod store;

use domain::{MerchantId, OrderId, ProductId, call::CallState};
use sea_orm::ConnectionTrait;

pub use ask::{CALL_BACKEND, run};
pub(crate) use promise::{again, wait_for};
pub use rows::{Model as Call, target::Model as Target};
pub use set::{remove, renew_secret, secret, set};

use crate::{catalog, db::Db, failure::Outcome};

/// The address that gives a product, if it has one.
///
/// # Errors
/// `not_found`, also for another merchant's product.
pub async fn of_product(db: &Db, merchant: &MerchantId, product: &ProductId) -> Outcome<Option<Target>> {
    catalog::get(db, merchant, product).await?;
    store::target(db.read(), merchant, product).await
}

/// What was asked for an order, line by line.
///
/// # Errors
/// When the database does not answer.
pub async fn of_order(db: &Db, merchant: &MerchantId, order: &OrderId) -> Outcome<Vec<Call>> {
    store::of_orders(db.read(), merchant, vec![order.clone()]).await
}

/// The lines of orders for which there is a text to tell.
pub(crate) async fn told_of(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    orders: Vec<OrderId>,
) -> Outcome<Vec<(OrderId, i32)>> {
    let calls = store::of_orders(db, merchant, orders).await?;
    let told = calls.into_iter().filter(|call| call.state == CallState::Answered && !call.answer.is_empty());
    Ok(told.map(|call| (call.order_id, call.position)).collect())
}
