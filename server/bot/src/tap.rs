//! What an inline button means, in at most 64 bytes.

use domain::{Day, Lang, OrderId, ProductId, SlotId};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tap {
    Menu,
    Catalog,
    /// A category by its place, and a page of it.
    Category {
        index: usize,
        page: usize,
    },
    Product(ProductId),
    Buy(ProductId),
    /// A day of the booking the chat is choosing a time for.
    Day(Day),
    Slot(SlotId),
    Quantity(i64),
    Sum(i64),
    OwnSum,
    /// Confirms the summary of this step: pressed twice, it is one order.
    Confirm(String),
    Cancel,
    Check(OrderId),
    Again(OrderId),
    Orders,
    Languages,
    Language(Lang),
    Help,
    /// A question to the people of the shop, of an order or of anything.
    Ask(Option<OrderId>),
    /// Of unpaid orders: wanted, or not.
    Reminders(bool),
    /// Wants broadcasts, or no more of them.
    News(bool),
}

impl Tap {
    pub(crate) fn encode(&self) -> String {
        match self {
            Self::Menu => "m".to_owned(),
            Self::Catalog => "c".to_owned(),
            Self::Category { index, page } => format!("g:{index}:{page}"),
            Self::Product(id) => format!("p:{id}"),
            Self::Buy(id) => format!("b:{id}"),
            Self::Day(day) => format!("d:{day}"),
            Self::Slot(id) => format!("t:{id}"),
            Self::Quantity(n) => format!("q:{n}"),
            Self::Sum(minor) => format!("s:{minor}"),
            Self::OwnSum => "s".to_owned(),
            Self::Confirm(nonce) => format!("ok:{nonce}"),
            Self::Cancel => "x".to_owned(),
            Self::Check(id) => format!("k:{id}"),
            Self::Again(id) => format!("a:{id}"),
            Self::Orders => "o".to_owned(),
            Self::Languages => "l".to_owned(),
            Self::Language(lang) => format!("l:{lang}"),
            Self::Help => "h".to_owned(),
            Self::News(wanted) => format!("n:{}", u8::from(*wanted)),
            Self::Ask(None) => "w".to_owned(),
            Self::Ask(Some(id)) => format!("w:{id}"),
            Self::Reminders(wanted) => format!("u:{}", u8::from(*wanted)),
        }
    }

    /// `None`: not ours, or of another time.
    pub(crate) fn decode(data: &str) -> Option<Self> {
        let (sign, rest) = data.split_once(':').map_or((data, None), |(sign, rest)| (sign, Some(rest)));
        Some(match (sign, rest) {
            ("m", None) => Self::Menu,
            ("c", None) => Self::Catalog,
            ("g", Some(rest)) => {
                let (index, page) = rest.split_once(':')?;
                Self::Category { index: index.parse().ok()?, page: page.parse().ok()? }
            }
            ("p", Some(id)) => Self::Product(id.parse().ok()?),
            ("b", Some(id)) => Self::Buy(id.parse().ok()?),
            ("d", Some(day)) => Self::Day(day.parse().ok()?),
            ("t", Some(id)) => Self::Slot(id.parse().ok()?),
            ("q", Some(n)) => Self::Quantity(n.parse().ok()?),
            ("s", Some(minor)) => Self::Sum(minor.parse().ok()?),
            ("s", None) => Self::OwnSum,
            ("ok", Some(nonce)) => Self::Confirm(nonce.to_owned()),
            ("x", None) => Self::Cancel,
            ("k", Some(id)) => Self::Check(id.parse().ok()?),
            ("a", Some(id)) => Self::Again(id.parse().ok()?),
            ("o", None) => Self::Orders,
            ("l", None) => Self::Languages,
            ("l", Some(lang)) => Self::Language(lang.parse().ok()?),
            ("h", None) => Self::Help,
            ("n", Some("1")) => Self::News(true),
            ("n", Some("0")) => Self::News(false),
            ("w", None) => Self::Ask(None),
            ("w", Some(id)) => Self::Ask(Some(id.parse().ok()?)),
            ("u", Some("0")) => Self::Reminders(false),
            ("u", Some("1")) => Self::Reminders(true),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tap_reads_back_and_fits() {
        let product = ProductId::make(u64::MAX, [255; 10]);
        let order = OrderId::make(u64::MAX, [255; 10]);
        let all = [
            Tap::Menu,
            Tap::Catalog,
            Tap::Category { index: usize::MAX, page: usize::MAX },
            Tap::Product(product.clone()),
            Tap::Buy(product),
            Tap::Day("2026-11-28".parse().unwrap()),
            Tap::Slot(SlotId::make(u64::MAX, [255; 10])),
            Tap::Quantity(i64::MAX),
            Tap::Sum(i64::MAX),
            Tap::OwnSum,
            Tap::Confirm("0123456789".to_owned()),
            Tap::Cancel,
            Tap::Check(order.clone()),
            Tap::Again(order.clone()),
            Tap::Ask(None),
            Tap::News(true),
            Tap::News(false),
            Tap::Ask(Some(order)),
            Tap::Orders,
            Tap::Languages,
            Tap::Language(Lang::Hy),
            Tap::Help,
            Tap::Reminders(true),
            Tap::Reminders(false),
        ];
        for tap in all {
            let data = tap.encode();
            assert!(data.len() <= 64, "{data}");
            assert_eq!(Tap::decode(&data), Some(tap));
        }
        for foreign in ["", "z", "p:", "p:ord_1", "g:1", "q:many", "l:de", "u:2"] {
            assert_eq!(Tap::decode(foreign), None, "{foreign}");
        }
    }
}
