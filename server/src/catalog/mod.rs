//! The catalog: categories, products with their variants, questions, pictures, stock and bookable times.
//!
//! Stock and times are taken inside the checkout transaction by conditional updates, so the last one is never sold twice.

pub mod attachment;
pub(crate) mod attachment_store;
pub mod categories;
mod category_store;
mod copy;
mod edit;
pub mod gallery;
mod gallery_store;
pub mod import;
mod input;
pub(crate) mod kept;
mod order;
mod parts;
mod photo;
mod price;
pub(crate) mod question_store;
pub mod questions;
mod remove;
mod rows;
mod search;
pub(crate) mod slot_store;
pub mod slots;
pub(crate) mod store;
mod variant_store;
pub mod variants;

use std::collections::BTreeSet;

use domain::{CategoryId, FileId, MerchantId, Moment, ProductId, SlotId, VariantId};

pub use copy::copy;
pub use edit::{Edited, Picture, create, create_once, create_pictured, patch, set_photo, update};
pub use input::{ProductInput, ProductPatch};
pub use order::order;
pub use parts::products_of;
pub use photo::{Photo, keep_picture, read_photo};
pub(crate) use photo::{media_type, private_file, private_sheet};
pub use price::{Price, prices};
pub use remove::{removable, remove};
pub use rows::{Model as Product, file::Model as File};
pub use search::Filter;

use crate::{
    db::{Db, Tx},
    failure::{Outcome, Refusal},
};

/// More visible products than a chat can show.
const WHOLE_CATALOG: u64 = 1_000;

/// # Errors
/// `not_found`, also for another merchant's product.
pub async fn get(db: &Db, merchant: &MerchantId, id: &ProductId) -> Outcome<Product> {
    store::get(db.read(), merchant, id).await?.ok_or_else(|| Refusal::not_found().into())
}

/// Whether something digital is on sale.
///
/// # Errors
/// When the database does not answer.
pub async fn sells_digital(db: &Db, merchant: &MerchantId) -> Outcome<bool> {
    store::sells_digital(db.read(), merchant).await
}

/// One page of the catalog in the merchant's order.
///
/// # Errors
/// When the database does not answer.
pub async fn list(db: &Db, merchant: &MerchantId, filter: &Filter, limit: u64) -> Outcome<Vec<Product>> {
    store::list(db.read(), merchant, filter, limit).await
}

/// The products of these ids that belong to the merchant.
///
/// # Errors
/// When the database does not answer.
pub async fn by_ids(db: &Db, merchant: &MerchantId, ids: BTreeSet<ProductId>) -> Outcome<Vec<Product>> {
    store::by_ids(db.read(), merchant, ids).await
}

/// Products to choose among, in the merchant's order; the chosen one is always there, however long the catalog is.
///
/// # Errors
/// When the database does not answer.
pub async fn choice(db: &Db, merchant: &MerchantId, chosen: Option<&ProductId>, limit: u64) -> Outcome<Vec<Product>> {
    let mut all = list(db, merchant, &Filter::default(), limit).await?;
    if let Some(id) = chosen.filter(|id| all.iter().all(|product| product.id != **id)) {
        all.extend(store::get(db.read(), merchant, id).await?);
    }
    Ok(all)
}

/// The visible products of one category; none: of those outside of all.
///
/// # Errors
/// When the database does not answer.
pub async fn visible_in_category(
    db: &Db,
    merchant: &MerchantId,
    category: Option<CategoryId>,
) -> Outcome<Vec<Product>> {
    let filter = Filter { visible: Some(true), category: Some(category), ..Filter::default() };
    list(db, merchant, &filter, WHOLE_CATALOG).await
}

/// A picture by its id.
///
/// # Errors
/// When the database does not answer.
pub async fn file(db: &Db, id: &FileId) -> Outcome<Option<File>> {
    store::file(db.read(), id).await
}

/// A picture for a list or a small screen, and what it is; one that was kept whole is shown whole.
///
/// # Errors
/// When the database does not answer.
pub async fn small_file(db: &Db, id: &FileId) -> Outcome<Option<(String, Vec<u8>)>> {
    if let Some(small) = store::smaller(db.read(), id).await? {
        return Ok(Some((small.media_type, small.body)));
    }
    Ok(file(db, id).await?.map(|file| (file.media_type, file.body)))
}

/// What is taken for one line of an order: places of a time, or pieces of the stock of a variant or of the product.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Counted {
    pub(crate) product: ProductId,
    pub(crate) slot: Option<SlotId>,
    pub(crate) variant: Option<VariantId>,
    pub(crate) quantity: i64,
}

impl Counted {
    async fn take(&self, tx: &Tx, merchant: &MerchantId, now: Moment) -> Outcome<bool> {
        match (&self.slot, &self.variant) {
            (Some(slot), _) => slot_store::take(&**tx, merchant, slot, self.quantity, now).await,
            (None, Some(variant)) => variant_store::take(&**tx, merchant, variant, self.quantity).await,
            (None, None) => store::take(&**tx, merchant, &self.product, self.quantity).await,
        }
    }

    async fn give_back(&self, tx: &Tx, merchant: &MerchantId) -> Outcome<()> {
        match (&self.slot, &self.variant) {
            (Some(slot), _) => slot_store::give_back(&**tx, merchant, slot, self.quantity).await,
            (None, Some(variant)) => variant_store::give_back(&**tx, merchant, variant, self.quantity).await,
            (None, None) => store::give_back(&**tx, merchant, &self.product, self.quantity).await,
        }
    }
}

/// Takes what all of `lines` count, or nothing and says false. A time that has begun is not to be had any more.
pub(crate) async fn take_stock(tx: &Tx, merchant: &MerchantId, lines: &[Counted], now: Moment) -> Outcome<bool> {
    // Always in the same order: two checkouts never wait for each other in a circle.
    let mut sorted: Vec<_> = lines.iter().collect();
    sorted.sort();
    for (taken, line) in sorted.iter().enumerate() {
        if !line.take(tx, merchant, now).await? {
            for line in &sorted[..taken] {
                line.give_back(tx, merchant).await?;
            }
            return Ok(false);
        }
    }
    Ok(true)
}

pub(crate) async fn give_back_stock(tx: &Tx, merchant: &MerchantId, lines: &[Counted]) -> Outcome<()> {
    let mut sorted: Vec<_> = lines.iter().collect();
    sorted.sort();
    for line in sorted {
        line.give_back(tx, merchant).await?;
    }
    Ok(())
}
