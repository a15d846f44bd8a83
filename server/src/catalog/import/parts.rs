//! Variants and questions in a file: each a row of its own, below its product or of one that the shop has.
//!
//! It is known by its id, or by its name where it has none, so the same file twice changes nothing the second time. What
//! the file does not name stays.

use std::collections::{BTreeSet, HashMap};

use domain::{
    Currency, Lang, Localized, ProductId, limits,
    product::ProductKind,
    question::{Choices, QuestionKind},
};

use super::columns::{Change, Head, Value, number, sum, text, texts, told, yes_or_no};
use crate::{
    catalog::{
        Product,
        questions::{Question, QuestionInput},
        variants::{Variant, VariantInput},
    },
    failure::Refusal,
    sheet::Row,
};

/// What a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    Product,
    Variant,
    Question,
}

const VARIANT: [&str; 4] = ["variant_id", "variant_hy", "variant_ru", "variant_en"];
const QUESTION: [&str; 4] = ["question_id", "question_hy", "question_ru", "question_en"];

/// # Errors
/// `import_two_parts` where a variant and a question stand in one row.
pub(super) fn about(head: &Head, row: &Row) -> Result<About, Refusal> {
    let any = |names: [&str; 4]| names.iter().any(|name| head.cell(row, name).is_some_and(|cell| !cell.is_empty()));
    match (any(VARIANT), any(QUESTION)) {
        (false, false) => Ok(About::Product),
        (true, false) => Ok(About::Variant),
        (false, true) => Ok(About::Question),
        (true, true) => Err(Refusal::field("question", "import_two_parts")),
    }
}

/// The product that a part belongs to.
#[derive(Clone, Debug)]
pub(super) enum Owner {
    Known(ProductId, ProductKind),
    /// A row above makes it, under this code.
    New(String, ProductKind),
}

impl Owner {
    pub(super) fn of(product: &Product) -> Self {
        Self::Known(product.id.clone(), product.kind)
    }

    const fn kind(&self) -> ProductKind {
        match self {
            Self::Known(_, kind) | Self::New(_, kind) => *kind,
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::Known(id, _) => id.as_str(),
            Self::New(code, _) => code,
        }
    }
}

/// A part as the file wants it, and as the shop has it.
#[derive(Clone, Debug)]
pub(super) enum Part {
    Variant { old: Option<Variant>, input: VariantInput },
    Question { old: Option<Question>, input: QuestionInput },
}

/// What the shop's products have, and what rows above have made of it.
#[derive(Default)]
pub(super) struct Parts {
    variants: HashMap<ProductId, Vec<Variant>>,
    questions: HashMap<ProductId, Vec<Question>>,
    /// How many more a product would have, by its name here.
    more: HashMap<String, usize>,
    seen: BTreeSet<String>,
}

impl Parts {
    pub(super) fn new(variants: Vec<Variant>, questions: Vec<Question>) -> Self {
        let mut all = Self::default();
        for variant in variants {
            all.variants.entry(variant.product_id.clone()).or_default().push(variant);
        }
        for question in questions {
            all.questions.entry(question.product_id.clone()).or_default().push(question);
        }
        all
    }

    /// What a row wants of a variant: one the product has, or a new one.
    pub(super) fn variant(
        &mut self,
        (head, row): (&Head, &Row),
        owner: &Owner,
        currency: Currency,
    ) -> Result<Part, Refusal> {
        let all = own_of(&self.variants, owner);
        let old = match head.cell(row, "variant_id").filter(|id| !id.is_empty()) {
            Some(id) => Some(all.iter().find(|own| own.id.as_str() == id).ok_or_else(|| unknown("variant"))?),
            None => all.iter().find(|own| is_called(head, row, "variant", &own.name)),
        };
        let (old, count) = (old.cloned(), all.len());
        let fresh = VariantInput {
            name: Localized::default(),
            price_minor: 0,
            compare_at_minor: None,
            stock: None,
            hidden: false,
        };
        let mut input = old.as_ref().map_or(fresh, VariantInput::from);
        texts(head, row, "variant", &mut input.name);
        if let Some(text) = head.cell(row, "price") {
            input.price_minor = sum("price", text, currency)?.ok_or_else(|| Refusal::field("price", "required"))?;
        }
        if let Some(text) = head.cell(row, "compare_at") {
            input.compare_at_minor = sum("compare_at", text, currency)?;
        }
        if let Some(text) = head.cell(row, "stock").filter(|_| owner.kind() == ProductKind::Goods) {
            input.stock = number(text)?;
        }
        if let Some(text) = head.cell(row, "visible").filter(|text| !text.is_empty()) {
            input.hidden = !yes_or_no("visible", text)?;
        }
        let input = input.checked(owner.kind(), currency)?;
        let id = old.as_ref().map(|old| old.id.to_string());
        self.seat("variant", owner, id, &input.name, (count, limits::VARIANTS, "too_many_variants"))?;
        Ok(Part::Variant { old, input })
    }

    pub(super) fn question(&mut self, (head, row): (&Head, &Row), owner: &Owner) -> Result<Part, Refusal> {
        let all = own_of(&self.questions, owner);
        let old = match head.cell(row, "question_id").filter(|id| !id.is_empty()) {
            Some(id) => Some(all.iter().find(|own| own.id.as_str() == id).ok_or_else(|| unknown("question"))?),
            None => all.iter().find(|own| is_called(head, row, "question", &own.words)),
        };
        let (old, count) = (old.cloned(), all.len());
        let fresh = QuestionInput {
            kind: QuestionKind::Text,
            words: Localized::default(),
            choices: Choices::default(),
            required: false,
        };
        let mut input = old.as_ref().map_or(fresh, QuestionInput::from);
        texts(head, row, "question", &mut input.words);
        if let Some(word) = head.cell(row, "question_kind").filter(|word| !word.is_empty()) {
            let kind = word.to_lowercase().parse();
            input.kind =
                kind.map_err(|_| Refusal::field("question_kind", "import_question_kind").with("text", word))?;
        }
        if let Some(text) = head.cell(row, "question_required").filter(|text| !text.is_empty()) {
            input.required = yes_or_no("question_required", text)?;
        }
        choices(head, row, &mut input.choices);
        let input = input.checked()?;
        let id = old.as_ref().map(|old| old.id.to_string());
        self.seat("question", owner, id, &input.words, (count, limits::QUESTIONS, "too_many_questions"))?;
        Ok(Part::Question { old, input })
    }

    /// No row above is about it, and there is room for it.
    fn seat(
        &mut self,
        what: &'static str,
        owner: &Owner,
        id: Option<String>,
        name: &Localized,
        (count, most, too_many): (usize, usize, &'static str),
    ) -> Result<(), Refusal> {
        let place = [what, " ", owner.name()].concat();
        let new = id.is_none();
        if !self.seen.insert([&place, " ", &id.unwrap_or_else(|| name.get(Lang::Hy).to_owned())].concat()) {
            return Err(Refusal::field(what, "import_part_twice"));
        }
        let more = self.more.entry(place).or_default();
        if new && count + *more >= most {
            return Err(Refusal::field(what, too_many).with("max", most));
        }
        *more += usize::from(new);
        Ok(())
    }
}

/// What the owner has already; what is new has nothing yet.
fn own_of<'a, T>(all: &'a HashMap<ProductId, Vec<T>>, owner: &Owner) -> &'a [T] {
    match owner {
        Owner::Known(id, _) => all.get(id).map_or(&[], Vec::as_slice),
        Owner::New(..) => &[],
    }
}

fn unknown(what: &'static str) -> Refusal {
    Refusal::field(what, "import_part_unknown")
}

fn is_called(head: &Head, row: &Row, what: &str, name: &Localized) -> bool {
    Lang::ALL.iter().any(|lang| head.cell(row, &[what, "_", lang.as_str()].concat()).is_some_and(|own| name.says(own)))
}

/// A language's choices stand in one cell, each on a line of its own, or with semicolons between them.
fn choices(head: &Head, row: &Row, to: &mut Choices) {
    for lang in Lang::ALL {
        let Some(cell) = head.whole(row, &["choices_", lang.as_str()].concat()) else { continue };
        let own: Vec<_> = cell.split(if cell.contains('\n') { '\n' } else { ';' }).map(str::trim).collect();
        let count = to.0.len().max(own.len());
        to.0.resize_with(count, Localized::default);
        for (place, choice) in to.0.iter_mut().enumerate() {
            let text = own.get(place).copied().unwrap_or_default().to_owned();
            match lang {
                Lang::Hy => choice.hy = text,
                Lang::Ru => choice.ru = text,
                Lang::En => choice.en = text,
            }
        }
    }
    to.0.retain(|choice| !choice.is_empty());
}

impl Part {
    pub(super) const fn is_new(&self) -> bool {
        matches!(self, Self::Variant { old: None, .. } | Self::Question { old: None, .. })
    }

    pub(super) const fn name(&self) -> &Localized {
        match self {
            Self::Variant { input, .. } => &input.name,
            Self::Question { input, .. } => &input.words,
        }
    }

    /// What differs, for the eye.
    pub(super) fn differences(&self, currency: Currency) -> Vec<Change> {
        let all = match self {
            Self::Variant { old: Some(old), input } => of_variant(&VariantInput::from(old), input, currency),
            Self::Question { old: Some(old), input } => of_question(&QuestionInput::from(old), input),
            Self::Variant { .. } | Self::Question { .. } => Vec::new(),
        };
        all.into_iter().filter(|change| change.old != change.new).collect()
    }
}

fn change((column, lang, old, new): (&'static str, Option<Lang>, Value, Value)) -> Change {
    Change { column, lang, old, new }
}

fn of_variant(old: &VariantInput, new: &VariantInput, currency: Currency) -> Vec<Change> {
    let money =
        |minor: Option<i64>| minor.map_or(Value::Nothing, |minor| Value::Sum(domain::Money::new(minor, currency)));
    let count = |stock: Option<i64>| stock.map_or(Value::Nothing, Value::Number);
    let mut all = told("name", &old.name, &new.name).to_vec();
    all.extend([
        ("price", None, money(Some(old.price_minor)), money(Some(new.price_minor))),
        ("compare_at", None, money(old.compare_at_minor), money(new.compare_at_minor)),
        ("stock", None, count(old.stock), count(new.stock)),
        ("visible", None, Value::Flag(!old.hidden), Value::Flag(!new.hidden)),
    ]);
    all.into_iter().map(change).collect()
}

fn of_question(old: &QuestionInput, new: &QuestionInput) -> Vec<Change> {
    let kind = |kind: QuestionKind| text(Some(&kind.as_str().to_owned()));
    let all = |input: &QuestionInput| {
        let own =
            |pick: fn(&Localized) -> &String| input.choices.0.iter().map(pick).cloned().collect::<Vec<_>>().join("; ");
        Localized { hy: own(|one| &one.hy), ru: own(|one| &one.ru), en: own(|one| &one.en) }
    };
    let mut changes = told("words", &old.words, &new.words).to_vec();
    changes.extend([
        ("question_kind", None, kind(old.kind), kind(new.kind)),
        ("question_required", None, Value::Flag(old.required), Value::Flag(new.required)),
    ]);
    changes.extend(told("choices", &all(old), &all(new)));
    changes.into_iter().map(change).collect()
}
