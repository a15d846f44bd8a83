//! Looking a payment up at its provider: on a schedule while it is open, on its return page, or when staff ask.
//!
//! Dense at first and sparser later. After its time has passed there is a last look-up, and only then our clock ends it;
//! a provider that does not answer postpones that end. For a day after it, a few look-ups more find money that came late.

use domain::{
    MerchantId, Moment, PaymentId,
    moment::{HOUR, MINUTE, SECOND},
    payment::{PaymentStatus, Reported},
    role::{Actor, Permission},
};
use providers::{Fault, LookUps, Reference, Seen};
use serde::Deserialize;

use super::{
    rows::Model as Payment,
    start::{begin, ours, own_evidence, settle_one},
    store,
};
use crate::{
    failure::{Failure, Outcome, Refusal, RefusalKind},
    jobs::{Job, JobEnd},
    sabotage,
    services::Services,
    staff::audit,
};

pub const CHECK_PAYMENT: &str = "check_payment";

/// A provider's last word may come a little after its own expiry.
const GRACE: i64 = 30 * SECOND;

/// When a payment that ended without money is looked up all the same, milliseconds after its time had passed.
const LATE: [i64; 4] = [10 * MINUTE, HOUR, 6 * HOUR, 24 * HOUR];

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
    let overdue = services.clock.now() >= payment.expires_at.plus(GRACE);
    match look_up(services, &payment, Actor::System.label()).await {
        Ok(PaymentStatus::Created | PaymentStatus::Pending) if overdue => {
            end_by_clock(services, &payment).await?;
            Ok(late_again(services, &payment))
        }
        Ok(PaymentStatus::Failed | PaymentStatus::Expired) => Ok(late_again(services, &payment)),
        Ok(status) if !status.is_open() => Ok(JobEnd::Done),
        Ok(_) => Ok(JobEnd::Again(next_time(services, &payment).await?)),
        Err(Failure::Internal(error)) => Ok(JobEnd::Retry(error)),
        Err(Failure::Refused(refusal)) if overdue => Ok(JobEnd::Retry(refusal.into())),
        Err(Failure::Refused(_)) => Ok(JobEnd::Again(next_time(services, &payment).await?)),
    }
}

/// Ended without money; but a customer may have paid at the last moment, and the word of it may be lost.
async fn late(services: &Services, payment: &Payment) -> Outcome<JobEnd> {
    if payment.reference.is_none() || !matches!(payment.status, PaymentStatus::Failed | PaymentStatus::Expired) {
        return Ok(JobEnd::Done);
    }
    match look_up(services, payment, Actor::System.label()).await {
        Ok(PaymentStatus::Failed | PaymentStatus::Expired) | Err(Failure::Refused(_)) => {
            Ok(late_again(services, payment))
        }
        Ok(_) => Ok(JobEnd::Done),
        Err(Failure::Internal(error)) => Ok(JobEnd::Retry(error)),
    }
}

fn late_again(services: &Services, payment: &Payment) -> JobEnd {
    let now = services.clock.now();
    let next = LATE.iter().map(|wait| payment.expires_at.plus(*wait)).find(|at| *at > now);
    next.map_or(JobEnd::Done, JobEnd::Again)
}

/// At the pace of the payment's provider, and never later than the moment when the payment is due to end.
async fn next_time(services: &Services, payment: &Payment) -> Outcome<Moment> {
    let now = services.clock.now();
    let account = services.accounts.get(services, &payment.account_id).await?;
    let paces = account.map_or_else(LookUps::default, |account| account.provider.about().look_ups);
    let wait = paces.wait(now.since(payment.created_at) / SECOND).saturating_mul(SECOND);
    Ok(now.plus(wait).min(payment.expires_at.plus(GRACE).max(now.plus(SECOND))))
}

async fn end_by_clock(services: &Services, payment: &Payment) -> Outcome<()> {
    let seen = ours(payment, Reported::Expired, "no word from the provider in time");
    settle_one(services, own_evidence(payment, "clock", Actor::System.label(), seen)).await
}

/// Asks the provider now and settles what it says.
///
/// # Errors
/// `forbidden`, `not_found`, `provider_unavailable`.
pub async fn check(services: &Services, actor: &Actor, merchant: &MerchantId, id: &PaymentId) -> Outcome<Payment> {
    if !actor.may(Permission::CheckPayments) {
        return Err(Refusal::forbidden().into());
    }
    let payment = check_as(services, actor.label(), merchant, id).await?;
    let (own, actor, merchant, subject) = (services.clone(), actor.clone(), merchant.clone(), id.to_string());
    let after = Some(serde_json::json!({ "status": payment.status }));
    services
        .db
        .write(move |tx| async move {
            audit::record(&tx, &own.clock, &merchant, &actor, "payment_checked", &subject, None, after).await
        })
        .await?;
    Ok(payment)
}

/// The customer's own "check payment" and the return page: the same look-up, asked by a customer.
///
/// # Errors
/// `not_found`, `provider_unavailable`.
pub async fn check_for_customer(services: &Services, merchant: &MerchantId, id: &PaymentId) -> Outcome<Payment> {
    check_as(services, Actor::Customer.label(), merchant, id).await
}

async fn check_as(services: &Services, asked_by: String, merchant: &MerchantId, id: &PaymentId) -> Outcome<Payment> {
    let payment = store::get(services.db.read(), merchant, id).await?.ok_or_else(Refusal::not_found)?;
    look_up(services, &payment, asked_by).await?;
    store::get(services.db.read(), merchant, id).await?.ok_or_else(|| Refusal::not_found().into())
}

/// One look-up, settled. A payment that the provider was never heard about is begun again under its old key.
async fn look_up(services: &Services, payment: &Payment, asked_by: String) -> Outcome<PaymentStatus> {
    let Some(reference) = payment.reference.clone() else {
        if payment.status.is_open() {
            begin(services, payment).await?;
        }
        return status_now(services, payment).await;
    };
    let account = services.accounts.get(services, &payment.account_id).await?;
    let account = account.ok_or_else(|| Refusal::new(RefusalKind::Unavailable, "no_payment_method"))?;
    let asked = Reference { reference, merchant_order_id: payment.merchant_order_id.clone() };
    sabotage::point("provider:status:before");
    let answer = account.provider.status(&asked).await;
    sabotage::point("provider:status:after");
    match answer {
        Ok(seen) => {
            settle_one(services, own_evidence(payment, "lookup", asked_by, seen)).await?;
            status_now(services, payment).await
        }
        // The provider does not know it (any more): no word of payment; our clock decides when it is time.
        Err(Fault::NotFound) => status_now(services, payment).await,
        Err(fault) => {
            tracing::warn!(payment = %payment.id, %fault, "a payment could not be looked up");
            Err(Refusal::new(RefusalKind::Unavailable, "provider_unavailable").into())
        }
    }
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
    settle_one(services, own_evidence(payment, "lookup", Actor::System.label(), seen)).await
}

async fn status_now(services: &Services, payment: &Payment) -> Outcome<PaymentStatus> {
    let now = store::get(services.db.read(), &payment.merchant_id, &payment.id).await?;
    Ok(now.map_or(payment.status, |payment| payment.status))
}
