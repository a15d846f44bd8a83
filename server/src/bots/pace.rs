//! The one gate before everything that bots send: whoever sends passes here first, and says when it is over.
//!
//! The rules are `domain::sending`'s: Telegram's limits of a bot, a chat and a group, a pause that Telegram asks for, and who
//! goes first. Who may not send yet waits here for a second at most, and few of one bot at once; anybody else is told when to
//! come again, and waits in the outbox, where nothing is lost. This memory is one process's. Instances that share a database
//! know nothing of each other's sends: each keeps to its part (`KHANUT_INSTANCES`), which holds a bot's thirty a second for
//! all together and a chat's one a second on average, and each heeds by itself when Telegram asks for a pause.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::{
    BotId, Moment,
    moment::SECOND,
    sending::{Class, Limits, Sends},
};

use crate::clock::Clock;

/// The longest wait in memory.
const PATIENCE: i64 = SECOND + SECOND / 10;
/// So many wait in memory at once, of all bots: a worker each.
const WAITING: usize = 8;
/// More remembered bots than this are looked through for such of which nothing matters any more.
const BOTS: usize = 2_000;

/// Cheap to clone: what was sent is shared.
#[derive(Clone, Default)]
pub struct Pace(Option<Arc<Shared>>);

struct Shared {
    sends: Mutex<Sends<BotId>>,
    waiting: tokio::sync::Semaphore,
}

impl Shared {
    fn sends(&self) -> MutexGuard<'_, Sends<BotId>> {
        self.sends.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to send one message; given back by being dropped, however the sending ended.
pub struct Pass {
    shared: Option<Arc<Shared>>,
    clock: Clock,
    bot: BotId,
    chat: Option<i64>,
}

impl Drop for Pass {
    fn drop(&mut self) {
        if let Some(shared) = &self.shared {
            shared.sends().ended(self.clock.now(), &self.bot, self.chat);
        }
    }
}

impl Pace {
    #[must_use]
    pub fn keeping(limits: Limits, clock: &Clock) -> Self {
        let sends = Mutex::new(Sends::new(limits, clock.now()));
        Self(Some(Arc::new(Shared { sends, waiting: tokio::sync::Semaphore::new(WAITING) })))
    }

    /// For those who measure or test something else, beside a Telegram without limits.
    #[must_use]
    pub const fn free() -> Self {
        Self(None)
    }

    /// Lets a message pass, to `chat` if it is a new one there.
    ///
    /// # Errors
    /// When to come again; nothing may be sent before.
    pub async fn pass(&self, clock: &Clock, bot: &BotId, chat: Option<i64>, class: Class) -> Result<Pass, Moment> {
        let pass = |shared| Pass { shared, clock: clock.clone(), bot: bot.clone(), chat };
        let Some(shared) = &self.0 else { return Ok(pass(None)) };
        // What may wait, waits where it takes no worker.
        let mut patience = if class == Class::Broadcast { 0 } else { PATIENCE };
        let mut place = None;
        loop {
            let now = clock.now();
            let Err(earliest) = shared.sends().start(now, bot, chat, class) else {
                return Ok(pass(Some(shared.clone())));
            };
            let wait = earliest.since(now);
            place = place.or_else(|| shared.waiting.try_acquire().ok());
            if wait > patience || place.is_none() || !clock.wait(wait).await {
                return Err(shared.sends().promise(now, bot, chat, class, earliest));
            }
            patience -= wait;
        }
    }

    /// Telegram turned a message away for so many seconds: nobody sends until then.
    pub fn close(&self, clock: &Clock, bot: &BotId, chat: Option<i64>, seconds: u64) {
        let Some(shared) = &self.0 else { return };
        let now = clock.now();
        let mut sends = shared.sends();
        sends.close(now, bot, chat, seconds);
        if sends.bots() > BOTS {
            sends.tidy(now);
        }
    }

    /// Until when a bot is to ask Telegram for nothing.
    #[must_use]
    pub fn closed(&self, clock: &Clock, bot: &BotId) -> Option<Moment> {
        self.0.as_ref()?.sends().closed(clock.now(), bot)
    }
}
