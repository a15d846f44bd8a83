//! What each row of a file would do.

use std::collections::{BTreeSet, HashMap};

use domain::{Currency, Localized, ProductId, limits, product::ProductKind};

use super::{
    Plan,
    columns::{Change, Head, Named, Value, Wanted, all_named, differences, named, sound, wanted},
    parts::{self, About, Owner, Part, Parts},
};
use crate::{
    catalog::{Product, ProductInput, categories::Category},
    failure::Refusal,
    sheet::{Row, Sheet},
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
    pub(super) writes: Option<Writes>,
}

/// What a row writes.
#[derive(Clone, Debug)]
pub(super) enum Writes {
    Product { old: Option<Box<Product>>, wanted: Box<Wanted> },
    Part { owner: Owner, part: Box<Part> },
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
pub(super) fn make(sheet: &Sheet, own: super::Known, currency: Currency) -> Result<Plan, Refusal> {
    let head = check(sheet)?;
    let super::Known { products, variants, questions, categories } = own;
    let by_code = products.iter().filter_map(|product| Some((product.sku.clone()?, product.id.clone()))).collect();
    let by_id = products.into_iter().map(|product| (product.id.clone(), product)).collect();
    let mut known = Known {
        by_id,
        by_code,
        fresh: HashMap::new(),
        parts: Parts::new(variants, questions),
        categories,
        shelves: BTreeSet::new(),
        seen: BTreeSet::new(),
        currency,
    };
    let rows = sheet.rows.iter().map(|row| planned(&head, row, &mut known)).collect();
    Ok(Plan { rows, unknown: head.unknown() })
}

/// What the shop has, and what the rows above have made of it.
struct Known {
    by_id: HashMap<ProductId, Product>,
    by_code: HashMap<String, ProductId>,
    /// Products that rows above make, by their codes.
    fresh: HashMap<String, (ProductKind, Localized)>,
    parts: Parts,
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

    /// The product that a part belongs to, and its name: the shop's, or one that a row above makes.
    fn owner(&self, row: &Named<'_>) -> Result<(Owner, Localized), Refusal> {
        let known = |id: &ProductId| self.by_id.get(id).map(|product| (Owner::of(product), product.name.clone()));
        let owner = match row {
            Named::Id(id) => id.parse().ok().and_then(|id| known(&id)),
            Named::Code(code) => self.by_code.get(*code).and_then(known).or_else(|| {
                let (kind, name) = self.fresh.get(*code)?;
                Some((Owner::New((*code).to_owned(), *kind), name.clone()))
            }),
        };
        owner.ok_or_else(|| Refusal::field("sku", "import_no_product"))
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
    let code = head.cell(row, "code").unwrap_or_default().to_owned();
    let read = match parts::about(head, row) {
        Ok(About::Product) => product(head, row, known),
        Ok(about) => part(head, row, about, known),
        Err(refusal) => Err(refusal),
    };
    let line = row.line;
    match read {
        Ok((name, what, writes)) => Planned { line, code, name, what, writes: Some(writes) },
        Err(refusal) => {
            let own = known.by_code.get(&code).and_then(|id| known.by_id.get(id));
            let name = own.map(|own| own.name.clone()).unwrap_or_default();
            Planned { line, code, name, what: What::Wrong(refusal), writes: None }
        }
    }
}

type Read = Result<(Localized, What, Writes), Refusal>;

fn product(head: &Head, row: &Row, known: &mut Known) -> Read {
    let code = head.cell(row, "code").filter(|code| !code.is_empty());
    let old = known.old(&named(head, row)?, code)?;
    let wanted = wanted(head, row, old.as_ref().map(ProductInput::from), known.currency)?;
    let wanted = sound(wanted, known.currency)?;
    known.seat(wanted.category.as_deref().unwrap_or_default())?;
    let (name, what) = (wanted.input.name.clone(), known.what(old.as_ref(), &wanted));
    if let (None, Some(code)) = (&old, &wanted.input.sku) {
        known.fresh.insert(code.clone(), (wanted.input.kind, name.clone()));
    }
    Ok((name, what, Writes::Product { old: old.map(Box::new), wanted: Box::new(wanted) }))
}

/// A variant or a question.
fn part(head: &Head, row: &Row, about: About, known: &mut Known) -> Read {
    let (owner, product) = known.owner(&named(head, row)?)?;
    let part = match about {
        About::Question => known.parts.question((head, row), &owner)?,
        About::Product | About::Variant => known.parts.variant((head, row), &owner, known.currency)?,
    };
    let differs = part.differences(known.currency);
    let what = match (part.is_new(), differs.is_empty()) {
        (true, _) => What::New,
        (false, true) => What::Same,
        (false, false) => What::Changed(differs),
    };
    Ok((product.and(" · ", part.name()), what, Writes::Part { owner, part: Box::new(part) }))
}
