//! The writing of what the rows of a file want: the plan was made of locked products, so nothing of it is old.

use std::collections::HashMap;

use domain::{
    CategoryId, Localized, MerchantId, ProductId,
    question::{Choices, QuestionKind},
    role::Actor,
};
use serde_json::Value;

use super::{
    columns::Wanted,
    parts::{Owner, Part},
    plan::{Planned, Writes},
};
use crate::{
    catalog::{
        Product, categories,
        edit::{blank, written},
        question_store,
        questions::{Question, QuestionInput},
        store, variant_store,
        variants::{Variant, VariantInput},
    },
    db::Tx,
    failure::{Outcome, Refusal},
    services::Services,
    staff::audit,
};

/// Who writes, for whom.
struct Desk<'a> {
    tx: &'a Tx,
    services: &'a Services,
    actor: &'a Actor,
    merchant: &'a MerchantId,
}

/// Writes the rows that write; answers how many.
pub(super) async fn write(
    tx: &Tx,
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    rows: Vec<Planned>,
) -> Outcome<usize> {
    let desk = Desk { tx, services, actor, merchant };
    let mut shelves: HashMap<String, CategoryId> = HashMap::new();
    let mut position = store::last_position(&**tx, merchant).await?;
    let (mut new, mut parts, mut count) = (Vec::new(), Vec::new(), 0);
    for row in rows.into_iter().filter(Planned::writes) {
        count += 1;
        match row.writes {
            Some(Writes::Product { old, wanted }) => {
                position += i64::from(old.is_none());
                new.extend(desk.product(old.map(|old| *old), *wanted, &mut shelves, position).await?);
            }
            Some(Writes::Part { owner, part }) => parts.push((owner, *part)),
            None => {}
        }
    }
    let fresh = new.iter().filter_map(|product| Some((product.sku.clone()?, product.id.clone()))).collect();
    store::insert_all(&**tx, new).await?;
    desk.parts(parts, &fresh).await?;
    Ok(count)
}

impl Desk<'_> {
    async fn note(&self, action: &str, id: &str, before: Option<Value>, after: Value) -> Outcome<()> {
        audit::record(self.tx, &self.services.clock, self.merchant, self.actor, action, id, before, Some(after)).await
    }

    /// A new product is answered, to be inserted with the others.
    async fn product(
        &self,
        old: Option<Product>,
        wanted: Wanted,
        shelves: &mut HashMap<String, CategoryId>,
        position: i64,
    ) -> Outcome<Option<Product>> {
        let Wanted { mut input, category } = wanted;
        match category.as_deref() {
            None => {}
            Some("") => input.category = None,
            Some(name) => input.category = Some(self.shelf(shelves, name).await?),
        }
        let Some(old) = old else {
            let product = input.clone().into_product(blank(self.services, self.merchant, input.kind, position));
            self.note("product_created", product.id.as_str(), None, written(&product)?).await?;
            return Ok(Some(product));
        };
        let before = Some(written(&old)?);
        let product = Product { updated_at: self.services.clock.now(), ..input.into_product(old) };
        store::save(&**self.tx, product.clone()).await?;
        self.note("product_changed", product.id.as_str(), before, written(&product)?).await?;
        Ok(None)
    }

    /// The category that is called so, looked for once.
    async fn shelf(&self, found: &mut HashMap<String, CategoryId>, name: &str) -> Outcome<CategoryId> {
        if let Some(id) = found.get(name) {
            return Ok(id.clone());
        }
        let name_of = Localized::same(name);
        let id = categories::find_or_add(self.tx, self.services, self.actor, self.merchant, name_of).await?;
        found.insert(name.to_owned(), id.clone());
        Ok(id)
    }

    /// Behind what the products have already, in the order of the file.
    async fn parts(&self, parts: Vec<(Owner, Part)>, fresh: &HashMap<String, ProductId>) -> Outcome<()> {
        let mut last: HashMap<(ProductId, bool), i64> = HashMap::new();
        for (owner, part) in parts {
            let product = match owner {
                Owner::Known(id, _) => id,
                Owner::New(code, _) => fresh.get(&code).cloned().ok_or_else(Refusal::not_found)?,
            };
            match part {
                Part::Variant { old: Some(old), input } => self.change_variant(old, input).await?,
                Part::Question { old: Some(old), input } => self.change_question(old, input).await?,
                Part::Variant { old: None, input } => {
                    let position = self.next(&mut last, (product.clone(), true)).await?;
                    self.add_variant(product, position, input).await?;
                }
                Part::Question { old: None, input } => {
                    let position = self.next(&mut last, (product.clone(), false)).await?;
                    self.add_question(product, position, input).await?;
                }
            }
        }
        Ok(())
    }

    /// The next place among a product's variants, or among its questions.
    async fn next(&self, last: &mut HashMap<(ProductId, bool), i64>, of: (ProductId, bool)) -> Outcome<i64> {
        let now = match last.get(&of) {
            Some(last) => *last,
            None if of.1 => {
                let all = variant_store::of_product(&**self.tx, self.merchant, &of.0).await?;
                all.last().map_or(0, |last| last.position)
            }
            None => {
                let all = question_store::of_product(&**self.tx, self.merchant, &of.0).await?;
                all.last().map_or(0, |last| last.position)
            }
        };
        last.insert(of, now + 1);
        Ok(now + 1)
    }

    async fn change_variant(&self, old: Variant, input: VariantInput) -> Outcome<()> {
        let (before, after) = (serde_json::to_value(VariantInput::from(&old))?, serde_json::to_value(&input)?);
        let id = old.id.clone();
        variant_store::save(&**self.tx, input.into_variant(old)).await?;
        self.note("variant_changed", id.as_str(), Some(before), after).await
    }

    async fn add_variant(&self, product: ProductId, position: i64, input: VariantInput) -> Outcome<()> {
        let after = serde_json::to_value(&input)?;
        let variant = input.into_variant(Variant {
            id: self.services.clock.id(),
            merchant_id: self.merchant.clone(),
            product_id: product,
            name: Localized::default(),
            price_minor: 0,
            compare_at_minor: None,
            stock: None,
            hidden: false,
            position,
        });
        let id = variant.id.clone();
        variant_store::insert(&**self.tx, variant).await?;
        self.note("variant_created", id.as_str(), None, after).await
    }

    async fn change_question(&self, old: Question, input: QuestionInput) -> Outcome<()> {
        let (before, after) = (serde_json::to_value(QuestionInput::from(&old))?, serde_json::to_value(&input)?);
        let id = old.id.clone();
        question_store::save(&**self.tx, input.into_question(old)).await?;
        self.note("question_changed", id.as_str(), Some(before), after).await
    }

    async fn add_question(&self, product: ProductId, position: i64, input: QuestionInput) -> Outcome<()> {
        let after = serde_json::to_value(&input)?;
        let question = input.into_question(Question {
            id: self.services.clock.id(),
            merchant_id: self.merchant.clone(),
            product_id: product,
            kind: QuestionKind::Text,
            words: Localized::default(),
            choices: Choices::default(),
            required: false,
            position,
        });
        let id = question.id.clone();
        question_store::insert(&**self.tx, question).await?;
        self.note("question_created", id.as_str(), None, after).await
    }
}
