//! Which days the overview is about: a word in the address, or two days.

use domain::Day;
use serde::Deserialize;
use server::reports::Period;

use crate::{rooms::period, web::Desk};

/// Word in the address, key of its text.
pub(super) const CHOICES: [(&str, &str); 4] =
    [("today", "overview.today"), ("7", "overview.days_7"), ("30", "overview.days_30"), ("month", "overview.month")];
/// Longer spans are answered slowly; nobody compares more than a year with the year before.
const LONGEST: i64 = 366;

/// What the page is asked for, as it stands in its address.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    period: String,
    from: String,
    until: String,
}

impl Asked {
    /// The days, and the word they were chosen by; none for days of one's own.
    pub(super) fn days(&self, desk: &Desk) -> (Period, Option<&'static str>) {
        self.on(Day::of(desk.now(), desk.offset()))
    }

    fn on(&self, today: Day) -> (Period, Option<&'static str>) {
        if let Some(own) = period::read(&self.from, &self.until) {
            return (Period::up_to(own.last, own.days().min(LONGEST)), None);
        }
        match self.period.as_str() {
            "today" => (Period::up_to(today, 1), Some("today")),
            "30" => (Period::up_to(today, 30), Some("30")),
            "month" => (Period::between(today.first_of_month(), today), Some("month")),
            _ => (Period::up_to(today, 7), Some("7")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_by_word_by_hand_and_by_nothing() {
        let today: Day = "2026-11-26".parse().unwrap();
        let asked = |word: &str, from: &str, until: &str| {
            let asked = Asked { period: word.to_owned(), from: from.to_owned(), until: until.to_owned() };
            let (days, word) = asked.on(today);
            (days.first.to_string(), days.last.to_string(), word)
        };
        let wanted = |from: &str, until: &str, word| (from.to_owned(), until.to_owned(), word);
        assert_eq!(asked("today", "", ""), wanted("2026-11-26", "2026-11-26", Some("today")));
        assert_eq!(asked("", "", ""), wanted("2026-11-20", "2026-11-26", Some("7")));
        assert_eq!(asked("30", "", ""), wanted("2026-10-28", "2026-11-26", Some("30")));
        assert_eq!(asked("month", "", ""), wanted("2026-11-01", "2026-11-26", Some("month")));
        assert_eq!(asked("7", "2026-11-05", "2026-11-01"), wanted("2026-11-01", "2026-11-05", None));
        assert_eq!(asked("", "2020-01-01", "2026-11-26"), wanted("2025-11-26", "2026-11-26", None), "a year at most");
        assert_eq!(asked("", "yesterday", ""), wanted("2026-11-20", "2026-11-26", Some("7")));
    }
}
