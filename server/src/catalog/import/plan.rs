//! What each row of a file would do, and the writing of one.

use std::collections::{BTreeSet, HashMap};

use domain::{Currency, Localized, MerchantId, role::Actor};
use sea_orm::ConnectionTrait;

use super::{
    Plan,
    columns::{Head, Wanted, differences, sound, wanted},
};
use crate::{
    catalog::{
        Product, ProductInput,
        categories::{self, Category},
        category_store,
        edit::blank,
        store,
    },
    db::Tx,
    failure::{Failure, Outcome, Refusal},
    services::Services,
    sheet::{Row, Sheet},
    staff::audit,
};

/// The most rows of one file.
pub(super) const ROWS: usize = 2_000;

/// What becomes of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    New,
    /// The names of the columns that differ.
    Changed(Vec<&'static str>),
    Same,
    Wrong(Refusal),
}

/// A row of the file.
#[derive(Clone, Debug)]
pub struct Planned {
    /// Where it stands in the file, from 1.
    pub line: u32,
    pub code: String,
    pub name: Localized,
    pub what: What,
    input: Option<ProductInput>,
    category: Option<String>,
}

impl Planned {
    pub(super) const fn writes(&self) -> bool {
        matches!(self.what, What::New | What::Changed(_))
    }
}

/// # Errors
/// `import_columns`, `import_too_long`.
pub(super) fn check(sheet: &Sheet) -> Result<Head, Refusal> {
    if sheet.rows.len() > ROWS {
        return Err(Refusal::field("file", "import_too_long").with("max", ROWS));
    }
    Head::read(sheet)
}

/// What the shop has: products by their code, and its categories.
struct Known {
    products: HashMap<String, Product>,
    categories: Vec<Category>,
}

pub(super) async fn make(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    sheet: &Sheet,
    currency: Currency,
) -> Outcome<Plan> {
    let head = check(sheet)?;
    let codes: Vec<String> = sheet.rows.iter().filter_map(|row| head.cell(row, "code")).map(str::to_owned).collect();
    let products = store::by_skus(db, merchant, codes).await?;
    let products = products.into_iter().filter_map(|product| Some((product.sku.clone()?, product))).collect();
    let known = Known { products, categories: category_store::list(db, merchant).await? };
    let mut seen = BTreeSet::new();
    let rows = sheet.rows.iter().map(|row| planned(&head, row, &known, &mut seen, currency)).collect();
    Ok(Plan { rows, unknown: head.unknown() })
}

fn planned(head: &Head, row: &Row, known: &Known, seen: &mut BTreeSet<String>, currency: Currency) -> Planned {
    let code = head.cell(row, "code").unwrap_or_default().to_owned();
    let old = known.products.get(&code).map(ProductInput::from);
    let read = if code.is_empty() {
        Err(Refusal::field("sku", "required"))
    } else if seen.insert(code.clone()) {
        wanted(head, row, old.clone(), currency).and_then(sound)
    } else {
        Err(Refusal::field("sku", "import_code_twice"))
    };
    match read {
        Ok(Wanted { input, category }) => Planned {
            line: row.line,
            code,
            name: input.name.clone(),
            what: what(old.as_ref(), &input, category.as_deref(), &known.categories),
            input: Some(input),
            category,
        },
        Err(refusal) => Planned {
            line: row.line,
            code,
            name: old.map(|old| old.name).unwrap_or_default(),
            what: What::Wrong(refusal),
            input: None,
            category: None,
        },
    }
}

fn what(old: Option<&ProductInput>, new: &ProductInput, category: Option<&str>, all: &[Category]) -> What {
    let Some(old) = old else { return What::New };
    let mut differs = differences(old, new);
    if category.is_some_and(|name| !stands_in(old, name, all)) {
        differs.push("category");
    }
    if differs.is_empty() { What::Same } else { What::Changed(differs) }
}

fn stands_in(product: &ProductInput, name: &str, all: &[Category]) -> bool {
    match &product.category {
        None => name.is_empty(),
        Some(id) => all.iter().any(|category| category.id == *id && category.name.says(name)),
    }
}

/// False when somebody has done it meanwhile.
pub(super) async fn write(
    tx: &Tx,
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    row: Planned,
) -> Outcome<bool> {
    let Some(mut input) = row.input else { return Ok(false) };
    match row.category.as_deref() {
        None => {}
        Some("") => input.category = None,
        Some(name) => {
            let name = Localized::same(name);
            input.category = Some(categories::find_or_add(tx, services, actor, merchant, name).await?);
        }
    }
    let now = services.clock.now();
    let after = Some(serde_json::to_value(&input)?);
    let old = store::by_sku(&**tx, merchant, &row.code).await?;
    let Some(old) = old else {
        let position = store::last_position(&**tx, merchant).await? + 1;
        let product = input.clone().into_product(blank(services, merchant, input.kind, position));
        store::insert(&**tx, product.clone()).await?;
        let id = product.id.as_str();
        audit::record(tx, &services.clock, merchant, actor, "product_created", id, None, after).await?;
        return Ok(true);
    };
    let locked = store::lock(&**tx, merchant, &old.id).await?;
    let old = locked.ok_or_else(|| Failure::from(Refusal::not_found()))?;
    let before = serde_json::to_value(ProductInput::from(&old))?;
    if Some(&before) == after.as_ref() {
        return Ok(false);
    }
    let product = Product { updated_at: now, ..input.into_product(old) };
    store::save(&**tx, product.clone()).await?;
    let id = product.id.as_str();
    audit::record(tx, &services.clock, merchant, actor, "product_changed", id, Some(before), after).await?;
    Ok(true)
}
