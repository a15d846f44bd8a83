//! The job that gives the money back through the provider.
//!
//! A refund is sent once. When the answer is unclear (no answer, a crash, a torn connection) the payment is looked up: the
//! provider's own sum of refunds says whether it was done. Only where the provider promises that the same key is the same
//! refund is it sent again; elsewhere a person decides.

use domain::{
    Moment, RefundId,
    moment::{HOUR, MINUTE, SECOND},
    payment::{PaymentStatus, Reported},
    refund::{RefundStatus, RefundStep},
    role::Actor,
};
use providers::{Fault, Reference, RefundWay, Seen};
use serde::{Deserialize, Serialize};

use super::{
    book::{self, Open},
    rows::Model as Refund,
};
use crate::{
    db::Tx,
    failure::Outcome,
    jobs::{self, Job, JobEnd, NewJob},
    payments::{self, Payment, tell},
    services::Services,
};

pub const REFUND: &str = "refund";

/// How long an unclear refund is looked for before it is sent again or handed to a person, and how often.
const UNCLEAR: i64 = 2 * MINUTE;
const LOOK_AGAIN: i64 = 10 * SECOND;
/// After this a person decides, whatever the provider promises.
const TOO_LONG: i64 = 24 * HOUR;

#[derive(Serialize, Deserialize)]
struct Payload {
    refund: RefundId,
}

/// Refunds of one payment run one after another: the provider's sums are then unambiguous.
pub(super) fn job(now: Moment, refund: &Refund) -> NewJob {
    NewJob {
        payload: serde_json::json!({ "refund": refund.id }).to_string(),
        lane: Some(format!("refund:{}", refund.payment_id)),
        once_key: Some(format!("refund:{}", refund.id)),
        order: Some(refund.order_id.clone()),
        payment: Some(refund.payment_id.clone()),
        ..NewJob::new(refund.merchant_id.clone(), REFUND, now)
    }
}

/// The job.
pub async fn run(services: Services, job: Job) -> JobEnd {
    let payload: Payload = match serde_json::from_str(&job.payload) {
        Ok(payload) => payload,
        Err(error) => return JobEnd::GiveUp(error.into()),
    };
    turn(&services, &job, &payload.refund).await.unwrap_or_else(|failure| JobEnd::Retry(failure.into()))
}

/// The provider as the refund needs it.
struct Way {
    provider: std::sync::Arc<dyn providers::Provider>,
    reference: Reference,
    keyed: bool,
}

async fn turn(services: &Services, job: &Job, id: &RefundId) -> Outcome<JobEnd> {
    let refund = super::get(&services.db, &job.merchant_id, id).await?;
    if !matches!(refund.status, RefundStatus::Approved | RefundStatus::Processing) {
        return Ok(JobEnd::Done);
    }
    let payment = payments::get(&services.db, &job.merchant_id, &refund.payment_id).await?;
    let Some(way) = way(services, &payment).await? else {
        return needs_hands(services, &refund, "the provider account has no refund by API").await;
    };
    if refund.sent_at.is_some() {
        return resolve(services, &refund, &payment, &way).await;
    }
    match claim(services, &refund).await? {
        Some(claimed) => send(services, &claimed, &payment, &way).await,
        None => Ok(JobEnd::Done),
    }
}

async fn way(services: &Services, payment: &Payment) -> Outcome<Option<Way>> {
    let account = services.accounts.get(services, &payment.account_id).await?;
    let Some((account, reference)) = account.zip(payment.reference.clone()) else { return Ok(None) };
    let RefundWay::Api { keyed } = account.provider.about().refund else { return Ok(None) };
    let reference = Reference { reference, merchant_order_id: payment.merchant_order_id.clone() };
    Ok(Some(Way { provider: account.provider.clone(), reference, keyed }))
}

/// Notes, before the provider is asked, that it is being asked and what it had given back until now.
async fn claim(services: &Services, refund: &Refund) -> Outcome<Option<Refund>> {
    let (own, id, merchant) = (services.clone(), refund.id.clone(), refund.merchant_id.clone());
    services
        .db
        .write(move |tx| async move {
            let mut open = book::open(&tx, &merchant, &id).await?;
            if matches!(open.payment.status, PaymentStatus::Reversed | PaymentStatus::Disputed) {
                let why = Some("the bank took the money back meanwhile".to_owned());
                open.step(&tx, &own.clock, RefundStep::Fail, &Actor::System.label(), why).await?;
                return Ok(None);
            }
            open.refund.base_minor = open.refund.base_minor.or(Some(open.payment.refunded_minor));
            open.refund.sent_at = Some(own.clock.now());
            if open.refund.status == RefundStatus::Approved {
                open.step(&tx, &own.clock, RefundStep::Begin, &Actor::System.label(), None).await?;
            } else {
                super::store::update(&*tx, open.refund.clone()).await?;
            }
            Ok(Some(open.refund))
        })
        .await
}

async fn send(services: &Services, refund: &Refund, payment: &Payment, way: &Way) -> Outcome<JobEnd> {
    match way.provider.refund(&way.reference, refund.amount(), refund.id.as_str()).await {
        Ok(seen) => {
            let total = total(&seen, payment).unwrap_or_else(|| wanted(refund));
            succeeded(services, refund, total.max(wanted(refund)), seen.word).await
        }
        Err(fault @ (Fault::Refused { .. } | Fault::NotFound)) => {
            end(services, refund, RefundStep::Fail, fault.to_string()).await
        }
        Err(Fault::RateLimited { seconds }) => {
            not_sent(services, refund).await?;
            let wait = i64::try_from(seconds).unwrap_or(60).saturating_mul(SECOND);
            Ok(JobEnd::Again(services.clock.now().plus(wait.max(SECOND))))
        }
        Err(fault @ (Fault::Unreachable(_) | Fault::Unreadable(_))) => {
            tracing::warn!(refund = %refund.id, %fault, "what became of a refund is not known; it will be looked up");
            Ok(JobEnd::Again(services.clock.now().plus(LOOK_AGAIN)))
        }
    }
}

/// What the provider must have given back in all, once this refund is done.
fn wanted(refund: &Refund) -> i64 {
    refund.base_minor.unwrap_or(0).saturating_add(refund.amount_minor)
}

/// What the provider says it has given back in all; `None`: it does not say.
fn total(seen: &Seen, payment: &Payment) -> Option<i64> {
    match seen.reported {
        Reported::Refunded => Some(payment.amount_minor),
        Reported::Paid => Some(seen.refunded_minor.unwrap_or(0)),
        _ => seen.refunded_minor,
    }
}

/// It was sent before, and nobody knows what became of it.
async fn resolve(services: &Services, refund: &Refund, payment: &Payment, way: &Way) -> Outcome<JobEnd> {
    let now = services.clock.now();
    let seen = match way.provider.status(&way.reference).await {
        Ok(seen) => seen,
        Err(fault) => return Ok(JobEnd::Retry(anyhow::anyhow!("an unclear refund could not be looked up: {fault}"))),
    };
    let waited = now.since(refund.sent_at.unwrap_or(now));
    match total(&seen, payment) {
        Some(total) if total >= wanted(refund) => succeeded(services, refund, total, seen.word).await,
        _ if waited < UNCLEAR => Ok(JobEnd::Again(now.plus(LOOK_AGAIN))),
        Some(_) if way.keyed && now.since(refund.decided_at.unwrap_or(refund.asked_at)) < TOO_LONG => {
            match claim(services, refund).await? {
                Some(claimed) => send(services, &claimed, payment, way).await,
                None => Ok(JobEnd::Done),
            }
        }
        _ => needs_hands(services, refund, "whether the provider gave the money back could not be told").await,
    }
}

/// The provider refused to take it up: it was certainly not done.
async fn not_sent(services: &Services, refund: &Refund) -> Outcome<()> {
    let (merchant, id) = (refund.merchant_id.clone(), refund.id.clone());
    services
        .db
        .write(move |tx| async move {
            let mut open = book::open(&tx, &merchant, &id).await?;
            open.refund.sent_at = None;
            super::store::update(&*tx, open.refund).await
        })
        .await
}

async fn needs_hands(services: &Services, refund: &Refund, why: &str) -> Outcome<JobEnd> {
    end(services, refund, RefundStep::NeedsHands, why.to_owned()).await
}

async fn end(services: &Services, refund: &Refund, step: RefundStep, why: String) -> Outcome<JobEnd> {
    tracing::warn!(refund = %refund.id, %why, ?step, "a refund was not done by the provider");
    let (own, merchant, id) = (services.clone(), refund.merchant_id.clone(), refund.id.clone());
    services
        .db
        .write(move |tx| async move {
            let mut open = book::open(&tx, &merchant, &id).await?;
            open.step(&tx, &own.clock, step, &Actor::System.label(), Some(why)).await
        })
        .await?;
    Ok(JobEnd::Done)
}

async fn succeeded(services: &Services, refund: &Refund, total: i64, word: String) -> Outcome<JobEnd> {
    let (own, merchant, id) = (services.clone(), refund.merchant_id.clone(), refund.id.clone());
    services
        .db
        .write(move |tx| async move {
            let mut open = book::open(&tx, &merchant, &id).await?;
            if open.refund.status.has_ended() {
                return Ok(());
            }
            open.step(&tx, &own.clock, RefundStep::Succeed, &Actor::System.label(), None).await?;
            given_back(&tx, &own, &open, "refund", &Actor::System.label(), total, word).await
        })
        .await?;
    Ok(JobEnd::Done)
}

/// The payment follows through the one gate, and the customer is told. The refund's own step has been taken.
pub(super) async fn given_back(
    tx: &Tx,
    services: &Services,
    open: &Open,
    road: &'static str,
    actor: &str,
    total: i64,
    word: String,
) -> Outcome<()> {
    payments::money_back(tx, &services.clock, &open.payment, road, actor, total, word).await?;
    payments::close_after_refund(tx, services, &open.payment).await?;
    let now = services.clock.now();
    let told = tell::refunded(now, &open.order, &open.payment.id, &open.refund.id, open.refund.amount_minor);
    jobs::enqueue(tx, now, told.into_iter().collect()).await
}
