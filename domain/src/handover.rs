//! How goods reach who bought them: picked up, or brought for a price that a large order is spared. Knows no shop and no clock.

use crate::{Localized, limits};

words! {
    /// The ways.
    Way { Pickup = "pickup", Delivery = "delivery" }
}

/// What a shop offers; sums in minor units of its currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ways {
    pub pickup: bool,
    pub delivery: bool,
    pub price_minor: i64,
    /// From this sum of the order on, bringing costs nothing.
    pub free_from_minor: Option<i64>,
}

impl Ways {
    #[must_use]
    pub const fn offers(&self, way: Way) -> bool {
        match way {
            Way::Pickup => self.pickup,
            Way::Delivery => self.delivery,
        }
    }

    /// Nothing is asked where nothing is offered.
    #[must_use]
    pub const fn any(&self) -> bool {
        self.pickup || self.delivery
    }

    /// The only way there is.
    #[must_use]
    pub const fn only(&self) -> Option<Way> {
        match (self.pickup, self.delivery) {
            (true, false) => Some(Way::Pickup),
            (false, true) => Some(Way::Delivery),
            _ => None,
        }
    }

    /// What a way costs for an order of this sum.
    #[must_use]
    pub fn price(&self, way: Way, order_minor: i64) -> i64 {
        match way {
            Way::Pickup => 0,
            Way::Delivery if self.free_from_minor.is_some_and(|from| order_minor >= from) => 0,
            Way::Delivery => self.price_minor,
        }
    }
}

/// How the line of the order is called that bringing costs.
#[must_use]
pub fn delivery_title() -> Localized {
    Localized { hy: "Առաքում".to_owned(), ru: "Доставка".to_owned(), en: "Delivery".to_owned() }
}

/// An address as it is kept; none where it is too short to be found by, or too long.
#[must_use]
pub fn address(given: &str) -> Option<String> {
    let kept = given.split_whitespace().collect::<Vec<_>>().join(" ");
    (limits::ADDRESS_MIN..=limits::ADDRESS_MAX).contains(&kept.chars().count()).then_some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bringing_costs_its_price_until_the_order_is_large() {
        let ways = Ways { pickup: true, delivery: true, price_minor: 100_000, free_from_minor: Some(2_000_000) };
        let table = [(Way::Pickup, 0, 0), (Way::Delivery, 1_999_999, 100_000), (Way::Delivery, 2_000_000, 0)];
        for (way, order, price) in table {
            assert_eq!(ways.price(way, order), price, "{way} {order}");
        }
        assert_eq!(Ways { free_from_minor: None, ..ways }.price(Way::Delivery, i64::MAX), 100_000);
        assert_eq!((ways.only(), Ways { pickup: false, ..ways }.only()), (None, Some(Way::Delivery)));
        assert!(!Ways::default().any() && ways.offers(Way::Pickup));
    }

    #[test]
    fn an_address_can_be_found_by() {
        assert_eq!(address("  Abovyan 18,\n apt. 5 ").as_deref(), Some("Abovyan 18, apt. 5"));
        assert_eq!((address("Home"), address(&"a".repeat(301))), (None, None));
    }
}
