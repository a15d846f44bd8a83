//! A migrated database to copy from: the schema is made once for each build of this binary, not once for each test.

use std::{
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::UNIX_EPOCH,
};

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr, Statement};
use server::db::Db;

/// Who makes the template of a cluster holds this lock of PostgreSQL meanwhile: a number that nothing else takes.
const MAKING: i64 = 7_041_776;

/// Databases of stages that are over.
static OVER: Mutex<Vec<String>> = Mutex::new(Vec::new());

static MADE: AtomicU32 = AtomicU32::new(0);

/// The address of a new database in `folder`, on SQLite.
pub async fn sqlite(folder: &Path) -> String {
    let file = folder.join("khanut.db");
    std::fs::copy(template_file().await, &file).unwrap();
    format!("sqlite://{}", file.display())
}

async fn template_file() -> PathBuf {
    let kept = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let template = kept.join(format!("{}.db", build()));
    if !template.exists() {
        remove_others(&kept, &template);
        // Tests that come at the same time make the same; a whole file gets the name at once.
        let making = kept.join(format!("making-{}-{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed)));
        migrate(&format!("sqlite://{}", making.display())).await;
        std::fs::rename(making, &template).unwrap();
    }
    template
}

/// Templates of earlier builds.
fn remove_others(kept: &Path, template: &Path) {
    let files = std::fs::read_dir(kept).unwrap().map(|file| file.unwrap().path());
    for file in files.filter(|file| file != template && file.extension().is_some_and(|end| end == "db")) {
        // Another process may have been quicker.
        let _ = std::fs::remove_file(file);
    }
}

/// Makes the database `name`, on PostgreSQL; `server` is the address of the cluster with the end `/postgres`.
///
/// # Errors
/// When there is a database of that name.
pub async fn postgres(server: &str, name: &str) -> Result<String, DbErr> {
    let (base, _) = server.rsplit_once('/').unwrap();
    // A lock is a connection's: one for all that follows.
    let admin = Database::connect(ConnectOptions::new(server).max_connections(1).to_owned()).await?;
    let template = template_database(&admin, base).await;
    drop_others(&admin).await;
    let made = admin.execute_unprepared(&format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
    admin.close().await?;
    made.map(|_| format!("{base}/{name}"))
}

async fn template_database(admin: &DatabaseConnection, base: &str) -> String {
    let template = build();
    let run = async |sql: String| admin.execute_unprepared(&sql).await.unwrap().rows_affected();
    // What is marked as a template is whole.
    let ready = format!("SELECT FROM pg_database WHERE datname = '{template}' AND datistemplate");
    if run(ready.clone()).await == 0 {
        run(format!("SELECT pg_advisory_lock({MAKING})")).await;
        if run(ready).await == 0 {
            run(format!("DROP DATABASE IF EXISTS {template}")).await;
            run(format!("CREATE DATABASE {template}")).await;
            migrate(&format!("{base}/{template}")).await;
            run(format!("ALTER DATABASE {template} IS_TEMPLATE true")).await;
        }
        run(format!("SELECT pg_advisory_unlock({MAKING})")).await;
    }
    template
}

/// The database at `url` is needed no longer.
pub fn over(url: &str) {
    let name = url.rsplit('/').next().unwrap();
    OVER.lock().unwrap().push(name.to_owned());
}

/// What others left: a run makes hundreds of databases, and each takes ten megabytes.
async fn drop_others(admin: &DatabaseConnection) {
    let made =
        Statement::from_string(DbBackend::Postgres, "SELECT datname::text FROM pg_database WHERE datname LIKE 't\\_%'");
    for row in admin.query_all_raw(made).await.unwrap() {
        let name: String = row.try_get_by_index(0).unwrap();
        if is_left(&name) {
            // Another test may have been quicker.
            let _ = admin.execute_unprepared(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
        }
    }
}

/// Whether its stage or its whole process is gone; a name begins with `t_` and the process.
fn is_left(name: &str) -> bool {
    let process = name.split('_').nth(1).unwrap_or_default();
    let processes = Path::new("/proc");
    OVER.lock().unwrap().iter().any(|over| over == name)
        || (processes.join("self").exists() && !processes.join(process).exists())
}

async fn migrate(url: &str) {
    let db = Db::open(url).await.unwrap();
    db.migrate().await.unwrap();
    db.close().await;
}

/// A name for this build of the binary: the migrations are part of it.
fn build() -> String {
    let made = std::env::current_exe().and_then(|file| file.metadata()).and_then(|file| file.modified()).unwrap();
    format!("schema_{}", made.duration_since(UNIX_EPOCH).unwrap().as_nanos())
}
