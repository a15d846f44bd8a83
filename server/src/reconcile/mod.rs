//! Reconciliation: our payments beside what the provider or a bank says of them, for a period.
//!
//! Looking up is evidence and goes through `settle` like any other; a file proves nothing by itself: a person accepts its
//! word, line by line or many at once, and that too ends in `settle`. What is left has a name, an owner and a comment.

mod begin;
mod resolve;
mod rows;
mod run;
mod sheet;
pub(crate) mod store;
mod sum;

use domain::{MerchantId, ReconciliationId};

pub use begin::{Period, again, begin_lookup, name_columns, sheet_of, upload};
pub use resolve::{How, own, resolve};
pub use rows::{Model as Reconciliation, Trouble, exception::Model as ExceptionRow};
pub use run::{RECONCILE, run};
pub use sheet::Mapping;
pub use store::{Filter, KindCount};

use crate::{
    db::Db,
    failure::{Outcome, Refusal},
};

/// # Errors
/// `not_found`, also for another merchant's reconciliation.
pub async fn get(db: &Db, merchant: &MerchantId, id: &ReconciliationId) -> Outcome<Reconciliation> {
    store::get(db.read(), merchant, id).await?.ok_or_else(|| Refusal::not_found().into())
}

/// One page of reconciliations, newest first.
///
/// # Errors
/// When the database does not answer.
pub async fn list(
    db: &Db,
    merchant: &MerchantId,
    before: Option<&ReconciliationId>,
    limit: u64,
) -> Outcome<Vec<Reconciliation>> {
    store::list(db.read(), merchant, before, limit).await
}

/// How many exceptions a reconciliation has, kind by kind.
///
/// # Errors
/// When the database does not answer.
pub async fn counts(db: &Db, merchant: &MerchantId, id: &ReconciliationId) -> Outcome<Vec<KindCount>> {
    store::counts(db.read(), merchant, id).await
}

/// One page of exceptions, in the order in which they were found.
///
/// # Errors
/// When the database does not answer.
pub async fn exceptions(
    db: &Db,
    merchant: &MerchantId,
    id: &ReconciliationId,
    filter: &Filter,
    limit: u64,
) -> Outcome<Vec<ExceptionRow>> {
    store::exceptions(db.read(), merchant, id, filter, limit).await
}
