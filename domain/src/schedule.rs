//! When people are reminded and told how the shop does. Knows no clock: what is due follows from what has happened.

use crate::{day::Day, limits, moment::HOUR, moment::MINUTE, moment::Moment};

/// How customers are reminded of an order they have not paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reminders {
    /// Of silence before each reminder; 0: nobody is reminded.
    pub after_minutes: i32,
    /// For one order.
    pub at_most: i32,
}

impl Reminders {
    #[must_use]
    pub const fn wanted(self) -> bool {
        self.after_minutes > 0 && self.at_most > 0
    }

    /// Whether a reminder is due of an order with `reminded` of them sent, whose customer last did something about it at
    /// `touched`, and which can be paid until `closes`. Not at the very end: whoever reads it must still be able to pay.
    #[must_use]
    pub const fn due(self, reminded: i32, touched: Moment, closes: Option<Moment>, now: Moment) -> bool {
        if !self.wanted() || reminded >= self.at_most {
            return false;
        }
        let wait = self.after_minutes as i64 * MINUTE * (reminded as i64 + 1);
        let open = match closes {
            Some(closes) => closes.since(now) >= limits::REMINDER_LEAD,
            None => true,
        };
        open && now.since(touched) >= wait
    }
}

words! {
    /// How much time a digest tells of.
    DigestOf { Day = "day", Week = "week" }
}

/// When the shop's people are told how it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digests {
    pub daily: bool,
    /// On Mondays, of the week before.
    pub weekly: bool,
    /// Of the shop's clock, 0–23.
    pub hour: i32,
}

impl Digests {
    /// What is due at a moment of the shop's day: what the days before it were like.
    #[must_use]
    pub fn due(self, now: Moment, offset_minutes: i32) -> Vec<(DigestOf, Day, Day)> {
        let today = Day::of(now, offset_minutes);
        let hour = now.since(today.span(offset_minutes).0) / HOUR;
        if hour < i64::from(self.hour) { Vec::new() } else { self.on(today) }
    }

    /// What is told on `day`: the first and the last day of each digest.
    fn on(self, day: Day) -> Vec<(DigestOf, Day, Day)> {
        let daily = self.daily.then(|| (DigestOf::Day, day.plus(-1), day.plus(-1)));
        let weekly = (self.weekly && day.weekday() == 0).then(|| (DigestOf::Week, day.plus(-7), day.plus(-1)));
        daily.into_iter().chain(weekly).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: Moment = Moment(1_764_000_000_000);

    #[test]
    fn reminders_come_after_silence_and_end() {
        let rule = Reminders { after_minutes: 20, at_most: 2 };
        let after = |minutes: i64| START.plus(minutes * MINUTE);
        let closes = Some(after(60));
        let table = [
            (rule, 0, 19, closes, false),
            (rule, 0, 20, closes, true),
            (rule, 1, 39, closes, false),
            (rule, 1, 40, closes, true),
            (rule, 2, 59, None, false),
            (rule, 0, 55, closes, true),
            (rule, 0, 56, closes, false),
            (rule, 0, 600, None, true),
            (Reminders { after_minutes: 0, ..rule }, 0, 600, None, false),
            (Reminders { at_most: 0, ..rule }, 0, 600, None, false),
        ];
        for (rule, reminded, minutes, closes, wanted) in table {
            assert_eq!(rule.due(reminded, START, closes, after(minutes)), wanted, "{rule:?} {reminded} {minutes}");
        }
    }

    #[test]
    fn a_digest_tells_of_what_is_over() {
        let monday: Day = "2026-11-23".parse().unwrap();
        let both = Digests { daily: true, weekly: true, hour: 9 };
        let told = both.on(monday);
        assert_eq!(told[0], (DigestOf::Day, monday.plus(-1), monday.plus(-1)));
        assert_eq!(told[1], (DigestOf::Week, monday.plus(-7), monday.plus(-1)));
        assert_eq!(both.on(monday.plus(1)).len(), 1);
        assert!(Digests { daily: false, weekly: false, hour: 9 }.on(monday).is_empty());
    }

    proptest! {
        #[test]
        fn nothing_is_told_before_the_hour(at in 0_i64..4_000_000_000_000, hour in 0..24, offset in -720..=840) {
            let digests = Digests { daily: true, weekly: false, hour };
            let start = Moment(at).start_of_day(offset);
            let due = digests.due(Moment(at), offset);
            prop_assert_eq!(due.is_empty(), Moment(at).since(start) < i64::from(hour) * HOUR);
            for (_, first, last) in due {
                prop_assert_eq!((first, last.span(offset).1), (last, start));
            }
        }
    }
}
