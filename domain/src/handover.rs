//! How goods reach who bought them: picked up, or brought for a price that a large order is spared; and the steps on the
//! way there. Knows no shop and no clock.

use std::cmp::Ordering;

use crate::{Localized, limits};

words! {
    /// The ways.
    Way { Pickup = "pickup", Delivery = "delivery" }
}

words! {
    /// How far the goods of a paid order have come; which of these there are depends on the way.
    Step {
        ToPack = "to_pack",
        Packed = "packed",
        OnWay = "on_way",
        Ready = "ready",
        HandedOver = "handed_over",
    }
}

/// What it is to go from one step to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    Stay,
    /// One step or several: who comes for the goods at once is handed them at once.
    On,
    /// A mistake is taken back.
    Back,
}

impl Way {
    /// The steps of this way, in their order.
    #[must_use]
    pub const fn steps(self) -> [Step; 4] {
        match self {
            Self::Pickup => [Step::ToPack, Step::Packed, Step::Ready, Step::HandedOver],
            Self::Delivery => [Step::ToPack, Step::Packed, Step::OnWay, Step::HandedOver],
        }
    }

    fn place(self, step: Step) -> Option<usize> {
        self.steps().iter().position(|own| *own == step)
    }

    /// The step after this one; none after the last, and of a step of another way.
    #[must_use]
    pub fn next(self, step: Step) -> Option<Step> {
        self.steps().get(self.place(step)? + 1).copied()
    }

    /// None where one of them is no step of this way.
    #[must_use]
    pub fn turn(self, from: Step, to: Step) -> Option<Turn> {
        Some(match self.place(from)?.cmp(&self.place(to)?) {
            Ordering::Equal => Turn::Stay,
            Ordering::Less => Turn::On,
            Ordering::Greater => Turn::Back,
        })
    }
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
    fn steps_go_on_one_by_one_or_at_once_and_back_by_mistake() {
        use Step as S;
        use Turn as T;
        let table = [
            (Way::Pickup, S::ToPack, S::Packed, Some(T::On)),
            (Way::Pickup, S::ToPack, S::HandedOver, Some(T::On)),
            (Way::Pickup, S::Packed, S::Ready, Some(T::On)),
            (Way::Pickup, S::Packed, S::OnWay, None),
            (Way::Pickup, S::OnWay, S::Packed, None),
            (Way::Pickup, S::HandedOver, S::Ready, Some(T::Back)),
            (Way::Delivery, S::Packed, S::OnWay, Some(T::On)),
            (Way::Delivery, S::OnWay, S::OnWay, Some(T::Stay)),
            (Way::Delivery, S::OnWay, S::ToPack, Some(T::Back)),
            (Way::Delivery, S::OnWay, S::Ready, None),
        ];
        for (way, from, to, turn) in table {
            assert_eq!(way.turn(from, to), turn, "{way} {from} {to}");
        }
        for way in Way::ALL {
            let mut walked = vec![S::ToPack];
            while let Some(next) = walked.last().and_then(|step| way.next(*step)) {
                assert_eq!(way.turn(walked[walked.len() - 1], next), Some(T::On));
                walked.push(next);
            }
            assert_eq!(walked, way.steps(), "the next of the next is the last");
        }
        assert_eq!((Way::Pickup.next(S::OnWay), Way::Delivery.next(S::HandedOver)), (None, None));
    }

    #[test]
    fn an_address_can_be_found_by() {
        assert_eq!(address("  Abovyan 18,\n apt. 5 ").as_deref(), Some("Abovyan 18, apt. 5"));
        assert_eq!((address("Home"), address(&"a".repeat(301))), (None, None));
    }
}
