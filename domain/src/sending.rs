//! How fast a bot may send: the limits that Telegram sets, and who goes first.
//!
//! At most `per_second` messages of a bot are on their way or younger than a second, and a chat gets its next one a second
//! after the last has ended, a group three (twenty a minute). A message counts from before it is sent until a second after
//! its answer, so whenever it arrives between the two, no second at Telegram holds more than the limit. What was sent before
//! this memory began is not known, so it begins as though a chat had just been written to: a restart breaks no limit either.
//!
//! Each class may fill only a part of the bot's second. A broadcast leaves a third, and answers a few places, to what
//! is told of money. What Telegram turns away (`retry_after`) closes a group, or else the whole bot, until then.

use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
};

use crate::moment::{Moment, SECOND};

/// What a message is, the most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// What somebody must hear: of money, of what was bought, an alert.
    Notice,
    /// What a bot says in a conversation.
    Answer,
    /// One of many that may wait.
    Broadcast,
}

impl Class {
    pub const ALL: [Self; 3] = [Self::Notice, Self::Answer, Self::Broadcast];
}

/// Remembered chats, beyond which those that may be written to are forgotten: nothing is known of them that matters.
const CHATS: usize = 1_000;
/// The longest pause that is believed.
const LONGEST: u64 = 86_400;

/// What Telegram allows, or this instance's part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Messages of one bot.
    pub per_second: usize,
    /// From one message to the next in the chat with a person.
    pub chat_gap: i64,
    /// In a group.
    pub group_gap: i64,
}

impl Limits {
    pub const TELEGRAM: Self = Self { per_second: 30, chat_gap: SECOND, group_gap: 3 * SECOND };

    /// The part of each of so many instances that know nothing of each other.
    #[must_use]
    pub fn shared_by(self, instances: u16) -> Self {
        let parts = i64::from(instances.max(1));
        Self {
            per_second: (self.per_second / usize::from(instances.max(1))).max(1),
            chat_gap: self.chat_gap * parts,
            group_gap: self.group_gap * parts,
        }
    }

    /// How much of the second a class may fill.
    #[must_use]
    pub fn room(&self, class: Class) -> usize {
        let part = match class {
            Class::Notice => self.per_second,
            Class::Answer => self.per_second * 9 / 10,
            Class::Broadcast => self.per_second * 2 / 3,
        };
        part.max(1)
    }

    /// Groups have numbers below zero.
    const fn gap(&self, chat: i64) -> i64 {
        if chat < 0 { self.group_gap } else { self.chat_gap }
    }
}

#[derive(Default)]
struct Chat {
    under_way: bool,
    /// When the last message here ended; none yet: when this memory began.
    ended: Option<Moment>,
    closed: Option<Closed>,
    /// The last time that somebody was told to come again.
    promised: Option<Moment>,
}

/// A pause, from when it was told.
#[derive(Clone, Copy)]
struct Closed {
    at: Moment,
    long: i64,
}

impl Closed {
    fn told(now: Moment, seconds: u64) -> Self {
        Self { at: now, long: seconds.clamp(1, LONGEST).cast_signed() * SECOND }
    }
}

#[derive(Default)]
struct Bot {
    under_way: usize,
    /// When the messages of the last second ended, oldest first.
    ended: VecDeque<Moment>,
    closed: Option<Closed>,
    chats: HashMap<i64, Chat>,
    promised: [Option<Moment>; 3],
}

/// What bots have sent lately. Keeps no message, only when there was one.
pub struct Sends<K> {
    limits: Limits,
    began: Moment,
    bots: HashMap<K, Bot>,
}

/// When `long` after `at` is, for a clock that says `now`: a clock that was put back makes no wait longer than `long`.
fn end(at: Moment, long: i64, now: Moment) -> Moment {
    at.min(now).plus(long)
}

impl<K: Hash + Eq + Clone> Sends<K> {
    #[must_use]
    pub fn new(limits: Limits, began: Moment) -> Self {
        Self { limits, began, bots: HashMap::new() }
    }

    /// Whether a message may start now, to `chat` if it is a new one; then it counts until [`Sends::ended`] is told.
    ///
    /// # Errors
    /// The first moment at which it may be worth asking again.
    pub fn start(&mut self, now: Moment, bot: &K, chat: Option<i64>, class: Class) -> Result<(), Moment> {
        let (limits, began) = (self.limits, self.began);
        let own = self.bots.entry(bot.clone()).or_default();
        let wait =
            own.free(&limits, began, now, class).max(chat.and_then(|chat| own.chat_free(&limits, began, now, chat)));
        if let Some(at) = wait {
            return Err(at);
        }
        own.under_way += 1;
        if let Some(chat) = chat {
            own.forget_chats(&limits, now);
            own.chats.entry(chat).or_default().under_way = true;
        }
        Ok(())
    }

    /// The message that was started has got its answer, or will get none.
    pub fn ended(&mut self, now: Moment, bot: &K, chat: Option<i64>) {
        let Some(own) = self.bots.get_mut(bot) else { return };
        own.under_way = own.under_way.saturating_sub(1);
        own.ended.push_back(now);
        if let Some(own) = chat.and_then(|chat| own.chats.get_mut(&chat)) {
            (own.under_way, own.ended) = (false, Some(now));
        }
    }

    /// Telegram wants a pause of these seconds.
    pub fn close(&mut self, now: Moment, bot: &K, chat: Option<i64>, seconds: u64) {
        let own = self.bots.entry(bot.clone()).or_default();
        let closed = match chat.filter(|chat| *chat < 0) {
            Some(group) => &mut own.chats.entry(group).or_default().closed,
            None => &mut own.closed,
        };
        let told = Closed::told(now, seconds);
        let later = closed.is_none_or(|old| end(old.at, old.long, now) < end(told.at, told.long, now));
        if later {
            *closed = Some(told);
        }
    }

    /// Until when the whole bot is closed.
    #[must_use]
    pub fn closed(&self, now: Moment, bot: &K) -> Option<Moment> {
        let closed = self.bots.get(bot)?.closed?;
        Some(end(closed.at, closed.long, now)).filter(|at| *at > now)
    }

    /// When somebody who may not start before `earliest` and does not wait here is to come again. Each gets a time of his own.
    pub fn promise(&mut self, now: Moment, bot: &K, chat: Option<i64>, class: Class, earliest: Moment) -> Moment {
        let (limits, began) = (self.limits, self.began);
        let own = self.bots.entry(bot.clone()).or_default();
        let full = chat.and_then(|chat| Some((chat, own.chat_free(&limits, began, now, chat)?)));
        let (promised, gap) = match full {
            Some((chat, _)) => (&mut own.chats.entry(chat).or_default().promised, limits.gap(chat)),
            None => {
                let each = SECOND / i64::try_from(limits.room(class)).unwrap_or(1);
                (&mut own.promised[class as usize], each.max(1))
            }
        };
        let next = promised.filter(|at| *at > now).map_or(earliest, |at| at.plus(gap).max(earliest));
        *promised = Some(next);
        next
    }

    /// Bots of which nothing matters any more are forgotten.
    pub fn tidy(&mut self, now: Moment) {
        let limits = self.limits;
        self.bots.retain(|_, own| {
            own.forget_old(now);
            own.chats.retain(|chat, own| !own.is_free(&limits, now, *chat));
            let closed = own.closed.is_some_and(|closed| end(closed.at, closed.long, now) > now);
            own.under_way > 0 || closed || !own.ended.is_empty() || !own.chats.is_empty()
        });
    }

    /// How many bots are remembered.
    #[must_use]
    pub fn bots(&self) -> usize {
        self.bots.len()
    }
}

impl Bot {
    fn forget_old(&mut self, now: Moment) {
        while self.ended.front().is_some_and(|at| end(*at, SECOND, now) <= now) {
            self.ended.pop_front();
        }
    }

    /// None: now.
    fn free(&mut self, limits: &Limits, began: Moment, now: Moment, class: Class) -> Option<Moment> {
        self.forget_old(now);
        let (room, known) = (limits.room(class), self.ended.len());
        // What is under way has no end yet: look again soon.
        let second = match (known + self.under_way + 1).checked_sub(room).filter(|over| *over > 0) {
            Some(over) if over <= known => self.ended.get(over - 1).map(|at| end(*at, SECOND, now)),
            Some(_) => Some(now.plus(SECOND / 20)),
            None => None,
        };
        let closed = self.closed.map(|closed| end(closed.at, closed.long, now));
        [Some(end(began, SECOND, now)), second, closed].into_iter().flatten().filter(|at| *at > now).max()
    }

    /// None: now.
    fn chat_free(&self, limits: &Limits, began: Moment, now: Moment, chat: i64) -> Option<Moment> {
        let gap = limits.gap(chat);
        match self.chats.get(&chat) {
            Some(own) => own.free_at(gap, began, now),
            None => Some(end(began, gap, now)),
        }
        .filter(|at| *at > now)
    }

    fn forget_chats(&mut self, limits: &Limits, now: Moment) {
        if self.chats.len() >= CHATS {
            self.chats.retain(|chat, own| !own.is_free(limits, now, *chat));
        }
    }
}

impl Chat {
    fn free_at(&self, gap: i64, began: Moment, now: Moment) -> Option<Moment> {
        if self.under_way {
            return Some(now.plus(gap));
        }
        let closed = self.closed.map(|closed| end(closed.at, closed.long, now));
        closed.max(Some(end(self.ended.unwrap_or(began), gap, now)))
    }

    fn is_free(&self, limits: &Limits, now: Moment, chat: i64) -> bool {
        let promised = self.promised.is_some_and(|at| at > now);
        // What began this memory is long over when it is tidied, or the chat is asked about like a new one.
        !promised && self.free_at(limits.gap(chat), now.plus(-DAY_AGO), now).is_none_or(|at| at <= now)
    }
}

const DAY_AGO: i64 = 86_400 * SECOND;

#[cfg(test)]
mod tests;
