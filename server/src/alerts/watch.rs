//! The watch: once a minute per merchant it looks for what was paid and not delivered, for orders to remind of, for
//! memberships that end, and whether it is time for a digest.

use domain::{
    MerchantId, Moment, Money, OrderId,
    moment::{MINUTE, SECOND},
};

use super::{Alert, What, digest, job};
use crate::{
    clubs,
    db::{Db, Tx},
    failure::Outcome,
    jobs::{self, Job, JobEnd, NewJob},
    orders::{self, Order},
    services::Services,
    shop,
};

pub const WATCH: &str = "watch";

/// Looked at in one turn; more than this is one trouble, not many.
const MOST: u64 = 500;

/// Sees to it that a merchant is watched, whoever else starts at the same time.
///
/// # Errors
/// When the database refuses.
pub(crate) async fn promise(tx: &Tx, now: Moment, merchant: &MerchantId) -> Outcome<()> {
    let watch = NewJob {
        once_key: Some(format!("watch:{merchant}")),
        ..NewJob::new(merchant.clone(), WATCH, now.plus(MINUTE))
    };
    jobs::enqueue(tx, now, vec![watch]).await
}

/// Sees to it that every merchant is watched: called once at start-up.
///
/// # Errors
/// When the database refuses.
pub async fn start(services: &Services) -> Outcome<()> {
    let (now, all) = (services.clock.now(), shop::all(&services.db).await?);
    services
        .db
        .write(move |tx| async move {
            for merchant in all {
                promise(&tx, now, &merchant).await?;
            }
            Ok(())
        })
        .await
}

/// Orders that were paid more than the shop's limit ago and not delivered, oldest first.
///
/// # Errors
/// When the database does not answer.
pub async fn stuck(db: &Db, merchant: &MerchantId, now: Moment) -> Outcome<Vec<Order>> {
    let shop = shop::get(db, merchant).await?;
    let limit = now.plus(-i64::from(shop.stuck_minutes) * MINUTE);
    orders::store::undelivered(db.read(), merchant, limit, MOST).await
}

/// The job, for ever.
pub async fn run(services: Services, job: Job) -> JobEnd {
    match look(&services, &job.merchant_id).await {
        Ok(()) => JobEnd::Again(services.clock.now().plus(MINUTE)),
        // Never dead: whoever watches must not fall asleep.
        Err(failure) => {
            tracing::error!(%failure, merchant = %job.merchant_id, "the watch could not look");
            JobEnd::Again(services.clock.now().plus(10 * SECOND))
        }
    }
}

async fn look(services: &Services, merchant: &MerchantId) -> Outcome<()> {
    let now = services.clock.now();
    let shop = shop::get(&services.db, merchant).await?;
    alarm(services, merchant, now).await?;
    orders::remind(services, &shop).await?;
    clubs::tick(services, merchant).await?;
    digest::promise(services, &shop).await
}

async fn alarm(services: &Services, merchant: &MerchantId, now: Moment) -> Outcome<()> {
    let stuck = stuck(&services.db, merchant, now).await?;
    if stuck.is_empty() {
        return Ok(());
    }
    let merchant = merchant.clone();
    services
        .db
        .write(move |tx| async move {
            let alerts = stuck.iter().map(|order| told(now, &merchant, &order.id, order.number, order.amount()));
            jobs::enqueue(&tx, now, alerts.collect::<Outcome<Vec<_>>>()?).await
        })
        .await
}

fn told(now: Moment, merchant: &MerchantId, order: &OrderId, number: i64, amount: Money) -> Outcome<NewJob> {
    let alert = Alert { order: Some(number), amount: Some(amount), ..What::Stuck.into() };
    job(now, merchant, &format!("stuck:{order}"), &alert)
}
