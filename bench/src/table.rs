//! Figures, and how they are printed.

use std::{fmt, time::Duration};

use crate::drive::Post;

#[derive(Clone, Copy)]
pub(crate) struct Latency {
    p50: Duration,
    p99: Duration,
}

impl Latency {
    /// Of everything that was posted, answered or not.
    pub(crate) fn of(posts: &[Post]) -> Self {
        Self::of_times(posts.iter().map(|post| post.took).collect())
    }

    pub(crate) fn of_times(mut times: Vec<Duration>) -> Self {
        times.sort();
        let at = |percent: usize| times.get(times.len().saturating_sub(1) * percent / 100).copied().unwrap_or_default();
        Self { p50: at(50), p99: at(99) }
    }
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |time: Duration| time.as_secs_f64() * 1_000.0;
        write!(f, "{:.1} / {:.1} ms", ms(self.p50), ms(self.p99))
    }
}

/// What one receiver did on one database.
pub(crate) struct Figures {
    receiver: &'static str,
    database: &'static str,
    /// Acknowledged deliveries a second.
    pub(crate) rate: f64,
    /// Processor time of the receiver's process for one delivery, under full load.
    cpu: Duration,
    memory_mib: u64,
    /// At 500/s, at 1,000/s, under full load.
    latency: [Latency; 3],
}

impl Figures {
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    pub(crate) fn new(
        receiver: &'static str,
        database: &'static str,
        answered: usize,
        took: Duration,
        cpu: Duration,
        memory_mib: u64,
        latency: [Latency; 3],
    ) -> Self {
        let each = cpu / u32::try_from(answered.max(1)).unwrap_or(u32::MAX);
        Self { receiver, database, rate: answered as f64 / took.as_secs_f64(), cpu: each, memory_mib, latency }
    }
}

/// One table for people and for the documentation.
pub(crate) fn markdown(all: &[Figures]) -> String {
    let mut text = "| receiver | database | deliveries/s | Khanut does | p50 / p99 at 500/s | at 1,000/s | at full load | processor \
                    time each | memory |\n|---|---|---|---|---|---|---|---|---|\n"
        .to_owned();
    for row in all {
        let own = all.iter().find(|first| first.database == row.database).map_or(row.rate, |first| first.rate);
        let [slow, fast, full] = row.latency;
        text.push_str(&format!(
            "| {} | {} | {:.0} | {:.1}× | {slow} | {fast} | {full} | {} µs | {} MiB |\n",
            row.receiver,
            row.database,
            row.rate,
            own / row.rate,
            row.cpu.as_micros(),
            row.memory_mib
        ));
    }
    text
}
