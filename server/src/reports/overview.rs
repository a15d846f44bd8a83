//! How the shop does: today's numbers, the income of the last days, and how far customers come.

use domain::{Currency, MerchantId, Moment, Money, moment::DAY, payment::PaymentStatus};

use super::store;
use crate::{db::Db, failure::Outcome, shop::Merchant};

/// Days shown, today included.
const DAYS: i64 = 14;

/// The income of one day in the merchant's zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    pub start: Moment,
    pub income: Money,
    pub payments: i64,
}

/// How far customers came, over all time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Funnel {
    pub opened: i64,
    pub orders: i64,
    pub checkouts: i64,
    pub paid: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overview {
    /// Oldest first; the last is today.
    pub days: Vec<Day>,
    pub failed_today: i64,
    pub expired_today: i64,
    pub waiting: i64,
    pub review: i64,
    pub funnel: Funnel,
}

/// # Errors
/// When the database does not answer.
pub async fn overview(db: &Db, shop: &Merchant, now: Moment) -> Outcome<Overview> {
    let (read, merchant): (_, &MerchantId) = (db.read(), &shop.id);
    let today = now.start_of_day(shop.utc_offset_minutes);
    let first = today.plus((1 - DAYS) * DAY);
    let sums = store::income_by_day(read, merchant, first).await?;
    let started = store::started_since(read, merchant, today).await?;
    let count = |status| started.iter().find(|row| row.status == status).map_or(0, |row| row.count);
    let (orders, paid) = store::orders(read, merchant).await?;
    Ok(Overview {
        days: (0..DAYS).map(|day| on_day(&sums, first, day, shop.currency)).collect(),
        failed_today: count(PaymentStatus::Failed),
        expired_today: count(PaymentStatus::Expired),
        waiting: store::waiting_count(read, merchant).await?,
        review: store::review_count(read, merchant).await?,
        funnel: Funnel {
            opened: store::openings(read, merchant).await?,
            orders,
            checkouts: store::checkouts(read, merchant).await?,
            paid,
        },
    })
}

fn on_day(sums: &[store::DaySum], first: Moment, day: i64, currency: Currency) -> Day {
    let sum = sums.iter().find(|sum| sum.day == day);
    Day {
        start: first.plus(day * DAY),
        income: Money::new(sum.map_or(0, |sum| sum.amount), currency),
        payments: sum.map_or(0, |sum| sum.count),
    }
}
