//! Where a chat stands. Kept in the database with a version; what cannot be read means: start again.

use domain::{OrderId, ProductId, QuestionId, SlotId, VariantId};
use serde::{Deserialize, Serialize};

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
}

impl Choice {
    /// Of a product that is still to be looked at.
    pub(crate) const fn of(product: ProductId) -> Self {
        Self { product, variant: None, slot: None }
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
    Summary {
        #[serde(flatten)]
        choice: Choice,
        quantity: i64,
        sum_minor: Option<i64>,
        #[serde(default)]
        answers: Vec<(QuestionId, String)>,
        nonce: String,
    },
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
        let choice = Choice::of(ProductId::make(1, [1; 10]));
        let (quantity, sum_minor, answers, nonce) = (2, None, Vec::new(), "n".to_owned());
        let state = State::Summary { choice, quantity, sum_minor, answers, nonce };
        assert_eq!(State::load(VERSION, &state.store()), state);
        let older = state.store().replace(r#""slot":null,"#, "").replace(r#""variant":null,"#, "");
        let older = older.replace(r#""answers":[],"#, "");
        assert_eq!(older.len() + 40, state.store().len(), "{older}");
        assert_eq!(State::load(VERSION, &older), state, "as stored before there were times, variants and questions");
        assert_eq!(State::load(VERSION - 1, &state.store()), State::Start);
        assert_eq!(State::load(VERSION, r#"{"at":"gone"}"#), State::Start);
        assert_eq!(State::load(VERSION, "garbage"), State::Start);
    }
}
