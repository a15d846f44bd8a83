//! The life of a job, and when a failed one is tried again.

use crate::moment::{HOUR, MINUTE, SECOND};

words! {
    /// Where a job stands. `dead`: tries are used up; staff may try again by hand.
    JobState { Queued = "queued", Running = "running", Done = "done", Retrying = "retrying", Dead = "dead" }
}

/// Milliseconds to wait before each further try; a job that fails after the last is dead, about 27 hours after its first.
const DELAYS: [i64; 10] =
    [SECOND, 5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 9 * HOUR, 10 * HOUR];

/// How often a job is tried before it is dead.
pub const TRIES: u32 = DELAYS.len() as u32 + 1;

/// The wait after the `attempts`-th try has failed (from 1), spread by ±20 % with `jitter` (0–255), or `None`: dead.
#[must_use]
pub fn retry_delay(attempts: u32, jitter: u8) -> Option<i64> {
    let index = usize::try_from(attempts.max(1) - 1).ok()?;
    DELAYS.get(index).map(|base| base * (80 + i64::from(jitter) * 40 / 255) / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_end() {
        assert_eq!(retry_delay(1, 0), Some(800));
        assert_eq!(retry_delay(1, 255), Some(1_200));
        assert_eq!(retry_delay(10, 0), Some(8 * HOUR));
        assert_eq!((retry_delay(TRIES, 0), TRIES), (None, 11));
    }
}
