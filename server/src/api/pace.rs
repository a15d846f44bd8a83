//! The pace of each API key: a bucket that holds a burst and refills steadily.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use domain::{Moment, moment::SECOND};

/// Requests a key may make at once, and how many come back each second.
const BURST: i64 = 200;
const PER_SECOND: i64 = 50;
const FULL: i64 = BURST * SECOND;
/// More buckets than this are looked through for full ones, which need not be remembered.
const KEYS: usize = 10_000;

/// Thousandths of a request left to each key, and when that was.
#[derive(Clone, Default)]
pub(super) struct Pace(Arc<Mutex<HashMap<String, (i64, Moment)>>>);

const fn refilled(left: i64, passed: i64) -> i64 {
    let passed = if passed < 0 { 0 } else { passed };
    let left = left.saturating_add(passed.saturating_mul(PER_SECOND));
    if left > FULL { FULL } else { left }
}

impl Pace {
    pub(super) fn may_pass(&self, key: &str, now: Moment) -> bool {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= KEYS && !buckets.contains_key(key) {
            buckets.retain(|_, (left, at)| refilled(*left, now.since(*at)) < FULL);
        }
        let (left, at) = buckets.entry(key.to_owned()).or_insert((FULL, now));
        *left = refilled(*left, now.since(*at));
        *at = now;
        let pass = *left >= SECOND;
        *left -= if pass { SECOND } else { 0 };
        pass
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_the_steady_pace_and_each_key_its_own() {
        let pace = Pace::default();
        let start = Moment(1_000_000);
        assert!((0..BURST).all(|_| pace.may_pass("a", start)));
        assert!(!pace.may_pass("a", start));
        assert!(pace.may_pass("b", start));
        let later = start.plus(SECOND);
        assert_eq!((0..BURST).filter(|_| pace.may_pass("a", later)).count(), 50);
        assert!(!pace.may_pass("a", start), "a clock that goes back gives nothing");
    }
}
