//! The job that sends one delivery.

use domain::{
    DeliveryId, Moment,
    endpoint::DeliveryState,
    job::retry_delay,
    moment::{HOUR, SECOND},
    role::Actor,
};
use providers::{
    outgoing::{Message, Said},
    signature::Secret,
};
use serde::Deserialize;

use super::{Delivery, Endpoint, edit, event, store, store::Tried};
use crate::{
    alerts::{self, Alert, What},
    failure::Outcome,
    jobs::{self, Job, JobEnd},
    news, sabotage,
    services::Services,
};

pub const SEND_EVENT: &str = "send_event";

/// The longest wait that a receiver is believed to need.
const LONGEST_WAIT: i64 = HOUR;
/// The receiver wants no more of it, for good: Standard Webhooks.
const GONE: u16 = 410;

#[derive(Deserialize)]
struct Payload {
    delivery: DeliveryId,
}

/// The job. It never dies: a delivery whose tries are used up is shown as failed, and can be sent again.
pub async fn run(services: Services, job: Job) -> JobEnd {
    match serde_json::from_str::<Payload>(&job.payload) {
        Ok(payload) => {
            deliver(&services, &job, &payload.delivery).await.unwrap_or_else(|error| JobEnd::Retry(error.into()))
        }
        Err(error) => JobEnd::GiveUp(error.into()),
    }
}

async fn deliver(services: &Services, job: &Job, id: &DeliveryId) -> Outcome<JobEnd> {
    let merchant = &job.merchant_id;
    let Some(delivery) = store::delivery(services.db.read(), merchant, id).await? else { return Ok(JobEnd::Done) };
    let endpoint = store::get(services.db.read(), merchant, &delivery.endpoint_id).await?;
    let Some(endpoint) = endpoint.filter(|endpoint| endpoint.active) else {
        note(services, &delivery, DeliveryState::Failed, None, "the endpoint is off", None).await?;
        return Ok(JobEnd::Done);
    };
    let answer = call(services, &endpoint, &delivery).await?;
    let end = weigh(job, services.clock.now(), &answer);
    let (state, alert) = match &end {
        JobEnd::Done if came(&answer) => (DeliveryState::Delivered, None),
        JobEnd::Done => (DeliveryState::Failed, Some(failed(services.clock.now(), &endpoint)?)),
        _ => (DeliveryState::Waiting, None),
    };
    let (status, said) = match &answer {
        Ok(said) => (Some(said.status), said.text.as_str()),
        Err(error) => (None, error.as_str()),
    };
    note(services, &delivery, state, status, said, alert).await?;
    if status == Some(GONE) {
        switch_off(services, &endpoint).await?;
    }
    Ok(end)
}

async fn call(services: &Services, endpoint: &Endpoint, delivery: &Delivery) -> Outcome<Result<Said, String>> {
    let (id, body) = event::body(&services.db, delivery).await?;
    let now = services.clock.now();
    let mut secrets = Vec::new();
    for nth in endpoint.secrets(now) {
        secrets.extend(Secret::parse(&edit::nth_secret(services, endpoint, nth)?));
    }
    let message = Message { id: &id, at: now.0 / SECOND, body: &body, secrets: &secrets };
    sabotage::point("endpoint:send:before");
    let answer = services.outgoing.send(&endpoint.url, message).await;
    sabotage::point("endpoint:send:after");
    Ok(answer)
}

fn came(answer: &Result<Said, String>) -> bool {
    answer.as_ref().is_ok_and(|said| (200..300).contains(&said.status))
}

/// Done also where there is nothing more to try.
fn weigh(job: &Job, now: Moment, answer: &Result<Said, String>) -> JobEnd {
    let (error, wait) = match answer {
        _ if came(answer) => return JobEnd::Done,
        Ok(said) if said.status == GONE => return JobEnd::Done,
        Ok(said) => (format!("the endpoint answered HTTP {}", said.status), said.retry_after),
        Err(error) => (error.clone(), None),
    };
    if retry_delay(job.attempts.unsigned_abs(), 0).is_none() {
        return JobEnd::Done;
    }
    let wait = wait.and_then(|seconds| i64::try_from(seconds).ok()).map(|seconds| seconds.saturating_mul(SECOND));
    JobEnd::RetryAt(now.plus(wait.unwrap_or(0).min(LONGEST_WAIT)), anyhow::anyhow!(error))
}

/// Staff hear of an endpoint that does not take what it is sent, once a day.
fn failed(now: Moment, endpoint: &Endpoint) -> Outcome<jobs::NewJob> {
    let name = if endpoint.label.is_empty() { endpoint.id.as_str() } else { &endpoint.label };
    let alert = Alert { word: Some(name.to_owned()), ..What::EndpointFailed.into() };
    let key = format!("endpoint:{}:{}", endpoint.id, now.0 / domain::moment::DAY);
    alerts::job(now, &endpoint.merchant_id, &key, &alert)
}

async fn note(
    services: &Services,
    delivery: &Delivery,
    state: DeliveryState,
    status: Option<u16>,
    said: &str,
    alert: Option<jobs::NewJob>,
) -> Outcome<()> {
    let now = services.clock.now();
    let tried = Tried { state, status, said: said.to_owned(), at: now };
    let (merchant, id) = (delivery.merchant_id.clone(), delivery.id.clone());
    let all = move |tx: crate::db::Tx| async move {
        store::note_try(&*tx, &merchant, &id, &tried).await?;
        jobs::enqueue(&tx, now, alert.into_iter().collect()).await?;
        news::tell(&tx, &merchant).await
    };
    services.db.write_quietly(all).await
}

async fn switch_off(services: &Services, endpoint: &Endpoint) -> Outcome<()> {
    let off = |row: &mut Endpoint| row.active = false;
    let (merchant, id) = (&endpoint.merchant_id, &endpoint.id);
    edit::edit(services, &Actor::System, merchant, id, "endpoint_changed", off).await?;
    Ok(())
}
