//! Crash enumeration: a scripted sale is run once for each point it passes, and dies there once.
//!
//! The points stand before and after every commit and every outside call. After each death the server is started again,
//! the people and the provider carry on as they would, and in the end every promise is kept.

use std::{collections::BTreeMap, os::unix::process::ExitStatusExt, sync::Arc, time::Duration};

use sandbox::{
    telegram::Message,
    vpos::{Mischief, Status},
};
use sea_orm::ConnectionTrait;
use server::clock::Clock;
use tokio::{sync::Semaphore, task::JoinSet};

use crate::{
    bank::Bank,
    chat::{ANI, Chat, KATE, pay_code},
    child::{self, Child, Running},
    stage::{self, On, Stage},
};

/// Of a point that is passed many times, so many passings are tried.
const PASSINGS: usize = 10;
const AT_ONCE: usize = 4;
/// The one that was declined gives it back, the one that pays gets it.
const STOCK: i64 = 1;
const SIGABRT: i32 = 6;
/// A sale with a restart in it takes seconds.
const LONGEST: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_point_on_sqlite() {
    every_point(On::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_point_on_postgres() {
    every_point(On::Postgres).await;
}

async fn every_point(on: On) {
    let points = enumerate(on).await;
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
                let sale = tokio::spawn(async move {
                    let sale = Sale::open(on).await;
                    let died = sale.run(&dying).await;
                    // The next sale needs its connections.
                    sale.chat.stage.services.db.clone().close().await;
                    died
                });
                (
                    name,
                    nth,
                    sale.await.unwrap_or_else(|_| {
                        panic!("a promise is broken by dying at {point}; alone: KHANUT_TEST_CRASH_ONLY={point}")
                    }),
                )
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

/// Every point of the sale, and how often it is passed.
async fn enumerate(on: On) -> BTreeMap<String, usize> {
    let sale = Sale::open(on).await;
    let file = format!("khanut-points-{}", sale.port);
    let log = std::env::temp_dir().join(format!("{file}-{}", std::process::id()));
    let mut server = sale.child().with("KHANUT_TEST_CRASH_LOG", &log.display().to_string()).start().await;
    let told = sale.script().await;
    server.kill().await;
    sale.check(&told, &Seen::default()).await;
    let mut points = BTreeMap::new();
    for name in std::fs::read_to_string(&log).unwrap().lines() {
        *points.entry(name.to_owned()).or_insert(0) += 1;
    }
    std::fs::remove_file(log).unwrap();
    for wanted in [
        "commit:payments::intake::write:before",
        "commit:payments::start::open_unbegun:after",
        "commit:payments::start::note:before",
        "commit:fulfilment::fulfil:after",
        "commit:jobs::work::Workers::turn:before",
        "intake:answer:before",
        "provider:begin:after",
        "provider:status:before",
        "telegram:show:after",
        "telegram:updates:after",
    ] {
        assert!(points.contains_key(wanted), "{wanted} is not among {points:#?}");
    }
    points
}

/// A sale of two people: one is declined, one pays.
struct Sale {
    chat: Chat,
    port: u16,
}

/// Which messages stood in the chat at the time of death though their jobs were not yet done. Telegram takes no key that
/// makes asking again harmless, so exactly these may be said twice.
#[derive(Default)]
struct Seen(BTreeMap<&'static str, usize>);

/// Who hears what, and the job that says it.
const MESSAGES: [(&str, i64, &str); 3] = [
    ("tell:paid:", ANI, "Վճարումն ստացված է"),
    ("tell:delivered:", ANI, "Եկեք վերցնելու"),
    ("tell:failed:", KATE, "nothing was charged"),
];

impl Sale {
    async fn open(on: On) -> Self {
        let stage = Stage::new(on).await;
        stage.product(500_000, Some(STOCK)).await;
        Self { chat: Chat::unattended(stage).await, port: child::free_port().await }
    }

    fn child(&self) -> Child {
        Child::new(&self.chat.stage, self.port).with_bot()
    }

    /// Runs the sale with a death at `point`; false when the sale ended without passing it.
    async fn run(&self, point: &str) -> bool {
        let bank = Bank::watch(&self.chat.stage).await;
        let mut doomed = self.child().with("KHANUT_TEST_CRASH_AT", point).spawn();
        let fate = self.restart(&mut doomed);
        let script = self.script();
        tokio::pin!(fate, script);
        let whole = async {
            tokio::select! {
                (again, seen) = &mut fate => Some((script.await, seen, again)),
                told = &mut script => {
                    self.check(&told, &Seen::default()).await;
                    None
                }
            }
        };
        let end = tokio::time::timeout(LONGEST, whole).await;
        let died = end.unwrap_or_else(|_| panic!("no end after dying at {point}"));
        let passed = died.is_some();
        if let Some((told, seen, mut again)) = died {
            again.kill().await;
            self.check(&told, &seen).await;
        }
        bank.close().await;
        passed
    }

    async fn restart(&self, doomed: &mut Running) -> (Running, Seen) {
        let status = doomed.ended().await;
        assert_eq!(status.signal(), Some(SIGABRT), "{status}");
        let stage = &self.chat.stage;
        if stage.services.db.is_postgres() {
            let left = "SELECT COUNT(*) FROM pg_stat_activity WHERE application_name = 'child' AND datname = current_database()";
            stage.until("the dead one's connections are gone", || async { stage.count(left).await == 0 }).await;
        }
        let mut seen = BTreeMap::new();
        for (job, person, text) in MESSAGES {
            let heard = self.chat.count(person, text);
            seen.insert(job, if self.count_jobs(job, "state = 'done'").await == 0 { heard } else { 0 });
        }
        // A dead worker's lease would end by itself in two minutes.
        let raw = sea_orm::Database::connect(&stage.database_url).await.unwrap();
        raw.execute_unprepared("UPDATE jobs SET lease_until = 0 WHERE state = 'running'").await.unwrap();
        raw.close().await.unwrap();
        (self.child().start().await, Seen(seen))
    }

    async fn count_jobs(&self, once_key: &str, which: &str) -> i64 {
        let of = format!("SELECT CAST(COUNT(*) AS BIGINT) FROM jobs WHERE once_key LIKE '{once_key}%' AND {which}");
        self.chat.stage.count(&of).await
    }

    /// What the people and the provider do; each goes on until it is answered. Gives the acknowledged events.
    async fn script(&self) -> Vec<String> {
        let (chat, stage) = (&self.chat, &self.chat.stage);
        let mut told = Vec::new();
        for (person, status, word) in [(KATE, Status::Failed, "failed"), (ANI, Status::Paid, "paid")] {
            let order = self.order(person).await;
            let payment = self.press_pay(&pay_code(&order)).await;
            let payment = stage.payment(&payment.parse().unwrap()).await;
            // "Check payment": a look-up, answered before anything is known.
            let looked = || async { stage.count("SELECT CAST(COUNT(*) AS BIGINT) FROM telegram_updates").await };
            let before = looked().await;
            chat.press_data(person, &order, "k:");
            stage.until("the press arrives", || async { looked().await > before }).await;
            self.all_done().await;
            let never = Mischief { never_send: true, ..Mischief::default() };
            assert!(stage.vpos.end(payment.reference.as_ref().unwrap(), status, never));
            let id = format!("evt_{word}");
            self.send(&id, stage.event(&id, &payment, word).to_string()).await;
            told.push(id);
            for (_, _, text) in MESSAGES.iter().filter(|(_, hears, _)| *hears == person) {
                chat.hears(person, text).await;
            }
            self.all_done().await;
        }
        told
    }

    /// Chooses and confirms. A summary that was shown but not remembered is shown anew: people press again.
    async fn order(&self, person: i64) -> Message {
        let mut summary = Some(self.chat.chooses_coffee(person).await);
        for tries in 0..500 {
            if let Some(summary) = summary.take().filter(|_| tries % 50 == 0) {
                self.chat.press_data(person, &summary, "ok:");
            }
            if let Some(order) = self.chat.newest(person, "k:") {
                return order;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
            summary = self.chat.newest(person, "ok:");
        }
        panic!("the order was not made");
    }

    /// Nothing is owed to the customer any more.
    async fn all_done(&self) {
        let owed = "SELECT CAST(COUNT(*) AS BIGINT) FROM jobs WHERE state <> 'done' AND kind IN ('handle_update', 'fulfil_order', 'tell_customer')";
        let stage = &self.chat.stage;
        stage.until("everything promised is done", || async { stage.count(owed).await == 0 }).await;
    }

    async fn press_pay(&self, code: &str) -> String {
        let url = format!("http://127.0.0.1:{}/pay/{code}", self.port);
        self.persist(|| self.chat.stage.http.post(&url)).await
    }

    async fn send(&self, id: &str, body: String) {
        let url = format!("http://127.0.0.1:{}/hooks/pay/{}", self.port, self.chat.stage.account);
        let send = || stage::signed(self.chat.stage.http.post(&url), id, Clock::system().now(), body.clone());
        self.persist(send).await;
    }

    /// Asks again until the answer is yes.
    async fn persist(&self, ask: impl Fn() -> reqwest::RequestBuilder) -> String {
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

    /// Every promise.
    async fn check(&self, told: &[String], seen: &Seen) {
        let stage = &self.chat.stage;
        stage.audit().await;
        let count =
            |from: String| async move { stage.count(&format!("SELECT CAST(COUNT(*) AS BIGINT) FROM {from}")).await };
        for event in told {
            let kept = count(format!("webhook_events WHERE external_id = '{event}' AND once_key IS NOT NULL")).await;
            assert_eq!(kept, 1, "{event} was acknowledged");
        }
        for (rows, wanted) in [
            ("orders", 2),
            ("orders WHERE status = 'fulfilled'", 1),
            ("orders WHERE status = 'failed'", 1),
            ("orders WHERE needs_review", 0),
            ("payments", 2),
            ("payments WHERE status = 'paid'", 1),
            ("payments WHERE status = 'failed'", 1),
            ("journal WHERE kind = 'payment_started'", 2),
            ("journal WHERE kind = 'payment_paid'", 1),
            ("journal WHERE kind = 'payment_failed'", 1),
            ("journal WHERE kind = 'order_fulfilled'", 1),
            ("fulfilments", 1),
            ("jobs WHERE kind = 'fulfil_order'", 1),
            ("jobs WHERE state = 'dead'", 0),
        ] {
            assert_eq!(count(rows.to_owned()).await, wanted, "{rows}");
        }
        assert_eq!(stage.count("SELECT stock FROM products").await, STOCK - 1, "given back once, sold once");
        assert_eq!(stage.vpos.sessions().len(), 2, "asked again under the same key");
        for (job, person, text) in MESSAGES {
            let (heard, before) = (self.chat.count(person, text), seen.0.get(job).copied().unwrap_or_default());
            assert!(
                (1..=1 + before).contains(&heard),
                "{text}: heard {heard} times, {before} of them before the death"
            );
        }
    }
}
