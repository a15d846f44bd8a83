//! The catalog as a file: a file is read into a plan, row by row, and nothing of it is written before a person says so.
//!
//! A product is known by the shop's own code, or by its id where it has none, so the same file twice changes nothing the
//! second time. What is wrong with a row is said with its number and does not keep the others out. The plan is made anew in
//! the transaction that writes it, of products that are locked: what was sold since the look stays sold.

mod columns;
mod plan;

use domain::{FileId, MerchantId, role::Actor};
use serde_json::json;

pub use columns::{COLUMNS, Change, Value};
pub use plan::{Planned, What};

use super::{
    category_store,
    edit::{alone, may_edit},
    kept, store,
};
use crate::{
    failure::{Outcome, Refusal},
    services::Services,
    shop,
    staff::audit,
};

/// What a file would do.
#[derive(Clone, Debug)]
pub struct Plan {
    pub rows: Vec<Planned>,
    /// Columns of the file that mean nothing here.
    pub unknown: Vec<String>,
}

impl Plan {
    /// How many products would be made or changed.
    #[must_use]
    pub fn count(&self) -> usize {
        self.rows.iter().filter(|row| row.writes()).count()
    }
}

/// How an uploaded catalog is told from other private files.
const CATALOG: &str = "application/x-khanut-catalog";

/// Keeps a file to be looked at; nothing else is written.
///
/// # Errors
/// `forbidden`, `import_columns`, `import_too_long`, and why the file cannot be read.
pub async fn upload(services: &Services, actor: &Actor, merchant: &MerchantId, bytes: Vec<u8>) -> Outcome<FileId> {
    may_edit(actor)?;
    kept::keep(services, merchant, CATALOG, bytes, |sheet| plan::check(sheet).map(drop)).await
}

/// What the file would do now.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn preview(services: &Services, actor: &Actor, merchant: &MerchantId, id: &FileId) -> Outcome<Plan> {
    may_edit(actor)?;
    let sheet = kept::kept(&services.db, merchant, CATALOG, id).await?;
    let currency = shop::get(&services.db, merchant).await?.currency;
    let (codes, ids) = plan::about(&sheet)?;
    let products = store::named_by(services.db.read(), merchant, codes, ids).await?;
    let categories = category_store::list(services.db.read(), merchant).await?;
    Ok(plan::make(&sheet, products, categories, currency)?)
}

/// Writes what the file wants, but for the rows that are wrong; answers how many products were made or changed.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn apply(services: &Services, actor: &Actor, merchant: &MerchantId, id: &FileId) -> Outcome<usize> {
    may_edit(actor)?;
    let sheet = kept::kept(&services.db, merchant, CATALOG, id).await?;
    let currency = shop::get(&services.db, merchant).await?.currency;
    let (own, actor, merchant, id) = (services.clone(), actor.clone(), merchant.clone(), id.clone());
    services
        .db
        .write(move |tx| async move {
            alone(&tx, &merchant).await?;
            let (codes, ids) = plan::about(&sheet)?;
            let products = store::lock_named(&*tx, &merchant, codes, ids).await?;
            let categories = category_store::list(&*tx, &merchant).await?;
            let plan = plan::make(&sheet, products, categories, currency)?;
            let written = plan::write(&tx, &own, &actor, &merchant, plan.rows).await?;
            let (subject, after) = (id.as_str(), Some(json!({ "products": written })));
            audit::record(&tx, &own.clock, &merchant, &actor, "catalog_imported", subject, None, after).await?;
            Ok(written)
        })
        .await
}

/// Notes that the catalog is taken out as a file, however long it is.
///
/// # Errors
/// `forbidden`.
pub async fn export(services: &Services, actor: &Actor, merchant: &MerchantId) -> Outcome<()> {
    if !actor.may(domain::role::Permission::SeeCatalog) {
        return Err(Refusal::forbidden().into());
    }
    let (own, actor, merchant) = (services.clone(), actor.clone(), merchant.clone());
    services
        .db
        .write(move |tx| async move {
            let (subject, count) = (merchant.as_str(), store::count(&*tx, &merchant).await?);
            let after = Some(json!({ "products": count }));
            audit::record(&tx, &own.clock, &merchant, &actor, "catalog_exported", subject, None, after).await
        })
        .await
}
