//! Sums as people, banks and spreadsheets write them: read digit by digit, exactly or not at all.

use domain::Currency;

/// What a spreadsheet's number holds exactly; more digits are the noise of its arithmetic.
const DIGITS: usize = 15;

/// `15 000,00`, `15,000.00`, `-99.5` as minor units. Digits stand in groups of three or together; what could be read in two
/// ways is not read.
pub(super) fn written(text: &str, decimal: &str, currency: Currency) -> Option<i64> {
    let point = if decimal == "," { ',' } else { '.' };
    let (sign, text) = signed(text.trim());
    let text = text.trim_end_matches(currency.sign()).trim_end_matches(currency.as_str()).trim();
    let (whole, part) = text.split_once(point).unwrap_or((text, ""));
    // `15,000` with a comma before hundredths: fifteen, or fifteen thousand?
    if !part.is_empty() && grouped(text).is_some() {
        return None;
    }
    exact(sign, &grouped(whole)?, part, currency)
}

/// A number of a spreadsheet, in its shortest spelling, as minor units.
pub(super) fn counted(text: &str, currency: Currency) -> Option<i64> {
    let (sign, text) = signed(text);
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = whole.trim_start_matches('0').len() + part.len();
    if digits > DIGITS { None } else { exact(sign, whole, part, currency) }
}

/// The sign before hundredths, where these sums show it: the other one stands between their groups.
pub(super) fn decimal<'a>(mut sums: impl Iterator<Item = &'a str>) -> Option<&'static str> {
    sums.find_map(|sum| {
        let sum = sum.trim_matches(|c: char| !c.is_ascii_digit());
        let last = sum.chars().rev().find(|c| matches!(c, ',' | '.'))?;
        Some(if (last == ',') == grouped(sum).is_none() { "," } else { "." })
    })
}

fn signed(text: &str) -> (i64, &str) {
    text.strip_prefix(['-', '\u{2212}']).map_or((1, text), |rest| (-1, rest.trim_start()))
}

/// The digits of a whole number, without the one sign that stands between its groups of exactly three.
fn grouped(text: &str) -> Option<String> {
    let sign = |c: char| if c.is_whitespace() { ' ' } else { c };
    let mut between = text.chars().filter(|c| !c.is_ascii_digit()).map(sign);
    let first = between.next();
    let known = first.is_none_or(|c| matches!(c, ' ' | '\'' | '’' | ',' | '.'));
    if !known || between.any(|c| Some(c) != first) {
        return None;
    }
    let mut groups = text.split(|c: char| !c.is_ascii_digit());
    let head = groups.next().unwrap_or_default();
    let fits = first.is_none() || (!head.starts_with('0') && (1..=3).contains(&head.len()));
    let fits = fits && groups.all(|group| group.len() == 3);
    fits.then(|| text.chars().filter(char::is_ascii_digit).collect())
}

fn exact(sign: i64, whole: &str, part: &str, currency: Currency) -> Option<i64> {
    let digits = currency.exponent() as usize;
    let (part, rest) = part.split_at_checked(digits).unwrap_or((part, ""));
    let all = [whole, part].concat();
    let readable = !whole.is_empty() && all.bytes().all(|b| b.is_ascii_digit()) && rest.bytes().all(|b| b == b'0');
    let all = if readable { all.parse::<i64>().ok()? } else { return None };
    let missing = u32::try_from(digits - part.len()).ok()?;
    Some(sign * all.checked_mul(10_i64.checked_pow(missing)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_read_exactly_or_not_at_all() {
        let table = [
            ("15000", ".", Some(1_500_000)),
            ("15 000,00", ",", Some(1_500_000)),
            ("15\u{a0}000,00", ",", Some(1_500_000)),
            ("15,000.00", ".", Some(1_500_000)),
            ("15,000", ".", Some(1_500_000)),
            ("1'234'567.8", ".", Some(123_456_780)),
            ("15.000,5", ",", Some(1_500_050)),
            ("-99.50", ".", Some(-9_950)),
            ("\u{2212} 1 000", ".", Some(-100_000)),
            ("99.5000", ".", Some(9_950)),
            ("0.500", ".", Some(50)),
            ("15 000 ֏", ".", Some(1_500_000)),
            ("15 000,00 AMD", ",", Some(1_500_000)),
            ("5000,00", ".", None),
            ("5000.00", ",", None),
            ("15,000", ",", None),
            ("15.000", ".", None),
            ("1,50", ".", None),
            ("50,00.00", ".", None),
            ("15 000,000 00", ".", None),
            ("1,000 000.00", ".", None),
            ("1.000.00", ".", None),
            ("99.505", ".", None),
            ("12e3", ".", None),
            (".5", ".", None),
            ("99999999999999999999", ".", None),
            ("٣", ".", None),
            ("", ".", None),
            ("-", ".", None),
            ("abc", ".", None),
        ];
        for (text, decimal, wanted) in table {
            assert_eq!(written(text, decimal, Currency::Amd), wanted, "{text} by {decimal}");
        }
    }

    #[test]
    fn numbers_of_a_spreadsheet_have_one_spelling() {
        let table = [
            ("5000", Some(500_000)),
            ("4999.5", Some(499_950)),
            ("-0.05", Some(-5)),
            ("15.000", Some(1_500)),
            ("0.30000000000000004", None),
            ("4999,5", None),
            ("9007199254740993", None),
            ("NaN", None),
            ("", None),
        ];
        for (text, wanted) in table {
            assert_eq!(counted(text, Currency::Amd), wanted, "{text}");
        }
    }

    #[test]
    fn a_list_shows_its_own_sign() {
        let table: [(&[&str], Option<&str>); 9] = [
            (&["5000", "5000,00"], Some(",")),
            (&["5 000.00 ֏"], Some(".")),
            (&["15.000,5"], Some(",")),
            (&["15,000.50"], Some(".")),
            (&["-5,000"], Some(".")),
            (&["1.234.567"], Some(",")),
            (&["0,500"], Some(",")),
            (&["5000.000"], Some(".")),
            (&["5000", "", "abc"], None),
        ];
        for (sums, wanted) in table {
            assert_eq!(decimal(sums.iter().copied()), wanted, "{sums:?}");
        }
    }
}
