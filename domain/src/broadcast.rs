//! Broadcasts: to whom, how far, and how fast. Telegram takes about thirty messages a second of one bot; a broadcast leaves
//! a third of that to the messages that somebody waits for.

use serde::{Deserialize, Serialize};

use crate::{
    ids::ProductId,
    lang::Lang,
    moment::{Moment, SECOND},
};

words! {
    /// Where a broadcast stands.
    BroadcastState { Scheduled = "scheduled", Running = "running", Done = "done", Cancelled = "cancelled" }
}

words! {
    /// What became of the message to one receiver. It only leaves `Sending` by an answer of Telegram; where none came, it
    /// may or may not have arrived, and is not sent again.
    Receipt {
        Queued = "queued",
        Sending = "sending",
        Sent = "sent",
        /// Blocked the bot, or is gone from Telegram.
        Blocked = "blocked",
        /// Wants no more of these.
        Stopped = "stopped",
        /// Telegram does not take it.
        Failed = "failed",
        /// No answer came.
        Unknown = "unknown",
    }
}

/// Longest number of days that a segment looks back.
pub const DAYS: i64 = 3_650;

/// Who is meant, among those who may be written to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "orm", derive(sea_orm::FromJsonQueryResult))]
pub struct Segment {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Lang>,
    pub who: Who,
}

/// What they have done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    #[default]
    All,
    Bought(ProductId),
    BoughtWithin {
        days: i64,
    },
    /// Bought before, but not for so many days.
    NotBoughtFor {
        days: i64,
    },
    /// Wrote or ordered, and never paid.
    NeverPaid,
}

/// Messages sent side by side, and how long after their start the next ones may start.
pub const AT_ONCE: u64 = 5;
pub const EVERY: i64 = SECOND / 4;

/// When the next messages of a bot may start: a pause after these, or when Telegram said that it takes more.
#[must_use]
pub const fn next_turn(started: Moment, now: Moment, told_to_wait: Option<u64>) -> Moment {
    let paced = started.plus(EVERY);
    match told_to_wait {
        // Never a time in the past, and never more than a day: a clock of the other side may be wrong.
        Some(seconds) => {
            let seconds = if seconds > 86_400 { 86_400 } else { seconds.cast_signed() };
            now.plus(if seconds > 0 { seconds * SECOND } else { SECOND })
        }
        None => paced,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends turn after turn as `next_turn` says, each message some time after its turn began, and counts the fullest second.
    fn fullest_second(latencies: impl Fn(u64) -> i64) -> usize {
        let (mut start, mut sent) = (Moment(0), Vec::new());
        for turn in 0..200 {
            let last = (0..AT_ONCE).map(|place| start.plus(latencies(turn * AT_ONCE + place))).collect::<Vec<_>>();
            let end = last.iter().copied().max().unwrap_or(start);
            sent.extend(last);
            // A turn is over before the next begins.
            let next = next_turn(start, end, None);
            start = if next > end { next } else { end };
        }
        sent.sort_unstable();
        (0..sent.len()).map(|i| sent[i..].iter().take_while(|at| at.since(sent[i]) < SECOND).count()).max().unwrap_or(0)
    }

    #[test]
    fn no_second_holds_more_than_a_bot_may_send() {
        assert_eq!(fullest_second(|_| 0), 20, "twenty a second and no more, where Telegram is quick");
        for seed in 1..500_u64 {
            let chance = |n: u64| ((n * 7 + 3).wrapping_mul(seed * 2_654_435_761) >> 7) % 400;
            assert!(fullest_second(|n| chance(n).cast_signed()) < 30, "seed {seed}");
        }
    }

    #[test]
    fn a_told_pause_is_kept() {
        let (started, now) = (Moment(1_000), Moment(1_100));
        assert_eq!(next_turn(started, now, None), Moment(1_250));
        assert_eq!(next_turn(started, now, Some(7)), Moment(8_100));
        assert_eq!(next_turn(started, now, Some(0)), Moment(2_100));
        assert_eq!(next_turn(started, now, Some(u64::MAX)), now.plus(86_400 * SECOND));
    }

    #[test]
    fn a_segment_reads_back() {
        for who in [Who::All, Who::BoughtWithin { days: 30 }, Who::NeverPaid, Who::Bought(ProductId::make(1, [1; 10]))]
        {
            let segment = Segment { language: Some(Lang::Hy), who };
            let written = serde_json::to_string(&segment).unwrap();
            assert_eq!(serde_json::from_str::<Segment>(&written).unwrap(), segment, "{written}");
        }
    }
}
