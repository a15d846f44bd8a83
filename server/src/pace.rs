//! The pace of each caller: a bucket that holds a burst and refills steadily.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use domain::{Moment, moment::SECOND};

/// More buckets than this are looked through for full ones, which need not be remembered.
const KEYS: usize = 10_000;

/// Cheap to clone: the buckets are shared.
#[derive(Clone)]
pub(crate) struct Pace {
    burst: i64,
    per_second: i64,
    /// Thousandths of a request left to each key, and when that was.
    buckets: Arc<Mutex<HashMap<String, (i64, Moment)>>>,
}

impl Pace {
    /// So many requests of a key at once, and so many come back each second.
    pub(crate) fn of(burst: i64, per_second: i64) -> Self {
        Self { burst, per_second, buckets: Arc::default() }
    }

    const fn full(&self) -> i64 {
        self.burst * SECOND
    }

    fn refilled(&self, left: i64, passed: i64) -> i64 {
        left.saturating_add(passed.max(0).saturating_mul(self.per_second)).min(self.full())
    }

    pub(crate) fn may_pass(&self, key: &str, now: Moment) -> bool {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= KEYS && !buckets.contains_key(key) {
            buckets.retain(|_, (left, at)| self.refilled(*left, now.since(*at)) < self.full());
        }
        let (left, at) = buckets.entry(key.to_owned()).or_insert((self.full(), now));
        *left = self.refilled(*left, now.since(*at));
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
        let pace = Pace::of(200, 50);
        let start = Moment(1_000_000);
        assert!((0..200).all(|_| pace.may_pass("a", start)));
        assert!(!pace.may_pass("a", start));
        assert!(pace.may_pass("b", start));
        let later = start.plus(SECOND);
        assert_eq!((0..200).filter(|_| pace.may_pass("a", later)).count(), 50);
        assert!(!pace.may_pass("a", start), "a clock that goes back gives nothing");
    }
}
