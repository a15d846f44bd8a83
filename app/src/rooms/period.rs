//! A span of days in an address: `from` and `until`, both included, in the shop's zone.

use domain::{Day, Moment};
use server::reports::Period;

/// The days that the two words of an address name; one alone is a day.
pub(super) fn read(from: &str, until: &str) -> Option<Period> {
    let (from, until) = (from.parse::<Day>().ok(), until.parse::<Day>().ok());
    Some(Period::between(from.or(until)?, until.or(from)?))
}

/// From the first moment until before the last.
pub(super) fn moments(from: &str, until: &str, offset_minutes: i32) -> Option<(Moment, Moment)> {
    read(from, until).map(|days| (days.first.span(offset_minutes).0, days.last.span(offset_minutes).1))
}

/// `20.11.2026`, or `20.11.2026 – 26.11.2026`.
pub(super) fn words(days: Period) -> String {
    if days.first == days.last { days.first.local() } else { [days.first.local(), days.last.local()].join(" – ") }
}

/// As it stands in an address.
pub(super) fn in_address(days: Period) -> String {
    ["from=", &days.first.to_string(), "&until=", &days.last.to_string()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_the_shops_own() {
        let (from, until) = moments("2026-11-24", "2026-11-25", 240).unwrap();
        assert_eq!(
            (from.rfc3339().as_str(), until.rfc3339().as_str()),
            ("2026-11-23T20:00:00Z", "2026-11-25T20:00:00Z")
        );
        assert_eq!(moments("2026-11-25", "2026-11-24", 240), Some((from, until)), "either way round");
        assert_eq!(read("2026-11-24", ""), read("2026-11-24", "2026-11-24"));
        assert_eq!(read("24.11.2026", ""), None);
        let days = read("2026-11-24", "2026-11-25").unwrap();
        assert_eq!(
            (words(days).as_str(), in_address(days).as_str()),
            ("24.11.2026 – 25.11.2026", "from=2026-11-24&until=2026-11-25")
        );
    }
}
