//! Fiscal receipts: each sale and each return of money is registered once at the shop's cash register (e-HDM).
//!
//! A receipt is promised in the transaction of the journal's entry that owes it, once for that entry. One lane of jobs asks
//! the register, strictly one request after another and numbered by its own counter. What is about to be asked is noted
//! first; where no answer came the receipt is uncertain, nothing else is asked, and the register is asked for the receipt that
//! would be next: what it shows with the same sum and time is taken over, what is not there is sent again, and anything else
//! is for a person. Nothing is ever registered blindly a second time.

mod ask;
mod connect;
mod decide;
mod past;
mod pieces;
mod promise;
mod rows;
mod run;
pub(crate) mod store;

use domain::{
    MerchantId, PaymentId, ReceiptId,
    role::{Actor, Permission},
};

pub use connect::{Counters, RegisterInput, RegisterShown, change, check, configure, register, switch};
pub use decide::{Adopt, adopt, again};
pub(crate) use past::adopt as adopt_past;
pub(crate) use promise::promise;
pub use providers::ehdm::EhdmSettings;
pub use rows::Model as Receipt;
pub use run::{REGISTER_RECEIPT, run};
pub use store::Filter;

use crate::{
    db::{Db, Tx},
    failure::{Outcome, Refusal},
    services::Services,
};

/// Whatever is written of a merchant's register or its receipts is written alone.
async fn alone(tx: &Tx, merchant: &MerchantId) -> Outcome<()> {
    tx.alone(&["register:", merchant.as_str()].concat()).await
}

/// One page of the receipts, newest first.
///
/// # Errors
/// `forbidden`.
pub async fn list(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    filter: &Filter,
    limit: u64,
) -> Outcome<Vec<Receipt>> {
    if !actor.may(Permission::SeeMoney) {
        return Err(Refusal::forbidden().into());
    }
    store::list(services.db.read(), merchant, filter, limit).await
}

/// # Errors
/// `not_found`, also for another merchant's receipt.
pub async fn get(db: &Db, merchant: &MerchantId, id: &ReceiptId) -> Outcome<Receipt> {
    store::get(db.read(), merchant, id).await?.ok_or_else(|| Refusal::not_found().into())
}

/// The receipts of these payments, oldest first.
///
/// # Errors
/// When the database does not answer.
pub async fn of_payments(db: &Db, merchant: &MerchantId, payments: Vec<PaymentId>) -> Outcome<Vec<Receipt>> {
    store::of_payments(db.read(), merchant, payments).await
}
