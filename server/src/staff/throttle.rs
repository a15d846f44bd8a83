//! A brake on guessing: so many tries of one key in a sliding window, kept in memory and bounded.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use domain::{Moment, moment::MINUTE};

const TRIES: usize = 10;
const WINDOW: i64 = 15 * MINUTE;
/// Of more keys than this, those tried longest ago are forgotten.
const KEYS: usize = 10_000;

#[derive(Clone, Default)]
pub struct Throttle(Arc<Mutex<HashMap<String, Vec<Moment>>>>);

impl Throttle {
    /// Counts a try and says whether it is still within the limit.
    #[must_use]
    pub fn may_try(&self, key: &str, now: Moment) -> bool {
        let mut tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tries.len() >= KEYS && !tries.contains_key(key) {
            make_room(&mut tries, now);
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

/// Forgets what is past; where that is not enough, the half that was tried longest ago.
fn make_room(tries: &mut HashMap<String, Vec<Moment>>, now: Moment) {
    tries.retain(|_, times| times.last().is_some_and(|last| now.since(*last) < WINDOW));
    if tries.len() < KEYS {
        return;
    }
    let mut last: Vec<Moment> = tries.values().filter_map(|times| times.last().copied()).collect();
    last.sort_unstable();
    let middle = last[last.len() / 2];
    let mut spare = KEYS / 2;
    tries.retain(|_, times| {
        let old = spare > 0 && times.last().is_none_or(|last| *last <= middle);
        spare -= usize::from(old);
        !old
    });
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

    #[test]
    fn memory_is_bounded_and_the_freshest_are_kept() {
        let brake = Throttle::default();
        let start = Moment(1_000_000);
        for number in 0..3 * KEYS {
            let now = start.plus(i64::try_from(number).unwrap() / 100);
            assert!(brake.may_try(&number.to_string(), now));
        }
        assert!(brake.0.lock().unwrap().len() <= KEYS);
        let last = (3 * KEYS - 1).to_string();
        let now = start.plus(MINUTE);
        assert!((0..9).all(|_| brake.may_try(&last, now)) && !brake.may_try(&last, now));
    }
}
