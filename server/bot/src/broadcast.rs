//! A turn of a broadcast: a few customers are written to side by side, then the next few after a pause.

use std::sync::Arc;

use domain::{
    CustomerId, Moment,
    broadcast::{Receipt, next_turn},
    sending::Class,
};
use futures_util::future::join_all;
use providers::telegram::{Api, Sending};
use server::{
    bots::{self, Bot},
    broadcasts::{self, Broadcast, Payload},
    customers::{self, Customer},
    failure::{Failure, Outcome},
    jobs::{Job, JobEnd},
    services::Services,
};

use crate::{
    screens,
    speak::{Place, Voice, may_be_done, weigh},
};

/// The job.
pub(crate) async fn run(services: Services, api: Api, job: Job) -> JobEnd {
    let payload: Payload = match serde_json::from_str(&job.payload) {
        Ok(payload) => payload,
        Err(error) => return JobEnd::GiveUp(error.into()),
    };
    match turn(&services, &api, &job, &payload).await {
        Ok(end) => end,
        Err(Failure::Refused(refusal)) => JobEnd::GiveUp(refusal.into()),
        Err(Failure::Internal(error)) => JobEnd::Retry(error),
    }
}

/// What became of one message, and what it says of the ones to come.
struct End {
    customer: CustomerId,
    receipt: Receipt,
    wait: Option<u64>,
    /// Others are sending, or the bot is to be quiet: not before then.
    later: Option<Moment>,
    trouble: Option<String>,
}

async fn turn(services: &Services, api: &Api, job: &Job, payload: &Payload) -> Outcome<JobEnd> {
    // Before anybody is taken: a bot that is off leaves them as they are.
    let bot =
        bots::get(services, &broadcasts::get(&services.db, &job.merchant_id, &payload.broadcast).await?.bot_id).await?;
    let started = services.clock.now();
    let taken = broadcasts::take(services, &job.merchant_id, &payload.broadcast).await?;
    let Some((broadcast, receivers)) = taken else { return Ok(JobEnd::Done) };
    let broadcast = Arc::new(broadcast);
    let ends = join_all(receivers.into_iter().map(|one| send(services, api, &bot, &broadcast, one))).await;
    let wait = ends.iter().filter_map(|end| end.wait).max();
    let later = ends.iter().filter_map(|end| end.later).max();
    let trouble = ends.iter().find_map(|end| end.trouble.clone());
    let receipts = ends.into_iter().map(|end| (end.customer, end.receipt)).collect();
    broadcasts::report(services, &broadcast, receipts).await?;
    Ok(match trouble {
        // Telegram is not well: later, and ever later, instead of spoiling one message after another.
        Some(trouble) => JobEnd::Retry(anyhow::anyhow!("{trouble}")),
        None => {
            let next = next_turn(started, services.clock.now(), wait);
            JobEnd::Again(later.map_or(next, |later| later.max(next)))
        }
    })
}

async fn send(services: &Services, api: &Api, bot: &Bot, broadcast: &Broadcast, to: Customer) -> End {
    let voice = Voice::new(services, api, bot, to.telegram_user_id, Class::Broadcast);
    let screen = screens::news(to.language, broadcast.texts.get(to.language));
    let end = |receipt| End { customer: to.id.clone(), receipt, wait: None, later: None, trouble: None };
    let Err(error) = voice.show(screen, Place::New).await else { return end(Receipt::Sent) };
    let trouble = Some(voice.describe(&error));
    match weigh(&error) {
        Sending::Harmless => end(Receipt::Sent),
        Sending::Gone => {
            if let Err(failure) =
                customers::set_blocked(services, &broadcast.merchant_id, to.telegram_user_id, true).await
            {
                tracing::error!(%failure, "who blocked the bot could not be noted");
            }
            end(Receipt::Blocked)
        }
        Sending::Later(at) => End { later: Some(at), ..end(Receipt::Queued) },
        Sending::Wait(seconds) => End { wait: Some(seconds), ..end(Receipt::Queued) },
        Sending::Refused if may_be_done(&error) => end(Receipt::Unknown),
        Sending::Refused => end(Receipt::Failed),
        Sending::Temporary if may_be_done(&error) => End { trouble, ..end(Receipt::Unknown) },
        Sending::Temporary => End { trouble, ..end(Receipt::Queued) },
    }
}
