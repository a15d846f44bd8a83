//! Opening the database by URL, with the settings that make a commit mean "on disk".

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use migrations::{Migrator, MigratorTrait};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, Statement,
    sqlx::{
        self, Connection, SqliteConnection,
        sqlite::{
            self,
            SqliteSynchronous::{Full, Normal},
        },
    },
};
use tokio::sync::{Notify, broadcast};

use super::{Db, next::Next, recent::Recent};
use crate::sabotage::{Defence, broken};

const READERS: u32 = 4;
const POSTGRES_POOL: u32 = 16;
const PATIENCE: Duration = Duration::from_secs(30);
/// A connection to PostgreSQL that was used so recently is not asked first whether it still lives: each question is a way
/// there and back. One that died meanwhile fails what it was taken for, which is sent or looked at again.
const FRESH: Duration = Duration::from_secs(1);

impl Db {
    /// Opens `sqlite:///path` (made when missing) or `postgres://…`.
    ///
    /// # Errors
    /// When the URL is of another kind or the database cannot be reached.
    pub async fn open(url: &str) -> anyhow::Result<Self> {
        Self::open_with(url, PATIENCE).await
    }

    /// As [`Db::open`], with another longest time of a write on PostgreSQL.
    ///
    /// # Errors
    /// As [`Db::open`].
    pub async fn open_with(url: &str, patience: Duration) -> anyhow::Result<Self> {
        let (writers, readers) = if url.starts_with("sqlite:") {
            let url = with_create(url);
            // The writer comes first: it makes the file and sets the write-ahead log.
            let writers = connect(sqlite_options(&url, 1, false)).await?;
            (writers, connect(sqlite_options(&url, READERS, true)).await?)
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            let pool = connect(postgres_options(url, POSTGRES_POOL)).await?;
            (pool.clone(), pool)
        } else {
            anyhow::bail!("KHANUT_DATABASE_URL must begin with sqlite: or postgres:");
        };
        Ok(Self {
            readers,
            writers,
            patience,
            committed: Arc::new(Notify::new()),
            touched: broadcast::channel(1024).0,
            recent: Recent::default(),
            next: Next::default(),
        })
    }

    /// Brings the schema up to date.
    ///
    /// # Errors
    /// When a step fails; on both databases it leaves the schema of the step before.
    pub async fn migrate(&self) -> anyhow::Result<()> {
        Migrator::up(&self.writers, None).await.context("the database schema could not be brought up to date")
    }

    /// Whether the schema is the one this program was made for.
    ///
    /// # Errors
    /// When the database does not answer, or was never migrated.
    pub async fn is_migrated(&self) -> anyhow::Result<bool> {
        let backend = self.readers.get_database_backend();
        let applied = Statement::from_string(backend, "SELECT version FROM seaql_migrations ORDER BY version");
        let rows = self.readers.query_all_raw(applied).await.context("the database was never migrated")?;
        let applied = rows.iter().map(|row| row.try_get_by_index::<String>(0)).collect::<Result<Vec<_>, _>>()?;
        let known = Migrator::migrations().iter().map(|step| step.name().to_owned()).collect::<Vec<_>>();
        Ok(applied == known)
    }

    /// How a commit reaches the disk, in the database's own words: `wal, synchronous 2` (full) or `synchronous_commit on`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn durability(&self) -> anyhow::Result<String> {
        let backend = self.writers.get_database_backend();
        let ask = async |sql: &str| {
            let row = self.writers.query_one_raw(Statement::from_string(backend, sql)).await?;
            row.context("the database does not say how it commits")
        };
        if self.is_postgres() {
            let on: String = ask("SHOW synchronous_commit").await?.try_get_by_index(0)?;
            return Ok(format!("synchronous_commit {on}"));
        }
        let mode: String = ask("PRAGMA journal_mode").await?.try_get_by_index(0)?;
        let full: i32 = ask("PRAGMA synchronous").await?.try_get_by_index(0)?;
        Ok(format!("{mode}, synchronous {full}"))
    }

    /// # Errors
    /// When the database does not answer.
    pub async fn ping(&self) -> anyhow::Result<()> {
        self.readers.execute_unprepared("SELECT 1").await.context("the database does not answer")?;
        Ok(())
    }

    /// Closes the pools; on SQLite this folds the write-ahead log into the file.
    pub async fn close(self) {
        for pool in [self.readers, self.writers] {
            if let Err(error) = pool.close().await {
                tracing::warn!(%error, "the database connection did not close cleanly");
            }
        }
    }
}

fn with_create(url: &str) -> String {
    if url.contains("mode=") {
        url.to_owned()
    } else {
        format!("{url}{}mode=rwc", if url.contains('?') { '&' } else { '?' })
    }
}

async fn connect(options: ConnectOptions) -> anyhow::Result<DatabaseConnection> {
    Database::connect(options).await.context("the database cannot be opened: check KHANUT_DATABASE_URL")
}

/// Whatever the server's own default: a commit means "on the disk", and no question is compiled first, which for ours, short
/// as they are, would take longer than answering.
fn postgres_options(url: &str, size: u32) -> ConnectOptions {
    let mut options = pool_options(url, size);
    options.test_before_acquire_if_idle_for(FRESH);
    let commit = if broken(Defence::FullSync) { "off" } else { "on" };
    options.map_sqlx_postgres_opts(move |postgres| postgres.options([("synchronous_commit", commit), ("jit", "off")]));
    options
}

fn pool_options(url: &str, size: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(size)
        .min_connections(1)
        .connect_timeout(Duration::from_secs(5))
        .acquire_timeout(Duration::from_secs(10))
        .sqlx_logging(false);
    options
}

/// SQLite itself ends a transaction when the disk is full or fails; the driver then counts it as still open, opens the next
/// one inside it, and would say "committed" of what is not. Such a connection is closed: the next one counts anew.
async fn is_unscathed(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    let unscathed = !connection.is_in_transaction();
    if !unscathed {
        tracing::warn!("a connection came back from a failed transaction; it is closed");
    }
    Ok(unscathed)
}

fn sqlite_options(url: &str, size: u32, read_only: bool) -> ConnectOptions {
    let mut options = pool_options(url, size);
    options.map_sqlx_sqlite_pool_opts(|pool| pool.after_release(|connection, _| Box::pin(is_unscathed(connection))));
    // Nothing lies between the program and its file that could break while a connection rests.
    options.test_before_acquire(false).idle_timeout(None::<Duration>).max_lifetime(None::<Duration>);
    options.map_sqlx_sqlite_opts(move |sqlite| {
        sqlite
            .journal_mode(sqlite::SqliteJournalMode::Wal)
            .synchronous(if broken(Defence::FullSync) { Normal } else { Full })
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(10))
            .statement_cache_capacity(200)
            // A page of a list, or a group's payments, cross from the driver's thread without it waiting in between.
            .row_buffer_size(512)
            .pragma("query_only", if read_only { "1" } else { "0" })
            .pragma("cache_size", "-8000")
            // What the planner knows of the tables is kept up with them.
            .optimize_on_close(!read_only, 1_000)
    });
    options
}
