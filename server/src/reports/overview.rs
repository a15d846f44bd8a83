//! How the shop does in a period, beside the period before: what came in and went back, how far customers come, and what it
//! came from. Every number can be opened: the lists of payments, orders and links filter by the same words.

use domain::{AccountId, Day, LinkId, Localized, Money, ProductId};

use super::{
    review_count,
    store::{self, Came, DaySum},
};
use crate::{catalog, db::Db, failure::Outcome, links, payments, shop::Merchant};

/// Bars of the chart at most: longer periods are shown in steps of several days.
const BARS: i64 = 31;
/// Days shown at least, so that a day is seen among others.
const SHOWN: i64 = 14;
/// Rows of each table.
const MOST: u64 = 8;

/// Days of the shop's calendar, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    pub first: Day,
    pub last: Day,
}

impl Period {
    /// From one day to another, whichever comes first.
    #[must_use]
    pub fn between(one: Day, other: Day) -> Self {
        Self { first: one.min(other), last: one.max(other) }
    }

    /// The `days` days up to `last`.
    #[must_use]
    pub const fn up_to(last: Day, days: i64) -> Self {
        Self { first: last.plus(1 - days), last }
    }

    #[must_use]
    pub const fn days(self) -> i64 {
        self.last.number() - self.first.number() + 1
    }

    /// As many days right before it.
    #[must_use]
    pub const fn before(self) -> Self {
        Self::up_to(self.first.plus(-1), self.days())
    }

    pub(super) const fn span(self, offset_minutes: i32) -> (domain::Moment, domain::Moment) {
        (self.first.span(offset_minutes).0, self.last.span(offset_minutes).1)
    }
}

/// How far customers came with what they ordered in a period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Funnel {
    pub opened: i64,
    pub orders: i64,
    pub checkouts: i64,
    pub paid: i64,
}

/// The numbers of one period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures {
    /// Of payments that were paid, whatever became of them later.
    pub received: Money,
    pub payments: i64,
    /// Refunded, or taken back by the bank.
    pub back: Money,
    pub failed: i64,
    pub expired: i64,
    pub funnel: Funnel,
}

impl Figures {
    #[must_use]
    pub const fn income(&self) -> Money {
        Money::new(self.received.amount_minor.saturating_sub(self.back.amount_minor), self.received.currency)
    }
}

/// One bar of the chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bar {
    pub days: Period,
    pub income: Money,
    pub payments: i64,
    /// It belongs to the period that is asked for, not to the days shown before it.
    pub asked: bool,
}

/// What sales came from: how many payments or orders, and their sum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source<T> {
    pub of: T,
    pub name: Name,
    pub count: i64,
    pub sum: Money,
}

/// What a source is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Name {
    Text(String),
    Product(Localized),
    /// Links that were made for one order each.
    SingleLinks,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overview {
    pub now: Figures,
    pub before: Figures,
    /// Oldest first.
    pub bars: Vec<Bar>,
    /// At this moment, whatever the period.
    pub waiting: i64,
    pub review: i64,
    /// By what was ordered: refunds are not taken off.
    pub products: Vec<Source<ProductId>>,
    /// By what was paid; None: links made for one order.
    pub links: Vec<Source<Option<LinkId>>>,
    pub accounts: Vec<Source<AccountId>>,
}

/// # Errors
/// When the database does not answer.
pub async fn overview(db: &Db, shop: &Merchant, period: Period) -> Outcome<Overview> {
    let (before, shown) = (period.before(), Period { first: period.first.min(period.last.plus(1 - SHOWN)), ..period });
    let first = shown.first.min(before.first);
    let (read, span) = (db.read(), Period { first, ..period }.span(shop.utc_offset_minutes));
    let sums = store::money_by_day(read, &shop.id, span, shop.currency).await?;
    let sums = Sums { sums, first, shop };
    // Side by side: none needs another's answer, and each takes long where much was sold.
    let (now, before, waiting, review, products, links, accounts) = tokio::try_join!(
        figures(db, &sums, period),
        figures(db, &sums, before),
        store::waiting_count(read, &shop.id),
        review_count(db, &shop.id),
        products(db, shop, period),
        by_links(db, shop, period),
        accounts(db, shop, period),
    )?;
    let bars = sums.bars(shown, period);
    Ok(Overview { now, before, bars, waiting, review, products, links, accounts })
}

/// What came in and went back, day by day.
struct Sums<'a> {
    sums: Vec<DaySum>,
    first: Day,
    shop: &'a Merchant,
}

impl Sums<'_> {
    /// Received, back, and how many payments, of these days.
    fn of(&self, days: Period) -> (Money, Money, i64) {
        let from = days.first.number() - self.first.number();
        let own = self.sums.iter().filter(|sum| (from..from + days.days()).contains(&sum.day));
        let all = own.fold((0, 0, 0), |(received, back, count), sum| {
            (received + sum.received, back + sum.back, count + sum.count)
        });
        let money = |minor| Money::new(minor, self.shop.currency);
        (money(all.0), money(all.1), all.2)
    }

    fn bars(&self, shown: Period, asked: Period) -> Vec<Bar> {
        let step = (shown.days() + BARS - 1) / BARS;
        let starts = (0..).map(|place| shown.first.plus(place * step)).take_while(|day| *day <= shown.last);
        let bar = |first: Day| {
            let days = Period { first, last: first.plus(step - 1).min(shown.last) };
            let (received, back, payments) = self.of(days);
            let income = Money::new(received.amount_minor.saturating_sub(back.amount_minor), received.currency);
            Bar { days, income, payments, asked: days.last >= asked.first }
        };
        starts.map(bar).collect()
    }
}

async fn figures(db: &Db, sums: &Sums<'_>, period: Period) -> Outcome<Figures> {
    let (shop, read) = (sums.shop, db.read());
    let span = period.span(shop.utc_offset_minutes);
    let (received, back, payments) = sums.of(period);
    let (failed, expired) = store::ended(read, &shop.id, span).await?;
    let (orders, checkouts, paid) = store::stages(read, &shop.id, span).await?;
    let opened = store::openings(read, &shop.id, period).await?;
    let funnel = Funnel { opened, orders, checkouts, paid };
    Ok(Figures { received, payments, back, failed, expired, funnel })
}

async fn products(db: &Db, shop: &Merchant, period: Period) -> Outcome<Vec<Source<ProductId>>> {
    let came: Vec<Came<ProductId>> =
        store::by_product(db.read(), &shop.id, period.span(shop.utc_offset_minutes), MOST).await?;
    let known = catalog::by_ids(db, &shop.id, came.iter().map(|row| row.of.clone()).collect()).await?;
    let source = |row: Came<ProductId>| {
        let product = known.iter().find(|product| product.id == row.of)?;
        Some(row.named(Name::Product(product.name.clone()), shop))
    };
    Ok(came.into_iter().filter_map(source).collect())
}

async fn by_links(db: &Db, shop: &Merchant, period: Period) -> Outcome<Vec<Source<Option<LinkId>>>> {
    let came: Vec<Came<Option<LinkId>>> =
        store::by_link(db.read(), &shop.id, period.span(shop.utc_offset_minutes), MOST).await?;
    let known = links::by_ids(db, &shop.id, came.iter().filter_map(|row| row.of.clone()).collect()).await?;
    let source = |row: Came<Option<LinkId>>| {
        let link = known.iter().find(|link| Some(&link.id) == row.of.as_ref());
        let name = |link: &links::Link| if link.label.is_empty() { link.code.clone() } else { link.label.clone() };
        let name = link.map_or(Name::SingleLinks, |link| Name::Text(name(link)));
        row.named(name, shop)
    };
    Ok(came.into_iter().map(source).collect())
}

async fn accounts(db: &Db, shop: &Merchant, period: Period) -> Outcome<Vec<Source<AccountId>>> {
    let came: Vec<Came<AccountId>> =
        store::by_account(db.read(), &shop.id, period.span(shop.utc_offset_minutes), MOST).await?;
    let known = payments::account_names(db, &shop.id).await?;
    let source = |row: Came<AccountId>| {
        let name = known.iter().find(|(id, _)| *id == row.of).map(|(_, name)| name.clone());
        row.named(Name::Text(name.unwrap_or_default()), shop)
    };
    Ok(came.into_iter().map(source).collect())
}

impl<T> Came<T> {
    fn named(self, name: Name, shop: &Merchant) -> Source<T> {
        Source { of: self.of, name, count: self.count, sum: Money::new(self.sum, shop.currency) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::testing::shops;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn a_period_and_the_one_before_it_touch() {
        let week = Period::up_to(day("2026-11-26"), 7);
        assert_eq!((week.first, week.days()), (day("2026-11-20"), 7));
        assert_eq!(week.before(), Period { first: day("2026-11-13"), last: day("2026-11-19") });
        assert_eq!(Period::between(day("2026-11-26"), day("2026-11-20")), week);
        let (from, until) = week.span(240);
        assert_eq!(
            (from.rfc3339().as_str(), until.rfc3339().as_str()),
            ("2026-11-19T20:00:00Z", "2026-11-26T20:00:00Z")
        );
    }

    #[tokio::test]
    async fn bars_hold_every_day_once_however_long_the_period() {
        let shops = shops().await;
        let shop = crate::shop::get(&shops[0].services.db, &shops[0].merchant).await.unwrap();
        for (days, wanted) in [(1, 14), (14, 14), (31, 31), (32, 16), (365, 31)] {
            let asked = Period::up_to(day("2026-11-26"), days);
            let shown = Period::up_to(asked.last, days.max(SHOWN));
            let sum = |day| DaySum { day, received: 200, back: 50, count: 1 };
            let sums = Sums { sums: (0..shown.days()).map(sum).collect(), first: shown.first, shop: &shop };
            let bars = sums.bars(shown, asked);
            assert_eq!(bars.len(), wanted, "{days}");
            assert_eq!(bars.iter().map(|bar| bar.payments).sum::<i64>(), shown.days());
            assert_eq!(bars.iter().map(|bar| bar.income.amount_minor).sum::<i64>(), 150 * shown.days());
            assert!(bars.windows(2).all(|two| two[0].days.last.plus(1) == two[1].days.first));
            assert_eq!(bars.iter().filter(|bar| bar.asked).map(|bar| bar.days.days()).sum::<i64>(), days);
        }
    }
}
