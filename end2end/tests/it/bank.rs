//! The bank invariant, read ten times a second while something goes wrong: what the journal says of money is what the tables
//! say, and never more than the provider believes; at rest it is the same.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sandbox::vpos::{Session, Vpos};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr, Statement};
use tokio::task::JoinHandle;

use crate::{on_both, stage::Stage};

const EVERY: Duration = Duration::from_millis(100);
/// A bank that was hardly looked at proves nothing: the last samples are of the end.
const LEAST: u32 = 4;

/// Both sides in one statement, so that they are of one moment.
const DIFFERENCES: &str = "SELECT
    CAST(COALESCE((SELECT SUM(amount_minor) FROM journal WHERE kind = 'payment_paid'), 0) AS BIGINT)
  - CAST(COALESCE((SELECT SUM(amount_minor) FROM payments WHERE paid_at IS NOT NULL), 0) AS BIGINT),
    CAST(COALESCE((SELECT SUM(amount_minor) FROM journal WHERE kind = 'payment_refunded'), 0) AS BIGINT)
  - CAST(COALESCE((SELECT SUM(refunded_minor) FROM payments), 0) AS BIGINT)";

/// What each payment came to, by our word.
const OURS: &str = "SELECT COALESCE(reference, ''),
    CAST(CASE WHEN paid_at IS NULL THEN 0 ELSE amount_minor END AS BIGINT), CAST(refunded_minor AS BIGINT)
  FROM payments WHERE paid_at IS NOT NULL OR refunded_minor <> 0";

/// Money that came, and money that went back, minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Money {
    paid: i64,
    back: i64,
}

impl Money {
    fn of(session: &Session) -> Self {
        Self { paid: session.paid_at.map_or(0, |_| session.amount_minor), back: session.refunded_minor() }
    }

    const fn plus(self, other: Self) -> Self {
        Self { paid: self.paid + other.paid, back: self.back + other.back }
    }
}

pub struct Bank {
    closed: Arc<AtomicBool>,
    watching: Option<JoinHandle<u32>>,
    db: DatabaseConnection,
    vpos: Vpos,
}

impl Bank {
    /// Watches over a connection of its own.
    pub async fn watch(stage: &Stage) -> Self {
        let mut options = ConnectOptions::new(&stage.database_url);
        options.max_connections(1).sqlx_logging(false);
        let db = Database::connect(options).await.unwrap();
        let (closed, vpos) = (Arc::new(AtomicBool::new(false)), stage.vpos.clone());
        let watching = Some(tokio::spawn(watch(db.clone(), vpos.clone(), closed.clone())));
        Self { closed, watching, db, vpos }
    }

    /// It was watched, and always right; now that all is at rest, the provider believes the same.
    pub async fn close(mut self) {
        self.closed.store(true, Ordering::Relaxed);
        assert!(self.watching.take().unwrap().await.unwrap() >= LEAST, "it was watched");
        at_rest(&self.db, &self.vpos).await;
        self.db.clone().close().await.unwrap();
    }
}

impl Drop for Bank {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::Relaxed);
    }
}

async fn watch(db: DatabaseConnection, vpos: Vpos, closed: Arc<AtomicBool>) -> u32 {
    let (mut samples, mut late) = (0, 0);
    while !closed.load(Ordering::Relaxed) || (samples < LEAST && late < 2 * LEAST) {
        late += u32::from(closed.load(Ordering::Relaxed));
        // A database that is away cannot be asked; too few answers are noticed at the end.
        if look(&db, &vpos).await.is_ok() {
            samples += 1;
        }
        tokio::time::sleep(EVERY).await;
    }
    samples
}

/// One sample: journal and tables agree, and no payment came to more than the provider knows.
pub async fn look(db: &DatabaseConnection, vpos: &Vpos) -> Result<(), DbErr> {
    assert_eq!(differences(db).await?, (0, 0), "paid and given back, journal less tables");
    // First ours, then theirs: money only grows there.
    for (reference, ours) in ours(db).await? {
        let theirs = vpos.session(&reference).as_ref().map(Money::of).unwrap_or_default();
        let within = ours.paid <= theirs.paid && ours.back <= theirs.back;
        assert!(within, "{reference}: we believe {ours:?}, the provider {theirs:?}");
    }
    Ok(())
}

/// Nothing is on its way: every payment, and all together, came to what the provider believes.
pub async fn at_rest(db: &DatabaseConnection, vpos: &Vpos) {
    look(db, vpos).await.unwrap();
    let ours = ours(db).await.unwrap();
    for (reference, ours) in &ours {
        let theirs = vpos.session(reference).as_ref().map(Money::of);
        assert_eq!(Some(*ours), theirs, "{reference}: ours and the provider's");
    }
    let ours = ours.into_iter().fold(Money::default(), |sum, (_, money)| sum.plus(money));
    let theirs = vpos.sessions().iter().map(Money::of).fold(Money::default(), Money::plus);
    assert_eq!(ours, theirs, "ours and the provider's, all together");
}

async fn differences(db: &DatabaseConnection) -> Result<(i64, i64), DbErr> {
    let statement = Statement::from_string(db.get_database_backend(), DIFFERENCES);
    let row = db.query_one_raw(statement).await?;
    let row = row.ok_or_else(|| DbErr::RecordNotFound("the sums".to_owned()))?;
    Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))
}

async fn ours(db: &DatabaseConnection) -> Result<Vec<(String, Money)>, DbErr> {
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), OURS)).await?;
    let money = rows.iter().map(|row| {
        let money = Money { paid: row.try_get_by_index(1)?, back: row.try_get_by_index(2)? };
        Ok((row.try_get_by_index(0)?, money))
    });
    money.collect()
}

on_both!(more_than_the_provider_believes_is_noticed);

/// The watch itself is watched: somebody who has the secret says "paid" of what nobody paid.
async fn more_than_the_provider_believes_is_noticed(stage: Stage) {
    let payment = stage.begun().await;
    at_rest(stage.services.db.read(), &stage.vpos).await;
    assert_eq!(stage.post_event(&stage.event("evt_1", &payment, "paid")).await, 200);
    let (db, vpos) = (stage.services.db.clone(), stage.vpos.clone());
    let looked = tokio::spawn(async move { look(db.read(), &vpos).await }).await;
    assert!(looked.is_err_and(|error| error.is_panic()), "the provider knows nothing of it");
}
