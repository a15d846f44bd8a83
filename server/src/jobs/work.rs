//! The workers: one loop claims and reports in one short transaction per turn; jobs run beside it.
//!
//! A turn is due when something was committed, a job has ended, or the time of a waiting job has come.

use std::{
    collections::HashMap,
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use domain::{
    Moment,
    job::{JobState, retry_delay},
    moment::{HOUR, SECOND},
};
use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{BULK, Job, JobEnd, SCHEDULES, store};
use crate::{
    alerts::{self, Alert, What},
    clock::Clock,
    db::{Db, Tx},
    failure::Outcome,
};

/// Twice the longest call a job may make.
const LEASE: i64 = 120 * SECOND;
const AT_ONCE: usize = 32;
/// Of what may wait ([`super::BULK`]): so many at once, only in places that nothing else needs, looked for this often.
const BULK_AT_ONCE: usize = 4;
const BULK_PACE: Duration = Duration::from_millis(50);
/// Another instance may have promised something, or have died: look at least this often.
const LONGEST_NAP: Duration = Duration::from_millis(500);
/// Turns are at least this far apart: under load one turn reports and claims what came in the meantime, in one commit.
const PACE: Duration = Duration::from_millis(4);

/// What runs jobs of one kind.
pub type Handler = Arc<dyn Fn(Job) -> Pin<Box<dyn Future<Output = JobEnd> + Send>> + Send + Sync>;

/// What runs jobs of one kind together; its answers are in their order.
type Together = Arc<dyn Fn(Vec<Job>) -> Pin<Box<dyn Future<Output = Vec<JobEnd>> + Send>> + Send + Sync>;

#[derive(Clone)]
enum Work {
    One(Handler),
    Many(Together),
}

impl Work {
    async fn run(self, jobs: Vec<Job>) -> Vec<JobEnd> {
        match self {
            Self::Many(together) => together(jobs).await,
            Self::One(handler) => {
                let mut ends = Vec::with_capacity(jobs.len());
                for job in jobs {
                    ends.push(handler(job).await);
                }
                ends
            }
        }
    }
}

/// A job, and how it ended; reported in the next turn.
type Ended = (Job, JobEnd);

/// How many jobs may be taken up, and how many of those that may wait.
#[derive(Clone, Copy, Default)]
struct Room {
    all: usize,
    bulk: usize,
}

/// When the loop last turned; a stale beat means the workers hang.
#[derive(Clone, Default)]
pub struct WorkersBeat(Arc<AtomicI64>);

impl WorkersBeat {
    /// Milliseconds since the loop last turned.
    #[must_use]
    pub fn age(&self, clock: &Clock) -> i64 {
        clock.now().0 - self.0.load(Ordering::Relaxed)
    }
}

pub struct Workers {
    db: Db,
    clock: Clock,
    handlers: HashMap<&'static str, Work>,
    beat: WorkersBeat,
}

impl Workers {
    #[must_use]
    pub fn new(db: Db, clock: Clock, beat: WorkersBeat) -> Self {
        Self { db, clock, handlers: HashMap::new(), beat }
    }

    #[must_use]
    pub fn with<F, W>(mut self, kind: &'static str, work: W) -> Self
    where
        F: Future<Output = JobEnd> + Send + 'static,
        W: Fn(Job) -> F + Send + Sync + 'static,
    {
        self.handlers.insert(kind, Work::One(Arc::new(move |job| Box::pin(work(job)))));
        self
    }

    /// For jobs that only need the database: those claimed in one turn are done by one call.
    #[must_use]
    pub fn with_many<F, W>(mut self, kind: &'static str, work: W) -> Self
    where
        F: Future<Output = Vec<JobEnd>> + Send + 'static,
        W: Fn(Vec<Job>) -> F + Send + Sync + 'static,
    {
        self.handlers.insert(kind, Work::Many(Arc::new(move |jobs| Box::pin(work(jobs)))));
        self
    }

    /// Works until `stop`, then lets running jobs end and reports them.
    pub async fn run(self, stop: CancellationToken) {
        let (ended, mut reports) = mpsc::channel::<Ended>(AT_ONCE);
        let (mut running, mut bulk) = (0_usize, 0_usize);
        let mut finished = Vec::<Arc<Ended>>::new();
        let mut orphans = Rhythm::of(LONGEST_NAP);
        let mut pace = Rhythm::of(PACE);
        let mut may_wait = Rhythm::of(BULK_PACE);
        loop {
            pace.wait().await;
            while let Ok(report) = reports.try_recv() {
                running -= 1;
                bulk -= usize::from(report.0.kind == BULK);
                finished.push(Arc::new(report));
            }
            let bulk_room = if may_wait.is_due() { BULK_AT_ONCE - bulk } else { 0 };
            let room = Room { all: AT_ONCE - running, bulk: bulk_room };
            let room = if stop.is_cancelled() { Room::default() } else { room };
            match self.turn(finished.clone(), room, orphans.is_due()).await {
                Ok(claimed) => {
                    finished.clear();
                    running += claimed.len();
                    bulk += claimed.iter().filter(|job| job.kind == BULK).count();
                    self.start_all(claimed, &ended);
                }
                // What has ended is still to be reported: done a second time it would be said a second time.
                Err(error) => {
                    tracing::error!(%error, "the outbox could not be read; trying again in a second");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
            if stop.is_cancelled() && running == 0 {
                return;
            }
            if let Some(report) = self.wait(&mut reports, &stop).await {
                running -= 1;
                bulk -= usize::from(report.0.kind == BULK);
                finished.push(Arc::new(report));
            }
        }
    }

    /// Does what is due now, one job after another in the order of the outbox, until nothing is; answers how many. For
    /// those who move the clock themselves.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn drain(&self) -> Outcome<u64> {
        let (mut count, mut finished) = (0, Vec::new());
        loop {
            let claimed = self.turn(std::mem::take(&mut finished), Room { all: 1, bulk: 1 }, true).await?;
            let Some(job) = claimed.into_iter().next() else { return Ok(count) };
            finished.extend(self.done(vec![job]).await.into_iter().map(Arc::new));
            count += 1;
        }
    }

    /// Until there is something to do; answers the report that ended it, if one did.
    async fn wait(&self, reports: &mut mpsc::Receiver<Ended>, stop: &CancellationToken) -> Option<Ended> {
        // When the next job is due is asked of the database only when nothing happens by itself.
        let nap = async {
            tokio::time::sleep(PACE).await;
            tokio::time::sleep(self.nap().await).await;
        };
        tokio::select! {
            report = reports.recv() => return report,
            () = self.db.committed.notified() => {}
            () = nap => {}
            () = stop.cancelled(), if !stop.is_cancelled() => {}
        }
        None
    }

    async fn nap(&self) -> Duration {
        let due = store::next_due(self.db.read()).await.ok().flatten();
        let left = due.map_or(i64::MAX, |due| due.since(self.clock.now()).max(10));
        LONGEST_NAP.min(Duration::from_millis(left.unsigned_abs()))
    }

    /// Reports what has ended and claims what is due; with `orphans` also what was left by workers that died.
    async fn turn(&self, finished: Vec<Arc<Ended>>, room: Room, orphans: bool) -> Outcome<Vec<Job>> {
        let now = self.clock.now();
        self.beat.0.store(now.0, Ordering::Relaxed);
        let orphans = room.all > 0 && orphans && store::any_orphaned(self.db.read(), now).await?;
        let idle = finished.is_empty() && !orphans;
        let due = async || store::any_claimable(self.db.read(), now, room.bulk > 0).await;
        if idle && (room.all == 0 || !due().await?) {
            return Ok(Vec::new());
        }
        let clock = self.clock.clone();
        self.db
            .write_quietly(move |tx| async move {
                report(&tx, &clock, now, &finished).await?;
                if room.all == 0 {
                    return Ok(Vec::new());
                }
                if orphans {
                    release(&tx, now).await?;
                }
                store::claim(&*tx, now, LEASE, room.all as u64, room.bulk as u64).await
            })
            .await
    }

    /// Each job in a task of its own, but those that are done together.
    fn start_all(&self, claimed: Vec<Job>, ended: &mpsc::Sender<Ended>) {
        let mut together = HashMap::<String, Vec<Job>>::new();
        for job in claimed {
            match self.handlers.get(job.kind.as_str()) {
                Some(Work::Many(_)) => together.entry(job.kind.clone()).or_default().push(job),
                _ => self.start(vec![job], ended.clone()),
            }
        }
        together.into_values().for_each(|jobs| self.start(jobs, ended.clone()));
    }

    fn start(&self, jobs: Vec<Job>, ended: mpsc::Sender<Ended>) {
        let done = self.done(jobs);
        tokio::spawn(async move {
            for report in done.await {
                // The loop is gone only when the process ends; the lease brings the job back.
                let _ = ended.send(report).await;
            }
        });
    }

    /// Does jobs of one kind. In a task of its own: a panic is these jobs' failure, not the loop's.
    fn done(&self, jobs: Vec<Job>) -> impl Future<Output = Vec<Ended>> + Send + 'static {
        let work = jobs.first().and_then(|job| self.handlers.get(job.kind.as_str())).cloned();
        async move {
            let attempts = jobs.clone();
            let Some(work) = work else {
                let unknown = |job: Job| {
                    let error = anyhow::anyhow!("this program knows no job of the kind {}", job.kind);
                    (job, JobEnd::Retry(error))
                };
                return jobs.into_iter().map(unknown).collect();
            };
            match tokio::spawn(work.run(attempts)).await {
                Ok(ends) => jobs.into_iter().zip(ends).collect(),
                Err(panic) => {
                    let failed = |job| (job, JobEnd::Retry(anyhow::anyhow!("a job panicked: {panic}")));
                    jobs.into_iter().map(failed).collect()
                }
            }
        }
    }
}

/// What happens at most so often.
struct Rhythm {
    every: Duration,
    last: Option<Instant>,
}

impl Rhythm {
    const fn of(every: Duration) -> Self {
        Self { every, last: None }
    }

    /// Whether it is time again; then it counts as done.
    fn is_due(&mut self) -> bool {
        let due = self.last.is_none_or(|last| last.elapsed() >= self.every);
        if due {
            self.last = Some(Instant::now());
        }
        due
    }

    async fn wait(&mut self) {
        if let Some(last) = self.last {
            tokio::time::sleep_until(last + self.every).await;
        }
        self.last = Some(Instant::now());
    }
}

async fn release(tx: &Tx, now: Moment) -> Outcome<()> {
    for job in store::release_expired_leases(&**tx, now).await? {
        tracing::error!(job = job.id, kind = %job.kind, "a job is dead: no worker outlived it");
        store::insert(&**tx, now, dead(now, &job)?).await?;
    }
    Ok(())
}

async fn report(tx: &Tx, clock: &Clock, now: Moment, finished: &[Arc<Ended>]) -> Outcome<()> {
    let mut done = Vec::new();
    for (job, end) in finished.iter().map(AsRef::as_ref) {
        match weigh(job, end, now, clock.random::<1>()[0]) {
            None => done.push(job.id),
            Some(postponed) => {
                let is_dead = postponed.state == JobState::Dead;
                if store::postpone(&**tx, postponed).await? && is_dead {
                    store::insert(&**tx, now, dead(now, job)?).await?;
                }
            }
        }
    }
    store::mark_done(&**tx, now, done).await
}

/// Staff hear of a dead job; of an alert that cannot be told they see in the dashboard.
fn dead(now: Moment, job: &Job) -> Outcome<Vec<super::NewJob>> {
    if job.kind == alerts::TELL_STAFF {
        return Ok(Vec::new());
    }
    let alert = Alert { word: Some(job.kind.clone()), ..What::DeadJob.into() };
    // Tried again by hand and dead once more is told once more.
    let key = format!("dead:{}:{}", job.id, now.0);
    Ok(vec![alerts::job(now, &job.merchant_id, &key, &alert)?])
}

fn weigh(job: &Job, end: &JobEnd, now: Moment, jitter: u8) -> Option<store::Postponed> {
    let (error, not_before, final_) = match end {
        JobEnd::Done => return None,
        JobEnd::Again(at) => {
            return Some(store::Postponed {
                id: job.id,
                lease_until: job.lease_until,
                state: JobState::Queued,
                attempts: 0,
                run_at: *at,
                error: None,
            });
        }
        JobEnd::Retry(error) => (error, now, false),
        JobEnd::RetryAt(at, error) => (error, *at, false),
        JobEnd::GiveUp(error) => (error, now, true),
    };
    let delay = retry_delay(job.attempts.unsigned_abs(), jitter).filter(|_| !final_);
    let delay = delay.or_else(|| SCHEDULES.contains(&job.kind.as_str()).then_some(HOUR));
    let error = format!("{error:#}");
    metrics::counter!("khanut_job_failures_total", "kind" => job.kind.clone()).increment(1);
    match delay {
        Some(_) => {
            tracing::warn!(job = job.id, kind = %job.kind, attempts = job.attempts, %error, "a job failed; it will be tried again")
        }
        None => tracing::error!(job = job.id, kind = %job.kind, attempts = job.attempts, %error, "a job is dead"),
    }
    Some(store::Postponed {
        id: job.id,
        lease_until: job.lease_until,
        state: if delay.is_some() { JobState::Retrying } else { JobState::Dead },
        attempts: job.attempts,
        run_at: not_before.max(now.plus(delay.unwrap_or(0))),
        error: Some(error),
    })
}
