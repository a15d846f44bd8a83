//! Negative controls: one defence at a time is taken away, so that the tests can show that they would notice.
//!
//! Only where debug assertions are on, and only when `KHANUT_TEST_BREAK` names the defence; a release build has none of it.

/// A defence that can be taken away.
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
    pub const ALL: [Self; 8] = [
        Self::AckAfterCommit,
        Self::OnceKey,
        Self::FullSync,
        Self::OnlyClimbs,
        Self::ProofMatches,
        Self::SumGuard,
        Self::MerchantWall,
        Self::StockCondition,
    ];

    /// As `KHANUT_TEST_BREAK` names it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::AckAfterCommit => "ack_after_commit",
            Self::OnceKey => "once_key",
            Self::FullSync => "full_sync",
            Self::OnlyClimbs => "only_climbs",
            Self::ProofMatches => "proof_matches",
            Self::SumGuard => "sum_guard",
            Self::MerchantWall => "merchant_wall",
            Self::StockCondition => "stock_condition",
        }
    }
}

/// Whether this defence was taken away for this run.
#[cfg(debug_assertions)]
#[must_use]
pub fn broken(defence: Defence) -> bool {
    static BROKEN: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
    BROKEN.get_or_init(|| std::env::var("KHANUT_TEST_BREAK").ok()).as_deref() == Some(defence.word())
}

/// Never, in a release.
#[cfg(not(debug_assertions))]
#[must_use]
pub const fn broken(_: Defence) -> bool {
    false
}
