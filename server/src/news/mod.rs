//! News: a number of the merchant that grows with whatever open pages show and the journal does not tell. What one instance
//! wrote, pages open at another see within a second, as they see the journal.

mod rows;
mod store;

use domain::MerchantId;

use crate::{
    db::{Db, Tx},
    failure::Outcome,
    journal,
};

/// Tells the merchant's open pages, after the commit. Last in its transaction: its row is one for all.
pub(crate) async fn tell(tx: &Tx, merchant: &MerchantId) -> Outcome<()> {
    store::grow(&**tx, merchant).await?;
    tx.touch(merchant);
    Ok(())
}

/// What live pages compare: grows with the journal and with the news.
///
/// # Errors
/// When the database does not answer.
pub async fn number(db: &Db, merchant: &MerchantId) -> Outcome<i64> {
    Ok(journal::last_number(db, merchant).await? + store::number(db.read(), merchant).await?)
}
