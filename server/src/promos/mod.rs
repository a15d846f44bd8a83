//! Promo codes: what a code takes off an order, for whom, and how often.
//!
//! A use is counted in the transaction that reserves the goods, by the database's own condition, and given back with them: so
//! the last use is never taken twice, and an order that nobody pays uses nothing up. What was taken off stands on the lines of
//! the order and never changes.

mod edit;
mod hold;
mod quote;
mod rows;
pub(crate) mod store;

use domain::{MerchantId, PromoId};
pub use edit::{NewPromo, create, switch};
pub(crate) use hold::{give_back, take};
pub(crate) use quote::{Asker, Line, quote};
pub use quote::{Quoted, look};
pub use rows::{Model as Promo, promo_use::Model as Use};

use crate::{
    carts::Seen,
    db::Db,
    failure::{Outcome, Refusal},
    services::Services,
};

/// How a code has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// Orders with it that were paid.
    pub paid: i64,
    /// What came in by them, and what was taken off.
    pub received_minor: i64,
    pub off_minor: i64,
}

/// The codes of a shop, newest first, each with how it has done.
///
/// # Errors
/// When the database does not answer.
pub async fn list(db: &Db, merchant: &MerchantId) -> Outcome<Vec<(Promo, Done)>> {
    let all = store::of_merchant(db.read(), merchant).await?;
    let mut done = store::done(db.read(), merchant).await?;
    Ok(all
        .into_iter()
        .map(|promo| {
            let own = done.remove(&promo.id).unwrap_or_default();
            (promo, own)
        })
        .collect())
}

/// Whether a code could be used now for one of the lines.
///
/// # Errors
/// When the database does not answer.
pub async fn offered(services: &Services, merchant: &MerchantId, lines: &[Seen]) -> Outcome<bool> {
    let fits = lines.iter().any(|line| quote::fits(line.kind));
    Ok(fits && store::any(services.db.read(), merchant, services.clock.now()).await?)
}

/// # Errors
/// `not_found`, also for another merchant's code.
pub async fn get(db: &Db, merchant: &MerchantId, id: &PromoId) -> Outcome<Promo> {
    store::get(db.read(), merchant, id).await?.ok_or_else(|| Refusal::not_found().into())
}
