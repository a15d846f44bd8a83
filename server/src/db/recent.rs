//! What was just read. Many ask the same at once: a commit tells every open page of a shop to look again, and each of them
//! needs the same lists. They are read once, and the others are given the same.
//!
//! Nobody hears less than this process knows: what is kept is forgotten at every commit, before its writer hears of it, and a
//! reading that is on its way during a commit is kept for nobody who asks after it. Other instances on the same database
//! commit too: [`Db::latest`] is never behind them, [`Db::recent`] by [`MOMENT`] at most.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    fmt::Debug,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{sync::OnceCell, time::Instant};

use super::Db;
use crate::failure::Outcome;

const MOMENT: Duration = Duration::from_millis(20);
/// So many questions are kept at most.
pub(super) const MOST: usize = 1_024;

/// A type and a question: the same words may ask for different things.
pub(super) type Key = (TypeId, String);
/// Perhaps still being read. `None`: that failed, and everybody reads for themselves.
pub(super) type Answer = Arc<OnceCell<Option<Arc<dyn Any + Send + Sync>>>>;

pub(super) fn key<T: 'static>(asked: impl Debug) -> Key {
    (TypeId::of::<T>(), format!("{asked:?}"))
}

/// The answer, read by the first of those who share it; what `begin` gives is held while that goes on. `Unpin`: readings are
/// large, and in a box no layer between holds them twice.
pub(super) async fn share<T: Send + Sync + 'static, Held: Send>(
    answer: &Answer,
    begin: impl Future<Output = Held> + Send,
    mut read: impl Future<Output = Outcome<T>> + Send + Unpin,
) -> Outcome<Arc<T>> {
    let mut failure = None;
    let first = async {
        let _held = begin.await;
        let found = (&mut read).await.map_err(|wrong| failure = Some(wrong)).ok()?;
        Some(Arc::new(found) as Arc<dyn Any + Send + Sync>)
    };
    let found = answer.get_or_init(|| first).await.clone().and_then(|found| found.downcast().ok());
    match (found, failure) {
        (Some(found), _) => Ok(found),
        (None, Some(failure)) => Err(failure),
        (None, None) => read.await.map(Arc::new),
    }
}

#[derive(Clone, Default)]
pub(super) struct Recent {
    kept: Arc<Mutex<HashMap<Key, (Answer, Instant)>>>,
}

impl Recent {
    pub(super) fn forget(&self) {
        let old = std::mem::take(&mut *self.kept.lock().unwrap_or_else(PoisonError::into_inner));
        // After the lock: there may be much to drop.
        drop(old);
    }

    async fn ask<T: Send + Sync + 'static>(
        &self,
        key: Key,
        read: impl Future<Output = Outcome<T>> + Send + Unpin,
    ) -> Outcome<Arc<T>> {
        share(&self.answer(key), async {}, read).await
    }

    fn answer(&self, key: Key) -> Answer {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let is_fresh = |since: Instant| now.duration_since(since) < MOMENT;
        if let Some((answer, since)) = kept.get(&key)
            && is_fresh(*since)
        {
            return answer.clone();
        }
        if kept.len() >= MOST {
            kept.retain(|_, (_, since)| is_fresh(*since));
        }
        let answer = Answer::default();
        if kept.len() < MOST {
            kept.insert(key, (answer.clone(), now));
        }
        answer
    }
}

impl Db {
    /// What `read` reads, or what another read in this moment when it asked the same. `asked` must name everything that the
    /// answer depends on, the merchant first.
    ///
    /// # Errors
    /// What `read` says; whoever asks next reads again.
    pub fn recent<T: Send + Sync + 'static>(
        &self,
        asked: impl Debug,
        read: impl Future<Output = Outcome<T>> + Send,
    ) -> impl Future<Output = Outcome<Arc<T>>> + Send {
        let key = key::<T>(asked);
        self.recent.ask(key, Box::pin(read))
    }

    /// As [`Db::recent`], and never older than what another instance committed: where there may be others, only a reading
    /// that begins after the question is shared. For who may do what.
    ///
    /// # Errors
    /// What `read` says.
    pub fn latest<T: Send + Sync + 'static>(
        &self,
        asked: impl Debug,
        read: impl Future<Output = Outcome<T>> + Send,
    ) -> impl Future<Output = Outcome<Arc<T>>> + Send {
        let (key, read) = (key::<T>(asked), Box::pin(read));
        async move { if self.is_postgres() { self.next.ask(key, read).await } else { self.recent.ask(key, read).await } }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::ready,
        sync::atomic::{AtomicU32, Ordering},
    };

    use tokio::{sync::Notify, time::sleep};

    use super::*;
    use crate::{api::testing::shops, failure::Refusal};

    /// A table of one row: how often it was read.
    #[derive(Default)]
    struct Table {
        reads: AtomicU32,
        /// Lets a slow reading end.
        go_on: Notify,
    }

    impl Table {
        async fn read(&self) -> Outcome<u32> {
            tokio::task::yield_now().await;
            Ok(self.reads.fetch_add(1, Ordering::Relaxed) + 1)
        }

        async fn slowly(&self) -> Outcome<u32> {
            let read = self.read().await;
            self.go_on.notified().await;
            read
        }
    }

    #[tokio::test]
    async fn who_asks_the_same_at_once_is_given_the_same() {
        let (recent, table) = (Recent::default(), Table::default());
        let ask = |asked: &'static str| recent.ask(key::<u32>(asked), Box::pin(table.read()));
        let (one, two, other) = tokio::join!(ask("a"), ask("a"), ask("b"));
        let (one, two, other) = (*one.unwrap(), *two.unwrap(), *other.unwrap());
        assert_eq!((one, one + other), (two, 3), "two questions are read once each");
        let words = recent.ask(key::<String>("a"), Box::pin(async { Ok("another type".to_owned()) })).await.unwrap();
        assert_eq!(*words, "another type", "the same words ask for different things");
    }

    #[tokio::test]
    async fn what_is_kept_ends_with_a_commit_and_with_its_moment() {
        let (recent, table) = (Recent::default(), Table::default());
        let ask = || recent.ask(key::<u32>("a"), Box::pin(table.read()));
        assert_eq!(*ask().await.unwrap(), 1);
        recent.forget();
        assert_eq!(*ask().await.unwrap(), 2);
        sleep(MOMENT).await;
        assert_eq!(*ask().await.unwrap(), 3);
    }

    #[tokio::test]
    async fn a_reading_from_before_a_commit_is_for_nobody_who_asks_after_it() {
        let (recent, table) = (Recent::default(), Table::default());
        let early = async { *recent.ask(key::<u32>("a"), Box::pin(table.slowly())).await.unwrap() };
        let late = async {
            while table.reads.load(Ordering::Relaxed) == 0 {
                tokio::task::yield_now().await;
            }
            recent.forget();
            let late = *recent.ask(key::<u32>("a"), Box::pin(table.read())).await.unwrap();
            table.go_on.notify_one();
            late
        };
        assert_eq!(tokio::join!(early, late), (1, 2));
        assert_eq!(
            *recent.ask(key::<u32>("a"), Box::pin(table.read())).await.unwrap(),
            2,
            "the early reading displaces nothing"
        );
    }

    #[tokio::test]
    async fn a_failure_is_only_of_who_met_it() {
        let (recent, table) = (Recent::default(), Table::default());
        let failing = recent.ask(key::<u32>("a"), ready(Err::<u32, _>(Refusal::not_found().into())));
        let (refused, waiting) = tokio::join!(biased; failing, recent.ask(key::<u32>("a"), Box::pin(table.read())));
        assert!(refused.is_err());
        assert_eq!(*waiting.unwrap(), 1);
        assert_eq!(*recent.ask(key::<u32>("a"), Box::pin(table.read())).await.unwrap(), 2);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn every_commit_is_seen_at_once() {
        for shop in shops().await {
            let (db, table) = (&shop.services.db, Table::default());
            for commits in 1..=50 {
                let (one, two) = tokio::join!(db.recent("a", table.read()), db.recent("a", table.read()));
                assert_eq!((*one.unwrap(), *two.unwrap()), (commits, commits));
                db.write_quietly(|_| async { Ok(()) }).await.unwrap();
            }
        }
    }

    #[tokio::test]
    async fn answers_do_not_pile_up() {
        let (recent, table) = (Recent::default(), Table::default());
        for asked in 0..=MOST {
            recent.ask(key::<u32>(asked), Box::pin(table.read())).await.unwrap();
        }
        assert!(recent.kept.lock().unwrap().len() <= MOST);
        sleep(MOMENT).await;
        recent.ask(key::<u32>("a"), Box::pin(table.read())).await.unwrap();
        assert_eq!(recent.kept.lock().unwrap().len(), 1, "what is old makes room");
    }
}
