//! Groups: what strangers send one by one is committed many at a time, and each hears of its own only after the commit.
//!
//! A sender that hangs up loses nothing: what it sent is in the queue, not in its request. When the queue is full, or the
//! commit fails, the sender hears "not now" and comes again; nobody hears "yes" before the commit.

use std::{future::Future, sync::Arc, time::Duration};

use tokio::sync::{mpsc, oneshot};

use crate::failure::Outcome;

/// In one transaction, at most.
const GROUP: usize = 256;
const QUEUE: usize = 4_096;
/// So many failures one after another are the database's, not those of what was sent.
const HOPELESS: usize = 3;
/// A sender waits no longer for a commit. What is committed later is known when it comes again.
const PATIENCE: Duration = Duration::from_secs(20);

type Waiting<T, R> = (T, oneshot::Sender<Option<R>>);

/// The way to a writer of groups. Cheap to clone; the writer ends when the last handle is dropped.
pub(crate) struct Groups<T, R>(mpsc::Sender<Waiting<T, R>>);

impl<T, R> Clone for Groups<T, R> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Clone + Send + Sync + 'static, R: Send + 'static> Groups<T, R> {
    /// Starts a writer of what is called `name` in logs and metrics. `write` commits a group and says, in its order, what
    /// became of each.
    pub(crate) fn start<W, F>(name: &'static str, write: W) -> Self
    where
        W: Fn(Arc<Vec<T>>) -> F + Send + Sync + 'static,
        F: Future<Output = Outcome<Vec<R>>> + Send,
    {
        let (queue, mut arrivals) = mpsc::channel::<Waiting<T, R>>(QUEUE);
        tokio::spawn(async move {
            let mut group = Vec::with_capacity(GROUP);
            while arrivals.recv_many(&mut group, GROUP).await > 0 {
                let size = u32::try_from(group.len()).unwrap_or(u32::MAX);
                metrics::histogram!("khanut_group_size", "of" => name).record(size);
                let (things, answers): (Vec<_>, Vec<_>) = group.drain(..).unzip();
                for (answer, receipt) in answers.into_iter().zip(commit(name, &write, Arc::new(things)).await) {
                    // The sender hung up: the commit stands all the same.
                    let _ = answer.send(receipt);
                }
            }
        });
        Self(queue)
    }

    /// Hands one to the writer and waits for the commit; `None` means "not committed, come again".
    pub(crate) async fn accept(&self, thing: T) -> Option<R> {
        let receipt = self.hand_over(thing)?;
        tokio::time::timeout(PATIENCE, receipt).await.ok()?.ok().flatten()
    }

    /// Hands one to the writer; `None` when its queue is full.
    pub(crate) fn hand_over(&self, thing: T) -> Option<oneshot::Receiver<Option<R>>> {
        let (answer, receipt) = oneshot::channel();
        self.0.try_send((thing, answer)).ok()?;
        Some(receipt)
    }
}

/// One transaction for the group; if that fails, one for each, so that one that cannot be written harms no other.
async fn commit<T, R, W, F>(name: &str, write: &W, group: Arc<Vec<T>>) -> Vec<Option<R>>
where
    T: Clone,
    W: Fn(Arc<Vec<T>>) -> F,
    F: Future<Output = Outcome<Vec<R>>>,
{
    match write(group.clone()).await {
        Ok(receipts) => return receipts.into_iter().map(Some).collect(),
        Err(failure) if group.len() == 1 => {
            tracing::error!(of = name, %failure, "what was sent could not be committed; its sender will come again");
            return vec![None];
        }
        Err(failure) => tracing::warn!(of = name, %failure, size = group.len(), "a group failed; trying one by one"),
    }
    let (mut receipts, mut failed) = (Vec::with_capacity(group.len()), 0);
    for thing in group.iter() {
        if failed >= HOPELESS {
            receipts.push(None);
            continue;
        }
        let one = write(Arc::new(vec![thing.clone()])).await;
        if let Err(failure) = &one {
            tracing::error!(of = name, %failure, "what was sent could not be committed; its sender will come again");
        }
        failed = if one.is_ok() { 0 } else { failed + 1 };
        receipts.push(one.ok().and_then(|mut one| one.pop()));
    }
    receipts
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::failure::Failure;

    /// A writer that cannot write threes, and keeps what it has written.
    fn writer(kept: Arc<Mutex<Vec<u32>>>) -> Groups<u32, u32> {
        Groups::start("numbers", move |group: Arc<Vec<u32>>| {
            let kept = kept.clone();
            async move {
                if group.contains(&3) {
                    return Err(Failure::Internal(anyhow::anyhow!("a three")));
                }
                kept.lock().unwrap().extend(group.iter());
                Ok(group.iter().map(|number| number * 10).collect())
            }
        })
    }

    #[tokio::test]
    async fn one_that_cannot_be_written_harms_no_other() {
        let kept = Arc::new(Mutex::new(Vec::new()));
        let groups = writer(kept.clone());
        let waiting: Vec<_> = (1..=5).map(|number| groups.hand_over(number).unwrap()).collect();
        let mut told = Vec::new();
        for receipt in waiting {
            told.push(receipt.await.unwrap());
        }
        assert_eq!(told, [Some(10), Some(20), None, Some(40), Some(50)]);
        assert_eq!(*kept.lock().unwrap(), [1, 2, 4, 5]);
    }

    #[tokio::test]
    async fn who_hangs_up_loses_nothing() {
        let kept = Arc::new(Mutex::new(Vec::new()));
        let groups = writer(kept.clone());
        drop(groups.hand_over(1));
        assert_eq!(groups.accept(2).await, Some(20));
        assert_eq!(*kept.lock().unwrap(), [1, 2]);
    }
}
