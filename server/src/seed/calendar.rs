//! When orders of the past were made: more and more from year to year, more at weekends, and in the hours people are awake.

use domain::{
    Moment,
    moment::{DAY, HOUR},
};

use super::Dice;

/// The shop's day, in UTC: from ten in the morning until midnight in Yerevan.
const OPENS: i64 = 6 * HOUR;
const OPEN_FOR: i64 = 14 * HOUR;

/// `count` moments from `start` to `end`, in their order.
pub(super) fn moments(start: Moment, end: Moment, count: usize) -> impl Iterator<Item = Moment> {
    let first = start.0.div_euclid(DAY);
    let days: Vec<i64> = (first..=end.0.div_euclid(DAY)).collect();
    let (whole, count) = (days.iter().map(|day| weight(*day, first)).sum::<i64>(), i64::try_from(count).unwrap_or(0));
    let mut dice = Dice::new(730);
    let (mut passed, mut given, mut all) = (0, 0, Vec::new());
    for day in days {
        passed += weight(day, first);
        let until = count * passed / whole;
        let from = (day * DAY + OPENS).max(start.0);
        let room = (day * DAY + OPENS + OPEN_FOR).min(end.0) - from;
        // The last day may not have opened yet: its orders were made just before.
        let (from, room) = if room > 0 { (from, room) } else { (end.0 - HOUR, HOUR) };
        let mut times: Vec<Moment> = (given..until).map(|_| Moment(from + dice.number(room))).collect();
        times.sort_unstable();
        all.extend(times);
        given = until;
    }
    all.sort_unstable();
    all.into_iter()
}

/// Twice as many at the end as at the beginning; Friday to Sunday a third more.
const fn weight(day: i64, first: i64) -> i64 {
    let growth = 730 + (day - first);
    let weekend = matches!((day + 3).rem_euclid(7), 4..=6);
    growth * if weekend { 4 } else { 3 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_moment_lies_in_the_past_and_in_order() {
        let (start, end) = (Moment(1_700_000_000_000), Moment(1_700_000_000_000 + 730 * DAY));
        let all: Vec<Moment> = moments(start, end, 1_000).collect();
        assert_eq!(all.len(), 1_000);
        assert!(all.windows(2).all(|two| two[0] <= two[1]));
        assert!(all.first() >= Some(&start) && all.last() <= Some(&end));
        let middle = start.plus(365 * DAY);
        let early = all.iter().filter(|at| **at < middle).count();
        assert!((380..450).contains(&early), "a shop grows: {early}");
    }
}
