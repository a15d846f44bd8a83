//! The job that asks the merchant's program once.

use domain::{
    CallId, Moment,
    call::{CallState, Heard, heard, text},
    job::retry_delay,
    moment::{HOUR, SECOND},
};
use providers::{
    outgoing::{Message, Said},
    signature::Secret,
};
use serde::Deserialize;

use super::{Call, Target, body, set, store};
use crate::{
    alerts::{self, Alert, What},
    failure::Outcome,
    fulfilment,
    jobs::{self, Job, JobEnd},
    news,
    orders::{self, Whole},
    payments, refunds,
    services::Services,
};

pub const CALL_BACKEND: &str = "call_backend";

/// The longest wait that the program is believed to need.
const LONGEST_WAIT: i64 = HOUR;
/// Of what it said, characters that staff are shown.
const SHOWN: usize = 200;

#[derive(Deserialize)]
struct Payload {
    call: CallId,
}

/// The text for the customer, where the answer has one.
#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    text: Option<String>,
}

/// The job. It never dies: a call that was refused, or whose tries are used up, is shown with its order, and staff ask again.
pub async fn run(services: Services, job: Job) -> JobEnd {
    match serde_json::from_str::<Payload>(&job.payload) {
        Ok(payload) => {
            ask(&services, &job, &payload.call).await.unwrap_or_else(|failure| JobEnd::Retry(failure.into()))
        }
        Err(error) => JobEnd::GiveUp(error.into()),
    }
}

async fn ask(services: &Services, job: &Job, id: &CallId) -> Outcome<JobEnd> {
    let (db, merchant) = (&services.db, &job.merchant_id);
    let call = store::get(db.read(), merchant, id).await?.filter(|call| call.state == CallState::Waiting);
    let Some(call) = call else { return Ok(JobEnd::Done) };
    let whole = orders::get(db, merchant, &call.order_id).await?;
    let payments = payments::of_order(db, merchant, &call.order_id).await?;
    if !whole.order.is_to_be_delivered(&payments) {
        // Its money went back meanwhile.
        return Ok(JobEnd::Done);
    }
    let give = vec![(merchant.clone(), call.order_id.clone())];
    let given_up = refunds::lines_of_orders(db.read(), merchant, vec![call.order_id.clone()]).await?;
    let target = store::target(db.read(), merchant, &call.product_id).await?;
    // That of this line did, or the product is given without the program by now.
    let target = target.filter(|_| !given_up.contains(&(call.order_id.clone(), call.position)));
    let Some(target) = target else {
        fulfilment::fulfil(services, give).await?;
        return Ok(JobEnd::Done);
    };
    let said = send(services, &target, &call, &whole).await?;
    let (call, end) = weigh(job, services.clock.now(), call, said);
    let state = call.state;
    note(services, call, &whole).await?;
    if state == CallState::Answered {
        // At once, and by the clock too where this is cut short.
        fulfilment::fulfil(services, give).await?;
    }
    Ok(end)
}

async fn send(services: &Services, target: &Target, call: &Call, whole: &Whole) -> Outcome<Result<Said, String>> {
    let answers = orders::answers(&services.db, &call.merchant_id, vec![call.order_id.clone()]).await?;
    let (body, now) = (body::written(call, whole, &answers)?, services.clock.now());
    let mut secrets = Vec::new();
    for nth in target.secrets(now) {
        secrets.extend(Secret::parse(&set::nth_secret(services, target, nth)?));
    }
    let message = Message { id: call.id.as_str(), at: now.0 / SECOND, body: &body, secrets: &secrets };
    Ok(services.outgoing.ask(&target.url, message).await)
}

/// The call after this try, and how the job ended.
fn weigh(job: &Job, now: Moment, call: Call, said: Result<Said, String>) -> (Call, JobEnd) {
    let (status, words, wait) = match said {
        Ok(said) => (Some(said.status), said.text, said.retry_after),
        Err(error) => (None, error, None),
    };
    let heard = status.map_or(Heard::Later, heard);
    let last = retry_delay(job.attempts.unsigned_abs(), 0).is_none();
    let (state, end) = match heard {
        Heard::Given => (CallState::Answered, JobEnd::Done),
        Heard::Refused => (CallState::Refused, JobEnd::Done),
        Heard::Later if last => (CallState::Refused, JobEnd::Done),
        Heard::Later => {
            let wait = wait.and_then(|seconds| i64::try_from(seconds).ok()).unwrap_or(0).saturating_mul(SECOND);
            let error = status.map_or_else(|| words.clone(), |status| format!("the program answered HTTP {status}"));
            (CallState::Waiting, JobEnd::RetryAt(now.plus(wait.min(LONGEST_WAIT)), anyhow::anyhow!(error)))
        }
    };
    let answer = match state {
        CallState::Answered => serde_json::from_str::<Answer>(&words).ok().and_then(|answer| answer.text),
        _ => None,
    };
    let call = Call {
        state,
        answer: answer.map(|answer| text(&answer)).unwrap_or_default(),
        tries: call.tries + 1,
        last_status: status.map(i64::from),
        // What is for the customer is not shown a second time.
        last_said: if state == CallState::Answered { String::new() } else { words.chars().take(SHOWN).collect() },
        tried_at: Some(now),
        ..call
    };
    (call, end)
}

async fn note(services: &Services, call: Call, whole: &Whole) -> Outcome<()> {
    let now = services.clock.now();
    let alert = (call.state == CallState::Refused).then(|| refused(now, &call, whole)).transpose()?;
    services
        .db
        .write(move |tx| async move {
            let merchant = call.merchant_id.clone();
            store::note(&*tx, call).await?;
            jobs::enqueue(&tx, now, alert.into_iter().collect()).await?;
            news::tell(&tx, &merchant).await
        })
        .await
}

/// Staff hear of it, once for each time that it was given up.
fn refused(now: Moment, call: &Call, whole: &Whole) -> Outcome<jobs::NewJob> {
    let order = &whole.order;
    let title = whole.lines.iter().find(|line| line.position == call.position).map(|line| line.title.clone());
    let word = call.last_status.map_or_else(|| call.last_said.clone(), |status| format!("HTTP {status}"));
    let (number, amount, word) = (Some(order.number), Some(order.amount()), Some(word));
    let alert = Alert { order: number, amount, title, word, ..What::CallRefused.into() };
    alerts::job(now, &call.merchant_id, &format!("call:{}:{}", call.id, call.tries), &alert)
}
