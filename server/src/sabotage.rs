//! Faults on purpose, for the tests alone: one defence left out, or the process ended at a named point.
//!
//! Without the feature `sabotage` every function here is empty: the program that is shipped carries none of it. With it,
//! `KHANUT_TEST_BREAK` names the defence to leave out, `KHANUT_TEST_CRASH_AT` the point to die at (`name`, or `name:3` for
//! the third passing), and `KHANUT_TEST_CRASH_LOG` a file to which every passed point is added.

/// What stands between a fault and somebody's money. Leaving one out must make a test fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defence {
    /// A sender hears "yes" only after the commit.
    AckAfterCommit,
    /// One event is applied once, by the database's own word.
    OnceKey,
    /// The database is on the disk before it says so.
    FullSync,
    /// A status only climbs.
    OnlyClimbs,
    /// A webhook needs a signature. Left out in `providers`, which reads the same word.
    Signature,
    /// A proof must match what was asked.
    ProofMatches,
    /// Refunds never exceed what was paid.
    SumGuard,
    /// No query without its merchant.
    MerchantWall,
    /// Stock is taken by a condition of the database.
    StockCondition,
}

impl Defence {
    pub const ALL: [Self; 9] = [
        Self::AckAfterCommit,
        Self::OnceKey,
        Self::FullSync,
        Self::OnlyClimbs,
        Self::Signature,
        Self::ProofMatches,
        Self::SumGuard,
        Self::MerchantWall,
        Self::StockCondition,
    ];

    /// Its word in `KHANUT_TEST_BREAK`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::AckAfterCommit => "ack_after_commit",
            Self::OnceKey => "once_key",
            Self::FullSync => "full_sync",
            Self::OnlyClimbs => "only_climbs",
            Self::Signature => "signature",
            Self::ProofMatches => "proof_matches",
            Self::SumGuard => "sum_guard",
            Self::MerchantWall => "merchant_wall",
            Self::StockCondition => "stock_condition",
        }
    }
}

#[cfg(not(feature = "sabotage"))]
pub use unarmed::{broken, commit, point};

#[cfg(feature = "sabotage")]
pub use armed::{broken, commit, point};

#[cfg(not(feature = "sabotage"))]
mod unarmed {
    use super::Defence;

    /// Whether this defence is left out. Never.
    #[must_use]
    pub const fn broken(_: Defence) -> bool {
        false
    }

    /// A point at which a test may end the process.
    pub const fn point(_: &str) {}

    /// The point `commit:{who writes}:{when}`; `W` is the closure that was given to `Db::write`.
    pub const fn commit<W>(_: &str) {}
}

#[cfg(feature = "sabotage")]
mod armed {
    use std::{
        fs::OpenOptions,
        io::Write,
        sync::{
            LazyLock,
            atomic::{AtomicU64, Ordering},
        },
    };

    use super::Defence;

    static BROKEN: LazyLock<Option<String>> = LazyLock::new(|| std::env::var("KHANUT_TEST_BREAK").ok());
    static LOG: LazyLock<Option<String>> = LazyLock::new(|| std::env::var("KHANUT_TEST_CRASH_LOG").ok());
    static CRASH_AT: LazyLock<Option<(String, u64)>> = LazyLock::new(|| {
        let wanted = std::env::var("KHANUT_TEST_CRASH_AT").ok()?;
        let numbered = wanted.rsplit_once(':').and_then(|(name, nth)| Some((name.to_owned(), nth.parse().ok()?)));
        Some(numbered.unwrap_or((wanted, 1)))
    });
    static PASSED: AtomicU64 = AtomicU64::new(0);

    /// Whether this defence is left out.
    #[must_use]
    pub fn broken(defence: Defence) -> bool {
        BROKEN.as_deref() == Some(defence.word())
    }

    /// A point at which a test may end the process.
    pub fn point(name: &str) {
        if let Some(path) = &*LOG {
            // A point that could not be noted is not enumerated; the test counts them.
            let _ = OpenOptions::new().create(true).append(true).open(path).and_then(|mut log| {
                let line = format!("{name}\n");
                log.write_all(line.as_bytes())
            });
        }
        if let Some((wanted, nth)) = &*CRASH_AT
            && wanted == name
            && PASSED.fetch_add(1, Ordering::SeqCst) + 1 == *nth
        {
            std::process::abort();
        }
    }

    /// The point `commit:{who writes}:{when}`; `W` is the closure that was given to `Db::write`.
    pub fn commit<W>(when: &str) {
        if LOG.is_some() || CRASH_AT.is_some() {
            point(&format!("commit:{}:{when}", writer(std::any::type_name::<W>())));
        }
    }

    /// The function that wrote the closure.
    fn writer(closure: &str) -> String {
        closure.replace("::{{closure}}", "").trim_start_matches("server::").to_owned()
    }
}
