//! The job that compares: a hundred look-ups at a time, or a file as a whole.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    MerchantId, Moment, PaymentId, ReconciliationId,
    moment::SECOND,
    payment::Reported,
    reconcile::{Compared, Difference, Exception, Ours, Theirs, compare},
};
use providers::Seen;
use serde::{Deserialize, Serialize};

use super::{
    Mapping,
    begin::sheet_of,
    rows::{Model as Reconciliation, Trouble},
    store::{self, Advance},
};
use crate::{
    failure::{Failure, Outcome},
    jobs::{Job, JobEnd, NewJob},
    journal,
    payments::{self, Payment, PaymentColumn},
    services::Services,
    shop,
};

pub const RECONCILE: &str = "reconcile";

/// Look-ups of one turn, and when a turn begins no more of them: a slow one added, it is still well within the lease of a job.
const AT_ONCE: u64 = 100;
const TURN: i64 = 60 * SECOND;

#[derive(Serialize, Deserialize)]
struct Payload {
    reconciliation: ReconciliationId,
}

pub(super) fn job(now: Moment, row: &Reconciliation) -> NewJob {
    NewJob {
        payload: serde_json::json!({ "reconciliation": row.id }).to_string(),
        ..NewJob::new(row.merchant_id.clone(), RECONCILE, now)
    }
}

/// The job.
pub async fn run(services: Services, job: Job) -> JobEnd {
    let payload: Payload = match serde_json::from_str(&job.payload) {
        Ok(payload) => payload,
        Err(error) => return JobEnd::GiveUp(error.into()),
    };
    let id = payload.reconciliation;
    // In a task of its own: a panic, too, is trouble that people are told of.
    let (own, merchant, row) = (services.clone(), job.merchant_id.clone(), id.clone());
    let turned = tokio::spawn(async move { turn(&own, &merchant, &row).await }).await;
    match turned.unwrap_or_else(|panic| Err(Failure::Internal(panic.into()))) {
        Ok(end) => end,
        Err(failure) => stumbled(&services, job.merchant_id, id, failure).await,
    }
}

/// Notes why nothing came of a turn, for those who wait for it. The job tries again where that may help.
async fn stumbled(services: &Services, merchant: MerchantId, id: ReconciliationId, failure: Failure) -> JobEnd {
    let trouble = Trouble::from(&failure);
    let noted = services.db.write(move |tx| async move {
        store::set_trouble(&*tx, &id, &serde_json::to_string(&trouble)?).await?;
        tx.touch(&merchant);
        Ok(())
    });
    if let Err(error) = noted.await {
        tracing::warn!(%error, "the trouble of a reconciliation could not be noted");
    }
    match failure {
        Failure::Refused(refusal) => JobEnd::GiveUp(refusal.into()),
        Failure::Internal(error) => JobEnd::Retry(error),
    }
}

async fn turn(services: &Services, merchant: &MerchantId, id: &ReconciliationId) -> Outcome<JobEnd> {
    let row = super::get(&services.db, merchant, id).await?;
    if row.state != "running" {
        return Ok(JobEnd::Done);
    }
    if row.source == "file" {
        let compared = compare_file(services, &row).await?;
        return finish(services, row, compared, None).await;
    }
    let some = store::started_within(services.db.read(), &row, AT_ONCE).await?;
    let (compared, last) = look_up_some(services, some).await?;
    finish(services, row, compared, last).await
}

/// Writes what was found; without `last` the whole period is done. Where another turn was quicker, nothing is written.
async fn finish(
    services: &Services,
    row: Reconciliation,
    compared: Compared,
    last: Option<PaymentId>,
) -> Outcome<JobEnd> {
    let now = services.clock.now();
    let done = last.is_none();
    let advance = Advance {
        matched: i64::try_from(compared.matched).unwrap_or(i64::MAX),
        reached: last,
        done_at: done.then_some(now),
    };
    let written = services.db.write(move |tx| async move {
        let first = store::advance(&*tx, &row, advance).await?;
        if first {
            store::add(&*tx, &row, compared.differences).await?;
            tx.touch(&row.merchant_id);
        }
        Ok(first)
    });
    Ok(if written.await? && done { JobEnd::Done } else { JobEnd::Again(now) })
}

/// As a look-up speaks of it: now, and of all its time.
fn ours(payment: &Payment) -> Ours {
    Ours {
        payment: payment.id.clone(),
        order_id: payment.merchant_order_id.clone(),
        reference: payment.reference.clone(),
        amount_minor: payment.amount_minor,
        currency: payment.currency,
        was_paid: payment.status.was_paid(),
        expected: payment.status.was_paid(),
        refunded_minor: payment.refunded_minor,
        refunded_within_minor: payment.refunded_minor,
    }
}

async fn compare_file(services: &Services, row: &Reconciliation) -> Outcome<Compared> {
    let mapping: Mapping = serde_json::from_value(row.mapping.clone().unwrap_or_default())?;
    let currency = shop::get(&services.db, &row.merchant_id).await?.currency;
    let theirs = sheet_of(&services.db, row).await?.lines(&mapping, currency)?;
    Ok(compare(&beside(services, row, &theirs).await?, &theirs))
}

/// The payments of a file's days, and those of other days that it names: of a day is what was paid or given back on it.
async fn beside(services: &Services, row: &Reconciliation, theirs: &[Theirs]) -> Outcome<Vec<Ours>> {
    let db = services.db.read();
    let (from, until) = (row.from_ms, row.until_ms);
    let back = journal::refunded_within(db, &row.merchant_id, (from, until)).await?;
    let back: BTreeMap<PaymentId, i64> = back.into_iter().collect();
    let values = |of: fn(&Theirs) -> Option<&String>| {
        let all: BTreeSet<_> = theirs.iter().filter_map(of).cloned().collect();
        all.into_iter().collect::<Vec<_>>()
    };
    let (orders, references) = (values(|line| line.order_id.as_ref()), values(|line| line.reference.as_ref()));
    let mut all = store::paid_within(db, row).await?;
    all.extend(store::named(db, row, PaymentColumn::Id, back.keys().map(ToString::to_string).collect()).await?);
    all.extend(store::named(db, row, PaymentColumn::MerchantOrderId, orders).await?);
    all.extend(store::named(db, row, PaymentColumn::Reference, references).await?);
    let all: BTreeMap<PaymentId, Payment> = all.into_iter().map(|payment| (payment.id.clone(), payment)).collect();
    let within = |payment: &Payment| payment.paid_at.is_some_and(|at| from <= at && at < until);
    let of_the_days = |payment: &Payment| Ours {
        expected: payment.status.was_paid() && within(payment),
        refunded_within_minor: back.get(&payment.id).copied().unwrap_or(0),
        ..ours(payment)
    };
    Ok(all.values().map(of_the_days).collect())
}

/// Each look-up is settled first; then both are compared as they stand after it. Answers with the last payment it came to.
async fn look_up_some(services: &Services, payments: Vec<Payment>) -> Outcome<(Compared, Option<PaymentId>)> {
    let end = services.clock.now().plus(TURN);
    let (mut all, mut last) = (Compared::default(), None);
    for payment in payments {
        // Without a payment the period would count as done.
        if last.is_some() && services.clock.now() >= end {
            break;
        }
        last = Some(payment.id.clone());
        if payment.reference.is_none() {
            continue;
        }
        let one = match payments::look_up_for_books(services, &payment).await? {
            Some((seen, now)) => compare(&[ours(&now)], &theirs(&now, &seen)),
            None => {
                let difference =
                    Difference { kind: Exception::NotAnswered, payment: Some(payment.id), theirs: Vec::new() };
                Compared { matched: 0, differences: vec![difference] }
            }
        };
        all.matched += one.matched;
        all.differences.extend(one.differences);
    }
    Ok((all, last))
}

/// A look-up's answer as lines of a list.
fn theirs(payment: &Payment, seen: &Seen) -> Vec<Theirs> {
    if !seen.reported.claims_money() {
        return Vec::new();
    }
    let line = |amount_minor, refund| Theirs {
        line: 1,
        order_id: seen.merchant_order_id.clone(),
        reference: payment.reference.clone(),
        amount_minor,
        currency: seen.currency.as_deref().and_then(|code| code.parse().ok()).unwrap_or(payment.currency),
        refund,
    };
    let whole = seen.amount_minor.unwrap_or(payment.amount_minor);
    let back = match seen.reported {
        Reported::Refunded => whole,
        _ => seen.refunded_minor.unwrap_or(0),
    };
    let back = (back > 0).then(|| line(back, true));
    std::iter::once(line(whole, false)).chain(back).collect()
}
