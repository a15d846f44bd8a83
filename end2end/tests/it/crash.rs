//! Crash enumeration: a scripted story is run once for each point it passes, and dies there once.
//!
//! The points stand before and after every commit and every outside call. After each death the server is started again,
//! the people and the provider carry on as they would, and in the end every promise is kept.

use std::{collections::BTreeMap, os::unix::process::ExitStatusExt, sync::Arc, time::Duration};

use sea_orm::ConnectionTrait;
use tokio::{sync::Semaphore, task::JoinSet};

use crate::{
    bank::Bank,
    chat::Chat,
    child::{Child, Running},
    stage::{On, Stage},
};

/// Of a point that is passed many times, so many passings are tried.
const PASSINGS: usize = 10;
const AT_ONCE: usize = 4;
const SIGABRT: i32 = 6;
/// A story with a restart in it takes seconds.
const LONGEST: Duration = Duration::from_secs(60);

/// What happens while the server dies, and what must be true in the end.
pub trait Story: Sized + Send + Sync + 'static {
    /// Points that the story must pass; a point that is gone from the program is noticed.
    const WANTED: &'static [&'static str];
    /// Die only at the points that are wanted: the others are another story's.
    const ONLY_THESE: bool = false;
    /// What is said in the chat: the job that says it, to whom, and words of it.
    const MESSAGES: &'static [(&'static str, i64, &'static str)];

    fn open(on: On) -> impl Future<Output = Self> + Send;
    fn chat(&self) -> &Chat;
    fn port(&self) -> u16;
    /// What the people and the provider do; each goes on until it is answered. Gives the acknowledged events.
    fn script(&self) -> impl Future<Output = Vec<String>> + Send;
    /// Every promise but that of the messages.
    fn check(&self, told: &[String]) -> impl Future<Output = ()> + Send;
}

/// Which messages stood in the chat at the time of death though their jobs were not yet done. Telegram takes no key that
/// makes asking again harmless, so exactly these may be said twice.
#[derive(Default)]
struct Seen(BTreeMap<&'static str, AtDeath>);

/// How often a message had been heard, and how many of its jobs were done.
#[derive(Clone, Copy, Debug, Default)]
struct AtDeath {
    heard: usize,
    done: i64,
}

impl AtDeath {
    const fn may_be_said_again(self) -> usize {
        if self.done == 0 { self.heard } else { 0 }
    }
}

pub async fn every_point<S: Story>(on: On) {
    let points = enumerate::<S>(on).await;
    let room = Arc::new(Semaphore::new(AT_ONCE));
    let mut runs = JoinSet::new();
    let only = std::env::var("KHANUT_TEST_CRASH_ONLY").ok();
    for (name, passings) in points.clone() {
        for nth in 1..=passings.min(PASSINGS) {
            let (name, point, room) = (name.clone(), format!("{name}:{nth}"), room.clone());
            if only.as_ref().is_some_and(|only| *only != point) {
                continue;
            }
            runs.spawn(async move {
                let _turn = room.acquire().await.unwrap();
                let dying = point.clone();
                let died = tokio::spawn(async move { dies_at::<S>(on, &dying).await }).await;
                let died = died.unwrap_or_else(|_| {
                    panic!("a promise is broken by dying at {point}; alone: KHANUT_TEST_CRASH_ONLY={point}")
                });
                (name, nth, died)
            });
        }
    }
    let mut deaths = 0;
    for (name, nth, died) in runs.join_all().await {
        deaths += usize::from(died);
        // How often the workers look for jobs differs from run to run; every point is passed at least once.
        assert!(died || nth > 1, "the point {name} was not passed");
    }
    eprintln!("{} points, {deaths} deaths, all promises kept", points.len());
}

/// Every point of the story, and how often it is passed.
async fn enumerate<S: Story>(on: On) -> BTreeMap<String, usize> {
    let story = S::open(on).await;
    let file = format!("khanut-points-{}", story.port());
    let log = std::env::temp_dir().join(format!("{file}-{}", std::process::id()));
    let mut server = child(&story).with("KHANUT_TEST_CRASH_LOG", &log.display().to_string()).start().await;
    let told = story.script().await;
    server.kill().await;
    check(&story, &told, &Seen::default()).await;
    let mut points = BTreeMap::new();
    for name in std::fs::read_to_string(&log).unwrap().lines() {
        *points.entry(name.to_owned()).or_insert(0) += 1;
    }
    std::fs::remove_file(log).unwrap();
    for wanted in S::WANTED {
        assert!(points.contains_key(*wanted), "{wanted} is not among {points:#?}");
    }
    points.retain(|name, _| !S::ONLY_THESE || S::WANTED.contains(&name.as_str()));
    points
}

fn child(story: &impl Story) -> Child {
    Child::new(&story.chat().stage, story.port()).with_bot()
}

/// Lives the story with a death at `point`; false when it ended without passing it.
async fn dies_at<S: Story>(on: On, point: &str) -> bool {
    let story = S::open(on).await;
    let bank = Bank::watch(&story.chat().stage).await;
    let died = live(&story, point).await;
    bank.close().await;
    // The next story needs its connections.
    story.chat().stage.services.db.clone().close().await;
    died
}

async fn live<S: Story>(story: &S, point: &str) -> bool {
    let mut doomed = child(story).with("KHANUT_TEST_CRASH_AT", point).spawn();
    let fate = restart(story, &mut doomed);
    let script = story.script();
    tokio::pin!(fate, script);
    let whole = async {
        tokio::select! {
            (again, seen) = &mut fate => Some((script.await, seen, again)),
            told = &mut script => {
                check(story, &told, &Seen::default()).await;
                None
            }
        }
    };
    let end = tokio::time::timeout(LONGEST, whole).await;
    let Some((told, seen, mut again)) = end.unwrap_or_else(|_| panic!("no end after dying at {point}")) else {
        return false;
    };
    again.kill().await;
    check(story, &told, &seen).await;
    true
}

async fn restart<S: Story>(story: &S, doomed: &mut Running) -> (Running, Seen) {
    let status = doomed.ended().await;
    assert_eq!(status.signal(), Some(SIGABRT), "{status}");
    let stage = &story.chat().stage;
    if stage.services.db.is_postgres() {
        let left =
            "SELECT COUNT(*) FROM pg_stat_activity WHERE application_name = 'child' AND datname = current_database()";
        stage.until("the dead one's connections are gone", || async { stage.count(left).await == 0 }).await;
    }
    // What was on its way when it died is heard all the same, a moment after its death.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mut seen = BTreeMap::new();
    for (job, person, text) in S::MESSAGES {
        let heard = story.chat().count(*person, text);
        seen.insert(*job, AtDeath { heard, done: count_done(stage, job).await });
    }
    // A dead worker's lease would end by itself in two minutes.
    let raw = sea_orm::Database::connect(&stage.database_url).await.unwrap();
    raw.execute_unprepared("UPDATE jobs SET lease_until = 0 WHERE state = 'running'").await.unwrap();
    raw.close().await.unwrap();
    (child(story).start().await, Seen(seen))
}

async fn count_done(stage: &Stage, once_key: &str) -> i64 {
    let of = format!("SELECT COUNT(*) FROM jobs WHERE once_key LIKE '{once_key}%' AND state = 'done'");
    stage.count(&of).await
}

/// Every promise.
async fn check<S: Story>(story: &S, told: &[String], seen: &Seen) {
    let stage = &story.chat().stage;
    stage.audit().await;
    for event in told {
        let kept =
            format!("SELECT COUNT(*) FROM webhook_events WHERE external_id = '{event}' AND once_key IS NOT NULL");
        assert_eq!(stage.count(&kept).await, 1, "{event} was acknowledged");
    }
    assert_eq!(stage.count("SELECT COUNT(*) FROM jobs WHERE state = 'dead'").await, 0, "dead jobs");
    story.check(told).await;
    for (job, person, text) in S::MESSAGES {
        let (heard, before) = (story.chat().count(*person, text), seen.0.get(job).copied().unwrap_or_default());
        let most = 1 + before.may_be_said_again();
        assert!((1..=most).contains(&heard), "{text}: heard {heard} times; at the death {before:?}");
    }
}

/// Asks again until the answer is yes.
pub async fn persist(ask: impl Fn() -> reqwest::RequestBuilder) -> String {
    loop {
        if let Ok(answer) = ask().send().await
            && answer.status().is_success()
            && let Ok(text) = answer.text().await
        {
            return text;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// So many rows of each kind there must be.
pub async fn count_all(stage: &Stage, wanted: &[(&str, i64)]) {
    for (rows, count) in wanted {
        assert_eq!(stage.count(&format!("SELECT COUNT(*) FROM {rows}")).await, *count, "{rows}");
    }
}
