//! A brake on guessing: so many tries of one key in a sliding window, kept in memory and bounded.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use domain::{Moment, moment::MINUTE};

const TRIES: usize = 10;
const WINDOW: i64 = 15 * MINUTE;
/// More keys than this are forgotten, the oldest window first.
const KEYS: usize = 10_000;

#[derive(Clone, Default)]
pub struct Throttle(Arc<Mutex<HashMap<String, Vec<Moment>>>>);

impl Throttle {
    /// Counts a try and says whether it is still within the limit.
    #[must_use]
    pub fn may_try(&self, key: &str, now: Moment) -> bool {
        let mut tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tries.len() >= KEYS {
            tries.retain(|_, times| times.last().is_some_and(|last| now.since(*last) < WINDOW));
        }
        let times = tries.entry(key.to_owned()).or_default();
        times.retain(|time| now.since(*time) < WINDOW);
        if times.len() >= TRIES {
            return false;
        }
        times.push(now);
        true
    }

    /// After a success the earlier tries do not count.
    pub fn forget(&self, key: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_tries_then_a_pause() {
        let brake = Throttle::default();
        let start = Moment(1_000_000);
        assert!((0..10).all(|_| brake.may_try("a@b.am", start)));
        assert!(!brake.may_try("a@b.am", start));
        assert!(brake.may_try("c@d.am", start));
        assert!(brake.may_try("a@b.am", start.plus(WINDOW)));
    }
}
