//! Where a chat stands. Kept in the database with a version; what cannot be read means: start again.

use domain::{OrderId, ProductId, SlotId};
use serde::{Deserialize, Serialize};

/// Raised when the meaning of a state changes.
pub(crate) const VERSION: i32 = 1;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "snake_case")]
pub(crate) enum State {
    #[default]
    Start,
    /// Choosing a day, then a time of it.
    Time { product: ProductId },
    /// A typed number is a quantity.
    Quantity {
        product: ProductId,
        #[serde(default)]
        slot: Option<SlotId>,
    },
    /// A typed number is a sum.
    Sum { product: ProductId },
    /// Waiting for *Confirm* of this step.
    Summary {
        product: ProductId,
        quantity: i64,
        sum_minor: Option<i64>,
        #[serde(default)]
        slot: Option<SlotId>,
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
        let product = ProductId::make(1, [1; 10]);
        let state = State::Summary { product, quantity: 2, sum_minor: None, slot: None, nonce: "n".to_owned() };
        assert_eq!(State::load(VERSION, &state.store()), state);
        let older = state.store().replace(r#""slot":null,"#, "");
        assert_eq!(State::load(VERSION, &older), state, "as stored before there were times");
        assert_eq!(State::load(VERSION - 1, &state.store()), State::Start);
        assert_eq!(State::load(VERSION, r#"{"at":"gone"}"#), State::Start);
        assert_eq!(State::load(VERSION, "garbage"), State::Start);
    }
}
