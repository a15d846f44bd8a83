//! The job that gives the money back through the provider.
//!
//! A refund is sent once. When the answer is unclear (no answer, a crash, a torn connection) the payment is looked up: the
//! provider's own sum of refunds says whether it was done. Only where the provider promises that the same key is the same
//! refund is it sent again; elsewhere a person decides. What the provider says is compared with what was asked first, and
//! whether it shows that the refund is done is decided under the lock of the order.

use domain::{
    Moment, RefundId,
    moment::{HOUR, MINUTE, SECOND},
    payment::{PaymentStatus, Reported},
    refund::{Hindrance, RefundStatus, RefundStep, Sums},
    role::Actor,
};
use providers::{Fault, Reference, RefundWay, Seen};
use serde::{Deserialize, Serialize};

use super::{
    book::{self, Open},
    rows::Model as Refund,
    store,
};
use crate::{
    db::Tx,
    failure::Outcome,
    jobs::{self, Job, JobEnd, NewJob},
    payments::{self, Payment, tell},
    sabotage,
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
        return needs_hands(services, &refund, Hindrance::NoApi.sentence(), false).await;
    };
    if refund.sent_at.is_some() {
        return resolve(services, &refund, &payment, &way).await;
    }
    match claim(services, &refund).await? {
        Some(claimed) => send(services, &claimed, &payment, &way, Try::First).await,
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

/// Whether the provider was asked for this refund before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Try {
    First,
    Again,
}

/// Notes, before the provider is asked, that it is being asked and what it had given back until now.
async fn claim(services: &Services, refund: &Refund) -> Outcome<Option<Refund>> {
    let (own, id, merchant) = (services.clone(), refund.id.clone(), refund.merchant_id.clone());
    services
        .db
        .write(move |tx| async move {
            let mut open = book::open(&tx, &merchant, &id).await?;
            if is_taken(&open) {
                open.step(
                    &tx,
                    &own.clock,
                    RefundStep::Fail,
                    &Actor::System.label(),
                    Some(Hindrance::Taken.sentence().to_owned()),
                )
                .await?;
                return Ok(None);
            }
            open.refund.base_minor = Some(open.payment.refunded_minor);
            open.refund.sent_at = Some(own.clock.now());
            if open.refund.status == RefundStatus::Approved {
                open.step(&tx, &own.clock, RefundStep::Begin, &Actor::System.label(), None).await?;
            } else {
                store::update(&*tx, open.refund.clone()).await?;
            }
            Ok(Some(open.refund))
        })
        .await
}

/// Giving it back too would lose it twice.
const fn is_taken(open: &Open) -> bool {
    matches!(open.payment.status, PaymentStatus::Reversed | PaymentStatus::Disputed)
}

async fn send(services: &Services, refund: &Refund, payment: &Payment, way: &Way, which: Try) -> Outcome<JobEnd> {
    sabotage::point("provider:refund:before");
    let answer = way.provider.refund(&way.reference, refund.amount(), refund.id.as_str()).await;
    sabotage::point("provider:refund:after");
    match answer {
        Ok(seen) => answered(services, refund, payment, seen).await,
        // Asked again it may be refused because it was done.
        Err(fault @ (Fault::Refused { .. } | Fault::NotFound)) if which == Try::Again => {
            needs_hands(services, refund, &told(Hindrance::RefusedAgain, &fault), false).await
        }
        Err(fault @ (Fault::Refused { .. } | Fault::NotFound)) => {
            failed(services, refund, told(Hindrance::Refused, &fault)).await
        }
        Err(Fault::RateLimited { seconds }) => {
            // Asked again it may be done since the first time: then it stays sent, and is looked up.
            if which == Try::First {
                not_sent(services, refund).await?;
            }
            let wait = i64::try_from(seconds).unwrap_or(60).saturating_mul(SECOND);
            Ok(JobEnd::Again(services.clock.now().plus(wait.max(SECOND))))
        }
        Err(fault @ (Fault::Unreachable(_) | Fault::Unreadable(_))) => {
            tracing::warn!(refund = %refund.id, %fault, "what became of a refund is not known; it will be looked up");
            Ok(JobEnd::Again(services.clock.now().plus(LOOK_AGAIN)))
        }
    }
}

fn told(hindrance: Hindrance, fault: &Fault) -> String {
    [hindrance.sentence(), ": ", &fault.to_string()].concat()
}

/// The provider took the question. Only its word of this payment that money went back is a yes.
async fn answered(services: &Services, refund: &Refund, payment: &Payment, seen: Seen) -> Outcome<JobEnd> {
    let word = seen.word.clone();
    if !payments::speaks_of(payment, &seen) {
        payments::look_up_said(services, payment, seen).await?;
    } else if let Some(proof) = Proof::answered(&seen, payment)
        && succeeded(services, refund, proof, seen.word).await?
    {
        return Ok(JobEnd::Done);
    }
    tracing::warn!(refund = %refund.id, %word, "a refund was taken up without a proof of money; it will be looked up");
    Ok(JobEnd::Again(services.clock.now().plus(LOOK_AGAIN)))
}

/// What may show that a refund is done.
#[derive(Clone, Copy)]
enum Proof {
    /// So much went back in all; another refund's money may be in it.
    Total(i64),
    /// The answer to this very refund says that some went back, and not how much: it may speak of what was back before.
    Some,
}

impl Proof {
    fn answered(seen: &Seen, payment: &Payment) -> Option<Self> {
        let bare = (seen.reported == Reported::PartiallyRefunded).then_some(Self::Some);
        total(seen, payment).map(Self::Total).or(bare)
    }

    fn shows(self, refund: &Refund, sums: Sums, outside_minor: i64) -> bool {
        let base_minor = refund.base_minor.unwrap_or(0);
        let needed = sums.shown_done(base_minor, refund.amount_minor, outside_minor);
        match self {
            Self::Total(total) => total >= needed,
            Self::Some => base_minor == 0 && needed == refund.amount_minor,
        }
    }

    const fn total(self) -> i64 {
        match self {
            Self::Total(total) => total,
            Self::Some => 0,
        }
    }
}

/// What the provider must have given back in all, once this refund is done.
fn wanted(refund: &Refund) -> i64 {
    refund.base_minor.unwrap_or(0).saturating_add(refund.amount_minor)
}

/// What the provider says it has given back in all; `None`: it does not say, or not in words of money.
fn total(seen: &Seen, payment: &Payment) -> Option<i64> {
    match seen.reported {
        Reported::Refunded => Some(payment.amount_minor),
        Reported::Paid => Some(seen.refunded_minor.unwrap_or(0)),
        reported if reported.claims_money() => seen.refunded_minor,
        _ => None,
    }
}

/// It was sent before, and nobody knows what became of it.
async fn resolve(services: &Services, refund: &Refund, payment: &Payment, way: &Way) -> Outcome<JobEnd> {
    let meanwhile = Proof::Total(payment.refunded_minor);
    if payment.refunded_minor >= wanted(refund)
        && succeeded(services, refund, meanwhile, "told meanwhile".to_owned()).await?
    {
        return Ok(JobEnd::Done);
    }
    sabotage::point("provider:status_of_refund:before");
    let answer = way.provider.status(&way.reference).await;
    sabotage::point("provider:status_of_refund:after");
    let seen = match answer {
        Ok(seen) => seen,
        Err(fault) => return silent(services, refund, &fault).await,
    };
    let total = total(&seen, payment).filter(|_| payments::speaks_of(payment, &seen));
    if let Some(total) = total.filter(|total| *total >= wanted(refund))
        && succeeded(services, refund, Proof::Total(total), seen.word.clone()).await?
    {
        return Ok(JobEnd::Done);
    }
    not_found(services, refund, payment, way, seen, total.is_some_and(|total| total < wanted(refund))).await
}

/// How long it has been with the provider, and whether a person must decide by now.
fn waited(services: &Services, refund: &Refund) -> (i64, bool) {
    let now = services.clock.now();
    let approved = refund.decided_at.unwrap_or(refund.asked_at);
    (now.since(refund.sent_at.unwrap_or(now)), now.since(approved) >= TOO_LONG)
}

/// The look-up does not show it. `is_sure`: it says how much went back, and that is less; else it may be done, or another.
async fn not_found(
    services: &Services,
    refund: &Refund,
    payment: &Payment,
    way: &Way,
    seen: Seen,
    is_sure: bool,
) -> Outcome<JobEnd> {
    payments::look_up_said(services, payment, seen).await?;
    let (waited, is_late) = waited(services, refund);
    if waited < UNCLEAR {
        return Ok(JobEnd::Again(services.clock.now().plus(LOOK_AGAIN)));
    }
    if !is_sure || !way.keyed || is_late {
        return needs_hands(services, refund, Hindrance::Unclear.sentence(), is_sure).await;
    }
    match claim(services, refund).await? {
        Some(claimed) => send(services, &claimed, payment, way, Try::Again).await,
        None => Ok(JobEnd::Done),
    }
}

/// The look-up was not answered: asked again ever more rarely, and not for ever.
async fn silent(services: &Services, refund: &Refund, fault: &Fault) -> Outcome<JobEnd> {
    let (waited, is_late) = waited(services, refund);
    if is_late {
        return needs_hands(services, refund, Hindrance::Silent.sentence(), false).await;
    }
    tracing::warn!(refund = %refund.id, %fault, "an unclear refund could not be looked up");
    Ok(JobEnd::Again(services.clock.now().plus((waited / 2).clamp(LOOK_AGAIN, HOUR))))
}

/// The provider refused to take it up: it was certainly not done.
async fn not_sent(services: &Services, refund: &Refund) -> Outcome<()> {
    let (own, merchant, id) = (services.clone(), refund.merchant_id.clone(), refund.id.clone());
    services
        .db
        .write(move |tx| async move {
            let mut open = book::open(&tx, &merchant, &id).await?;
            open.not_done(&tx, &own.clock).await
        })
        .await
}

/// `is_not_done`: certainly; else it may turn out to be done after all.
async fn needs_hands(services: &Services, refund: &Refund, why: &str, is_not_done: bool) -> Outcome<JobEnd> {
    tracing::warn!(refund = %refund.id, %why, "a refund needs a person");
    let (own, merchant, id, why) = (services.clone(), refund.merchant_id.clone(), refund.id.clone(), why.to_owned());
    services
        .db
        .write(move |tx| async move {
            let mut open = book::open(&tx, &merchant, &id).await?;
            if is_not_done {
                open.not_done(&tx, &own.clock).await?;
            }
            let (step, why) = if is_taken(&open) {
                (RefundStep::Fail, Hindrance::Taken.sentence().to_owned())
            } else {
                (RefundStep::NeedsHands, why)
            };
            open.step(&tx, &own.clock, step, &Actor::System.label(), Some(why)).await
        })
        .await?;
    Ok(JobEnd::Done)
}

async fn failed(services: &Services, refund: &Refund, why: String) -> Outcome<JobEnd> {
    tracing::warn!(refund = %refund.id, %why, "a refund was refused by the provider");
    let (own, merchant, id) = (services.clone(), refund.merchant_id.clone(), refund.id.clone());
    services
        .db
        .write(move |tx| async move {
            let mut open = book::open(&tx, &merchant, &id).await?;
            open.step(&tx, &own.clock, RefundStep::Fail, &Actor::System.label(), Some(why)).await
        })
        .await?;
    Ok(JobEnd::Done)
}

/// False where the proof, beside the refunds as they stand by now, does not show it.
async fn succeeded(services: &Services, refund: &Refund, proof: Proof, word: String) -> Outcome<bool> {
    let (own, merchant, id) = (services.clone(), refund.merchant_id.clone(), refund.id.clone());
    services
        .db
        .write(move |tx| async move {
            let mut open = book::open(&tx, &merchant, &id).await?;
            if open.refund.status.has_ended() {
                return Ok(true);
            }
            let sums = store::sums(&*tx, &merchant, &open.payment.id).await?;
            if !proof.shows(&open.refund, sums, open.payment.refunded_outside_minor) {
                return Ok(false);
            }
            open.step(&tx, &own.clock, RefundStep::Succeed, &Actor::System.label(), None).await?;
            given_back(&tx, &own, &open, "refund", &Actor::System.label(), proof.total(), word).await?;
            Ok(true)
        })
        .await
}

/// The payment follows through the one gate, and the customer is told. The refund's own step has been taken, so that back is
/// what was `told`, but at least all that is done and what went back outside.
pub(super) async fn given_back(
    tx: &Tx,
    services: &Services,
    open: &Open,
    road: &'static str,
    actor: &str,
    told: i64,
    word: String,
) -> Outcome<()> {
    let (merchant, payment) = (&open.refund.merchant_id, &open.payment.id);
    store::expect_more(&**tx, merchant, payment, open.refund.amount_minor).await?;
    let sums = store::sums(&**tx, merchant, payment).await?;
    let total = told.max(sums.least(open.payment.refunded_outside_minor));
    payments::money_back(tx, &services.clock, &open.payment, road, actor, total, word).await?;
    payments::close_after_refund(tx, services, &open.payment).await?;
    let now = services.clock.now();
    let told = tell::refunded(now, &open.order, &open.payment.id, &open.refund.id, open.refund.amount_minor);
    jobs::enqueue(tx, now, told.into_iter().collect()).await
}
