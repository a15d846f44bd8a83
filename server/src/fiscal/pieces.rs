//! What stands on a receipt: the lines of an order as the register wants them, and what goes back of them.

use domain::{
    Lang,
    receipt::{Back, Left, PIECE, PartialReturn, back},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::orders::{Line, Whole};

/// Longest name and code of a piece, characters.
const NAME: usize = 50;

/// A line of a sale's receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Piece {
    pub(super) code: String,
    pub(super) name: String,
    /// Thousandths.
    pub(super) quantity: i64,
    pub(super) price_minor: i64,
}

/// The lines of an order, or one line with the whole sum where they do not add up to what was paid.
pub(super) fn of_sale(whole: &Whole, amount_minor: i64) -> Vec<Piece> {
    let pieces: Vec<Piece> = whole.lines.iter().filter_map(|line| of_line(whole, line)).collect();
    let sum = pieces.iter().map(|piece| domain::receipt::cost(piece.price_minor, piece.quantity)).sum::<i64>();
    if sum == amount_minor {
        return pieces;
    }
    let title = whole.title();
    let name = name(title.get(Lang::Hy), whole.order.number);
    vec![Piece { code: whole.order.number.to_string(), name, quantity: PIECE, price_minor: amount_minor }]
}

/// A line as it is paid: what a promo code took off is in the price. Where no price of a piece gives the line's sum, all of
/// it is one piece.
fn of_line(whole: &Whole, line: &Line) -> Option<Piece> {
    let sum = line.sum(&whole.order).amount_minor;
    let (quantity, price_minor) = split(sum, line.quantity)?;
    Some(Piece {
        code: line.product_id.as_ref().map_or_else(|| format!("{}", line.position + 1), ToString::to_string),
        name: name(line.title.get(Lang::Hy), whole.order.number),
        quantity: quantity.saturating_mul(PIECE),
        price_minor,
    })
}

/// Pieces and the price of each; nothing of what costs nothing.
const fn split(sum_minor: i64, quantity: i64) -> Option<(i64, i64)> {
    match (sum_minor, quantity) {
        (..=0, _) | (_, ..=0) => None,
        (sum, quantity) if sum % quantity == 0 => Some((quantity, sum / quantity)),
        (sum, _) => Some((1, sum)),
    }
}

/// Cut at the register's length; never empty.
fn name(title: &str, order: i64) -> String {
    let cut: String = title.trim().chars().take(NAME).collect();
    if cut.trim().is_empty() { format!("№ {order}") } else { cut.trim().to_owned() }
}

/// What goes back of a sale, after what went back before. `None`: no quantities give the sum.
pub(super) fn of_return(sale: &Value, before: &[Value], amount_minor: i64, way: PartialReturn) -> Option<Vec<Back>> {
    let pieces: Vec<Piece> = serde_json::from_value(sale.clone()).ok()?;
    let mut left: Vec<Left> =
        pieces.iter().map(|piece| Left { price_minor: piece.price_minor, quantity: piece.quantity }).collect();
    for earlier in before {
        let earlier: Vec<Back> = serde_json::from_value(earlier.clone()).ok()?;
        for gone in earlier {
            let line = left.get_mut(gone.position)?;
            line.quantity = (line.quantity - gone.quantity).max(0);
        }
    }
    back(&left, amount_minor, way)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_went_back_before_is_not_there_any_more() {
        let sale = json!([{ "code": "a", "name": "Tea", "quantity": 2_000, "price_minor": 500_000 }]);
        let once = of_return(&sale, &[], 500_000, PartialReturn::Exact).unwrap();
        assert_eq!(once, [Back { position: 0, quantity: 1_000 }]);
        let before = [serde_json::to_value(&once).unwrap()];
        assert_eq!(of_return(&sale, &before, 500_000, PartialReturn::Exact), Some(once));
        assert_eq!(of_return(&sale, &before, 1_000_000, PartialReturn::Exact), None);
    }

    #[test]
    fn what_was_taken_off_is_in_the_price() {
        assert_eq!(split(1_000_000, 2), Some((2, 500_000)));
        assert_eq!(split(950_000, 2), Some((2, 475_000)));
        assert_eq!(split(999_900, 7), Some((1, 999_900)), "no price of a piece gives it");
        assert_eq!((split(0, 2), split(100, 0)), (None, None));
    }

    #[test]
    fn a_name_is_cut_and_never_empty() {
        assert_eq!(name(&"ա".repeat(60), 7).chars().count(), NAME);
        assert_eq!((name("  ", 7), name(" Թեյ ", 7)), ("№ 7".to_owned(), "Թեյ".to_owned()));
    }
}
