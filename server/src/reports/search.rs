//! What a person may mean by the words typed into the search of payments.

use domain::{Currency, Money};

/// The readings of one search; a payment that fits any of them is found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Reading {
    /// Exactly: our payment, order or link id, our order id at the provider, the provider's reference, an external order id.
    pub(super) exact: Option<String>,
    pub(super) order_number: Option<i64>,
    pub(super) telegram_user_id: Option<i64>,
    pub(super) amount_minor: Option<i64>,
    /// Words of a customer's name or user name.
    pub(super) name: Option<String>,
    /// As typed: a phone or an address, perhaps.
    pub(super) typed: String,
}

const PREFIXES: [&str; 3] = ["pay_", "ord_", "lnk_"];
/// Order numbers are this short; longer runs of digits are people or sums.
const ORDER_DIGITS: usize = 9;

pub(super) fn read(words: &str, currency: Currency) -> Option<Reading> {
    let words = words.trim();
    if words.is_empty() {
        return None;
    }
    if PREFIXES.iter().any(|prefix| words.starts_with(prefix)) {
        return Some(Reading { exact: Some(words.to_owned()), ..Reading::default() });
    }
    let mut reading = Reading { exact: Some(words.to_owned()), typed: words.to_owned(), ..Reading::default() };
    let bare = words.trim_start_matches(['#', '№', 'K', 'k', 'К', 'Կ']).trim_start_matches('-').trim();
    if let Ok(number) = bare.parse::<i64>() {
        reading.order_number = (bare.len() <= ORDER_DIGITS).then_some(number);
        reading.telegram_user_id = (bare == words).then_some(number);
    }
    reading.amount_minor = Money::parse_major(words, currency).ok().map(|money| money.amount_minor);
    if reading.order_number.is_none() && reading.amount_minor.is_none() {
        reading.name = Some(words.to_owned());
    }
    Some(reading)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(words: &str) -> Reading {
        read(words, Currency::Amd).unwrap()
    }

    #[test]
    fn digits_may_be_an_order_a_person_or_a_sum() {
        let found = reading("1042");
        assert_eq!(
            (found.order_number, found.telegram_user_id, found.amount_minor),
            (Some(1042), Some(1042), Some(104_200))
        );
        let found = reading("K1042");
        assert_eq!((found.order_number, found.telegram_user_id, found.amount_minor), (Some(1042), None, None));
        assert_eq!(reading("15 000 ֏").amount_minor, Some(1_500_000));
        assert_eq!(reading("7012345678901").order_number, None);
    }

    #[test]
    fn ids_are_taken_whole_and_all_else_may_be_a_name() {
        let found = reading(" pay_01jd ");
        assert_eq!(found, Reading { exact: Some("pay_01jd".into()), ..Reading::default() });
        assert_eq!(reading("անի").name.as_deref(), Some("անի"));
        assert_eq!(reading("@Kate").name.as_deref(), Some("@Kate"));
        assert_eq!(reading("K1042-1-abcde").exact.as_deref(), Some("K1042-1-abcde"));
        assert_eq!(read("  ", Currency::Amd), None);
    }
}
