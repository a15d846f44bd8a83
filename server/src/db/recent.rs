//! What was just read. Many ask the same at once: a commit tells every open page of a shop to look again, and each of them
//! needs the shop, its lists and what waits there. It is read once, and the others are given the same.
//!
//! Nobody hears less than they could know: what is kept is forgotten at every commit of this process, before its writer hears
//! of it, and after [`MOMENT`] in any case, for other processes commit too. A reading that is on its way during a commit is
//! kept for nobody who asks after it.

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

/// Shorter than a way to another instance and back.
const MOMENT: Duration = Duration::from_millis(20);
/// So many answers are kept at most.
const MOST: usize = 1_024;

/// A type and a question: the same words may ask for different things.
type Key = (TypeId, String);
/// Perhaps still being read.
type Answer = Arc<OnceCell<Arc<dyn Any + Send + Sync>>>;

#[derive(Clone, Default)]
pub(super) struct Recent(Arc<Mutex<HashMap<Key, (Answer, Instant)>>>);

impl Recent {
    pub(super) fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn ask<T: Send + Sync + 'static>(
        &self,
        asked: impl Debug,
        read: impl Future<Output = Outcome<T>> + Send,
    ) -> impl Future<Output = Outcome<Arc<T>>> + Send {
        let answer = self.answer((TypeId::of::<T>(), format!("{asked:?}")));
        // In a box: readings are large, and each layer between would hold it twice.
        let read = Box::pin(read);
        async move {
            let read = async { Outcome::Ok(Arc::new(read.await?) as Arc<dyn Any + Send + Sync>) };
            let found = answer.get_or_try_init(|| read).await?.clone();
            found.downcast().map_err(|_| anyhow::anyhow!("an answer of another type than was asked for").into())
        }
    }

    fn answer(&self, key: Key) -> Answer {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if let Some((answer, since)) = kept.get(&key)
            && now.duration_since(*since) < MOMENT
        {
            return answer.clone();
        }
        if kept.len() >= MOST {
            kept.clear();
        }
        let answer = Answer::default();
        kept.insert(key, (answer.clone(), now));
        answer
    }
}

impl Db {
    /// What `read` reads, or what another read in this moment when it asked the same. `asked` must name everything that the
    /// answer depends on, the merchant first. For pages: what moves money reads for itself.
    ///
    /// # Errors
    /// What `read` says; whoever asks next reads again.
    pub fn recent<T: Send + Sync + 'static>(
        &self,
        asked: impl Debug,
        read: impl Future<Output = Outcome<T>> + Send,
    ) -> impl Future<Output = Outcome<Arc<T>>> + Send {
        self.recent.ask(asked, read)
    }

    /// Another process has committed something.
    pub fn forget_recent(&self) {
        self.recent.forget();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

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
        let ask = |asked: &'static str| recent.ask(asked, table.read());
        let (one, two, other) = tokio::join!(ask("a"), ask("a"), ask("b"));
        let (one, two, other) = (*one.unwrap(), *two.unwrap(), *other.unwrap());
        assert_eq!((one, one + other), (two, 3), "two questions are read once each");
        let words = recent.ask("a", async { Ok("another type".to_owned()) }).await.unwrap();
        assert_eq!(*words, "another type", "the same words ask for different things");
    }

    #[tokio::test]
    async fn what_is_kept_ends_with_a_commit_and_with_its_moment() {
        let (recent, table) = (Recent::default(), Table::default());
        let ask = || recent.ask("a", table.read());
        assert_eq!(*ask().await.unwrap(), 1);
        recent.forget();
        assert_eq!(*ask().await.unwrap(), 2);
        sleep(MOMENT).await;
        assert_eq!(*ask().await.unwrap(), 3);
    }

    #[tokio::test]
    async fn a_reading_from_before_a_commit_is_for_nobody_who_asks_after_it() {
        let (recent, table) = (Recent::default(), Table::default());
        let early = async { *recent.ask("a", table.slowly()).await.unwrap() };
        let late = async {
            while table.reads.load(Ordering::Relaxed) == 0 {
                tokio::task::yield_now().await;
            }
            recent.forget();
            let late = *recent.ask("a", table.read()).await.unwrap();
            table.go_on.notify_one();
            late
        };
        assert_eq!(tokio::join!(early, late), (1, 2));
        assert_eq!(*recent.ask("a", table.read()).await.unwrap(), 2, "the early reading displaces nothing");
    }

    #[tokio::test]
    async fn a_failure_is_not_kept() {
        let (recent, table) = (Recent::default(), Table::default());
        let refused = recent.ask("a", async { Err::<u32, _>(Refusal::not_found().into()) }).await;
        assert!(refused.is_err());
        assert_eq!(*recent.ask("a", table.read()).await.unwrap(), 1);
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
            recent.ask(asked, table.read()).await.unwrap();
        }
        assert!(recent.0.lock().unwrap().len() <= MOST);
    }
}
