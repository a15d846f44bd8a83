//! `Day`: a day of the calendar, written `2026-11-23`. Which moments it holds depends on the shop's zone.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::moment::{BadMoment, DAY, MINUTE, Moment};

/// Counted from the first day of 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(i64);

impl Day {
    /// The day of `moment` in a zone `offset_minutes` east of UTC.
    #[must_use]
    pub const fn of(moment: Moment, offset_minutes: i32) -> Self {
        Self((moment.0 + offset_minutes as i64 * MINUTE).div_euclid(DAY))
    }

    /// Its first moment, and the first that is no longer in it.
    #[must_use]
    pub const fn span(self, offset_minutes: i32) -> (Moment, Moment) {
        let from = Moment(self.0 * DAY - offset_minutes as i64 * MINUTE);
        (from, from.plus(DAY))
    }

    /// Counted from the first day of 1970: how databases keep it.
    #[must_use]
    pub const fn number(self) -> i64 {
        self.0
    }

    #[must_use]
    pub const fn plus(self, days: i64) -> Self {
        Self(self.0 + days)
    }

    /// The first day of its month.
    #[must_use]
    pub fn first_of_month(self) -> Self {
        let day = self.local().get(..2).and_then(|day| day.parse().ok()).unwrap_or(1);
        self.plus(1 - day)
    }

    /// 0 is Monday, 6 is Sunday.
    #[must_use]
    pub const fn weekday(self) -> usize {
        // The first day of 1970 was a Thursday.
        (self.0 + 3).rem_euclid(7) as usize
    }

    /// As people in Armenia write it: `23.11.2026`.
    #[must_use]
    pub fn local(self) -> String {
        Moment(self.0 * DAY).local(0).chars().take(10).collect()
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Moment(self.0 * DAY).rfc3339().get(..10).unwrap_or_default())
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        std::borrow::Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl FromStr for Day {
    type Err = BadMoment;

    fn from_str(text: &str) -> Result<Self, BadMoment> {
        let midnight = Moment::parse(&format!("{text}T00:00:00Z"))?;
        let day = Self::of(midnight, 0);
        // One day, one spelling.
        if day.to_string() == text { Ok(day) } else { Err(BadMoment) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_reads_back_and_holds_its_moments_only() {
        let day: Day = "2026-11-24".parse().unwrap();
        assert_eq!((day.to_string(), day.local()), ("2026-11-24".to_owned(), "24.11.2026".to_owned()));
        let (from, until) = day.span(240);
        assert_eq!(from.rfc3339(), "2026-11-23T20:00:00Z");
        assert_eq!((Day::of(from, 240), Day::of(until.plus(-1), 240)), (day, day));
        assert_eq!((Day::of(from.plus(-1), 240), Day::of(until, 240)), (day.plus(-1), day.plus(1)));
        assert_eq!((day.weekday(), day.plus(-1).weekday(), day.plus(-2).weekday()), (1, 0, 6));
        assert_eq!(
            (day.first_of_month().to_string(), day.first_of_month().first_of_month()),
            ("2026-11-01".to_owned(), day.first_of_month())
        );
        assert_eq!("1969-12-31".parse::<Day>().unwrap().plus(1).to_string(), "1970-01-01");
        for wrong in ["", "24.11.2026", "2026-13-01", "2026-02-30", "2026-11-24 ", "2026-11-24T00:00:00Z"] {
            assert!(wrong.parse::<Day>().is_err(), "{wrong}");
        }
    }
}
