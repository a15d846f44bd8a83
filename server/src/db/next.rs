//! The next reading. Only one reading of a question goes on at a time; who asks meanwhile shares the one after it. So a
//! crowd costs few readings, and each is given what was read after it asked: never older than any commit before that.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::recent::{Answer, Key, MOST, share};
use crate::failure::Outcome;

#[derive(Clone, Default)]
pub(super) struct Next(Arc<Mutex<HashMap<Key, Arc<Line>>>>);

/// Those who ask the same.
#[derive(Default)]
struct Line {
    /// Held while a reading goes on.
    turn: tokio::sync::Mutex<()>,
    /// Of the reading that has not begun.
    next: Mutex<Answer>,
}

impl Line {
    fn next(&self) -> Answer {
        self.next.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Who asks from here on is too late for `answer`.
    async fn begin(&self, answer: &Answer) -> tokio::sync::MutexGuard<'_, ()> {
        let turn = self.turn.lock().await;
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        // Another may have begun it before and was gone before it ended.
        if Arc::ptr_eq(&next, answer) {
            *next = Answer::default();
        }
        turn
    }
}

impl Next {
    pub(super) async fn ask<T: Send + Sync + 'static>(
        &self,
        key: Key,
        read: impl Future<Output = Outcome<T>> + Send + Unpin,
    ) -> Outcome<Arc<T>> {
        let line = self.line(key);
        let answer = line.next();
        share(&answer, line.begin(&answer), read).await
    }

    fn line(&self, key: Key) -> Arc<Line> {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() >= MOST {
            // What the map alone holds nobody stands in.
            lines.retain(|_, line| Arc::strong_count(line) > 1);
        }
        lines.entry(key).or_default().clone()
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::{pending, ready},
        sync::atomic::{AtomicU32, Ordering},
    };

    use tokio::time::{Duration, timeout};

    use super::*;
    use crate::{db::recent::key, failure::Refusal};

    /// A row that others change, and how often it was read.
    #[derive(Default)]
    struct Row {
        value: AtomicU32,
        reads: AtomicU32,
    }

    impl Row {
        async fn read(&self) -> Outcome<u32> {
            self.reads.fetch_add(1, Ordering::Relaxed);
            let value = self.value.load(Ordering::Relaxed);
            tokio::task::yield_now().await;
            Ok(value)
        }
    }

    #[tokio::test]
    async fn a_crowd_is_given_one_reading_that_began_after_it_asked() {
        let (next, row) = (Next::default(), Row::default());
        let ask = || next.ask(key::<u32>("a"), Box::pin(row.read()));
        let early = ask();
        let late = async {
            assert_eq!(row.reads.load(Ordering::Relaxed), 1, "the first reading is on its way");
            row.value.store(1, Ordering::Relaxed);
            tokio::join!(ask(), ask(), ask())
        };
        let (early, (one, two, three)) = tokio::join!(biased; early, late);
        assert_eq!(*early.unwrap(), 0);
        assert_eq!((*one.unwrap(), *two.unwrap(), *three.unwrap()), (1, 1, 1));
        assert_eq!(row.reads.load(Ordering::Relaxed), 2);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn nobody_is_given_what_was_read_before_they_asked() {
        let (next, row) = (Next::default(), Arc::new(Row::default()));
        let mut all = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let (next, row) = (next.clone(), row.clone());
            all.spawn(async move {
                for _ in 0..500 {
                    let written = row.value.fetch_add(1, Ordering::SeqCst) + 1;
                    let read = *next.ask(key::<u32>("a"), Box::pin(row.read())).await.unwrap();
                    assert!(read >= written, "{read} is older than {written}");
                }
            });
        }
        while let Some(done) = all.join_next().await {
            done.unwrap();
        }
    }

    #[tokio::test]
    async fn who_goes_away_leaves_the_reading_to_the_others() {
        let (next, row) = (Next::default(), Row::default());
        let gone = next.ask::<u32>(key::<u32>("a"), pending());
        let wait = Duration::from_millis(20);
        let others = async {
            tokio::task::yield_now().await;
            timeout(Duration::from_secs(20), async {
                tokio::join!(
                    next.ask(key::<u32>("a"), Box::pin(row.read())),
                    next.ask(key::<u32>("a"), Box::pin(row.read()))
                )
            })
            .await
        };
        let (gone, others) = tokio::join!(biased; timeout(wait, gone), others);
        assert!(gone.is_err());
        let (one, two) = others.expect("the others are not held up");
        assert_eq!((*one.unwrap(), *two.unwrap(), row.reads.load(Ordering::Relaxed)), (0, 0, 1));
    }

    #[tokio::test]
    async fn a_failure_is_only_of_who_met_it() {
        let (next, row) = (Next::default(), Row::default());
        let failing = next.ask(key::<u32>("a"), ready(Err::<u32, _>(Refusal::not_found().into())));
        let (refused, waiting) = tokio::join!(biased; failing, next.ask(key::<u32>("a"), Box::pin(row.read())));
        assert!(refused.is_err());
        assert_eq!(*waiting.unwrap(), 0);
    }

    #[tokio::test]
    async fn questions_do_not_pile_up() {
        let (next, row) = (Next::default(), Row::default());
        for number in 0..=MOST {
            next.ask(key::<u32>(number), Box::pin(row.read())).await.unwrap();
        }
        assert!(next.0.lock().unwrap().len() <= MOST);
    }
}
