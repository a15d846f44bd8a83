//! Membership of a club: how long it lasts, when its end is told, when a member has to leave, and when one who left is asked
//! to come back.

use crate::moment::{DAY, Moment};

/// Days before the end on which it is told, the first reminder first.
const REMINDED: [i64; 2] = [3, 1];

/// The end after a purchase: it goes on from the old end where that is still ahead. `old` is that of the membership there
/// was; no end is for ever, and so is a club without a period.
#[must_use]
pub fn extended(old: Option<Option<Moment>>, now: Moment, days: Option<i64>, times: i64) -> Option<Moment> {
    let from = match old {
        Some(None) => return None,
        Some(Some(end)) => Moment(end.0.max(now.0)),
        None => now,
    };
    days.map(|days| from.plus(days.saturating_mul(times.max(1)).saturating_mul(DAY)))
}

/// Whether somebody may be in the chat: until the end, and for the days of grace behind it.
#[must_use]
pub fn is_alive(until: Option<Moment>, grace_days: i64, now: Moment) -> bool {
    until.is_none_or(|until| now < until.plus(grace_days * DAY))
}

/// How many reminders of an end are behind us: of those nobody hears any more.
#[must_use]
pub fn reminders_past(until: Option<Moment>, now: Moment) -> i32 {
    let Some(until) = until else { return 0 };
    i32::try_from(REMINDED.iter().filter(|days| now >= until.plus(-**days * DAY)).count()).unwrap_or_default()
}

/// What the clock asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// The reminder of this number.
    Remind(i32),
    Leave,
}

#[must_use]
pub fn due(until: Moment, grace_days: i64, reminded: i32, now: Moment) -> Option<Due> {
    if !is_alive(Some(until), grace_days, now) {
        return Some(Due::Leave);
    }
    let past = reminders_past(Some(until), now);
    (now < until && past > reminded).then_some(Due::Remind(past))
}

/// How those who left are asked to come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WinBack {
    /// Days since the end before the first message, and since each before the next.
    pub after_days: i64,
    /// For one end; 0: nobody is asked.
    pub at_most: i32,
}

impl WinBack {
    /// Who left longer ago is not asked any more: to turn it on must not wake up everybody there ever was.
    pub const DAYS: i64 = 90;
    pub const MOST_AFTER: i64 = 60;
    pub const MOST: i32 = 3;

    #[must_use]
    pub const fn wanted(self) -> bool {
        self.at_most > 0
    }

    /// Whether a message is due to somebody who had to leave at `ended`, of whom `asked` were sent, the last at `last`.
    #[must_use]
    pub fn due(self, ended: Moment, asked: i32, last: Option<Moment>, now: Moment) -> bool {
        // A message of a former end is no message of this one.
        let from = last.filter(|_| asked > 0).map_or(ended, |last| Moment(last.0.max(ended.0)));
        asked < self.at_most && now >= from.plus(self.after_days * DAY) && now < ended.plus(Self::DAYS * DAY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment(1_800_000_000_000);

    fn day(days: i64) -> Moment {
        NOW.plus(days * DAY)
    }

    #[test]
    fn a_purchase_goes_on_from_the_later_of_now_and_the_old_end() {
        for (old, days, times, new) in [
            (None, Some(30), 1, Some(day(30))),
            (None, Some(30), 2, Some(day(60))),
            (Some(Some(day(10))), Some(30), 1, Some(day(40))),
            (Some(Some(day(-10))), Some(30), 1, Some(day(30))),
            (Some(Some(day(10))), None, 1, None),
            (Some(None), Some(30), 1, None),
        ] {
            assert_eq!(extended(old, NOW, days, times), new, "{old:?} {days:?}");
        }
    }

    #[test]
    fn who_left_is_asked_back_so_often_and_not_after_long() {
        let rule = WinBack { after_days: 7, at_most: 2 };
        for (rule, ended, asked, last, wanted) in [
            (rule, -6, 0, None, false),
            (rule, -7, 0, None, true),
            (rule, -7, 0, Some(-40), true),
            (rule, -30, 1, Some(-6), false),
            (rule, -30, 1, Some(-7), true),
            (rule, -60, 2, Some(-30), false),
            (rule, -89, 0, None, true),
            (rule, -90, 0, None, false),
            (WinBack { at_most: 0, ..rule }, -30, 0, None, false),
        ] {
            assert_eq!(rule.due(day(ended), asked, last.map(day), NOW), wanted, "{rule:?} {ended} {asked} {last:?}");
        }
        assert!(rule.wanted() && !WinBack { at_most: 0, ..rule }.wanted());
    }

    #[test]
    fn reminders_come_before_the_end_each_once_and_leaving_after_the_grace() {
        for (until, reminded, wanted) in [
            (day(4), 0, None),
            (day(3), 0, Some(Due::Remind(1))),
            (day(2), 1, None),
            (day(1), 1, Some(Due::Remind(2))),
            (day(1), 0, Some(Due::Remind(2))),
            (day(0), 0, None),
            (day(-1), 2, None),
            (day(-2), 2, Some(Due::Leave)),
        ] {
            assert_eq!(due(until, 2, reminded, NOW), wanted, "{until:?} {reminded}");
        }
        assert!(is_alive(None, 0, NOW) && is_alive(Some(day(-1)), 2, NOW) && !is_alive(Some(day(-2)), 2, NOW));
        assert_eq!([1, 2, 4].map(|days| reminders_past(Some(day(days)), NOW)), [2, 1, 0]);
    }
}
