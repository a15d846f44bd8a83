//! The database: one writer and many readers on SQLite, a pool on PostgreSQL, the same queries on both.
//!
//! A write transaction never lives in a request's future: [`Db::write`] runs it in a task of its own, so a client that
//! hangs up can neither lose a commit nor leave a half-open transaction in the pool. No network call happens inside one.

mod groups;
mod next;
mod open;
mod page;
mod recent;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use domain::MerchantId;
use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, IsolationLevel,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};
use tokio::sync::{Notify, broadcast};

pub(crate) use groups::Groups;
pub(crate) use page::{few, highest};

use crate::{
    failure::{Failure, Outcome},
    sabotage,
};

#[derive(Clone)]
pub struct Db {
    pub(crate) readers: DatabaseConnection,
    writers: DatabaseConnection,
    /// The longest that a write on PostgreSQL may take: a server that fell silent must not hold the writer of webhooks for ever.
    patience: Duration,
    /// Woken after every commit: workers look for jobs.
    pub(crate) committed: Arc<Notify>,
    /// Whose journal has grown, after the commit: live pages look again.
    pub(crate) touched: broadcast::Sender<MerchantId>,
    recent: recent::Recent,
    next: next::Next,
}

/// A write transaction. Commits when the closure given to [`Db::write`] ends well, else rolls back.
#[derive(Clone)]
pub struct Tx {
    inner: Arc<DatabaseTransaction>,
    touched: Arc<Mutex<Vec<MerchantId>>>,
}

impl std::ops::Deref for Tx {
    type Target = DatabaseTransaction;
    fn deref(&self) -> &DatabaseTransaction {
        &self.inner
    }
}

impl Tx {
    /// From here on no other transaction does `what` until this one ends. SQLite has one writer, and needs none of it.
    pub(crate) async fn alone(&self, what: &str) -> Outcome<()> {
        if self.get_database_backend() == DbBackend::Postgres {
            let sql = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))";
            self.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, [what.into()])).await?;
        }
        Ok(())
    }

    pub(crate) fn touch(&self, merchant: &MerchantId) {
        let mut touched = self.touched.lock().unwrap_or_else(PoisonError::into_inner);
        if !touched.contains(merchant) {
            touched.push(merchant.clone());
        }
    }
}

impl Db {
    #[must_use]
    pub fn is_postgres(&self) -> bool {
        self.readers.get_database_backend() == DbBackend::Postgres
    }

    /// For reading outside a write transaction.
    #[must_use]
    pub const fn read(&self) -> &DatabaseConnection {
        &self.readers
    }

    /// Runs `work` in a write transaction and, after the commit, wakes workers and live pages.
    ///
    /// # Errors
    /// What `work` says (rolled back), or a failed commit.
    pub async fn write<T, F, W>(&self, work: W) -> Outcome<T>
    where
        T: Send + 'static,
        F: Future<Output = Outcome<T>> + Send + 'static,
        W: FnOnce(Tx) -> F + Send + 'static,
    {
        let value = self.write_quietly(work).await?;
        self.committed.notify_one();
        Ok(value)
    }

    /// As [`Db::write`], without waking the workers: for the workers themselves.
    pub(crate) async fn write_quietly<T, F, W>(&self, work: W) -> Outcome<T>
    where
        T: Send + 'static,
        F: Future<Output = Outcome<T>> + Send + 'static,
        W: FnOnce(Tx) -> F + Send + 'static,
    {
        let (writers, live, recent) = (self.writers.clone(), self.touched.clone(), self.recent.clone());
        let patience = self.is_postgres().then_some(self.patience);
        tokio::spawn(async move {
            let done = match patience {
                // Whether a commit that got no answer stands is not known: nobody is told that it does.
                Some(patience) => tokio::time::timeout(patience, transact(&writers, work)).await.map_err(silent),
                None => Ok(transact(&writers, work).await),
            };
            recent.forget();
            let (value, touched) = done??;
            for merchant in touched {
                // No live page is open: nobody to tell.
                let _ = live.send(merchant);
            }
            Ok(value)
        })
        .await
        .map_err(|join| Failure::Internal(anyhow::anyhow!("a write transaction panicked: {join}")))?
    }
}

fn silent(_: tokio::time::error::Elapsed) -> Failure {
    Failure::Internal(anyhow::anyhow!("the database fell silent in the middle of a write"))
}

async fn transact<T, F, W>(writers: &DatabaseConnection, work: W) -> Outcome<(T, Vec<MerchantId>)>
where
    F: Future<Output = Outcome<T>> + Send,
    W: FnOnce(Tx) -> F,
{
    let tx = Tx { inner: Arc::new(begin(writers).await?), touched: Arc::default() };
    let result = work(tx.clone()).await;
    let touched = std::mem::take(&mut *tx.touched.lock().unwrap_or_else(PoisonError::into_inner));
    let inner = Arc::into_inner(tx.inner)
        .ok_or_else(|| anyhow::anyhow!("a transaction outlived the work it was opened for; it is rolled back"))?;
    match result {
        Ok(value) => {
            sabotage::commit::<W>("before");
            inner.commit().await?;
            sabotage::commit::<W>("after");
            Ok((value, touched))
        }
        Err(failure) => {
            // It may be over already: a database that runs out of room ends a transaction by itself.
            if let Err(error) = inner.rollback().await {
                tracing::debug!(%error, "a failed transaction was not there to be rolled back");
            }
            Err(failure)
        }
    }
}

/// On SQLite `BEGIN IMMEDIATE`: a transaction that means to write waits its turn at the start and never fails half-way.
async fn begin(writers: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    match writers.get_database_backend() {
        DbBackend::Sqlite => {
            writers
                .begin_with_options(TransactionOptions {
                    isolation_level: None,
                    access_mode: None,
                    sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
                })
                .await
        }
        _ => writers.begin_with_config(Some(IsolationLevel::ReadCommitted), Some(AccessMode::ReadWrite)).await,
    }
}
