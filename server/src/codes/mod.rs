//! Access codes: a product may have a pool of them, of which every paid piece takes one.
//!
//! A code is given to one piece of one order, and a piece gets one code: the database refuses anything else. They are taken
//! in the transaction that delivers. Codes are secrets: sealed at rest, known again by a signature, and in no log. An order
//! for which the pool has too few waits whole; when codes are added, those that wait are delivered.

mod add;
mod read;
mod rows;
pub(crate) mod store;
mod take;

use domain::{
    MerchantId, OrderId, ProductId,
    role::{Actor, Permission},
};

pub use add::{Looked, add, look, set_low, withdraw};
pub use read::{of_file, of_text};
pub use rows::pool::Model as Pool;
pub(crate) use take::take;

use crate::{
    catalog,
    db::Db,
    failure::{Outcome, Refusal},
    services::Services,
};

impl Pool {
    /// Time to add some.
    #[must_use]
    pub const fn is_low(&self) -> bool {
        self.remaining <= self.low_at
    }
}

/// The pool of a product, if it has one.
///
/// # Errors
/// `not_found`, also for another merchant's product.
pub async fn pool(db: &Db, merchant: &MerchantId, product: &ProductId) -> Outcome<Option<Pool>> {
    catalog::get(db, merchant, product).await?;
    store::pool(db.read(), merchant, product).await
}

/// How many codes of a product were given.
///
/// # Errors
/// When the database does not answer.
pub async fn given(db: &Db, merchant: &MerchantId, product: &ProductId) -> Outcome<u64> {
    store::given(db.read(), merchant, product).await
}

/// The codes of an order, for its customer: position of the line, and the code.
///
/// # Errors
/// When the database does not answer, or the master key is another.
pub async fn of_order(services: &Services, merchant: &MerchantId, order: &OrderId) -> Outcome<Vec<(i32, String)>> {
    let rows = store::of_order(services.db.read(), merchant, order).await?;
    let open =
        |row: rows::Model| Ok((row.position.unwrap_or_default(), services.sealer.open(&owner(&row.id), &row.sealed)?));
    rows.into_iter().map(open).collect()
}

/// The codes of an order, for staff who may deliver it again; for others there are none to see.
///
/// # Errors
/// As [`of_order`].
pub async fn shown(services: &Services, actor: &Actor, merchant: &MerchantId, order: &OrderId) -> Outcome<Vec<String>> {
    if !actor.may(Permission::ResolveReview) {
        return Ok(Vec::new());
    }
    Ok(of_order(services, merchant, order).await?.into_iter().map(|(_, code)| code).collect())
}

/// The row that a sealed code belongs to.
fn owner(id: &domain::CodeId) -> String {
    ["codes/", id.as_str()].concat()
}

fn may_edit(actor: &Actor) -> Result<(), Refusal> {
    if actor.may(Permission::EditCatalog) { Ok(()) } else { Err(Refusal::forbidden()) }
}
