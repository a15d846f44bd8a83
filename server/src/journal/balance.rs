//! Balances derived from the journal alone, and whether the tables say the same; once a day the journal itself is proven.
//!
//! `payment_paid` adds its amount to what was received, `payment_refunded` adds its amount (the money of that refund) to
//! what was refunded; a reversal or a dispute adds what was left of the payment to what the bank took back.

use domain::{
    MerchantId, Moment, PaymentId,
    moment::{DAY, HOUR},
};

use super::{
    sums::{self, Balance, Difference, Summary},
    verify::{Verdict, verify_signed},
};
use crate::{
    alerts::{self, Alert, What},
    db::Db,
    failure::Outcome,
    jobs::{self, Job, JobEnd},
    services::Services,
};

pub const JOURNAL_BALANCE: &str = "journal_balance";

/// What came in and went back, by currency: of a span of time, or of all.
///
/// # Errors
/// When the database does not answer.
pub async fn balances(db: &Db, merchant: &MerchantId, span: Option<(Moment, Moment)>) -> Outcome<Vec<Balance>> {
    sums::balances(db.read(), merchant, span).await
}

/// Everything the journal says of a span of time.
///
/// # Errors
/// When the database does not answer.
pub async fn summary(db: &Db, merchant: &MerchantId, span: (Moment, Moment)) -> Outcome<Summary> {
    sums::summary(db.read(), merchant, span).await
}

/// What came in and went back for one payment; none when the journal knows of no money for it.
///
/// # Errors
/// When the database does not answer.
pub async fn of_payment(db: &Db, merchant: &MerchantId, payment: &PaymentId) -> Outcome<Option<Balance>> {
    sums::of_payment(db.read(), merchant, payment).await
}

/// The payments of which journal and tables say different things; when there are none, all sums agree.
///
/// # Errors
/// When the database does not answer.
pub async fn compare(db: &Db, merchant: &MerchantId) -> Outcome<Vec<Difference>> {
    sums::differences(db.read(), merchant).await
}

/// When the next comparison is due: early in the next day.
pub(super) const fn next_time(now: Moment) -> Moment {
    Moment((now.0.div_euclid(DAY) + 1) * DAY)
}

/// Staff hear of it once a day, for as long as it lasts.
async fn alarm(services: &Services, merchant: &MerchantId, what: Option<String>) -> Outcome<()> {
    let (now, merchant) = (services.clock.now(), merchant.clone());
    let alert = Alert { word: what, ..What::Books.into() };
    let job = alerts::job(now, &merchant, &format!("books:{}", now.0.div_euclid(DAY)), &alert)?;
    services.db.write(move |tx| async move { jobs::enqueue(&tx, now, vec![job]).await }).await
}

/// The job: proves the journal, compares it with the tables, raises the alarm, and again tomorrow. It never dies.
pub async fn run(services: Services, job: Job) -> JobEnd {
    let (merchant, now) = (&job.merchant_id, services.clock.now());
    match look(&services, merchant).await {
        Ok(()) => JobEnd::Again(next_time(now)),
        Err(error) => {
            tracing::error!(%merchant, %error, "journal and tables could not be compared; again in an hour");
            JobEnd::Again(now.plus(HOUR))
        }
    }
}

async fn look(services: &Services, merchant: &MerchantId) -> Outcome<()> {
    if let Verdict::Broken { first_bad, why } = verify_signed(services, merchant).await? {
        tracing::error!(%merchant, first_bad, why, "the journal is broken");
        alarm(services, merchant, Some(format!("№ {first_bad}"))).await?;
    }
    let differences = compare(&services.db, merchant).await?;
    let gauge = metrics::gauge!("khanut_ledger_differences", "merchant" => merchant.to_string());
    gauge.set(u32::try_from(differences.len()).unwrap_or(u32::MAX));
    for difference in &differences {
        tracing::error!(%merchant, ?difference, "the journal and the tables say different things of a payment");
    }
    match differences.into_iter().next() {
        Some(first) => alarm(services, merchant, first.payment).await,
        None => Ok(()),
    }
}
