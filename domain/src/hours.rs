//! When a shop is open, day by day of its own clock. It is said to customers and holds no sale back.

use std::fmt;

use serde::Serialize;

/// From and until, in minutes of the day.
pub type Span = (u16, u16);

const DAY: u16 = 24 * 60;

/// Monday first; a day without a span is closed. Nothing at all is said by hours without any span.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(into = "String")]
pub struct Hours([Option<Span>; 7]);

/// The day whose times do not fit together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadDay(pub usize);

impl Hours {
    /// # Errors
    /// The first day that ends before it begins.
    pub fn new(days: [Option<Span>; 7]) -> Result<Self, BadDay> {
        let bad = days.iter().position(|day| day.is_some_and(|(from, until)| from >= until || until > DAY));
        bad.map_or(Ok(Self(days)), |day| Err(BadDay(day)))
    }

    /// As it was written down; what cannot be read says nothing.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let mut days = [None; 7];
        for (day, part) in days.iter_mut().zip(text.split(',')) {
            *day = part.split_once('-').and_then(|(from, until)| Some((from.parse().ok()?, until.parse().ok()?)));
        }
        Self::new(days).unwrap_or_default()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }

    #[must_use]
    pub const fn days(&self) -> &[Option<Span>; 7] {
        &self.0
    }

    /// Days in a row with the same hours, as one: first day, last day, and when.
    #[must_use]
    pub fn runs(&self) -> Vec<(usize, usize, Option<Span>)> {
        let mut runs: Vec<(usize, usize, Option<Span>)> = Vec::new();
        for (day, span) in self.0.iter().enumerate() {
            match runs.last_mut() {
                Some((_, last, same)) if same == span => *last = day,
                _ => runs.push((day, day, *span)),
            }
        }
        runs
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return Ok(());
        }
        for (place, day) in self.0.iter().enumerate() {
            f.write_str(if place > 0 { "," } else { "" })?;
            if let Some((from, until)) = day {
                write!(f, "{from}-{until}")?;
            }
        }
        Ok(())
    }
}

impl From<Hours> for String {
    fn from(hours: Hours) -> Self {
        hours.to_string()
    }
}

/// `10:00`
#[must_use]
pub fn clock(minutes: u16) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// Minutes of the day; midnight at its end is `24:00`, and `00:00` as an end too.
#[must_use]
pub fn minutes(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once(':')?;
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.get(..2)?.parse().ok()?);
    let all = hour.checked_mul(60)?.checked_add(minute)?;
    (minute < 60 && all <= DAY).then_some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_down_is_read_back() {
        let work = Some((600, 1_140));
        let hours = Hours::new([work, work, work, work, work, Some((660, 1_020)), None]).unwrap();
        assert_eq!(Hours::read(&hours.to_string()), hours);
        assert_eq!(hours.runs(), [(0, 4, work), (5, 5, Some((660, 1_020))), (6, 6, None)]);
        assert_eq!(Hours::default().to_string(), "");
        assert!(Hours::read("").is_empty() && Hours::read("never").is_empty() && Hours::read("9-8").is_empty());
    }

    #[test]
    fn a_day_ends_after_it_begins() {
        let mut days = [None; 7];
        days[2] = Some((600, 600));
        assert_eq!(Hours::new(days), Err(BadDay(2)));
        days[2] = Some((600, 1_441));
        assert_eq!(Hours::new(days), Err(BadDay(2)));
        assert_eq!(
            (minutes("10:05"), minutes("24:00"), minutes("9:7"), minutes("25:00")),
            (Some(605), Some(1_440), None, None)
        );
        assert_eq!(clock(605), "10:05");
    }
}
