//! Where a chat stands. Kept in the database with a version; what cannot be read means: start again.

use domain::{AccountId, OrderId, ProductId, QuestionId, SlotId, VariantId, handover::Way};
use serde::{Deserialize, Serialize};
use server::orders::Piece;

/// Raised when the meaning of a state changes.
pub(crate) const VERSION: i32 = 1;

/// What was chosen so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Choice {
    pub(crate) product: ProductId,
    #[serde(default)]
    pub(crate) variant: Option<VariantId>,
    #[serde(default)]
    pub(crate) slot: Option<SlotId>,
    /// It goes into the cart when all is chosen.
    #[serde(default)]
    pub(crate) for_cart: bool,
}

impl Choice {
    /// Of a product that is still to be looked at.
    pub(crate) const fn of(product: ProductId) -> Self {
        Self { product, variant: None, slot: None, for_cart: false }
    }
}

/// What is about to be ordered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub(crate) enum Basket {
    Pieces {
        pieces: Vec<Piece>,
    },
    /// The customer's cart, as it was seen.
    Cart {
        version: i64,
    },
}

/// A basket on its way to the order, and what was chosen for the whole of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Draft {
    pub(crate) basket: Basket,
    pub(crate) way: Option<Way>,
    pub(crate) address: Option<String>,
    pub(crate) account: Option<AccountId>,
    /// A promo code, as it was typed.
    #[serde(default)]
    pub(crate) promo: Option<String>,
}

impl From<Basket> for Draft {
    fn from(basket: Basket) -> Self {
        Self { basket, way: None, address: None, account: None, promo: None }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "snake_case")]
pub(crate) enum State {
    #[default]
    Start,
    /// Choosing a day, then a time of it.
    Time {
        #[serde(flatten)]
        choice: Choice,
    },
    /// A typed number is a quantity.
    Quantity {
        #[serde(flatten)]
        choice: Choice,
    },
    /// A typed number is a sum.
    Sum {
        #[serde(flatten)]
        choice: Choice,
    },
    /// What is typed answers the first question that has no answer yet.
    Question {
        #[serde(flatten)]
        choice: Choice,
        quantity: i64,
        sum_minor: Option<i64>,
        answers: Vec<(QuestionId, String)>,
    },
    /// Waiting for *Confirm* of this step.
    Summary { draft: Draft, nonce: String },
    /// Choosing how goods are handed over.
    Handing { draft: Draft },
    /// What is typed is an address.
    Address { draft: Draft },
    /// What is typed is a promo code.
    Code { draft: Draft },
    /// What is written is for the people of the shop.
    Writing { order: Option<OrderId> },
    /// Confirmed: the same press again is answered with the same order.
    Ordered { nonce: String },
}

impl State {
    pub(crate) fn load(version: i32, json: &str) -> Self {
        if version == VERSION { serde_json::from_str(json).unwrap_or_default() } else { Self::Start }
    }

    pub(crate) fn store(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_back_or_starts_again() {
        let product = ProductId::make(1, [1; 10]);
        let piece = Piece { quantity: 2, ..Piece::one(product.clone()) };
        for basket in [Basket::Pieces { pieces: vec![piece] }, Basket::Cart { version: 7 }] {
            let draft = Draft { way: Some(Way::Delivery), address: Some("Abovyan 18".to_owned()), ..basket.into() };
            let address = State::Address { draft: draft.clone() };
            for state in [State::Summary { draft, nonce: "n".to_owned() }, address] {
                assert_eq!(State::load(VERSION, &state.store()), state);
            }
        }
        let state = State::Quantity { choice: Choice::of(product) };
        let older = state.store().replace(r#","variant":null,"slot":null,"for_cart":false"#, "");
        assert_eq!(older.len() + 44, state.store().len(), "{older}");
        assert_eq!(State::load(VERSION, &older), state, "as stored before there were times, variants and carts");
        assert_eq!(State::load(VERSION - 1, &state.store()), State::Start);
        assert_eq!(State::load(VERSION, r#"{"at":"gone"}"#), State::Start);
        assert_eq!(State::load(VERSION, "garbage"), State::Start);
    }
}
