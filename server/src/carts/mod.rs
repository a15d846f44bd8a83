//! Carts: what a customer has put aside to buy together, one cart each, kept until it is ordered or emptied.
//!
//! A cart holds no stock, no time and no price: all that is read from the catalog when it is looked at, and again when it is
//! ordered. Every change makes a new version; an order is made of the version that was seen, and empties it in the same
//! commit. The cart's row is locked before anything that its order locks.

mod change;
mod check_out;
mod look;
mod rows;
pub(crate) mod store;

pub use change::{clear, put, put_all, set};
pub use check_out::check_out;
use domain::{CustomerId, MerchantId};
pub use look::{Cart, Seen, Trouble, look, look_at};

use crate::{db::Db, failure::Outcome};

/// Whose cart it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    pub merchant: MerchantId,
    pub customer: CustomerId,
}

/// How many things lie in the cart.
///
/// # Errors
/// When the database does not answer.
pub async fn count(db: &Db, owner: &Owner) -> Outcome<i64> {
    let cart = store::get(db.read(), owner).await?;
    Ok(cart.map_or(0, |cart| cart.lines.0.iter().map(|line| line.piece.quantity).sum()))
}
