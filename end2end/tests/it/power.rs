//! The power fails: what was written and not waited for is gone. Every "yes" was on the disk before it was said.
//!
//! On SQLite, by what the system calls tell: strace notes how long the write-ahead log was whenever the disk had confirmed
//! it, and after a `kill -9` only so much of it is kept. No disk promises more than that, and the kindest keeps no less.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use sea_orm::{ConnectionTrait, Database, Statement};
use server::{
    db::Db,
    journal::{self, Verdict},
};

use crate::{
    child::{self, Child},
    disk::{deliver, has_strace, several},
    stage::{On, Stage, number},
};

/// Few enough for the log of writes to be never folded into the database.
const ANSWERS: usize = 12;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_with_the_power() {
    if !has_strace() {
        return;
    }
    let stage = Stage::new(On::Sqlite).await;
    let open = several(&stage, ANSWERS).await;
    let disk = Disk::of(&stage).await;
    let port = child::reserved_port();
    let strace = disk.tracer();
    let words: Vec<&str> = strace.iter().map(String::as_str).collect();
    let mut server = Child::new(&stage, port).under(&words).start().await;
    for (i, payment) in open.iter().enumerate() {
        assert_eq!(deliver(&stage, port, &format!("evt_{i}"), payment).await, Some(200));
    }
    server.kill().await;
    let after = disk.after_the_power_was_lost().await;
    let db = Db::open(&format!("sqlite://{}/khanut.db", after.display())).await.unwrap();
    let mut lost = 0;
    for i in 0..ANSWERS {
        let kept = format!("SELECT COUNT(*) FROM webhook_events WHERE external_id = 'evt_{i}'");
        lost += usize::from(number(db.read(), &kept).await == 0);
    }
    assert_eq!(lost, 0, "acknowledged, and lost with the power");
    let paid = number(db.read(), "SELECT COUNT(*) FROM payments WHERE status = 'paid'").await;
    assert_eq!(usize::try_from(paid).unwrap(), ANSWERS, "all that follows from them is there");
    let verdict = journal::verify(&db, &stage.merchant).await.unwrap();
    assert!(matches!(verdict, Verdict::Whole { .. }), "{verdict:?}");
    db.close().await;
    std::fs::remove_dir_all(after).unwrap();
}

/// The files of the database, and what was done to them.
struct Disk {
    database: PathBuf,
    log: PathBuf,
    trace: PathBuf,
}

impl Disk {
    /// With an empty log: all that was before is in the database.
    async fn of(stage: &Stage) -> Self {
        let database = PathBuf::from(stage.database_url.trim_start_matches("sqlite://"));
        let log = database.with_extension("db-wal");
        let raw = Database::connect(&stage.database_url).await.unwrap();
        let fold = Statement::from_string(raw.get_database_backend(), "PRAGMA wal_checkpoint(TRUNCATE)");
        let busy: i32 = raw.query_one_raw(fold).await.unwrap().unwrap().try_get_by_index(0).unwrap();
        raw.close().await.unwrap();
        assert_eq!((busy, std::fs::metadata(&log).unwrap().len()), (0, 0), "the log is folded in");
        Self { trace: database.with_extension("trace"), database, log }
    }

    fn tracer(&self) -> Vec<String> {
        let [database, log, trace] = [&self.database, &self.log, &self.trace].map(|path| path.display().to_string());
        let calls = "trace=lseek,write,pwrite64,ftruncate,fdatasync,fsync";
        ["strace", "-D", "-f", "-q", "-y", "-s", "0", "-e", calls, "-P", &database, "-P", &log, "-o", &trace]
            .map(str::to_owned)
            .into()
    }

    /// A copy of the files as a machine finds them that lost its power: of the log what the disk had confirmed.
    async fn after_the_power_was_lost(&self) -> PathBuf {
        let confirmed = confirmed(&ended(&self.trace).await, &self.log);
        let folder = self.database.with_extension("after");
        std::fs::create_dir(&folder).unwrap();
        std::fs::copy(&self.database, folder.join("khanut.db")).unwrap();
        let log = std::fs::read(&self.log).unwrap();
        std::fs::write(folder.join("khanut.db-wal"), &log[..confirmed]).unwrap();
        folder
    }
}

/// The trace, whole: the tracer ends a moment after the traced.
async fn ended(trace: &Path) -> String {
    let mut last = String::new();
    for _ in 0..200 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let now = std::fs::read_to_string(trace).unwrap_or_default();
        if now == last && now.contains("killed by SIGKILL") {
            return now;
        }
        last = now;
    }
    panic!("the tracer does not end: {last}");
}

/// How long the log was when the disk last confirmed it.
fn confirmed(trace: &str, log: &Path) -> usize {
    let log = format!("<{}>", log.display());
    let (mut place, mut length, mut confirmed) = (0, 0, 0);
    for call in trace.lines().filter_map(Call::read) {
        let of_log = call.words.contains(&log);
        match call.name {
            "lseek" | "fdatasync" | "fsync" if !of_log => {}
            _ if !of_log => panic!("the log was folded in, it is not empty any more: {}", call.words),
            "lseek" => place = call.answer,
            "write" => {
                place += call.answer;
                length = length.max(place);
            }
            "pwrite64" => length = length.max(call.last_number() + call.answer),
            "ftruncate" => length = call.last_number(),
            _ => confirmed = length,
        }
    }
    assert!(length > 0, "nothing was written: {trace}");
    confirmed
}

/// One finished call: `17 pwrite64(9</folder/khanut.db-wal>, ""..., 4096, 4152) = 4096`.
struct Call<'a> {
    name: &'a str,
    words: &'a str,
    answer: usize,
}

impl<'a> Call<'a> {
    /// A call that failed, or never came back, did nothing.
    fn read(line: &'a str) -> Option<Self> {
        let (call, answer) = line.rsplit_once(" = ")?;
        let (head, words) = call.split_once('(')?;
        let answer = answer.split_whitespace().next()?.parse().ok()?;
        Some(Self { name: head.split_whitespace().next_back()?, words: words.trim_end().strip_suffix(')')?, answer })
    }

    fn last_number(&self) -> usize {
        self.words.rsplit(", ").next().unwrap().parse().unwrap()
    }
}
