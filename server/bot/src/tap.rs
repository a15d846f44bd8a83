//! What an inline button means, in at most 64 bytes.

use domain::{
    AccountId, CategoryId, Day, Lang, OrderId, ProductId, QuestionId, RefundId, SlotId, VariantId, handover::Way,
};

/// A category, or what stands outside of all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shelf(pub(crate) Option<CategoryId>);

impl std::fmt::Display for Shelf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.as_ref().map_or("-", CategoryId::as_str))
    }
}

impl Shelf {
    fn decode(text: &str) -> Option<Self> {
        if text == "-" { Some(Self(None)) } else { text.parse().ok().map(|id| Self(Some(id))) }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tap {
    Menu,
    Catalog,
    /// A page of a category.
    Category {
        shelf: Shelf,
        page: usize,
    },
    Product(ProductId),
    Buy(ProductId),
    /// One of a product's variants.
    Variant(VariantId),
    /// A choice by its place; none passes the question over.
    Answer {
        question: QuestionId,
        choice: Option<usize>,
    },
    /// A day of the booking the chat is choosing a time for.
    Day(Day),
    Slot(SlotId),
    Quantity(i64),
    Sum(i64),
    OwnSum,
    /// Confirms the summary of this step: pressed twice, it is one order.
    Confirm(String),
    /// Chooses a product for the cart.
    Put(ProductId),
    /// Into the cart with what this summary shows.
    Keep(String),
    Cart,
    /// So many of this line of the cart; none takes it out.
    CartSet {
        line: i64,
        quantity: i64,
    },
    /// Empties the cart, if it is still this version.
    CartClear(i64),
    /// On to the summary of the cart.
    CheckOut,
    /// How the goods of this order are handed over.
    Hand(Way),
    /// Where the last ones were brought.
    SameAddress,
    /// Asks both again.
    HandAgain,
    /// The way to pay.
    Method(AccountId),
    /// A promo code is to be typed; or the one that was is taken off again.
    Code(bool),
    /// An order that is not paid is given up.
    GiveUp(OrderId),
    Cancel,
    Check(OrderId),
    Again(OrderId),
    /// What an order gave, once more.
    Receive(OrderId),
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
    /// By one of the shop's people: the refund is approved.
    Approve(RefundId),
}

impl Tap {
    pub(crate) fn encode(&self) -> String {
        match self {
            Self::Menu => "m".to_owned(),
            Self::Catalog => "c".to_owned(),
            Self::Category { shelf, page } => format!("g:{shelf}:{page}"),
            Self::Product(id) => format!("p:{id}"),
            Self::Buy(id) => format!("b:{id}"),
            Self::Variant(id) => format!("v:{id}"),
            Self::Answer { question, choice: Some(place) } => format!("n:{question}:{place}"),
            Self::Answer { question, choice: None } => format!("n:{question}"),
            Self::Day(day) => format!("d:{day}"),
            Self::Slot(id) => format!("t:{id}"),
            Self::Quantity(n) => format!("q:{n}"),
            Self::Sum(minor) => format!("s:{minor}"),
            Self::OwnSum => "s".to_owned(),
            Self::Confirm(nonce) => format!("ok:{nonce}"),
            Self::Put(id) => format!("i:{id}"),
            Self::Keep(nonce) => format!("ic:{nonce}"),
            Self::Cart => "y".to_owned(),
            Self::CartSet { line, quantity } => format!("y:{line}:{quantity}"),
            Self::CartClear(version) => format!("yx:{version}"),
            Self::CheckOut => "yo".to_owned(),
            Self::Hand(way) => format!("z:{way}"),
            Self::SameAddress => "za".to_owned(),
            Self::HandAgain => "zc".to_owned(),
            Self::Method(id) => format!("zm:{id}"),
            Self::Code(wanted) => format!("zp:{}", u8::from(*wanted)),
            Self::GiveUp(id) => format!("j:{id}"),
            Self::Cancel => "x".to_owned(),
            Self::Check(id) => format!("k:{id}"),
            Self::Again(id) => format!("a:{id}"),
            Self::Receive(id) => format!("r:{id}"),
            Self::Orders => "o".to_owned(),
            Self::Languages => "l".to_owned(),
            Self::Language(lang) => format!("l:{lang}"),
            Self::Help => "h".to_owned(),
            Self::News(wanted) => format!("e:{}", u8::from(*wanted)),
            Self::Ask(None) => "w".to_owned(),
            Self::Ask(Some(id)) => format!("w:{id}"),
            Self::Reminders(wanted) => format!("u:{}", u8::from(*wanted)),
            Self::Approve(id) => format!("f:{id}"),
        }
    }

    /// `None`: not ours, or of another time.
    pub(crate) fn decode(data: &str) -> Option<Self> {
        let (sign, rest) = data.split_once(':').map_or((data, None), |(sign, rest)| (sign, Some(rest)));
        Some(match (sign, rest) {
            ("m", None) => Self::Menu,
            ("c", None) => Self::Catalog,
            ("g", Some(rest)) => {
                let (shelf, page) = rest.split_once(':')?;
                let page = page.parse().ok()?;
                match Shelf::decode(shelf) {
                    Some(shelf) => Self::Category { shelf, page },
                    // A button of the time when categories were only counted.
                    None => shelf.parse::<usize>().ok().map(|_| Self::Catalog)?,
                }
            }
            ("p", Some(id)) => Self::Product(id.parse().ok()?),
            ("b", Some(id)) => Self::Buy(id.parse().ok()?),
            ("v", Some(id)) => Self::Variant(id.parse().ok()?),
            ("n", Some(rest)) => {
                let (id, place) = rest.split_once(':').map_or((rest, None), |(id, place)| (id, Some(place)));
                Self::Answer { question: id.parse().ok()?, choice: place.map(str::parse).transpose().ok()? }
            }
            ("d", Some(day)) => Self::Day(day.parse().ok()?),
            ("t", Some(id)) => Self::Slot(id.parse().ok()?),
            ("q", Some(n)) => Self::Quantity(n.parse().ok()?),
            ("s", Some(minor)) => Self::Sum(minor.parse().ok()?),
            ("s", None) => Self::OwnSum,
            ("ok", Some(nonce)) => Self::Confirm(nonce.to_owned()),
            ("i", Some(id)) => Self::Put(id.parse().ok()?),
            ("ic", Some(nonce)) => Self::Keep(nonce.to_owned()),
            ("y", None) => Self::Cart,
            ("y", Some(rest)) => {
                let (line, quantity) = rest.split_once(':')?;
                Self::CartSet { line: line.parse().ok()?, quantity: quantity.parse().ok()? }
            }
            ("yx", Some(version)) => Self::CartClear(version.parse().ok()?),
            ("yo", None) => Self::CheckOut,
            ("z", Some(way)) => Self::Hand(way.parse().ok()?),
            ("za", None) => Self::SameAddress,
            ("zc", None) => Self::HandAgain,
            ("zm", Some(id)) => Self::Method(id.parse().ok()?),
            ("zp", Some("1")) => Self::Code(true),
            ("zp", Some("0")) => Self::Code(false),
            ("j", Some(id)) => Self::GiveUp(id.parse().ok()?),
            ("x", None) => Self::Cancel,
            ("k", Some(id)) => Self::Check(id.parse().ok()?),
            ("a", Some(id)) => Self::Again(id.parse().ok()?),
            ("r", Some(id)) => Self::Receive(id.parse().ok()?),
            ("o", None) => Self::Orders,
            ("l", None) => Self::Languages,
            ("l", Some(lang)) => Self::Language(lang.parse().ok()?),
            ("h", None) => Self::Help,
            ("e", Some("1")) => Self::News(true),
            ("e", Some("0")) => Self::News(false),
            ("w", None) => Self::Ask(None),
            ("w", Some(id)) => Self::Ask(Some(id.parse().ok()?)),
            ("f", Some(id)) => Self::Approve(id.parse().ok()?),
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
        let question = QuestionId::make(u64::MAX, [255; 10]);
        let all = [
            Tap::Menu,
            Tap::Catalog,
            Tap::Category { shelf: Shelf(None), page: 0 },
            Tap::Category { shelf: Shelf(Some(CategoryId::make(u64::MAX, [255; 10]))), page: usize::MAX },
            Tap::Variant(VariantId::make(u64::MAX, [255; 10])),
            Tap::Answer { question: question.clone(), choice: Some(usize::MAX) },
            Tap::Answer { question, choice: None },
            Tap::Product(product.clone()),
            Tap::Buy(product.clone()),
            Tap::Put(product),
            Tap::Keep("0123456789".to_owned()),
            Tap::Cart,
            Tap::CartSet { line: i64::MAX, quantity: i64::MAX },
            Tap::CartClear(i64::MAX),
            Tap::CheckOut,
            Tap::Hand(Way::Pickup),
            Tap::Hand(Way::Delivery),
            Tap::SameAddress,
            Tap::HandAgain,
            Tap::Method(AccountId::make(u64::MAX, [255; 10])),
            Tap::GiveUp(order.clone()),
            Tap::Day("2026-11-28".parse().unwrap()),
            Tap::Slot(SlotId::make(u64::MAX, [255; 10])),
            Tap::Quantity(i64::MAX),
            Tap::Sum(i64::MAX),
            Tap::OwnSum,
            Tap::Confirm("0123456789".to_owned()),
            Tap::Cancel,
            Tap::Check(order.clone()),
            Tap::Again(order.clone()),
            Tap::Receive(order.clone()),
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
            Tap::Approve(RefundId::make(u64::MAX, [255; 10])),
        ];
        for tap in all {
            let data = tap.encode();
            assert!(data.len() <= 64, "{data}");
            assert_eq!(Tap::decode(&data), Some(tap));
        }
        assert_eq!(Tap::decode("g:3:0"), Some(Tap::Catalog), "an old button still leads to the catalog");
        for foreign in [
            "", "z", "p:", "p:ord_1", "g:1", "g:x:0", "n:1", "v:prd_1", "q:many", "l:de", "u:2", "y:1", "y:1:x", "yx:",
            "z:drone", "zm:ord_1",
        ] {
            assert_eq!(Tap::decode(foreign), None, "{foreign}");
        }
    }
}
