//! Fiscal receipts: how far one has come, and which pieces of what was sold go back for a sum. Quantities are thousandths of
//! a piece, as registers count them; nothing here knows a register.

use serde::{Deserialize, Serialize};

words! {
    /// How far a receipt has come.
    ReceiptState {
        /// Promised, and not registered yet.
        Owed = "owed",
        Registered = "registered",
        /// The register said no: a person has to look.
        Refused = "refused",
        /// Whether it was registered is not known.
        Uncertain = "uncertain",
    }
}

words! {
    /// What a receipt is of.
    ReceiptKind { Sale = "sale", Return = "return" }
}

words! {
    /// What is done where no quantity in thousandths gives the very sum that went back.
    PartialReturn {
        /// It is refused, and a person registers it by hand.
        Exact = "exact",
        /// The nearest quantity stands beside the exact sum.
        Nearest = "nearest",
    }
}

/// A whole piece.
pub const PIECE: i64 = 1_000;

/// What is left of a line that was sold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    pub price_minor: i64,
    pub quantity: i64,
}

/// What goes back of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Back {
    pub position: usize,
    pub quantity: i64,
}

/// What a quantity costs, half a minor unit up.
#[must_use]
pub fn cost(price_minor: i64, quantity: i64) -> i64 {
    let exact = i128::from(price_minor) * i128::from(quantity);
    i64::try_from((exact + i128::from(PIECE) / 2).div_euclid(i128::from(PIECE))).unwrap_or(i64::MAX)
}

/// Which pieces go back for `amount_minor`. `None`: no quantities give this sum, or not so much is left.
#[must_use]
pub fn back(left: &[Left], amount_minor: i64, way: PartialReturn) -> Option<Vec<Back>> {
    let value: i64 = left.iter().map(|line| cost(line.price_minor, line.quantity)).sum();
    if amount_minor <= 0 || amount_minor > value {
        return None;
    }
    if amount_minor == value {
        return Some(all(left));
    }
    let lines = || left.iter().enumerate();
    let one = lines().find_map(|(position, line)| whole(position, line, amount_minor));
    match one.or_else(|| lines().find_map(|(position, line)| exact(position, line, amount_minor))) {
        Some(one) => Some(vec![one]),
        None => spread(left, amount_minor, way),
    }
}

fn all(left: &[Left]) -> Vec<Back> {
    let some = |(position, line): (usize, &Left)| Back { position, quantity: line.quantity };
    left.iter().enumerate().map(some).filter(|back| back.quantity > 0).collect()
}

/// Whole pieces of one line that cost just so much.
fn whole(position: usize, line: &Left, amount_minor: i64) -> Option<Back> {
    let fits = line.price_minor > 0 && amount_minor % line.price_minor == 0;
    let quantity = fits.then(|| amount_minor / line.price_minor * PIECE)?;
    (quantity <= line.quantity).then_some(Back { position, quantity })
}

/// A part of one line that costs just so much.
fn exact(position: usize, line: &Left, amount_minor: i64) -> Option<Back> {
    let quantity = part(line.price_minor, amount_minor, PartialReturn::Exact)?;
    (quantity <= line.quantity).then_some(Back { position, quantity })
}

/// Whole pieces of each line in turn, and a part of one piece for the rest.
fn spread(left: &[Left], amount_minor: i64, way: PartialReturn) -> Option<Vec<Back>> {
    let (mut rest, mut taken) = (amount_minor, vec![0; left.len()]);
    for (line, taken) in left.iter().zip(&mut taken).filter(|(line, _)| line.price_minor > 0) {
        let pieces = (rest / line.price_minor).min(line.quantity / PIECE);
        *taken = pieces * PIECE;
        rest -= pieces * line.price_minor;
    }
    if rest > 0 {
        let mut parts = left.iter().zip(&taken).enumerate();
        let (position, quantity) = parts.find_map(|(position, (line, taken))| {
            let quantity = part(line.price_minor, rest, way)?;
            (quantity <= line.quantity - taken).then_some((position, quantity))
        })?;
        *taken.get_mut(position)? += quantity;
    }
    let some = |(position, quantity)| Back { position, quantity };
    Some(taken.into_iter().enumerate().map(some).filter(|back| back.quantity > 0).collect())
}

/// The part of a piece that costs `rest_minor`.
fn part(price_minor: i64, rest_minor: i64, way: PartialReturn) -> Option<i64> {
    let price = Some(i128::from(price_minor)).filter(|price| *price > 0)?;
    let nearest = (i128::from(rest_minor) * i128::from(PIECE) + price / 2) / price;
    let quantity = i64::try_from(nearest).ok()?.max(1);
    (way == PartialReturn::Nearest || cost(price_minor, quantity) == rest_minor).then_some(quantity)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines(lines: &[(i64, i64)]) -> Vec<Left> {
        lines.iter().map(|(price_minor, quantity)| Left { price_minor: *price_minor, quantity: *quantity }).collect()
    }

    fn said(left: &[(i64, i64)], amount: i64, way: PartialReturn) -> Option<Vec<(usize, i64)>> {
        Some(back(&lines(left), amount, way)?.iter().map(|back| (back.position, back.quantity)).collect())
    }

    #[test]
    fn whole_pieces_first_then_a_part_of_one() {
        use PartialReturn::{Exact, Nearest};
        let shelf = [(1_500_000, 2_000), (500_000, 1_000)];
        assert_eq!(said(&shelf, 3_500_000, Exact), Some(vec![(0, 2_000), (1, 1_000)]), "all of it");
        assert_eq!(said(&shelf, 500_000, Exact), Some(vec![(1, 1_000)]), "the line that costs just so much");
        assert_eq!(said(&shelf, 2_000_000, Exact), Some(vec![(0, 1_000), (1, 1_000)]));
        assert_eq!(said(&shelf, 750_000, Exact), Some(vec![(0, 500)]), "half of a piece");
        assert_eq!(said(&[(1_500_000, 1_000)], 500_000, Exact), None, "a third is no thousandth");
        assert_eq!(said(&[(1_500_000, 1_000)], 500_000, Nearest), Some(vec![(0, 333)]));
        assert_eq!(said(&[(1_500_000, 667)], 1_000_500, Nearest), Some(vec![(0, 667)]), "what is left of it");
        assert_eq!(said(&shelf, 3_500_001, Nearest), None, "more than was sold");
        assert_eq!(said(&shelf, 0, Nearest), None);
        assert_eq!(said(&[(0, 1_000), (100, 1_000)], 50, Exact), Some(vec![(1, 500)]), "what costs nothing stays");
    }

    proptest! {
        #[test]
        fn never_more_than_is_left_and_exactly_the_sum(
            shelf in proptest::collection::vec((1_i64..10_000_000, 1_i64..5_000), 1..5), share in 1_i64..=1_000,
        ) {
            let left = lines(&shelf);
            let value: i64 = left.iter().map(|line| cost(line.price_minor, line.quantity)).sum();
            let amount = (value / 1_000 * share).max(1);
            if let Some(back) = back(&left, amount, PartialReturn::Exact) {
                let sum: i64 = back.iter().map(|back| cost(left[back.position].price_minor, back.quantity)).sum();
                prop_assert_eq!(sum, amount);
            }
            for one in back(&left, amount, PartialReturn::Nearest).into_iter().flatten() {
                prop_assert!(one.quantity > 0 && one.quantity <= left[one.position].quantity);
            }
        }
    }
}
