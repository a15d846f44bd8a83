//! Looking a payment up at its provider: on a schedule while it is open, on its return page, or when staff ask.
//!
//! Dense at first and sparser later. After its time has passed there is a last look-up, and only then our clock ends it;
//! a provider that does not answer postpones that end. For a day after it, a few look-ups more find money that came late,
//! and until one of them is answered it is asked again.

use domain::{
    MerchantId, Moment, PaymentId,
    moment::{DAY, HOUR, MINUTE, SECOND},
    payment::{Decision, PaymentStatus, Reported, ReviewReason},
    role::{Actor, Permission},
};
use providers::{Fault, LookUps, Reference, Seen};
use serde::Deserialize;
use serde_json::json;

use super::{
    look_up_store,
    rows::{Model as Payment, look_up::Model as LookUp},
    settle::settle,
    start::{begin, ours, own_evidence, settle_one},
    store,
};
use crate::{
    alerts::{self, Alert, What},
    clock::Clock,
    db::Tx,
    failure::{Failure, Outcome, Refusal, RefusalKind},
    jobs::{self, Job, JobEnd},
    orders, sabotage,
    services::Services,
    staff::audit,
};

pub const CHECK_PAYMENT: &str = "check_payment";

/// A provider's last word may come a little after its own expiry.
const GRACE: i64 = 30 * SECOND;

/// When a payment that ended without money is looked up all the same, milliseconds after its time had passed.
const LATE: [i64; 4] = [10 * MINUTE, HOUR, 6 * HOUR, 24 * HOUR];

/// For so long after its time it is asked for anew what a silent provider has not answered.
const UNANSWERED: i64 = 14 * DAY;

#[derive(Deserialize)]
struct Payload {
    payment: PaymentId,
}

/// The job: one look-up, and the next one promised while the payment is open.
pub async fn run(services: Services, job: Job) -> JobEnd {
    match turn(&services, &job).await {
        Ok(end) => end,
        Err(failure) => JobEnd::Retry(failure.into()),
    }
}

async fn turn(services: &Services, job: &Job) -> Outcome<JobEnd> {
    let payload: Payload = serde_json::from_str(&job.payload)?;
    let Some(payment) = store::get(services.db.read(), &job.merchant_id, &payload.payment).await? else {
        return Ok(JobEnd::GiveUp(anyhow::anyhow!("the payment is not there")));
    };
    if !payment.status.is_open() {
        return late(services, &payment).await;
    }
    let overdue = |payment: &Payment| services.clock.now().since(payment.expires_at.plus(GRACE));
    match look_up(services, &payment, &By::own()).await {
        // By the time that it has now: what was begun a moment ago has another.
        Ok(looked) if looked.ends_by_clock(overdue(&looked.payment)) => {
            end_by_clock(services, &looked.payment).await?;
            Ok(late_again(services, &looked.payment))
        }
        Ok(Looked { payment, .. }) => match payment.status {
            PaymentStatus::Created | PaymentStatus::Pending => Ok(JobEnd::Again(next_time(services, &payment).await?)),
            PaymentStatus::Failed | PaymentStatus::Expired => Ok(late_again(services, &payment)),
            _ => Ok(JobEnd::Done),
        },
        Err(Failure::Internal(error)) => Ok(JobEnd::Retry(error)),
        // Without a last look-up nothing ends, however long the provider is silent; after an hour staff hear of it.
        Err(Failure::Refused(_)) => {
            if overdue(&payment) >= HOUR {
                tell_of_silence(services, &payment).await?;
            }
            Ok(JobEnd::Again(next_time(services, &payment).await?))
        }
    }
}

/// Where a payment stands after a look-up.
struct Looked {
    payment: Payment,
    is_understood: bool,
}

impl Looked {
    /// Whether our clock may end the payment, whose time passed `overdue` milliseconds ago. Not while a person has to look
    /// at a claim of money; and a word that nobody knows may mean money: for a day it means "wait".
    fn ends_by_clock(&self, overdue: i64) -> bool {
        if overdue < 0 {
            return false;
        }
        let frozen = self.payment.needs_review && self.payment.review_reason.is_some_and(ReviewReason::is_mismatch);
        self.payment.status.is_open() && !frozen && (self.is_understood || overdue >= DAY)
    }
}

async fn tell_of_silence(services: &Services, payment: &Payment) -> Outcome<()> {
    let now = services.clock.now();
    let order = orders::get(&services.db, &payment.merchant_id, &payment.order_id).await?.order;
    let alert = Alert { order: Some(order.number), amount: Some(payment.amount()), ..What::Silence.into() };
    // One silent provider is one trouble, however many payments wait: said once a day.
    let key = format!("silence:{}:{}", payment.account_id, now.0 / DAY);
    let told = alerts::job(now, &payment.merchant_id, &key, &alert)?;
    services.db.write(move |tx| async move { jobs::enqueue(&tx, now, vec![told]).await }).await
}

/// Ended without money; but a customer may have paid at the last moment, and the word of it may be lost.
async fn late(services: &Services, payment: &Payment) -> Outcome<JobEnd> {
    if payment.reference.is_none() || !matches!(payment.status, PaymentStatus::Failed | PaymentStatus::Expired) {
        return Ok(JobEnd::Done);
    }
    match look_up(services, payment, &By::own()).await {
        Ok(looked) if looked.payment.status.was_paid() => Ok(JobEnd::Done),
        Ok(_) => Ok(late_again(services, payment)),
        Err(Failure::Refused(_)) => Ok(match late_again(services, payment) {
            JobEnd::Done => unanswered_again(services, payment),
            again => again,
        }),
        Err(Failure::Internal(error)) => Ok(JobEnd::Retry(error)),
    }
}

/// A look-up that was not answered has shown nothing: money that came late must not hide behind a day of silence.
fn unanswered_again(services: &Services, payment: &Payment) -> JobEnd {
    let now = services.clock.now();
    if now < payment.expires_at.plus(UNANSWERED) { JobEnd::Again(now.plus(6 * HOUR)) } else { JobEnd::Done }
}

fn late_again(services: &Services, payment: &Payment) -> JobEnd {
    let now = services.clock.now();
    let next = LATE.iter().map(|wait| payment.expires_at.plus(*wait)).find(|at| *at > now);
    next.map_or(JobEnd::Done, JobEnd::Again)
}

/// At the pace of the payment's provider, and not later than the moment when the payment is due to end.
async fn next_time(services: &Services, payment: &Payment) -> Outcome<Moment> {
    let now = services.clock.now();
    let account = services.accounts.get(services, &payment.account_id).await?;
    let paces = account.map_or_else(LookUps::default, |account| account.provider.about().look_ups);
    let wait = paces.wait(now.since(payment.created_at) / SECOND).saturating_mul(SECOND);
    let (next, end) = (now.plus(wait), payment.expires_at.plus(GRACE));
    Ok(if end > now { next.min(end) } else { next })
}

async fn end_by_clock(services: &Services, payment: &Payment) -> Outcome<()> {
    let seen = ours(payment, Reported::Expired, "no word from the provider in time");
    settle_one(services, own_evidence(payment, "clock", Actor::System.label(), seen)).await?;
    Ok(())
}

/// Asks the provider now and settles what it says.
///
/// # Errors
/// `forbidden`, `not_found`, `provider_unavailable`.
pub async fn check(services: &Services, actor: &Actor, merchant: &MerchantId, id: &PaymentId) -> Outcome<Payment> {
    if !actor.may(Permission::CheckPayments) {
        return Err(Refusal::forbidden().into());
    }
    check_as(services, &By { actor: actor.clone(), is_audited: true }, merchant, id).await
}

/// The customer's own "check payment" and the return page: the same look-up, asked by a customer.
///
/// # Errors
/// `not_found`, `provider_unavailable`.
pub async fn check_for_customer(services: &Services, merchant: &MerchantId, id: &PaymentId) -> Outcome<Payment> {
    check_as(services, &By { actor: Actor::Customer, is_audited: false }, merchant, id).await
}

async fn check_as(services: &Services, by: &By, merchant: &MerchantId, id: &PaymentId) -> Outcome<Payment> {
    let payment = store::get(services.db.read(), merchant, id).await?.ok_or_else(Refusal::not_found)?;
    look_up(services, &payment, by).await?;
    store::get(services.db.read(), merchant, id).await?.ok_or_else(|| Refusal::not_found().into())
}

/// Who asks for a look-up. What staff ask for stands in the audit log, in the transaction of what it leads to.
#[derive(Clone)]
struct By {
    actor: Actor,
    is_audited: bool,
}

impl By {
    const fn own() -> Self {
        Self { actor: Actor::System, is_audited: false }
    }

    async fn note(&self, tx: &Tx, clock: &Clock, before: &Payment) -> Outcome<()> {
        if !self.is_audited {
            return Ok(());
        }
        let stands = |payment: &Payment| json!({ "status": payment.status, "refunded_minor": payment.refunded_minor });
        let after = store::get(&**tx, &before.merchant_id, &before.id).await?;
        let (was, is, subject) = (Some(stands(before)), after.as_ref().map(stands), before.id.as_str());
        audit::record(tx, clock, &before.merchant_id, &self.actor, "payment_checked", subject, was, is).await
    }
}

/// One look-up, settled. A payment that the provider was never heard about is begun again under its old key.
async fn look_up(services: &Services, payment: &Payment, by: &By) -> Outcome<Looked> {
    let mut payment = payment.clone();
    if payment.reference.is_none() && payment.status.is_open() {
        // The session may be an old one, and paid: it is looked up like any other.
        begin(services, &payment).await?;
        payment = looked(services, &payment, true).await?.payment;
    }
    let payment = &payment;
    let Some(reference) = payment.reference.clone() else {
        noted(services, payment, by).await?;
        return looked(services, payment, true).await;
    };
    let account = services.accounts.get(services, &payment.account_id).await?;
    let account = account.ok_or_else(|| Refusal::new(RefusalKind::Unavailable, "no_payment_method"))?;
    let asked = Reference { reference, merchant_order_id: payment.merchant_order_id.clone() };
    sabotage::point("provider:status:before");
    let answer = account.provider.status(&asked).await;
    sabotage::point("provider:status:after");
    match answer {
        Ok(seen) => {
            let decision = hear(services, payment, by, seen).await?;
            looked(services, payment, decision != Decision::UnknownStatus).await
        }
        // The provider does not know it (any more): no word of payment; our clock decides when it is time.
        Err(Fault::NotFound) => {
            count(services, payment, by, "not_known").await?;
            looked(services, payment, true).await
        }
        Err(fault) => {
            tracing::warn!(payment = %payment.id, %fault, "a payment could not be looked up");
            count(services, payment, &By { is_audited: false, ..by.clone() }, "silent").await?;
            Err(Refusal::new(RefusalKind::Unavailable, "provider_unavailable").into())
        }
    }
}

async fn noted(services: &Services, payment: &Payment, by: &By) -> Outcome<()> {
    if !by.is_audited {
        return Ok(());
    }
    let (own, by, before) = (services.clone(), by.clone(), payment.clone());
    services.db.write_quietly(move |tx| async move { by.note(&tx, &own.clock, &before).await }).await
}

/// Settles what a look-up said, and notes who asked; what said nothing new is counted.
async fn hear(services: &Services, payment: &Payment, by: &By, seen: Seen) -> Outcome<Decision> {
    let same = nothing_new(services, payment, by, "", seen.word.clone());
    let evidence = own_evidence(payment, "lookup", by.actor.label(), seen);
    let (own, by, before) = (services.clone(), by.clone(), payment.clone());
    services
        .db
        .write(move |tx| async move {
            let settled = settle(&tx, &own.clock, &[evidence]).await?.pop();
            let decision = settled.map_or(Decision::NoChange, |settled| settled.decision);
            if decision != Decision::Applied {
                let outcome = decision.to_string();
                look_up_store::count(&*tx, LookUp { outcome, ..same }).await?;
            }
            by.note(&tx, &own.clock, &before).await?;
            Ok(decision)
        })
        .await
}

fn nothing_new(services: &Services, payment: &Payment, by: &By, outcome: &str, word: String) -> LookUp {
    let now = services.clock.now();
    LookUp {
        payment_id: payment.id.clone(),
        asked_by: by.actor.label(),
        outcome: outcome.to_owned(),
        word,
        merchant_id: payment.merchant_id.clone(),
        count: 1,
        first_at: now,
        last_at: now,
    }
}

/// Counts a look-up that could not be settled, and notes who asked.
async fn count(services: &Services, payment: &Payment, by: &By, outcome: &str) -> Outcome<()> {
    let one = nothing_new(services, payment, by, outcome, String::new());
    let (own, by, before) = (services.clone(), by.clone(), payment.clone());
    let counted = move |tx: Tx| async move {
        look_up_store::count(&*tx, one).await?;
        by.note(&tx, &own.clock, &before).await
    };
    services.db.write_quietly(counted).await
}

/// One look-up for a reconciliation: what the provider says, and the payment after it was settled. `None`: no answer, or
/// one that is not understood.
pub(crate) async fn look_up_for_books(services: &Services, payment: &Payment) -> Outcome<Option<(Seen, Payment)>> {
    let Some(reference) = payment.reference.clone() else { return Ok(None) };
    let Some(account) = services.accounts.get(services, &payment.account_id).await? else { return Ok(None) };
    let asked = Reference { reference, merchant_order_id: payment.merchant_order_id.clone() };
    sabotage::point("provider:status_for_books:before");
    let answer = account.provider.status(&asked).await;
    sabotage::point("provider:status_for_books:after");
    let seen = match answer {
        Ok(seen) => {
            look_up_said(services, payment, seen.clone()).await?;
            if seen.reported == Reported::Unknown {
                return Ok(None);
            }
            seen
        }
        // Known there under no name: as good as a list without it.
        Err(Fault::NotFound) => ours(payment, Reported::Unknown, "not known"),
        Err(fault) => {
            tracing::warn!(payment = %payment.id, %fault, "a payment could not be looked up for a reconciliation");
            return Ok(None);
        }
    };
    let now = store::get(services.db.read(), &payment.merchant_id, &payment.id).await?;
    Ok(now.map(|now| (seen, now)))
}

/// What a look-up of somebody else's said: evidence like any other.
pub(crate) async fn look_up_said(services: &Services, payment: &Payment, seen: Seen) -> Outcome<()> {
    settle_one(services, own_evidence(payment, "lookup", Actor::System.label(), seen)).await?;
    Ok(())
}

async fn looked(services: &Services, payment: &Payment, is_understood: bool) -> Outcome<Looked> {
    let payment =
        store::get(services.db.read(), &payment.merchant_id, &payment.id).await?.ok_or_else(Refusal::not_found)?;
    Ok(Looked { payment, is_understood })
}
