//! The bank invariant, read ten times a second while something goes wrong: what the journal says of money is what the tables
//! say, at every moment.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sea_orm::{ConnectionTrait, Database, DatabaseConnection, Statement};
use tokio::task::JoinHandle;

const EVERY: Duration = Duration::from_millis(100);

/// Both sides in one statement, so that they are of one moment.
const DIFFERENCES: &str = "SELECT
    CAST(COALESCE((SELECT SUM(amount_minor) FROM journal WHERE kind = 'payment_paid'), 0) AS BIGINT)
  - CAST(COALESCE((SELECT SUM(amount_minor) FROM payments WHERE paid_at IS NOT NULL), 0) AS BIGINT),
    CAST(COALESCE((SELECT SUM(amount_minor) FROM journal WHERE kind = 'payment_refunded'), 0) AS BIGINT)
  - CAST(COALESCE((SELECT SUM(refunded_minor) FROM payments), 0) AS BIGINT)";

pub struct Bank {
    closed: Arc<AtomicBool>,
    watching: JoinHandle<u32>,
}

impl Bank {
    /// Watches over a connection of its own.
    pub fn watch(database_url: &str) -> Self {
        let closed = Arc::new(AtomicBool::new(false));
        Self { watching: tokio::spawn(watch(database_url.to_owned(), closed.clone())), closed }
    }

    /// It was watched, and always right.
    pub async fn close(self) {
        self.closed.store(true, Ordering::Relaxed);
        assert!(self.watching.await.unwrap() > 3, "it was watched");
    }
}

async fn watch(database_url: String, closed: Arc<AtomicBool>) -> u32 {
    let direct = Database::connect(&database_url).await.unwrap();
    let mut samples = 0;
    while !closed.load(Ordering::Relaxed) {
        assert_eq!(differences(&direct).await, (0, 0), "sample {samples}: paid and given back, journal less tables");
        samples += 1;
        tokio::time::sleep(EVERY).await;
    }
    samples
}

async fn differences(db: &DatabaseConnection) -> (i64, i64) {
    let statement = Statement::from_string(db.get_database_backend(), DIFFERENCES);
    let row = db.query_one_raw(statement).await.unwrap().unwrap();
    (row.try_get_by_index(0).unwrap(), row.try_get_by_index(1).unwrap())
}
