//! Time and randomness: the only place that asks the machine for either.

use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicU64, Ordering},
};

use domain::{Moment, ids::MakeId};

/// The source of time, ids and secrets. Cheap to clone.
#[derive(Clone)]
pub struct Clock(Source);

#[derive(Clone)]
enum Source {
    System,
    Manual {
        now: Arc<AtomicI64>,
        /// A seeded source of chance; none: the operating system's.
        chance: Option<Arc<AtomicU64>>,
    },
}

impl Clock {
    #[must_use]
    pub const fn system() -> Self {
        Self(Source::System)
    }

    /// Stands still until moved: for tests and simulations.
    #[must_use]
    pub fn manual(start: Moment) -> Self {
        Self(Source::Manual { now: Arc::new(AtomicI64::new(start.0)), chance: None })
    }

    /// As [`Clock::manual`], with chance that `seed` decides: the same calls give the same ids and codes. Anybody can
    /// guess them, so no release has it.
    #[cfg(feature = "sabotage")]
    #[must_use]
    pub fn seeded(start: Moment, seed: u64) -> Self {
        let chance = Some(Arc::new(AtomicU64::new(seed)));
        Self(Source::Manual { now: Arc::new(AtomicI64::new(start.0)), chance })
    }

    /// Moves a manual clock; the system's clock is not ours to move.
    pub fn advance(&self, milliseconds: i64) {
        if let Source::Manual { now, .. } = &self.0 {
            now.fetch_add(milliseconds, Ordering::SeqCst);
        }
    }

    /// Waits so many milliseconds; false at once where the clock is moved by hand: nobody knows when that will be.
    pub async fn wait(&self, milliseconds: i64) -> bool {
        let by_itself = matches!(self.0, Source::System);
        if by_itself {
            tokio::time::sleep(std::time::Duration::from_millis(milliseconds.max(1).unsigned_abs())).await;
        }
        by_itself
    }

    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the system clock")]
    pub fn now(&self) -> Moment {
        match &self.0 {
            Source::Manual { now, .. } => Moment(now.load(Ordering::SeqCst)),
            Source::System => {
                let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
                Moment(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
            }
        }
    }

    /// A fresh id of the wanted kind.
    #[must_use]
    pub fn id<T: MakeId>(&self) -> T {
        T::make_id(self.now().0.unsigned_abs(), self.random())
    }

    /// `length` characters that are easy to read aloud, 5 random bits each.
    #[must_use]
    pub fn code(&self, length: usize) -> String {
        const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
        let bytes: [u8; 64] = self.random();
        bytes.iter().take(length.min(64)).map(|b| char::from(ALPHABET[usize::from(b & 31)])).collect()
    }

    /// Random bytes: the operating system's, unless a seed decides.
    #[must_use]
    pub fn random<const N: usize>(&self) -> [u8; N] {
        match &self.0 {
            Source::Manual { chance: Some(chance), .. } => seeded(chance),
            _ => random(),
        }
    }
}

/// SplitMix64, eight bytes a step.
fn seeded<const N: usize>(chance: &AtomicU64) -> [u8; N] {
    const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut bytes = [0; N];
    for eight in bytes.chunks_mut(8) {
        let mut mixed = chance.fetch_add(STEP, Ordering::SeqCst).wrapping_add(STEP);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        eight.copy_from_slice(&(mixed ^ (mixed >> 31)).to_le_bytes()[..eight.len()]);
    }
    bytes
}

/// Random bytes from the operating system. Without them no id and no secret may be made, so the process ends.
#[must_use]
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    if getrandom::fill(&mut bytes).is_err() {
        tracing::error!("the operating system gives no random bytes");
        std::process::abort();
    }
    bytes
}
