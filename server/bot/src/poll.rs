//! Long polling: one task for each active bot, for places that Telegram cannot reach.
//!
//! An update is confirmed only after it is stored: the next poll asks from behind it.

use std::{collections::HashMap, time::Duration};

use domain::BotId;
use providers::telegram::{Api, PollFault};
use server::{
    bots::{self, Bot},
    sabotage,
    services::Services,
};
use tokio::task::AbortHandle;
use tokio_util::sync::CancellationToken;

use crate::hooks::{arrived, note, set_menus};

/// How soon a new bot is noticed.
const LOOK: Duration = Duration::from_secs(10);
const LONGEST_WAIT: Duration = Duration::from_secs(60);

pub(crate) async fn run(services: Services, stop: CancellationToken) {
    let api = Api::new(&services.telegram_api_url);
    let mut polled: HashMap<BotId, AbortHandle> = HashMap::new();
    loop {
        polled.retain(|_, task| !task.is_finished());
        match bots::active(&services).await {
            Ok(active) => {
                for bot in active {
                    let start = || tokio::spawn(poll(services.clone(), api.clone(), bot.id.clone())).abort_handle();
                    polled.entry(bot.id.clone()).or_insert_with(start);
                }
            }
            Err(failure) => tracing::error!(%failure, "the bots could not be read"),
        }
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep(LOOK) => {}
        }
    }
    // Nothing is lost: what was not stored was not confirmed.
    polled.values().for_each(AbortHandle::abort);
}

async fn poll(services: Services, api: Api, id: BotId) {
    let mut wait = Duration::from_millis(500);
    let mut troubled = false;
    let mut first = true;
    loop {
        let Ok(bot) = bots::get(&services, &id).await else { return };
        if std::mem::take(&mut first) {
            set_menus(&services, &api, &bot).await;
        }
        match turn(&services, &api, &bot).await {
            Ok(()) => {
                wait = Duration::from_millis(500);
                if std::mem::take(&mut troubled) {
                    note(&services, &bot, None).await;
                }
            }
            Err(trouble) => {
                if !std::mem::replace(&mut troubled, true) {
                    tracing::warn!(bot = %id, %trouble, "a bot cannot be polled; trying on");
                    note(&services, &bot, Some(trouble)).await;
                }
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(LONGEST_WAIT);
            }
        }
    }
}

async fn turn(services: &Services, api: &Api, bot: &Bot) -> Result<(), String> {
    let answer = api.updates(&bot.token, bot.next_update_id).await;
    sabotage::point("telegram:updates:after");
    match answer {
        Ok(updates) => {
            let arrived: Vec<_> = updates.iter().filter_map(arrived).collect();
            if arrived.is_empty() {
                return Ok(());
            }
            let kept = services.updates.keep_polled(bot, arrived).await;
            kept.then_some(()).ok_or_else(|| "what it brought could not be stored".to_owned())
        }
        Err(PollFault::Conflict) => {
            api.delete_webhook(&bot.token).await.map_err(|fault| fault.to_string())?;
            Err(PollFault::Conflict.to_string())
        }
        Err(PollFault::Refused { retry_after: Some(seconds), .. }) => {
            tokio::time::sleep(Duration::from_secs(seconds.min(60))).await;
            Ok(())
        }
        Err(fault) => Err(fault.to_string()),
    }
}
