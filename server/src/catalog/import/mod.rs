//! The catalog as a file: a file is read into a plan, row by row, and nothing of it is written before a person says so.
//!
//! A product, and a variant or a question of one, has a row of its own. A product is known by the shop's own code, or by
//! its id where it has none, so the same file twice changes nothing the second time. What is wrong with a row is said with its number and does not keep the others out. The plan is made anew in
//! the transaction that writes it, of products that are locked: what was sold since the look stays sold.

mod columns;
mod parts;
mod plan;
mod write;

use std::collections::BTreeSet;

use domain::{FileId, MerchantId, ProductId, role::Actor};
use serde_json::json;

pub use columns::{COLUMNS, Change, Value};
pub use plan::{Planned, What};

use super::{
    Product,
    categories::Category,
    category_store,
    edit::{alone, may_edit},
    kept, question_store,
    questions::Question,
    store, variant_store,
    variants::Variant,
};
use crate::{
    db::Tx,
    failure::{Outcome, Refusal},
    services::Services,
    shop,
    staff::audit,
};

/// What the shop has of all that a file is about.
struct Known {
    products: Vec<Product>,
    variants: Vec<Variant>,
    questions: Vec<Question>,
    categories: Vec<Category>,
}

/// What a file would do.
#[derive(Clone, Debug)]
pub struct Plan {
    pub rows: Vec<Planned>,
    /// Columns of the file that mean nothing here.
    pub unknown: Vec<String>,
}

impl Plan {
    /// How many rows would make or change something.
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
    let db = services.db.read();
    let products = store::named_by(db, merchant, codes, ids).await?;
    let own: BTreeSet<ProductId> = products.iter().map(|product| product.id.clone()).collect();
    let known = Known {
        variants: variant_store::of_products(db, merchant, own.clone()).await?,
        questions: question_store::of_products(db, merchant, own).await?,
        categories: category_store::list(db, merchant).await?,
        products,
    };
    Ok(plan::make(&sheet, known, currency)?)
}

/// Writes what the file wants, but for the rows that are wrong; answers how many rows made or changed something.
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
            let known = locked(&tx, &merchant, codes, ids).await?;
            let plan = plan::make(&sheet, known, currency)?;
            let written = write::write(&tx, &own, &actor, &merchant, plan.rows).await?;
            let (subject, after) = (id.as_str(), Some(json!({ "rows": written })));
            audit::record(&tx, &own.clock, &merchant, &actor, "catalog_imported", subject, None, after).await?;
            Ok(written)
        })
        .await
}

/// Products, then what they are sold as: locked in the one order.
async fn locked(tx: &Tx, merchant: &MerchantId, codes: Vec<String>, ids: Vec<ProductId>) -> Outcome<Known> {
    let products = store::lock_named(&**tx, merchant, codes, ids).await?;
    let mut variants = Vec::new();
    for product in &products {
        variants.extend(variant_store::lock_of_product(&**tx, merchant, &product.id).await?);
    }
    let own = products.iter().map(|product| product.id.clone()).collect();
    let questions = question_store::of_products(&**tx, merchant, own).await?;
    Ok(Known { variants, questions, categories: category_store::list(&**tx, merchant).await?, products })
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
