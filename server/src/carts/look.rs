//! What lies in a cart, as the catalog is now: what each line costs, how many can be had, and what stands in its way.

use std::collections::BTreeMap;

use domain::{Localized, MerchantId, Moment, ProductId, SlotId, VariantId, product::ProductKind};

use super::{Owner, rows::CartLine, store};
use crate::{
    catalog::{self, Product, question_store, questions::Question, slot_store, slots::Slot, variants::Variant},
    failure::Outcome,
    orders::Piece,
    services::Services,
};

/// A cart as it is now.
#[derive(Clone, Debug, Default)]
pub struct Cart {
    pub version: i64,
    pub lines: Vec<Seen>,
}

impl Cart {
    /// Whether every line can be had as it is.
    #[must_use]
    pub fn is_well(&self) -> bool {
        self.lines.iter().all(|line| line.trouble.is_none())
    }
}

#[derive(Clone, Debug)]
pub struct Seen {
    pub number: i64,
    pub product: ProductId,
    /// None: it is gone.
    pub kind: Option<ProductKind>,
    pub title: Localized,
    pub quantity: i64,
    pub unit_minor: i64,
    /// How many can be had.
    pub most: i64,
    pub slot_at: Option<Moment>,
    /// What was asked and answered.
    pub answers: Vec<(Localized, Localized)>,
    pub trouble: Option<Trouble>,
}

/// Why a line cannot be ordered as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    Gone,
    SoldOut,
    /// Only so many are left.
    Fewer(i64),
    TimeTaken,
    /// The shop asks something that was not answered.
    Asked,
}

/// What lines of the same stock or time have taken of it already.
type Taken = BTreeMap<(ProductId, Option<VariantId>, Option<SlotId>), i64>;

/// # Errors
/// When the database does not answer.
pub async fn look(services: &Services, owner: &Owner) -> Outcome<Cart> {
    let Some(cart) = store::get(services.db.read(), owner).await? else { return Ok(Cart::default()) };
    let lines = seen(services, &owner.merchant, cart.lines.0).await?;
    Ok(Cart { version: cart.version, lines })
}

/// The same of pieces that lie in no cart.
///
/// # Errors
/// When the database does not answer.
pub async fn look_at(services: &Services, merchant: &MerchantId, pieces: &[Piece]) -> Outcome<Vec<Seen>> {
    let line = |(number, piece): (i64, &Piece)| CartLine { number, title: Localized::default(), piece: piece.clone() };
    seen(services, merchant, (1..).zip(pieces).map(line).collect()).await
}

async fn seen(services: &Services, merchant: &MerchantId, all: Vec<CartLine>) -> Outcome<Vec<Seen>> {
    let (mut taken, mut lines) = (Taken::new(), Vec::new());
    for line in all {
        let found = found(services, merchant, &line.piece).await?;
        lines.push(match found {
            Some(found) => found.seen(line, &mut taken, services.clock.now()),
            None => gone(line),
        });
    }
    Ok(lines)
}

fn gone(line: CartLine) -> Seen {
    Seen {
        number: line.number,
        product: line.piece.product,
        kind: None,
        title: line.title,
        quantity: line.piece.quantity,
        unit_minor: 0,
        most: 0,
        slot_at: None,
        answers: Vec::new(),
        trouble: Some(Trouble::Gone),
    }
}

/// What the catalog says of a piece.
struct Found {
    product: Product,
    variant: Option<Variant>,
    slot: Option<Slot>,
    /// A time must be chosen.
    by_time: bool,
    questions: Vec<Question>,
}

/// None when it is not on sale as it was chosen.
async fn found(services: &Services, merchant: &MerchantId, piece: &Piece) -> Outcome<Option<Found>> {
    let db = services.db.read();
    let product = catalog::store::get(db, merchant, &piece.product).await?.filter(|product| product.visible);
    let Some(product) = product else { return Ok(None) };
    let variants = catalog::variants::list(&services.db, merchant, &product.id).await?;
    let is_bare = variants.is_empty();
    let variant = variants.into_iter().find(|variant| Some(&variant.id) == piece.variant.as_ref() && !variant.hidden);
    if is_bare == piece.variant.is_some() || is_bare == variant.is_some() {
        return Ok(None);
    }
    let slot = match &piece.slot {
        Some(id) => slot_store::get(db, merchant, id).await?.filter(|slot| slot.product_id == product.id),
        None => None,
    };
    let booked = product.kind == ProductKind::Booking;
    let by_time = booked && (piece.slot.is_some() || slot_store::any(db, merchant, &product.id).await?);
    let questions = question_store::of_product(db, merchant, &product.id).await?;
    Ok(Some(Found { product, variant, slot, by_time, questions }))
}

impl Found {
    fn seen(self, line: CartLine, taken: &mut Taken, now: Moment) -> Seen {
        let CartLine { number, title, piece } = line;
        let before = taken.entry((piece.product.clone(), piece.variant.clone(), piece.slot.clone())).or_default();
        let most = (self.most() - *before).max(0);
        *before += piece.quantity;
        let trouble = self.trouble(&piece, most, now);
        let own = piece.sum_minor.filter(|_| self.product.kind == ProductKind::Donation);
        let price = self.variant.as_ref().map(|variant| variant.price_minor).or(own).or(self.product.price_minor);
        let name = self.variant.as_ref().map(|variant| self.product.name.and(", ", &variant.name));
        let answered = self.questions.iter().filter_map(|question| {
            let (_, given) = piece.answers.iter().find(|(id, _)| *id == question.id)?;
            Some((question.words.clone(), question.read(given).ok()??))
        });
        Seen {
            number,
            answers: answered.collect(),
            kind: Some(self.product.kind),
            title: if price.is_some() { name.unwrap_or(self.product.name) } else { title },
            product: piece.product,
            quantity: piece.quantity,
            unit_minor: price.unwrap_or_default(),
            most,
            slot_at: self.slot.map(|slot| slot.starts_at),
            trouble: if price.is_some() { trouble } else { Some(Trouble::Gone) },
        }
    }

    fn most(&self) -> i64 {
        let most = match &self.variant {
            Some(variant) => variant.most(self.product.kind),
            None => domain::product::max_quantity(self.product.kind, self.product.stock),
        };
        self.slot.as_ref().map_or(most, |slot| most.min(slot.left()))
    }

    fn trouble(&self, piece: &Piece, most: i64, now: Moment) -> Option<Trouble> {
        let is_free = |slot: &Slot| slot.starts_at > now && slot.left() > 0;
        let unanswered = |question: &Question| {
            let given = piece.answers.iter().find(|(id, _)| *id == question.id);
            question.read(given.map_or("", |(_, words)| words.as_str())).is_err()
        };
        match most {
            _ if self.by_time && !self.slot.as_ref().is_some_and(is_free) => Some(Trouble::TimeTaken),
            0 => Some(Trouble::SoldOut),
            most if most < piece.quantity => Some(Trouble::Fewer(most)),
            _ if self.questions.iter().any(unanswered) => Some(Trouble::Asked),
            _ => None,
        }
    }
}
