//! What Telegram lets a bot send: thirty messages a second, one a second to a chat, twenty a minute to a group. Who sends more
//! is turned away with 429 and counted, where the sandbox is told to.

use std::{collections::HashMap, sync::Arc};

use domain::Moment;

use super::{
    api::{Bad, Params, too_many},
    world::Shared,
};

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const OF_A_BOT: usize = 30;
const OF_A_GROUP: usize = 20;

#[derive(Clone)]
pub(super) struct Limits {
    now: Arc<dyn Fn() -> Moment + Send + Sync>,
    /// When a bot's messages of the last minute came, and to which chat.
    sent: HashMap<i64, Vec<(Moment, Option<i64>)>>,
    turned_away: u64,
}

/// The chat of a new message; inside nothing: a message is changed; nothing at all: the method counts for nothing.
fn counted(method: &str, params: &Params) -> Option<Option<i64>> {
    match method {
        "sendmessage" | "sendphoto" | "senddocument" => Some(params.number("chat_id")),
        "editmessagetext" | "editmessagecaption" | "editmessagereplymarkup" => Some(None),
        _ => None,
    }
}

impl Limits {
    /// Seconds to wait, where one more is too many; else it is counted.
    fn take(&mut self, bot: i64, chat: Option<i64>) -> Result<Moment, u64> {
        let now = (self.now)();
        let sent = self.sent.entry(bot).or_default();
        sent.retain(|(at, _)| now.since(*at) < MINUTE);
        let within = |span: i64, of: &dyn Fn(&Option<i64>) -> bool| {
            sent.iter().filter(|(at, to)| now.since(*at) < span && of(to)).count()
        };
        let here = |to: &Option<i64>| chat.is_some() && *to == chat;
        let wait = if within(SECOND, &|_| true) >= OF_A_BOT || within(SECOND, &here) >= 1 {
            Some(1)
        } else if chat.is_some_and(|chat| chat < 0) && within(MINUTE, &here) >= OF_A_GROUP {
            Some(MINUTE / SECOND)
        } else {
            None
        };
        if let Some(wait) = wait {
            self.turned_away += 1;
            return Err(wait.unsigned_abs());
        }
        sent.push((now, chat));
        Ok(now)
    }
}

/// Counts a call, or turns it away; what is given back is uncounted by [`refused`] when Telegram does not take it.
pub(super) fn pass(
    shared: &Shared,
    bot: i64,
    method: &str,
    params: &Params,
) -> Result<Option<(Moment, Option<i64>)>, Bad> {
    let Some(chat) = counted(method, params) else { return Ok(None) };
    let mut world = shared.world();
    let Some(limits) = &mut world.limits else { return Ok(None) };
    match limits.take(bot, chat) {
        Ok(at) => Ok(Some((at, chat))),
        Err(wait) => Err(too_many(wait)),
    }
}

/// What was refused is no message.
pub(super) fn refused(shared: &Shared, bot: i64, one: Option<(Moment, Option<i64>)>) {
    let mut world = shared.world();
    let Some((limits, one)) = world.limits.as_mut().zip(one) else { return };
    let sent = limits.sent.entry(bot).or_default();
    if let Some(place) = sent.iter().rposition(|known| *known == one) {
        sent.remove(place);
    }
}

impl super::Telegram {
    /// From now on bots may send no more than at Telegram, by this clock.
    pub fn keep_limits(&self, now: impl Fn() -> Moment + Send + Sync + 'static) {
        let limits = Limits { now: Arc::new(now), sent: HashMap::new(), turned_away: 0 };
        // Whoever begins anew has not begun a new minute.
        self.0.world().limits.get_or_insert(limits);
    }

    /// How many messages were too many.
    #[must_use]
    pub fn turned_away(&self) -> u64 {
        self.0.world().limits.as_ref().map_or(0, |limits| limits.turned_away)
    }
}
