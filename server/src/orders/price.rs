//! Pricing: what one thing asked for is and costs, read from the catalog and never from what a bot or browser says.

use domain::{
    Currency, Localized, MerchantId, Moment, Money, ProductId, QuestionId, SlotId, VariantId,
    product::{ProductKind, max_quantity},
    question::QuestionKind,
};
use serde::{Deserialize, Serialize};

use crate::{
    catalog::{
        self, Product, question_store, slot_store,
        slots::Slot,
        variants::{self, Variant},
    },
    db::Tx,
    failure::{Outcome, Refusal, RefusalKind},
};

/// One thing asked for.
#[derive(Clone, Debug)]
pub enum Asked {
    Product(Piece),
    /// Without a product: a title and a sum, set by staff or by the API.
    Free {
        title: String,
        amount: Money,
    },
}

/// A product as asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    pub product: ProductId,
    /// Which of its variants, where it has any.
    pub variant: Option<VariantId>,
    pub quantity: i64,
    /// The customer's own sum, in minor units; for donations only.
    pub sum_minor: Option<i64>,
    /// The time, for a booking that has times.
    pub slot: Option<SlotId>,
    /// What was answered to its questions.
    pub answers: Vec<(QuestionId, String)>,
}

impl Piece {
    /// One of a product that needs no choosing.
    #[must_use]
    pub const fn one(product: ProductId) -> Self {
        Self { product, variant: None, quantity: 1, sum_minor: None, slot: None, answers: Vec::new() }
    }
}

/// Who asks. A customer chooses a time where there are times, and answers what is asked; staff may leave both to be agreed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asker {
    Customer,
    Staff,
}

/// Where prices are read.
pub(super) struct Pricing<'a> {
    pub(super) tx: &'a Tx,
    pub(super) merchant: &'a MerchantId,
    pub(super) asker: Asker,
    pub(super) currency: Currency,
    pub(super) now: Moment,
}

/// What was asked and answered.
pub(super) struct Answered {
    pub(super) question: Localized,
    pub(super) answer: Localized,
    pub(super) kind: QuestionKind,
}

/// What one line of the order says.
pub(super) struct Priced {
    pub(super) kind: Option<ProductKind>,
    pub(super) product: Option<ProductId>,
    pub(super) variant: Option<VariantId>,
    pub(super) title: Localized,
    pub(super) quantity: i64,
    pub(super) unit_minor: i64,
    pub(super) slot: Option<Slot>,
    pub(super) answers: Vec<Answered>,
}

impl Pricing<'_> {
    pub(super) async fn price(&self, asked: &Asked) -> Outcome<Priced> {
        match asked {
            Asked::Product(piece) => self.piece(piece).await,
            Asked::Free { title, amount } => Ok(self.free(title, *amount)?),
        }
    }

    fn free(&self, title: &str, amount: Money) -> Result<Priced, Refusal> {
        if amount.currency != self.currency {
            return Err(Refusal::field("amount", "currency_not_accepted").with("currency", self.currency));
        }
        if amount.amount_minor <= 0 {
            return Err(Refusal::field("amount", "amount_not_positive"));
        }
        Ok(Priced {
            kind: None,
            product: None,
            variant: None,
            title: Localized::same(title),
            quantity: 1,
            unit_minor: amount.amount_minor,
            slot: None,
            answers: Vec::new(),
        })
    }

    async fn piece(&self, piece: &Piece) -> Outcome<Priced> {
        let product = catalog::store::get(&**self.tx, self.merchant, &piece.product).await?.ok_or_else(product_gone)?;
        let variant = variants::sold(self.tx, &product, piece.variant.as_ref()).await?;
        let unit_minor = unit_price(&product, variant.as_ref(), piece.sum_minor, self.currency)?;
        let stock = variant.as_ref().map_or(product.stock, |variant| variant.stock);
        check_quantity(product.kind, stock, piece.quantity)?;
        let slot = self.book(&product, piece.slot.as_ref(), piece.quantity).await?;
        let answers = self.answers(&product, &piece.answers).await?;
        Ok(Priced {
            kind: Some(product.kind),
            title: match &variant {
                Some(variant) => product.name.and(", ", &variant.name),
                None => product.name,
            },
            product: Some(product.id),
            variant: variant.map(|variant| variant.id),
            quantity: piece.quantity,
            unit_minor,
            slot,
            answers,
        })
    }

    /// The time that is booked. It is only looked at here: checkout takes it.
    async fn book(&self, product: &Product, wanted: Option<&SlotId>, quantity: i64) -> Outcome<Option<Slot>> {
        if product.kind != ProductKind::Booking {
            return match wanted {
                Some(_) => Err(Refusal::field("slot", "slots_only_for_bookings").into()),
                None => Ok(None),
            };
        }
        let Some(wanted) = wanted else {
            let must = self.asker == Asker::Customer && slot_store::any(&**self.tx, self.merchant, &product.id).await?;
            return if must { Err(Refusal::field("slot", "slot_required").into()) } else { Ok(None) };
        };
        let slot = slot_store::get(&**self.tx, self.merchant, wanted).await?;
        let fits = |slot: &Slot| slot.product_id == product.id && slot.starts_at > self.now && slot.left() >= quantity;
        let slot = slot.filter(fits);
        slot.map(Some).ok_or_else(|| Refusal::field("slot", "slot_taken").into())
    }

    /// What was answered; to questions that are asked no more, nothing.
    async fn answers(&self, product: &Product, given: &[(QuestionId, String)]) -> Outcome<Vec<Answered>> {
        let mut kept = Vec::new();
        for question in question_store::of_product(&**self.tx, self.merchant, &product.id).await? {
            let words = given.iter().find(|(id, _)| *id == question.id).map(|(_, words)| words.as_str());
            if words.is_none() && self.asker == Asker::Staff {
                continue;
            }
            let answer = question.read(words.unwrap_or_default())?;
            kept.extend(answer.map(|answer| Answered { question: question.words, answer, kind: question.kind }));
        }
        Ok(kept)
    }
}

const fn product_gone() -> Refusal {
    Refusal::field("product_id", "product_gone")
}

fn unit_price(
    product: &Product,
    variant: Option<&Variant>,
    sum_minor: Option<i64>,
    currency: Currency,
) -> Result<i64, Refusal> {
    let price = variant.map(|variant| variant.price_minor).or(product.price_minor);
    match (product.kind, &product.donation, price) {
        (ProductKind::Donation, Some(terms), _) => {
            let sum = sum_minor.ok_or_else(|| Refusal::field("amount", "donation_sum_required"))?;
            if terms.allows(sum) {
                Ok(sum)
            } else {
                Err(Refusal::field("amount", "donation_sum_out_of_range")
                    .with("min", Money::new(terms.min_minor, currency))
                    .with("max", Money::new(terms.max_minor, currency)))
            }
        }
        (_, _, Some(price)) if sum_minor.is_none_or(|sum| sum == price) => Ok(price),
        (_, _, Some(_)) => Err(Refusal::field("amount", "amount_is_fixed")),
        (_, _, None) => Err(product_gone()),
    }
}

fn check_quantity(kind: ProductKind, stock: Option<i64>, quantity: i64) -> Result<(), Refusal> {
    let max = max_quantity(kind, stock);
    if max == 0 {
        return Err(Refusal::new(RefusalKind::Conflict, "sold_out"));
    }
    if (1..=max).contains(&quantity) {
        Ok(())
    } else {
        Err(Refusal::field("quantity", "quantity_out_of_range").with("max", max))
    }
}
