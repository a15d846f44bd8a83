//! Time and randomness: the only place that asks the machine for either.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use domain::{Moment, ids::MakeId};

/// The source of time, ids and secrets. Cheap to clone.
#[derive(Clone)]
pub struct Clock(Source);

#[derive(Clone)]
enum Source {
    System,
    Manual(Arc<AtomicI64>),
}

impl Clock {
    #[must_use]
    pub const fn system() -> Self {
        Self(Source::System)
    }

    /// Stands still until moved: for tests and simulations.
    #[must_use]
    pub fn manual(start: Moment) -> Self {
        Self(Source::Manual(Arc::new(AtomicI64::new(start.0))))
    }

    /// Moves a manual clock; the system's clock is not ours to move.
    pub fn advance(&self, milliseconds: i64) {
        if let Source::Manual(now) = &self.0 {
            now.fetch_add(milliseconds, Ordering::SeqCst);
        }
    }

    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the system clock")]
    pub fn now(&self) -> Moment {
        match &self.0 {
            Source::Manual(now) => Moment(now.load(Ordering::SeqCst)),
            Source::System => {
                let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
                Moment(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
            }
        }
    }

    /// A fresh id of the wanted kind.
    #[must_use]
    pub fn id<T: MakeId>(&self) -> T {
        T::make_id(self.now().0.unsigned_abs(), random())
    }

    /// `length` characters that are easy to read aloud, 5 random bits each.
    #[must_use]
    pub fn code(&self, length: usize) -> String {
        const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
        let bytes: [u8; 64] = random();
        bytes.iter().take(length.min(64)).map(|b| char::from(ALPHABET[usize::from(b & 31)])).collect()
    }
}

/// Random bytes from the operating system. Without them no id and no secret may be made, so the process ends.
#[must_use]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    if getrandom::fill(&mut bytes).is_err() {
        tracing::error!("the operating system gives no random bytes");
        std::process::abort();
    }
    bytes
}
