//! What a cause has made: a request under an idempotency key makes its thing once, though the process died before the answer
//! was kept.
//!
//! Looked at and written in the transaction that makes the thing. A cause names the request whole, so the same one never
//! stands for something else.

mod rows;
mod store;

use domain::MerchantId;

use crate::{db::Tx, failure::Outcome};

/// The id of what `cause` has made before.
pub(crate) async fn made<Id: std::str::FromStr>(
    tx: &Tx,
    merchant: &MerchantId,
    cause: Option<&str>,
) -> Outcome<Option<Id>> {
    let Some(cause) = cause else { return Ok(None) };
    Ok(store::made(&**tx, merchant, cause).await?.and_then(|id| id.parse().ok()))
}

/// Notes that `cause` has made the thing of this id.
pub(crate) async fn note(tx: &Tx, merchant: &MerchantId, cause: Option<&str>, id: &str) -> Outcome<()> {
    let Some(cause) = cause else { return Ok(()) };
    let row = rows::Model { merchant_id: merchant.clone(), cause: cause.to_owned(), made: id.to_owned() };
    store::insert(&**tx, row).await
}
