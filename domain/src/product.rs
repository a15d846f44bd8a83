//! What is sold, and how many or how much of it one order may ask for.

use serde::{Deserialize, Serialize};

use crate::limits;

words! {
    /// The kinds of product.
    ProductKind {
        Service = "service",
        Booking = "booking",
        Goods = "goods",
        Digital = "digital",
        Club = "club",
        Donation = "donation",
    }
}

impl ProductKind {
    /// More than one of it in an order makes sense.
    #[must_use]
    pub const fn has_quantity(self) -> bool {
        matches!(self, Self::Service | Self::Booking | Self::Goods)
    }

    /// It may be bought together with other things; a membership and a gift are bought alone.
    #[must_use]
    pub const fn fits_a_cart(self) -> bool {
        !matches!(self, Self::Club | Self::Donation)
    }

    /// Telegram's terms want Stars for such goods sold in bots: the merchant is told.
    #[must_use]
    pub const fn is_digital(self) -> bool {
        matches!(self, Self::Digital | Self::Club)
    }
}

/// The sums a customer may give, in minor units of the merchant's currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "orm", derive(sea_orm::FromJsonQueryResult))]
pub struct DonationTerms {
    #[serde(default)]
    pub suggested_minor: Vec<i64>,
    pub min_minor: i64,
    pub max_minor: i64,
}

impl DonationTerms {
    #[must_use]
    pub fn allows(&self, amount_minor: i64) -> bool {
        (self.min_minor..=self.max_minor).contains(&amount_minor)
    }

    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.min_minor > 0
            && self.max_minor <= limits::AMOUNT_MINOR
            && self.min_minor <= self.max_minor
            && self.suggested_minor.len() <= 6
            && self.suggested_minor.iter().all(|sum| self.allows(*sum))
    }
}

/// The quantities one order may ask for, from what is in stock (`None`: not counted).
#[must_use]
pub fn max_quantity(kind: ProductKind, stock: Option<i64>) -> i64 {
    let wanted = if kind.has_quantity() { limits::QUANTITY } else { 1 };
    stock.map_or(wanted, |left| wanted.min(left.max(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantity_is_bounded_by_kind_and_stock() {
        assert_eq!(max_quantity(ProductKind::Goods, Some(3)), 3);
        assert_eq!(max_quantity(ProductKind::Goods, Some(-1)), 0);
        assert_eq!(max_quantity(ProductKind::Goods, None), limits::QUANTITY);
        assert_eq!(max_quantity(ProductKind::Club, None), 1);
    }

    #[test]
    fn donation_terms() {
        let terms = DonationTerms { suggested_minor: vec![100_000], min_minor: 10_000, max_minor: 1_000_000 };
        assert!(terms.is_sound() && terms.allows(10_000) && !terms.allows(9_999) && !terms.allows(1_000_001));
        assert!(!DonationTerms { suggested_minor: vec![1], ..terms }.is_sound());
    }
}
