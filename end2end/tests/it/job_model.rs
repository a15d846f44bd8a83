//! The outbox against a model of its promises, written from them and not from the code: every job is done once, in the order
//! of its lane, not before its time and not after it; a worker that lost its lease changes nothing by what it says later,
//! unless the work is done. A seed that fails says how it is replayed.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use domain::{
    Moment,
    moment::{HOUR, MINUTE, SECOND},
};
use sea_orm::{ConnectionTrait, Database, DbBackend};
use server::{
    alerts::TELL_STAFF,
    clock::Clock,
    jobs::{self, Job, JobEnd, NewJob, Workers, WorkersBeat},
};

use crate::{
    dice::{Dice, replay},
    on_both,
    stage::Stage,
};

const KIND: &str = "model";
/// Waits after the first, second … failed try, each ±20 %; after the last the job is dead.
const WAITS: [i64; 10] =
    [SECOND, 5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 9 * HOUR, 10 * HOUR];
/// Longer than any worker may keep a job.
const LOST: i64 = 3 * MINUTE;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    /// Due at a time between these.
    Waiting(Moment, Moment),
    Done,
    Dead,
}

#[derive(Debug)]
struct Known {
    lane: Option<u64>,
    tries: usize,
    at: At,
}

struct Model {
    jobs: Vec<Known>,
    dice: Dice,
    /// From here on everything works.
    calm: bool,
    /// Workers that sleep past their lease, one inside the other.
    asleep: u32,
    deaths: i64,
}

/// What the hand that does the work decides.
enum Hand {
    Ends(JobEnd),
    /// It sleeps past its lease; another instance takes over, and then this one speaks.
    Sleeps,
}

impl Model {
    fn is_behind(&self, place: usize) -> bool {
        let lane = self.jobs[place].lane;
        lane.is_some() && self.jobs[..place].iter().any(|job| job.lane == lane && matches!(job.at, At::Waiting(..)))
    }

    /// A try begins: it must be due, and first in its lane.
    fn begins(&mut self, place: usize, now: Moment) -> Hand {
        let behind = self.is_behind(place);
        let job = &mut self.jobs[place];
        let At::Waiting(earliest, _) = job.at else { panic!("job {place} runs though it is {:?}", job.at) };
        assert!(earliest <= now, "job {place} runs before its time");
        assert!(!behind, "job {place} runs before an earlier one of its lane");
        job.tries += 1;
        if self.calm {
            job.at = At::Done;
            return Hand::Ends(JobEnd::Done);
        }
        if self.asleep < 2 && self.dice.roll(5) == 0 {
            self.asleep += 1;
            self.jobs[place].at = At::Waiting(now, now.plus(LOST));
            return Hand::Sleeps;
        }
        Hand::Ends(self.ends(place, now))
    }

    fn ends(&mut self, place: usize, now: Moment) -> JobEnd {
        let words = || anyhow::anyhow!("as the dice fell");
        let pause = i64::try_from(self.dice.roll(90)).unwrap() * MINUTE;
        match self.dice.roll(6) {
            0 => {
                self.dies(place);
                JobEnd::GiveUp(words())
            }
            1 | 2 => {
                self.fails(place, now, now);
                JobEnd::Retry(words())
            }
            3 => {
                self.fails(place, now, now.plus(pause));
                JobEnd::RetryAt(now.plus(pause), words())
            }
            4 => {
                let at = now.plus(pause + 1);
                (self.jobs[place].tries, self.jobs[place].at) = (0, At::Waiting(at, at));
                JobEnd::Again(at)
            }
            _ => {
                self.jobs[place].at = At::Done;
                JobEnd::Done
            }
        }
    }

    fn dies(&mut self, place: usize) {
        self.jobs[place].at = At::Dead;
        self.deaths += 1;
    }

    fn fails(&mut self, place: usize, now: Moment, not_before: Moment) {
        match WAITS.get(self.jobs[place].tries - 1) {
            None => self.dies(place),
            Some(wait) => {
                let (earliest, latest) = (now.plus(wait * 8 / 10), now.plus(wait * 12 / 10));
                self.jobs[place].at = At::Waiting(earliest.max(not_before), latest.max(not_before));
            }
        }
    }

    /// Speaks after its lease was lost: only work that is done counts.
    fn wakes(&mut self, place: usize) -> JobEnd {
        self.asleep -= 1;
        match self.dice.roll(3) {
            0 => {
                self.jobs[place].at = At::Done;
                JobEnd::Done
            }
            1 => JobEnd::GiveUp(anyhow::anyhow!("too late")),
            _ => JobEnd::Retry(anyhow::anyhow!("too late")),
        }
    }

    /// Nothing that was due is left.
    fn nothing_is_due(&self, now: Moment) {
        for (place, job) in self.jobs.iter().enumerate() {
            let is_due = matches!(job.at, At::Waiting(_, latest) if latest <= now);
            assert!(!is_due || self.is_behind(place), "job {place} was due and did not run: {job:?}");
        }
    }

    fn count(&self, at: At) -> i64 {
        i64::try_from(self.jobs.iter().filter(|job| job.at == at).count()).unwrap()
    }
}

#[derive(Clone)]
struct Outbox {
    db: server::db::Db,
    clock: Clock,
    model: Arc<Mutex<Model>>,
}

impl Outbox {
    fn workers(&self) -> Workers {
        let own = self.clone();
        Workers::new(self.db.clone(), self.clock.clone(), WorkersBeat::default())
            .with(TELL_STAFF, |_| async { JobEnd::Done })
            .with(KIND, move |job| own.clone().work(job))
    }

    async fn work(self, job: Job) -> JobEnd {
        let place: usize = job.payload.parse().unwrap();
        let hand = self.model.lock().unwrap().begins(place, self.clock.now());
        match hand {
            Hand::Ends(end) => end,
            Hand::Sleeps => {
                self.clock.advance(LOST);
                self.workers().drain().await.unwrap();
                self.model.lock().unwrap().wakes(place)
            }
        }
    }
}

struct Run<'a> {
    stage: &'a Stage,
    outbox: Outbox,
    dice: Dice,
}

impl<'a> Run<'a> {
    fn new(stage: &'a Stage, seed: u64) -> Self {
        let model = Model { jobs: Vec::new(), dice: Dice::new(!seed), calm: false, asleep: 0, deaths: 0 };
        let (db, clock) = (stage.services.db.clone(), stage.clock.clone());
        Self { stage, outbox: Outbox { db, clock, model: Arc::new(Mutex::new(model)) }, dice: Dice::new(seed) }
    }

    /// A job of one of three lanes or of none; now and then one that is promised already.
    async fn promise(&mut self) {
        let known = self.outbox.model.lock().unwrap().jobs.len();
        let again = known > 0 && self.dice.roll(4) == 0;
        let place = if again { self.dice.roll(known as u64) as usize } else { known };
        let (lane, now) = (self.dice.roll(4), self.stage.clock.now());
        let run_at = now.plus(i64::try_from(self.dice.roll(20)).unwrap() * MINUTE);
        let lane = (lane > 0).then_some(lane);
        if !again {
            let known = Known { lane, tries: 0, at: At::Waiting(run_at, run_at) };
            self.outbox.model.lock().unwrap().jobs.push(known);
        }
        let job = NewJob {
            payload: place.to_string(),
            lane: lane.map(|lane| format!("{}:{lane}", self.stage.merchant)),
            once_key: Some(format!("{}:{place}", self.stage.merchant)),
            ..NewJob::new(self.stage.merchant.clone(), KIND, run_at)
        };
        let db = &self.stage.services.db;
        db.write(move |tx| async move { jobs::enqueue(&tx, now, vec![job]).await }).await.unwrap();
    }

    async fn drain(&self) {
        self.outbox.workers().drain().await.unwrap();
        self.outbox.model.lock().unwrap().nothing_is_due(self.stage.clock.now());
    }

    async fn retry_dead(&self) {
        self.stage.clock.advance(SECOND);
        let now = self.stage.clock.now();
        jobs::retry(&self.stage.services, &self.stage.owner(), &self.stage.merchant, None).await.unwrap();
        for job in self.outbox.model.lock().unwrap().jobs.iter_mut().filter(|job| job.at == At::Dead) {
            (job.tries, job.at) = (0, At::Waiting(now, now));
        }
    }

    async fn happens(&mut self) {
        match self.dice.roll(8) {
            0..=2 => self.promise().await,
            3..=5 => self.drain().await,
            6 => {
                self.stage.clock.advance(i64::try_from(self.dice.roll(300)).unwrap() * MINUTE);
            }
            _ => self.retry_dead().await,
        }
    }

    async fn compare(&self) {
        let state = |state: &str| format!("SELECT COUNT(*) FROM jobs WHERE kind = '{KIND}' AND state = '{state}'");
        let alerts = self.stage.count("SELECT COUNT(*) FROM jobs WHERE once_key LIKE '%dead:%'").await;
        let (done, dead) = (self.stage.count(&state("done")).await, self.stage.count(&state("dead")).await);
        let model = self.outbox.model.lock().unwrap();
        assert_eq!((done, dead), (model.count(At::Done), model.count(At::Dead)), "done and dead");
        assert_eq!(alerts, model.deaths, "each death is told once");
    }
}

async fn live(stage: &Stage, seed: u64) {
    let mut run = Run::new(stage, seed);
    for _ in 0..60 {
        run.happens().await;
    }
    run.compare().await;
    run.outbox.model.lock().unwrap().calm = true;
    for _ in 0..4 {
        stage.clock.advance(12 * HOUR);
        run.drain().await;
    }
    run.compare().await;
    let waiting = run.outbox.model.lock().unwrap().jobs.iter().any(|job| matches!(job.at, At::Waiting(..)));
    assert!(!waiting, "nothing waits for ever");
}

async fn every_promise_is_kept_once_in_its_order_and_time(stage: Stage) {
    let raw = Database::connect(&stage.database_url).await.unwrap();
    for seed in replay(25) {
        eprintln!("seed {seed}: KHANUT_TEST_SEED={seed} cargo test -p end2end --test it -- job_model");
        raw.execute_unprepared("DELETE FROM jobs").await.unwrap();
        live(&stage, seed).await;
    }
}

/// What a customer was told is not told again because the database would not hear that it was.
async fn an_end_that_cannot_be_written_is_written_later(mut stage: Stage) {
    let raw = Database::connect(&stage.database_url).await.unwrap();
    let (refuse, accept) = match raw.get_database_backend() {
        DbBackend::Postgres => (
            "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'disk full'; END $$;
             CREATE TRIGGER no_end BEFORE UPDATE ON jobs FOR EACH ROW WHEN (NEW.state = 'done') EXECUTE FUNCTION no()",
            "DROP TRIGGER no_end ON jobs",
        ),
        _ => (
            "CREATE TRIGGER no_end BEFORE UPDATE ON jobs WHEN NEW.state = 'done'
             BEGIN SELECT RAISE(ABORT, 'disk full'); END",
            "DROP TRIGGER no_end",
        ),
    };
    raw.execute_unprepared(refuse).await.unwrap();
    let told = Arc::new(AtomicUsize::new(0));
    let own = told.clone();
    let workers = stage.workers().with(KIND, move |_| {
        own.fetch_add(1, Ordering::Relaxed);
        async { JobEnd::Done }
    });
    let now = stage.clock.now();
    let job = NewJob::new(stage.merchant.clone(), KIND, now);
    stage.services.db.write(move |tx| async move { jobs::enqueue(&tx, now, vec![job]).await }).await.unwrap();
    stage.work_as(workers);
    stage.until("it is told", || async { told.load(Ordering::Relaxed) == 1 }).await;
    // The turn that should say so follows within milliseconds, and fails.
    tokio::time::sleep(Duration::from_millis(300)).await;
    raw.execute_unprepared(accept).await.unwrap();
    let done = format!("SELECT COUNT(*) FROM jobs WHERE kind = '{KIND}' AND state = 'done'");
    stage.until("the end is known", || async { stage.count(&done).await == 1 }).await;
    assert_eq!(told.load(Ordering::Relaxed), 1);
}

on_both!(every_promise_is_kept_once_in_its_order_and_time, an_end_that_cannot_be_written_is_written_later);
