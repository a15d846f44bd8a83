//! What each row of a file would do, and the writing of one.

use std::collections::{BTreeSet, HashMap};

use domain::{CategoryId, Currency, Localized, MerchantId, ProductId, limits, role::Actor};

use super::{
    Plan,
    columns::{Change, Head, Named, Value, Wanted, all_named, differences, named, sound, wanted},
};
use crate::{
    catalog::{
        Product, ProductInput,
        categories::{self, Category},
        edit::{blank, written},
        store,
    },
    db::Tx,
    failure::{Outcome, Refusal},
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
    Changed(Vec<Change>),
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
    old: Option<Product>,
    wanted: Option<Wanted>,
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

/// The codes and ids of the products that a file is about.
pub(super) fn about(sheet: &Sheet) -> Result<(Vec<String>, Vec<ProductId>), Refusal> {
    Ok(all_named(&check(sheet)?, sheet))
}

/// What the file wants of what the shop has: the products it names, and all categories.
pub(super) fn make(
    sheet: &Sheet,
    products: Vec<Product>,
    categories: Vec<Category>,
    currency: Currency,
) -> Result<Plan, Refusal> {
    let head = check(sheet)?;
    let by_code = products.iter().filter_map(|product| Some((product.sku.clone()?, product.id.clone()))).collect();
    let by_id = products.into_iter().map(|product| (product.id.clone(), product)).collect();
    let mut known = Known { by_id, by_code, categories, shelves: BTreeSet::new(), seen: BTreeSet::new(), currency };
    let rows = sheet.rows.iter().map(|row| planned(&head, row, &mut known)).collect();
    Ok(Plan { rows, unknown: head.unknown() })
}

/// What the shop has, and what the rows above have made of it.
struct Known {
    by_id: HashMap<ProductId, Product>,
    by_code: HashMap<String, ProductId>,
    categories: Vec<Category>,
    /// Categories that would be made.
    shelves: BTreeSet<String>,
    /// Ids and codes that rows above are about.
    seen: BTreeSet<String>,
    currency: Currency,
}

impl Known {
    /// The product that the row is about; none where it would be new.
    fn old(&mut self, row: &Named<'_>, code: Option<&str>) -> Result<Option<Product>, Refusal> {
        let old = match row {
            Named::Id(id) => {
                let own = id.parse().ok().and_then(|id: ProductId| self.by_id.get(&id));
                Some(own.ok_or_else(|| Refusal::field("id", "import_id_unknown"))?.clone())
            }
            Named::Code(code) => self.by_code.get(*code).and_then(|id| self.by_id.get(id)).cloned(),
        };
        let holder = code.and_then(|code| self.by_code.get(code));
        if let (Some(old), Some(holder), Some(code)) = (&old, holder, code)
            && old.id != *holder
        {
            return Err(Refusal::field("sku", "sku_taken").with("sku", code));
        }
        let names = [old.as_ref().map(|old| old.id.to_string()), code.map(str::to_owned)];
        let fresh = names.into_iter().flatten().all(|name| self.seen.insert(name));
        if fresh { Ok(old) } else { Err(Refusal::field("sku", "import_code_twice")) }
    }

    /// There is such a category, or there is room for it.
    fn seat(&mut self, name: &str) -> Result<(), Refusal> {
        let known = self.categories.iter().any(|category| category.name.says(name)) || self.shelves.contains(name);
        if known || name.is_empty() {
            return Ok(());
        }
        if self.categories.len() + self.shelves.len() >= limits::CATEGORIES {
            return Err(Refusal::field("category", "too_many_categories").with("max", limits::CATEGORIES));
        }
        self.shelves.insert(name.to_owned());
        Ok(())
    }

    fn what(&self, old: Option<&Product>, wanted: &Wanted) -> What {
        let Some(old) = old else { return What::New };
        let mut differs = differences(&ProductInput::from(old), &wanted.input, self.currency);
        let own = self.categories.iter().find(|category| Some(&category.id) == old.category_id.as_ref());
        let stands = |name: &str| own.map_or(name.is_empty(), |category| category.name.says(name));
        if let Some(name) = wanted.category.as_deref().filter(|name| !stands(name)) {
            let old = own.map_or(Value::Nothing, |category| Value::Words(category.name.clone()));
            let new = if name.is_empty() { Value::Nothing } else { Value::Text(name.to_owned()) };
            differs.push(Change { column: "category", lang: None, old, new });
        }
        if differs.is_empty() { What::Same } else { What::Changed(differs) }
    }
}

fn planned(head: &Head, row: &Row, known: &mut Known) -> Planned {
    let code = head.cell(row, "code").filter(|code| !code.is_empty());
    let (line, currency) = (row.line, known.currency);
    let old = named(head, row).and_then(|named| known.old(&named, code));
    let read = |old: Option<Product>| -> Result<(Option<Product>, Wanted), Refusal> {
        let wanted = wanted(head, row, old.as_ref().map(ProductInput::from), currency)?;
        let wanted = sound(wanted, currency)?;
        known.seat(wanted.category.as_deref().unwrap_or_default())?;
        Ok((old, wanted))
    };
    let code = code.unwrap_or_default().to_owned();
    match old.and_then(read) {
        Ok((old, wanted)) => {
            let (name, what) = (wanted.input.name.clone(), known.what(old.as_ref(), &wanted));
            Planned { line, code, name, what, old, wanted: Some(wanted) }
        }
        Err(refusal) => {
            let own = known.by_code.get(&code).and_then(|id| known.by_id.get(id));
            let name = own.map(|own| own.name.clone()).unwrap_or_default();
            Planned { line, code, name, what: What::Wrong(refusal), old: None, wanted: None }
        }
    }
}

/// Writes the rows that write: the plan was made of locked products, so nothing of it is old. Answers how many.
pub(super) async fn write(
    tx: &Tx,
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    rows: Vec<Planned>,
) -> Outcome<usize> {
    let mut shelves: HashMap<String, CategoryId> = HashMap::new();
    let mut position = store::last_position(&**tx, merchant).await?;
    let (mut new, mut count) = (Vec::new(), 0);
    for row in rows.into_iter().filter(Planned::writes) {
        let Planned { old, wanted: Some(Wanted { mut input, category }), .. } = row else { continue };
        match category.as_deref() {
            None => {}
            Some("") => input.category = None,
            Some(name) => input.category = Some(shelf(tx, services, actor, merchant, &mut shelves, name).await?),
        }
        let before = old.as_ref().map(written).transpose()?;
        let product = if let Some(old) = old {
            let product = Product { updated_at: services.clock.now(), ..input.into_product(old) };
            store::save(&**tx, product.clone()).await?;
            product
        } else {
            position += 1;
            let product = input.clone().into_product(blank(services, merchant, input.kind, position));
            new.push(product.clone());
            product
        };
        let action = if before.is_some() { "product_changed" } else { "product_created" };
        let (id, after) = (product.id.as_str(), Some(written(&product)?));
        audit::record(tx, &services.clock, merchant, actor, action, id, before, after).await?;
        count += 1;
    }
    store::insert_all(&**tx, new).await?;
    Ok(count)
}

/// The category that is called so, looked for once.
async fn shelf(
    tx: &Tx,
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    found: &mut HashMap<String, CategoryId>,
    name: &str,
) -> Outcome<CategoryId> {
    if let Some(id) = found.get(name) {
        return Ok(id.clone());
    }
    let id = categories::find_or_add(tx, services, actor, merchant, Localized::same(name)).await?;
    found.insert(name.to_owned(), id.clone());
    Ok(id)
}
