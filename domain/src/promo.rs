//! Promo codes: what a code takes off an order, and off which of its lines. Knows no shop, no clock and no counter.
//!
//! What is taken off is a whole number of the money's units (drams): other systems count in them. It is shared out over the
//! lines to the last unit, so that what the lines cost adds up to the order's sum, and what is given back line by line too.

use crate::{Currency, limits};

/// What a code takes off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Off {
    /// So many of a hundred.
    Percent(i64),
    /// A sum, in minor units.
    Sum(i64),
}

impl Off {
    /// Whether it may stand in a code. Something is always left to pay: an order of nothing has no payment.
    #[must_use]
    pub const fn is_sound(&self, currency: Currency) -> bool {
        match self {
            Self::Percent(percent) => 1 <= *percent && *percent <= 99,
            Self::Sum(minor) => *minor > 0 && *minor <= limits::AMOUNT_MINOR && *minor % unit(currency) == 0,
        }
    }
}

/// A whole unit of the money, in minor units.
#[must_use]
pub const fn unit(currency: Currency) -> i64 {
    10_i64.pow(currency.exponent())
}

/// A line of the order, as it is without the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    pub sum_minor: i64,
    /// The code is for what stands on it.
    pub counts: bool,
}

/// Why a code takes nothing off these lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nothing {
    /// It is for other products.
    NotForThese,
    /// What it is for costs less than it wants.
    TooLittle,
    /// It would leave nothing to pay, or is less than one unit.
    NothingLeft,
}

/// What is taken off each line.
///
/// # Errors
/// Why it takes off nothing.
pub fn taken_off(off: Off, least_minor: i64, lines: &[Line], currency: Currency) -> Result<Vec<i64>, Nothing> {
    let weight = |line: &Line| if line.counts { line.sum_minor.max(0) } else { 0 };
    let counted = lines.iter().map(weight).fold(0, i64::saturating_add);
    if counted == 0 {
        return Err(Nothing::NotForThese);
    }
    if counted < least_minor {
        return Err(Nothing::TooLittle);
    }
    let unit = unit(currency);
    let total = match off {
        Off::Percent(percent) => i64::try_from(i128::from(counted) * i128::from(percent) / 100).unwrap_or(counted),
        Off::Sum(minor) => minor,
    };
    let total = total - total % unit;
    let all = lines.iter().map(|line| line.sum_minor).fold(0, i64::saturating_add);
    let most = lines.iter().map(|line| weight(line) / unit).fold(0, i64::saturating_add);
    if total < unit || total / unit > most || all - total < unit {
        return Err(Nothing::NothingLeft);
    }
    Ok(shared(total / unit, counted, &lines.iter().map(weight).collect::<Vec<_>>(), unit))
}

/// `units` over the weights, the largest remainders first; no line gives more than it has. What is left after the whole parts
/// is less than one for each line, and lines that are full leave theirs to the next ones: twice around is enough.
fn shared(units: i64, counted: i64, weights: &[i64], unit: i64) -> Vec<i64> {
    let exact = |weight: i64| i128::from(units) * i128::from(weight);
    let whole = |weight: i64| i64::try_from(exact(weight) / i128::from(counted)).unwrap_or(0);
    let mut shares: Vec<i64> = weights.iter().map(|weight| whole(*weight).min(weight / unit)).collect();
    let mut by_remainder: Vec<usize> = (0..weights.len()).collect();
    // Equal remainders: the earlier line first.
    by_remainder.sort_by_key(|place| std::cmp::Reverse(exact(weights[*place]) % i128::from(counted)));
    let mut left = units - shares.iter().sum::<i64>();
    for place in by_remainder.iter().cycle().take(weights.len() * 2) {
        let more = left.min(1).min(weights[*place] / unit - shares[*place]);
        shares[*place] += more;
        left -= more;
    }
    shares.into_iter().map(|share| share * unit).collect()
}

/// A code as it is compared: letters of any case, without what stands between them by accident.
#[must_use]
pub fn key(code: &str) -> Option<String> {
    let key: String = code.chars().filter(|letter| !letter.is_whitespace()).flat_map(char::to_uppercase).collect();
    let plain = key.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.'));
    let long = (limits::PROMO_MIN..=limits::PROMO_MAX).contains(&key.chars().count());
    (plain && long).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    const AMD: Currency = Currency::Amd;

    fn lines(sums: &[i64]) -> Vec<Line> {
        sums.iter().map(|sum| Line { sum_minor: sum.abs(), counts: *sum > 0 }).collect()
    }

    #[test]
    fn what_is_taken_off_is_shared_to_the_last_dram() {
        // A negative sum stands for a line that the code is not for.
        let table: [(Off, &[i64], &[i64]); 9] = [
            (Off::Percent(10), &[500_000], &[50_000]),
            (Off::Percent(15), &[285_000], &[42_700]),
            (Off::Percent(10), &[100_100, 100_100, 100_100], &[10_000, 10_000, 10_000]),
            (Off::Sum(10_000), &[100_000, 100_000, 100_000], &[3_400, 3_300, 3_300]),
            (Off::Sum(10_000), &[100, 300_000], &[0, 10_000]),
            (Off::Sum(50_000), &[-100_000, 200_000], &[0, 50_000]),
            (Off::Percent(99), &[100_000, 100], &[98_900, 100]),
            (Off::Sum(100), &[100, 100, 100], &[100, 0, 0]),
            (Off::Sum(100_000), &[100_000, -100_000], &[100_000, 0]),
        ];
        for (off, sums, expected) in table {
            assert_eq!(taken_off(off, 0, &lines(sums), AMD), Ok(expected.to_vec()), "{off:?} {sums:?}");
        }
    }

    #[test]
    fn it_is_said_why_nothing_is_taken_off() {
        use Nothing::{NotForThese, NothingLeft, TooLittle};
        let table: [(Off, i64, &[i64], Nothing); 7] = [
            (Off::Percent(10), 0, &[-500_000], NotForThese),
            (Off::Percent(10), 0, &[], NotForThese),
            (Off::Percent(10), 500_001, &[500_000, -900_000], TooLittle),
            (Off::Sum(500_000), 0, &[500_000], NothingLeft),
            (Off::Sum(600_000), 0, &[500_000, -900_000], NothingLeft),
            (Off::Percent(1), 0, &[9_900], NothingLeft),
            (Off::Percent(99), 0, &[100], NothingLeft),
        ];
        for (off, least, sums, why) in table {
            assert_eq!(taken_off(off, least, &lines(sums), AMD), Err(why), "{off:?} {sums:?}");
        }
    }

    #[test]
    fn whatever_the_lines_are_they_add_up() {
        let mut seed = 7_u64;
        let mut dice = move |most: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            i64::try_from((seed >> 33) % most).unwrap()
        };
        let mut taken = 0;
        for _ in 0..20_000 {
            let count = 1 + dice(6);
            let all: Vec<Line> = (0..count)
                .map(|_| Line { sum_minor: 1 + dice(50_000) * (1 + dice(99)), counts: dice(4) > 0 })
                .collect();
            let off = if dice(2) == 0 { Off::Percent(1 + dice(99)) } else { Off::Sum(100 * (1 + dice(40_000))) };
            let Ok(shares) = taken_off(off, 0, &all, AMD) else { continue };
            taken += 1;
            let sum: i64 = shares.iter().sum();
            let whole: i64 = all.iter().map(|line| line.sum_minor).sum();
            assert!(sum > 0 && sum < whole && sum % 100 == 0, "{off:?} {all:?} {shares:?}");
            for (line, share) in all.iter().zip(&shares) {
                assert!((0..=line.sum_minor).contains(share) && (line.counts || *share == 0), "{all:?} {shares:?}");
            }
            if let Off::Sum(minor) = off {
                assert_eq!(sum, minor, "{all:?} {shares:?}");
            }
        }
        assert!(taken > 10_000, "{taken}");
    }

    #[test]
    fn a_code_is_the_same_however_it_is_written() {
        let table = [
            (" spring10 ", Some("SPRING10")),
            ("Spring 10", Some("SPRING10")),
            ("գարուն-10", Some("ԳԱՐՈՒՆ-10")),
            ("весна", Some("ВЕСНА")),
            ("ab", None),
            ("<b>x</b>", None),
            ("", None),
        ];
        for (written, expected) in table {
            assert_eq!(key(written).as_deref(), expected, "{written}");
        }
    }
}
