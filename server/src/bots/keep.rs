//! Updates are stored in groups, whichever bots they are for, with the jobs that will handle them (see `db::groups`).

use std::{collections::HashSet, sync::Arc};

use domain::{BotId, MerchantId, Moment};

use super::{Arrived, Bot, HANDLE_UPDATE, HandleUpdate, StoredUpdate, store};
use crate::{
    clock::Clock,
    db::{Db, Groups, Tx},
    failure::Outcome,
    jobs::{self, NewJob},
};

/// Updates of one bot.
#[derive(Clone)]
struct Batch {
    bot: BotId,
    merchant: MerchantId,
    arrived: Vec<Arrived>,
    /// They were asked for: the next poll asks from behind them.
    polled: bool,
}

/// The way to the one writer of updates. Cheap to clone.
#[derive(Clone)]
pub struct Updates(Groups<Batch, ()>);

impl Updates {
    /// Starts the writer; it ends when the last handle is dropped.
    #[must_use]
    pub fn start(db: Db, clock: Clock) -> Self {
        Self(Groups::start("updates", move |group| {
            let (db, now) = (db.clone(), clock.now());
            async move { write(&db, group, now).await }
        }))
    }

    /// Stores updates that Telegram brought. Known ones are passed over. False: not committed, do not acknowledge them.
    pub async fn keep(&self, bot: &Bot, arrived: Vec<Arrived>) -> bool {
        self.accept(bot, arrived, false).await
    }

    /// Stores updates that were asked for, and where the next poll begins; otherwise as [`Updates::keep`].
    pub async fn keep_polled(&self, bot: &Bot, arrived: Vec<Arrived>) -> bool {
        self.accept(bot, arrived, true).await
    }

    async fn accept(&self, bot: &Bot, arrived: Vec<Arrived>, polled: bool) -> bool {
        let batch = Batch { bot: bot.id.clone(), merchant: bot.merchant.clone(), arrived, polled };
        self.0.accept(batch).await.is_some()
    }
}

async fn write(db: &Db, group: Arc<Vec<Batch>>, now: Moment) -> Outcome<Vec<()>> {
    db.write(move |tx| async move {
        keep(&tx, &group, now).await?;
        Ok(vec![(); group.len()])
    })
    .await
}

async fn keep(tx: &Tx, group: &[Batch], now: Moment) -> Outcome<()> {
    let all = || group.iter().flat_map(|batch| batch.arrived.iter().map(move |update| (batch, update)));
    let rows = all().map(|(batch, update)| StoredUpdate {
        bot_id: batch.bot.clone(),
        update_id: update.update_id,
        merchant_id: batch.merchant.clone(),
        body: update.body.clone(),
        received_at: now,
    });
    let mut new: HashSet<(BotId, i64)> = store::insert_updates(&**tx, rows.collect()).await?.into_iter().collect();
    let mut promised = Vec::with_capacity(new.len());
    for (batch, update) in all() {
        // Taken out: the same one twice in a group is handled once.
        if new.remove(&(batch.bot.clone(), update.update_id)) {
            promised.push(job(batch, update, now)?);
        }
    }
    jobs::enqueue(tx, now, promised).await?;
    for batch in group.iter().filter(|batch| batch.polled) {
        if let Some(next) = batch.arrived.iter().map(|update| update.update_id + 1).max() {
            store::set_next_update(&**tx, &batch.bot, next).await?;
        }
    }
    Ok(())
}

fn job(batch: &Batch, update: &Arrived, now: Moment) -> Outcome<NewJob> {
    let payload = HandleUpdate { bot: batch.bot.clone(), update_id: update.update_id };
    Ok(NewJob {
        payload: serde_json::to_string(&payload)?,
        lane: update.chat_id.map(|chat| format!("talk:{}:{chat}", batch.bot)),
        ..NewJob::new(batch.merchant.clone(), HANDLE_UPDATE, now)
    })
}
