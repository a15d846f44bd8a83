//! Money: an integer of minor units and an ISO 4217 currency. No floats, no silent rounding, no overflow.

use std::fmt::{self, Write};

use serde::{Deserialize, Serialize};

words! {
    /// The currencies a merchant in Armenia may ask for. AMD has two minor digits in ISO 4217: 15 000 ֏ is 1 500 000.
    Currency { Amd = "AMD", Usd = "USD", Eur = "EUR", Rub = "RUB" }
}

impl Currency {
    /// Digits after the decimal separator (ISO 4217).
    #[must_use]
    pub const fn exponent(self) -> u32 {
        match self {
            Self::Amd | Self::Usd | Self::Eur | Self::Rub => 2,
        }
    }

    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Amd => "֏",
            Self::Usd => "$",
            Self::Eur => "€",
            Self::Rub => "₽",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Money {
    pub amount_minor: i64,
    pub currency: Currency,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    #[error("sums in different currencies cannot be added")]
    Currency,
    #[error("the sum is too large")]
    Overflow,
    #[error("not a sum: write digits only, for example 15000 or 15 000")]
    NotASum,
    #[error("this sum cannot be written exactly with the digits the other side counts in")]
    Inexact,
}

impl Money {
    #[must_use]
    pub const fn new(amount_minor: i64, currency: Currency) -> Self {
        Self { amount_minor, currency }
    }

    #[must_use]
    pub const fn amd(amount_minor: i64) -> Self {
        Self::new(amount_minor, Currency::Amd)
    }

    /// # Errors
    /// When currencies differ or the sum overflows.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::Currency);
        }
        let amount_minor = self.amount_minor.checked_add(other.amount_minor).ok_or(MoneyError::Overflow)?;
        Ok(Self { amount_minor, ..self })
    }

    /// # Errors
    /// When the product overflows.
    pub fn times(self, quantity: i64) -> Result<Self, MoneyError> {
        let amount_minor = self.amount_minor.checked_mul(quantity).ok_or(MoneyError::Overflow)?;
        Ok(Self { amount_minor, ..self })
    }

    /// The integer another system counts in, `exponent` digits after the point. Exact or refused.
    ///
    /// # Errors
    /// When digits would be lost or the number overflows.
    pub fn to_units(self, exponent: u32) -> Result<i64, MoneyError> {
        rescale(self.amount_minor, self.currency.exponent(), exponent)
    }

    /// The reverse of [`Money::to_units`].
    ///
    /// # Errors
    /// When digits would be lost or the number overflows.
    pub fn from_units(units: i64, exponent: u32, currency: Currency) -> Result<Self, MoneyError> {
        Ok(Self { amount_minor: rescale(units, exponent, currency.exponent())?, currency })
    }

    /// For files and machines, exactly: `15000.00`.
    #[must_use]
    pub fn decimal(self) -> String {
        let (base, width) = (10_u64.pow(self.currency.exponent()), self.currency.exponent() as usize);
        let (minor, sign) = (self.amount_minor.unsigned_abs(), if self.amount_minor < 0 { "-" } else { "" });
        format!("{sign}{}.{:0width$}", minor / base, minor % base)
    }

    /// What a person typed, in major units: `15000`, `15 000`, `15 000 ֏`, `99,50`.
    ///
    /// # Errors
    /// When it is no sum or has more digits than the currency.
    pub fn parse_major(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let clean: String =
            text.trim().trim_end_matches(currency.sign()).chars().filter(|c| !c.is_whitespace()).collect();
        let (whole, part) = clean.split_once(['.', ',']).unwrap_or((&clean, ""));
        let digits = currency.exponent() as usize;
        let only_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !only_digits(whole) || !only_digits(part) || part.len() > digits {
            return Err(MoneyError::NotASum);
        }
        let amount_minor = format!("{whole}{part:0<digits$}").parse().map_err(|_| MoneyError::Overflow)?;
        Ok(Self { amount_minor, currency })
    }
}

fn rescale(value: i64, from: u32, to: u32) -> Result<i64, MoneyError> {
    let factor = 10_i64.checked_pow(from.abs_diff(to)).ok_or(MoneyError::Overflow)?;
    if to >= from {
        value.checked_mul(factor).ok_or(MoneyError::Overflow)
    } else if value % factor == 0 {
        Ok(value / factor)
    } else {
        Err(MoneyError::Inexact)
    }
}

/// As people in Armenia write it: `15 000 ֏`, `99,50 $`. Spaces do not break the line.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let base = 10_u64.pow(self.currency.exponent());
        let (whole, part) = (self.amount_minor.unsigned_abs() / base, self.amount_minor.unsigned_abs() % base);
        if self.amount_minor < 0 {
            f.write_str("\u{2212}")?;
        }
        let digits = whole.to_string();
        for (i, digit) in digits.chars().enumerate() {
            if i > 0 && (digits.len() - i).is_multiple_of(3) {
                f.write_str("\u{202f}")?;
            }
            f.write_char(digit)?;
        }
        if part > 0 {
            write!(f, ",{part:0width$}", width = self.currency.exponent() as usize)?;
        }
        write!(f, "\u{a0}{}", self.currency.sign())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_decimal_is_exact_at_every_size() {
        let table =
            [(0, "0.00"), (5, "0.05"), (-5, "-0.05"), (1_500_000, "15000.00"), (i64::MAX, "92233720368547758.07")];
        for (minor, text) in table {
            assert_eq!(Money::amd(minor).decimal(), text);
        }
        assert_eq!(Money::amd(i64::MIN).decimal(), "-92233720368547758.08");
    }

    #[test]
    fn sums_are_written_as_in_shops() {
        let table = [
            (1_500_000, "15\u{202f}000\u{a0}֏"),
            (0, "0\u{a0}֏"),
            (99_900, "999\u{a0}֏"),
            (15_050, "150,50\u{a0}֏"),
            (-100_000, "\u{2212}1\u{202f}000\u{a0}֏"),
            (i64::MAX, "92\u{202f}233\u{202f}720\u{202f}368\u{202f}547\u{202f}758,07\u{a0}֏"),
        ];
        for (minor, text) in table {
            assert_eq!(Money::amd(minor).to_string(), text);
        }
    }

    #[test]
    fn typed_sums() {
        for good in ["15000", "15 000", "15\u{a0}000 ֏", "15000,00", "15000.0"] {
            assert_eq!(Money::parse_major(good, Currency::Amd), Ok(Money::amd(1_500_000)), "{good}");
        }
        for bad in ["", "-5", "1e3", "12,345", "abc", "1,2,3", "֏", "99999999999999999999"] {
            assert!(Money::parse_major(bad, Currency::Amd).is_err(), "{bad}");
        }
    }

    #[test]
    fn foreign_units_are_exact_or_refused() {
        assert_eq!(Money::amd(1_500_000).to_units(0), Ok(15_000));
        assert_eq!(Money::amd(1_500_050).to_units(0), Err(MoneyError::Inexact));
        assert_eq!(Money::from_units(15_000, 0, Currency::Amd), Ok(Money::amd(1_500_000)));
        assert_eq!(Money::amd(i64::MAX).plus(Money::amd(1)), Err(MoneyError::Overflow));
    }

    proptest! {
        #[test]
        fn what_is_shown_can_be_typed_back(minor in 0..i64::MAX / 2) {
            let money = Money::amd(minor);
            prop_assert_eq!(Money::parse_major(&money.to_string(), Currency::Amd), Ok(money));
        }
    }
}
