//! Opening the database by URL, with the settings that make a commit mean "on disk".

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use migrations::{Migrator, MigratorTrait};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, Statement, TryGetable,
    sqlx::{self, Connection, SqliteConnection, sqlite},
};
use tokio::sync::{Notify, broadcast};

use super::Db;
use crate::sabotage::{Defence, broken};

const READERS: u32 = 4;
const POSTGRES_POOL: u32 = 16;
/// What `PRAGMA synchronous` answers for FULL.
const SQLITE_FULL: i64 = 2;

impl Db {
    /// Opens `sqlite:///path` (made when missing) or `postgres://…`.
    ///
    /// # Errors
    /// When the URL is of another kind or the database cannot be reached.
    pub async fn open(url: &str) -> anyhow::Result<Self> {
        let (writers, readers) = if url.starts_with("sqlite:") {
            let url = with_create(url);
            // The writer comes first: it makes the file and sets the write-ahead log.
            let writers = connect(sqlite_options(&url, 1, false)).await?;
            (writers, connect(sqlite_options(&url, READERS, true)).await?)
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            let pool = connect(postgres_options(url)).await?;
            (pool.clone(), pool)
        } else {
            anyhow::bail!("KHANUT_DATABASE_URL must begin with sqlite: or postgres:");
        };
        Ok(Self { readers, writers, committed: Arc::new(Notify::new()), touched: broadcast::channel(1024).0 })
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

    /// # Errors
    /// When the database does not answer.
    pub async fn ping(&self) -> anyhow::Result<()> {
        self.readers.execute_unprepared("SELECT 1").await.context("the database does not answer")?;
        Ok(())
    }

    /// How a commit reaches the disk, in words.
    ///
    /// # Errors
    /// When a commit may be lost with the power, by the settings of the connection that writes; or no answer.
    pub async fn durability(&self) -> anyhow::Result<String> {
        if self.is_postgres() {
            let (fsync, commit) =
                (self.one::<String>("SHOW fsync").await?, self.one::<String>("SHOW synchronous_commit").await?);
            anyhow::ensure!(fsync == "on", "PostgreSQL runs with fsync = {fsync}: set it to on");
            anyhow::ensure!(commit != "off", "PostgreSQL runs with synchronous_commit = off: set it to on");
            return Ok(format!("fsync {fsync}, synchronous_commit {commit}"));
        }
        let level: i64 = self.one("PRAGMA synchronous").await?;
        anyhow::ensure!(level >= SQLITE_FULL, "SQLite runs with synchronous = {level}, less than FULL");
        Ok(format!("synchronous {level} (FULL or more)"))
    }

    async fn one<T: TryGetable>(&self, sql: &str) -> anyhow::Result<T> {
        let statement = Statement::from_string(self.writers.get_database_backend(), sql);
        let row = self.writers.query_one_raw(statement).await?.context("the database keeps a setting to itself")?;
        Ok(row.try_get_by_index(0)?)
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

fn postgres_options(url: &str) -> ConnectOptions {
    let mut options = pool_options(url, POSTGRES_POOL);
    if broken(Defence::FullSync) {
        options.map_sqlx_postgres_opts(|postgres| postgres.options([("synchronous_commit", "off")]));
    }
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
    let synchronous =
        if broken(Defence::FullSync) { sqlite::SqliteSynchronous::Normal } else { sqlite::SqliteSynchronous::Full };
    options.map_sqlx_sqlite_pool_opts(|pool| pool.after_release(|connection, _| Box::pin(is_unscathed(connection))));
    options.idle_timeout(None::<Duration>).max_lifetime(None::<Duration>).map_sqlx_sqlite_opts(move |sqlite| {
        sqlite
            .journal_mode(sqlite::SqliteJournalMode::Wal)
            .synchronous(synchronous)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(10))
            .statement_cache_capacity(200)
            .pragma("query_only", if read_only { "1" } else { "0" })
            .pragma("cache_size", "-8000")
    });
    options
}
