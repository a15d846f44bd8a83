//! Questions: what the customer of a product is asked before paying, and whether the answers are sound.
//!
//! Whoever changes one holds the product's lock first.

use std::collections::BTreeSet;

use domain::{
    Localized, MerchantId, ProductId, QuestionId, limits,
    ordering::{Reorder, reordered},
    question::{self, BadAnswer, Choices, QuestionKind},
    role::Actor,
};
use serde::Serialize;
use serde_json::json;

pub use super::rows::question::Model as Question;
use super::{edit::may_edit, input, question_store as store, store as product_store};
use crate::{
    db::{Db, Tx},
    failure::{Outcome, Refusal},
    services::Services,
    staff::audit,
};

/// Everything staff write about a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QuestionInput {
    pub kind: QuestionKind,
    pub words: Localized,
    /// Of a choice.
    pub choices: Choices,
    pub required: bool,
}

impl From<&Question> for QuestionInput {
    fn from(question: &Question) -> Self {
        Self {
            kind: question.kind,
            words: question.words.clone(),
            choices: question.choices.clone(),
            required: question.required,
        }
    }
}

impl QuestionInput {
    pub(super) fn checked(mut self) -> Result<Self, Refusal> {
        self.words = input::trimmed(&self.words);
        if self.words.is_empty() {
            return Err(Refusal::field("words", "required"));
        }
        input::within("words", &self.words, limits::ANSWER)?;
        if self.kind != QuestionKind::Choice {
            self.choices = Choices::default();
            return Ok(self);
        }
        let written = self.choices.0.iter().map(input::trimmed).filter(|choice| !choice.is_empty());
        self.choices = Choices(written.collect());
        if !(2..=limits::CHOICES).contains(&self.choices.0.len()) {
            return Err(Refusal::field("choices", "choices_out_of_range").with("min", 2).with("max", limits::CHOICES));
        }
        for choice in &self.choices.0 {
            input::within("choices", choice, limits::NAME)?;
        }
        Ok(self)
    }

    pub(super) fn into_question(self, to: Question) -> Question {
        let Self { kind, words, choices, required } = self;
        Question { kind, words, choices, required, ..to }
    }
}

impl Question {
    /// The answer as it is kept with the order; none where none was given and none is needed.
    ///
    /// # Errors
    /// `answer_missing`, `answer_too_long`, `answer_not_offered`, `answer_not_a_phone`, `answer_not_an_email`.
    pub fn read(&self, given: &str) -> Result<Option<Localized>, Refusal> {
        question::answer(self.kind, &self.choices, self.required, given).map_err(|bad| {
            let refusal = match bad {
                BadAnswer::Missing => Refusal::field("answers", "answer_missing"),
                BadAnswer::TooLong => Refusal::field("answers", "answer_too_long").with("max", limits::ANSWER),
                BadAnswer::NotOffered => Refusal::field("answers", "answer_not_offered"),
                BadAnswer::NotAPhone => Refusal::field("answers", "answer_not_a_phone"),
                BadAnswer::NotAnEmail => Refusal::field("answers", "answer_not_an_email"),
            };
            refusal.with("question", &self.id)
        })
    }
}

/// In the order in which they are asked.
///
/// # Errors
/// When the database does not answer.
pub async fn list(db: &Db, merchant: &MerchantId, product: &ProductId) -> Outcome<Vec<Question>> {
    store::of_product(db.read(), merchant, product).await
}

/// The questions of products, in the order in which they are asked.
///
/// # Errors
/// When the database does not answer.
pub async fn of_products(db: &Db, merchant: &MerchantId, products: BTreeSet<ProductId>) -> Outcome<Vec<Question>> {
    store::of_products(db.read(), merchant, products).await
}

/// The product, locked, and its questions.
async fn lock(tx: &Tx, merchant: &MerchantId, product: &ProductId) -> Outcome<Vec<Question>> {
    product_store::lock(&**tx, merchant, product).await?.ok_or_else(Refusal::not_found)?;
    store::of_product(&**tx, merchant, product).await
}

/// # Errors
/// `forbidden`, `not_found`, `too_many_questions`, and refusals that name the wrong field.
pub async fn add(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    product: &ProductId,
    input: QuestionInput,
) -> Outcome<Question> {
    may_edit(actor)?;
    let input = input.checked()?;
    let (own, actor, merchant, product) = (services.clone(), actor.clone(), merchant.clone(), product.clone());
    services
        .db
        .write(move |tx| async move {
            let all = lock(&tx, &merchant, &product).await?;
            if all.len() >= limits::QUESTIONS {
                return Err(Refusal::field("words", "too_many_questions").with("max", limits::QUESTIONS).into());
            }
            let after = Some(serde_json::to_value(&input)?);
            let question = input.into_question(Question {
                id: own.clock.id(),
                merchant_id: merchant.clone(),
                product_id: product,
                kind: QuestionKind::Text,
                words: Localized::default(),
                choices: Choices::default(),
                required: false,
                position: all.last().map_or(0, |last| last.position) + 1,
            });
            store::insert(&*tx, question.clone()).await?;
            let id = question.id.as_str();
            audit::record(&tx, &own.clock, &merchant, &actor, "question_created", id, None, after).await?;
            Ok(question)
        })
        .await
}

/// # Errors
/// `forbidden`, `not_found`, and refusals that name the wrong field.
pub async fn update(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    (product, id): (&ProductId, &QuestionId),
    input: QuestionInput,
) -> Outcome<()> {
    may_edit(actor)?;
    let input = input.checked()?;
    let (own, actor, merchant) = (services.clone(), actor.clone(), merchant.clone());
    let (product, id) = (product.clone(), id.clone());
    services
        .db
        .write(move |tx| async move {
            let all = lock(&tx, &merchant, &product).await?;
            let old = all.into_iter().find(|question| question.id == id).ok_or_else(Refusal::not_found)?;
            let (before, after) = (serde_json::to_value(QuestionInput::from(&old))?, serde_json::to_value(&input)?);
            if before == after {
                return Ok(());
            }
            store::save(&*tx, input.into_question(old)).await?;
            let (id, before, after) = (id.as_str(), Some(before), Some(after));
            audit::record(&tx, &own.clock, &merchant, &actor, "question_changed", id, before, after).await
        })
        .await
}

/// Asks it no more; answers that were given stay with their orders.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn remove(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    (product, id): (&ProductId, &QuestionId),
) -> Outcome<()> {
    may_edit(actor)?;
    let (own, actor, merchant) = (services.clone(), actor.clone(), merchant.clone());
    let (product, id) = (product.clone(), id.clone());
    services
        .db
        .write(move |tx| async move {
            let all = lock(&tx, &merchant, &product).await?;
            let old = all.into_iter().find(|question| question.id == id).ok_or_else(Refusal::not_found)?;
            store::remove(&*tx, &merchant, &id).await?;
            let (id, before) = (id.as_str(), Some(serde_json::to_value(QuestionInput::from(&old))?));
            audit::record(&tx, &own.clock, &merchant, &actor, "question_removed", id, before, None).await
        })
        .await
}

/// # Errors
/// `forbidden`, `not_found`.
pub async fn order(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    product: &ProductId,
    change: Reorder<QuestionId>,
) -> Outcome<()> {
    may_edit(actor)?;
    let (own, actor, merchant, product) = (services.clone(), actor.clone(), merchant.clone(), product.clone());
    services
        .db
        .write(move |tx| async move {
            let all = lock(&tx, &merchant, &product).await?;
            let now: Vec<_> = all.iter().map(|question| question.id.clone()).collect();
            let sorted = reordered(now.clone(), &change);
            if sorted == now {
                return Ok(());
            }
            for mut question in all {
                let place = sorted.iter().position(|id| *id == question.id).unwrap_or_default();
                question.position = i64::try_from(place).unwrap_or_default() + 1;
                store::save(&*tx, question).await?;
            }
            let (id, before, after) = (product.as_str(), json!({ "order": now }), json!({ "order": sorted }));
            audit::record(&tx, &own.clock, &merchant, &actor, "questions_ordered", id, Some(before), Some(after)).await
        })
        .await
}
