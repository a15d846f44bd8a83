//! PostgreSQL itself is restarted, at once and without a goodbye, while webhooks pour in and the workers work: nobody hears
//! "yes" for what is not committed, and the program goes on by itself.
//!
//! The cluster is this test's own, in a temporary folder.

use std::{
    path::PathBuf,
    process::Stdio,
    sync::{Arc, Mutex},
    time::Duration,
};

use domain::{moment::MINUTE, payment::PaymentStatus};
use sea_orm::{Database, DatabaseConnection};
use server::{db::Db, payments::Payment};
use tokio::{process::Command, task::JoinSet};

use crate::{bank::Bank, stage::Stage, vanish::is_paid};

const PAYMENTS: usize = 400;
const SENDERS: usize = 8;
const RESTARTS: usize = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_of_postgres_takes_nothing_with_it() {
    let cluster = Cluster::start().await;
    let db = Db::open_with(&cluster.url(), Duration::from_secs(5)).await.unwrap();
    let mut stage = Stage::on(db, cluster.url(), None).await;
    let mut open = Vec::new();
    for _ in 0..PAYMENTS {
        open.push(stage.begun_and_ended().await);
    }
    stage.work();
    let (stage, told) = (Arc::new(stage), Told::default());
    let (bank, direct) = (Bank::watch(&stage).await, Database::connect(cluster.url()).await.unwrap());
    let mut senders = JoinSet::new();
    for share in open.chunks(PAYMENTS / SENDERS) {
        senders.spawn(send(stage.clone(), share.to_vec(), told.clone()));
    }
    for round in 1..=RESTARTS {
        // In the thick of it: some have been answered, and more are to come.
        told.until(round * PAYMENTS / (RESTARTS + 1)).await;
        assert!(told.all().len() < PAYMENTS, "the restart meets deliveries");
        cluster.pg_ctl(&["restart", "-m", "immediate"]).await;
        told.stands(&direct).await;
    }
    let refused: usize = senders.join_all().await.into_iter().sum();
    eprintln!("{RESTARTS} restarts, {refused} deliveries were to come again");
    told.stands(&direct).await;
    all_jobs_end(&stage).await;
    for payment in &open {
        assert_eq!(stage.payment(&payment.id).await.status, PaymentStatus::Paid);
    }
    for given in ["journal WHERE kind = 'order_fulfilled'", "orders WHERE status = 'fulfilled'", "fulfilments"] {
        let count = stage.count(&format!("SELECT COUNT(*) FROM {given}")).await;
        let all = i64::try_from(PAYMENTS).unwrap();
        assert!(count >= all, "done, and gone after a restart: {count} of {all} {given}");
        assert_eq!(count, all, "each is given once: {given}");
    }
    stage.audit().await;
    bank.close().await;
    direct.close().await.unwrap();
    stage.services.db.clone().close().await;
}

/// The payments of which somebody heard that their webhook was committed.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<Payment>>>);

impl Told {
    fn all(&self) -> Vec<Payment> {
        self.0.lock().unwrap().clone()
    }

    async fn until(&self, count: usize) {
        for _ in 0..60_000 {
            if self.all().len() >= count {
                return;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        panic!("the senders are not answered: {} of {count}", self.all().len());
    }

    async fn stands(&self, direct: &DatabaseConnection) {
        for payment in self.all() {
            assert!(is_paid(direct, &payment).await, "told yes, and gone after a restart: {payment:?}");
        }
    }
}

/// Tells of each payment until the answer is yes; gives how often it was not.
async fn send(stage: Arc<Stage>, payments: Vec<Payment>, told: Told) -> usize {
    let mut refused = 0;
    for payment in payments {
        let event = stage.event(&format!("evt_{}", payment.id), &payment, "paid");
        loop {
            match stage.post_event(&event).await {
                200 => break,
                other => assert_eq!(other, 503, "what is not committed is for later"),
            }
            refused += 1;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        told.0.lock().unwrap().push(payment);
    }
    refused
}

/// Those that were cut off in the middle come back when their leases end.
async fn all_jobs_end(stage: &Stage) {
    let owed = "SELECT COUNT(*) FROM jobs WHERE state <> 'done' AND kind IN ('fulfil_order', 'tell_customer', 'expire_order', 'check_payment')";
    stage
        .until("all jobs end", || async {
            stage.clock.advance(MINUTE);
            tokio::time::sleep(Duration::from_millis(50)).await;
            stage.count(owed).await == 0
        })
        .await;
    assert_eq!(stage.count("SELECT COUNT(*) FROM jobs WHERE state = 'dead'").await, 0, "none is given up");
}

/// A PostgreSQL of the test's own, behind a socket in its folder; stopped and removed when dropped.
struct Cluster {
    programs: PathBuf,
    folder: PathBuf,
}

impl Cluster {
    async fn start() -> Self {
        let folder = std::env::temp_dir().join(format!("khanut-cluster-{}", std::process::id()));
        std::fs::create_dir(&folder).unwrap();
        if is_root() {
            run(Command::new("chown").arg("nobody").arg(&folder)).await;
        }
        let cluster = Self { programs: programs(), folder };
        run(cluster.command("initdb").args(["-U", "khanut", "-A", "trust", "-E", "UTF8", "--no-sync"])).await;
        // Nothing but a commit puts the log on the disk: what was said too early is lost for sure.
        let options = format!(
            "-c listen_addresses= -c unix_socket_directories={} -c max_connections=60 \
             -c wal_writer_delay=10s -c wal_writer_flush_after=1GB -c autovacuum=off -c bgwriter_lru_maxpages=0",
            cluster.folder.display()
        );
        cluster.pg_ctl(&["-o", &options, "start"]).await;
        cluster
    }

    fn url(&self) -> String {
        format!("postgres://khanut@localhost/postgres?host={}", self.folder.display())
    }

    async fn pg_ctl(&self, words: &[&str]) {
        let log = self.folder.join("log");
        run(self.command("pg_ctl").arg("-w").arg("-l").arg(log).args(words)).await;
    }

    /// The server refuses root; any other user will do.
    fn command(&self, program: &str) -> Command {
        let program = self.programs.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=nobody", "--regid=nogroup", "--clear-groups"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.current_dir(&self.folder).env("PGDATA", self.folder.join("data"));
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let mut stop = self.command("pg_ctl").into_std();
        let _ = stop.args(["-m", "immediate", "stop"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn is_root() -> bool {
    std::process::Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout == b"0\n")
}

/// Where the newest server's programs are, as `scripts/with-postgres` finds them.
fn programs() -> PathBuf {
    let installed = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let version = |path: &PathBuf| path.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok());
    let newest = installed.map(|entry| entry.path()).max_by_key(version);
    newest.map_or_else(PathBuf::new, |newest| newest.join("bin"))
}

async fn run(command: &mut Command) {
    let ended = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().await;
    assert!(ended.is_ok_and(|status| status.success()), "{command:?}");
}
