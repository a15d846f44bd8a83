//! A broadcast begins: its receivers are fixed, and its turns are promised.

use domain::broadcast::BroadcastState;

use super::{Payload, SEND_BROADCAST, store};
use crate::{
    failure::{Failure, Outcome},
    jobs::{self, Job, JobEnd, NewJob},
    news,
    services::Services,
};

/// The job `start_broadcast`.
pub async fn run(services: Services, job: Job) -> JobEnd {
    let payload: Payload = match serde_json::from_str(&job.payload) {
        Ok(payload) => payload,
        Err(error) => return JobEnd::GiveUp(error.into()),
    };
    match begin(&services, &job, payload).await {
        Ok(()) => JobEnd::Done,
        Err(Failure::Refused(refusal)) => JobEnd::GiveUp(refusal.into()),
        Err(Failure::Internal(error)) => JobEnd::Retry(error),
    }
}

/// Once: a broadcast that is no longer scheduled has begun, or was called off.
async fn begin(services: &Services, job: &Job, payload: Payload) -> Outcome<()> {
    let (now, merchant) = (services.clock.now(), job.merchant_id.clone());
    services
        .db
        .write(move |tx| async move {
            let Some(mut row) = store::lock(&*tx, &merchant, &payload.broadcast).await? else { return Ok(()) };
            if row.state != BroadcastState::Scheduled {
                return Ok(());
            }
            store::fix_receivers(&*tx, &row, now).await?;
            (row.state, row.started_at) = (BroadcastState::Running, Some(now));
            store::save(&*tx, &row).await?;
            let turns = NewJob {
                payload: serde_json::to_string(&payload)?,
                // One broadcast of a bot at a time.
                lane: Some(["broadcast:", row.bot_id.as_str()].concat()),
                once_key: Some([SEND_BROADCAST, ":", payload.broadcast.as_str()].concat()),
                ..NewJob::new(merchant.clone(), SEND_BROADCAST, now)
            };
            jobs::enqueue(&tx, now, vec![turns]).await?;
            news::tell(&tx, &merchant).await
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::broadcasts::START_BROADCAST;

    #[test]
    fn the_outbox_knows_what_may_wait() {
        assert_eq!(jobs::BULK, SEND_BROADCAST);
        assert!(jobs::KINDS.contains(&START_BROADCAST) && jobs::KINDS.contains(&SEND_BROADCAST));
    }
}
