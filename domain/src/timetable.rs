//! A timetable: on these days of the week, from the first start to the last, every so many minutes. Knows no clock.

use crate::{
    day::Day,
    moment::{MINUTE, Moment},
};

/// Days at once: more than a year is a slip of the pen.
const MOST_DAYS: i64 = 370;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timetable {
    pub from: Day,
    /// The last day, itself included.
    pub until: Day,
    /// Monday first.
    pub weekdays: [bool; 7],
    /// Minutes after midnight.
    pub first: i64,
    pub last: i64,
    /// Minutes from one start to the next.
    pub every: i64,
}

impl Timetable {
    /// All starts, in order, in a zone `offset_minutes` east of UTC. None for a timetable that makes no sense.
    #[must_use]
    pub fn starts(&self, offset_minutes: i32) -> Vec<Moment> {
        let mut starts = Vec::new();
        if self.every < 1 || self.first < 0 || self.last >= 24 * 60 {
            return starts;
        }
        let days = (0..MOST_DAYS).map(|number| self.from.plus(number)).take_while(|day| *day <= self.until);
        for day in days.filter(|day| self.weekdays[day.weekday()]) {
            let midnight = day.span(offset_minutes).0;
            let mut at = self.first;
            while at <= self.last {
                starts.push(midnight.plus(at * MINUTE));
                at += self.every;
            }
        }
        starts
    }
}

/// `18:30` as minutes after midnight.
#[must_use]
pub fn clock_time(text: &str) -> Option<i64> {
    let (hours, minutes) = text.trim().split_once(':')?;
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    ((0..24).contains(&hours) && (0..60).contains(&minutes)).then_some(hours * 60 + minutes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn week() -> Timetable {
        Timetable {
            from: "2026-11-23".parse().unwrap(),
            until: "2026-11-29".parse().unwrap(),
            weekdays: [false, true, false, false, false, false, true],
            first: 10 * 60,
            last: 12 * 60,
            every: 60,
        }
    }

    #[test]
    fn tuesday_and_sunday_from_ten_to_noon() {
        let local: Vec<_> = week().starts(240).into_iter().map(|start| start.local(240)).collect();
        let days = ["24.11.2026", "29.11.2026"];
        let wanted: Vec<_> =
            days.iter().flat_map(|day| ["10:00", "11:00", "12:00"].map(|time| format!("{day} {time}"))).collect();
        assert_eq!(local, wanted);
    }

    #[test]
    fn nonsense_makes_no_times() {
        assert!(Timetable { every: 0, ..week() }.starts(240).is_empty());
        assert!(Timetable { last: 24 * 60, ..week() }.starts(240).is_empty());
        assert!(Timetable { until: week().from.plus(-1), ..week() }.starts(240).is_empty());
        let long = Timetable { until: week().from.plus(10_000), last: 600, weekdays: [true; 7], ..week() };
        assert_eq!(long.starts(240).len(), 370);
    }

    #[test]
    fn times_of_the_clock() {
        assert_eq!((clock_time("18:30"), clock_time(" 00:00 ")), (Some(1_110), Some(0)));
        assert!(["24:00", "12:60", "12", "-1:00", "noon"].iter().all(|text| clock_time(text).is_none()));
    }
}
