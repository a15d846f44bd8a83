//! The catalog as a file: a file is read into a plan, row by row, and nothing of it is written before a person says so.
//!
//! A product is known by the shop's own code, so the same file twice changes nothing the second time. What is wrong with a
//! row is said with its number and does not keep the others out. The plan is made anew in the transaction that writes it.

mod columns;
mod plan;

use domain::{FileId, MerchantId, limits, role::Actor};
use serde_json::json;

pub use columns::COLUMNS;
pub use plan::{Planned, What};

use super::{Filter, Product, edit::may_edit, photo, store};
use crate::{
    db::{Db, Tx},
    failure::{Outcome, Refusal},
    services::Services,
    sheet::Sheet,
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
    if bytes.len() > limits::SHEET_BYTES {
        return Err(Refusal::field("file", "sheet_too_large").with("max", limits::SHEET_BYTES / 1024 / 1024).into());
    }
    let sheet = Sheet::read_aside(bytes.clone()).await?;
    plan::check(&sheet)?;
    let mut file = photo::private_sheet(services, merchant, bytes);
    file.media_type = CATALOG.to_owned();
    services
        .db
        .write(move |tx| async move {
            let id = file.id.clone();
            store::insert_file(&*tx, file).await?;
            Ok(id)
        })
        .await
}

/// What the file would do now.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn preview(services: &Services, actor: &Actor, merchant: &MerchantId, id: &FileId) -> Outcome<Plan> {
    may_edit(actor)?;
    let sheet = sheet_of(&services.db, merchant, id).await?;
    let currency = shop::get(&services.db, merchant).await?.currency;
    plan::make(services.db.read(), merchant, &sheet, currency).await
}

async fn sheet_of(db: &Db, merchant: &MerchantId, id: &FileId) -> Outcome<Sheet> {
    let file = store::own_file(db.read(), merchant, id).await?.filter(|file| file.media_type == CATALOG);
    Sheet::read_aside(file.ok_or_else(Refusal::not_found)?.body).await
}

/// Writes what the file wants, but for the rows that are wrong; answers how many products were made or changed.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn apply(services: &Services, actor: &Actor, merchant: &MerchantId, id: &FileId) -> Outcome<usize> {
    may_edit(actor)?;
    let sheet = sheet_of(&services.db, merchant, id).await?;
    let currency = shop::get(&services.db, merchant).await?.currency;
    let (own, actor, merchant, id) = (services.clone(), actor.clone(), merchant.clone(), id.clone());
    services
        .db
        .write(move |tx| async move {
            let plan = plan::make(&*tx, &merchant, &sheet, currency).await?;
            let mut written = 0;
            for row in plan.rows.into_iter().filter(Planned::writes) {
                written += usize::from(plan::write(&tx, &own, &actor, &merchant, row).await?);
            }
            let (subject, after) = (id.as_str(), Some(json!({ "products": written })));
            audit::record(&tx, &own.clock, &merchant, &actor, "catalog_imported", subject, None, after).await?;
            Ok(written)
        })
        .await
}

/// The whole catalog, to be written as a file of these columns.
///
/// # Errors
/// `forbidden`.
pub async fn export(services: &Services, actor: &Actor, merchant: &MerchantId) -> Outcome<Vec<Product>> {
    if !actor.may(domain::role::Permission::SeeCatalog) {
        return Err(Refusal::forbidden().into());
    }
    let all = super::list(&services.db, merchant, &Filter::default(), plan::ROWS as u64).await?;
    let (own, actor, merchant, count) = (services.clone(), actor.clone(), merchant.clone(), all.len());
    services.db.write(move |tx| async move { told(&tx, &own, &actor, &merchant, count).await }).await?;
    Ok(all)
}

async fn told(tx: &Tx, services: &Services, actor: &Actor, merchant: &MerchantId, count: usize) -> Outcome<()> {
    let (subject, after) = (merchant.as_str(), Some(json!({ "products": count })));
    audit::record(tx, &services.clock, merchant, actor, "catalog_exported", subject, None, after).await
}
