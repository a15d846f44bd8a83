//! The numbers of the overview, in words. Each has the address of the rows it was counted from.

use domain::{AccountId, LinkId, Money, ProductId, role::Permission};
use server::{
    failure::Outcome,
    reports::{self, Bar, Figures, Name, Overview, Source, Step},
};

use super::asked::Asked;
use crate::{
    rooms::{payments::SINGLE, period, start},
    ui::Tone,
    web::Desk,
};

pub struct TileView {
    pub label: String,
    pub value: String,
    pub note: String,
    pub tone: Option<Tone>,
    pub href: String,
}

pub struct DayBar {
    pub label: String,
    /// In the table, where there is room.
    pub days: String,
    pub value: u64,
    pub shown: String,
    /// The sum as it fits above a bar.
    pub short: String,
    pub payments: String,
    pub marked: bool,
    pub href: String,
}

pub struct Stage {
    pub label: String,
    pub shown: String,
    pub before: String,
    pub permille: u32,
    pub marked: bool,
    pub href: String,
}

/// What sales came from.
pub struct SourceView {
    pub name: String,
    pub count: String,
    pub sum: String,
    pub href: String,
}

pub struct Numbers {
    /// In a shop that has sold nothing yet, for who sets it up.
    pub next: Option<Step>,
    pub days: String,
    /// The word the days were chosen by; none for days of one's own.
    pub chosen: Option<&'static str>,
    /// As they stand in the fields.
    pub from: String,
    pub until: String,
    pub before: String,
    pub tiles: Vec<TileView>,
    pub bars: Vec<DayBar>,
    pub stages: Vec<Stage>,
    pub products: Vec<SourceView>,
    pub links: Vec<SourceView>,
    pub accounts: Vec<SourceView>,
}

pub(super) async fn overview(desk: &Desk, asked: &Asked) -> Outcome<Numbers> {
    let (days, chosen) = asked.days(desk);
    let read = reports::overview(&desk.services.db, &desk.shop, days);
    let overview = desk.recent(("overview", days, desk.offset()), read).await?;
    let span = period::in_address(days);
    Ok(Numbers {
        next: next(desk).await?,
        days: period::words(days),
        chosen,
        from: days.first.to_string(),
        until: days.last.to_string(),
        before: period::words(days.before()),
        tiles: tiles(desk, &overview, &span),
        bars: overview.bars.iter().map(|row| bar(desk, row)).collect(),
        stages: stages(desk, &overview, &span),
        products: overview.products.iter().map(|source| product(desk, source, &span)).collect(),
        links: overview.links.iter().map(|source| link(desk, source, &span)).collect(),
        accounts: overview.accounts.iter().map(|source| account(desk, source, &span)).collect(),
    })
}

async fn next(desk: &Desk) -> Outcome<Option<Step>> {
    if !desk.may(Permission::EditSettings) || reports::has_sold(&desk.services.db, desk.merchant()).await? {
        return Ok(None);
    }
    Ok(start::next_of(&reports::start(&desk.services, &desk.shop).await?))
}

/// Payments that were paid in these days.
fn received(span: &str) -> String {
    ["/payments?status=received&", span].concat()
}

fn bar(desk: &Desk, bar: &Bar) -> DayBar {
    let first = bar.days.first.local();
    DayBar {
        label: first.get(..5).unwrap_or(&first).to_owned(),
        days: period::words(bar.days),
        value: u64::try_from(bar.income.amount_minor).unwrap_or(0),
        shown: bar.income.to_string(),
        short: short(desk, bar.income),
        payments: bar.payments.to_string(),
        marked: bar.asked,
        href: received(&period::in_address(bar.days)),
    }
}

/// Thousands, as said aloud: 187 for 187 000 ֏; less than a thousand in full.
fn short(desk: &Desk, sum: Money) -> String {
    let (count, unit) = rounded(sum);
    match unit {
        _ if count <= 0 => String::new(),
        None => count.to_string(),
        Some(unit) => desk.say_with(unit, &[("count", &count.to_string())]),
    }
}

/// How many of what: of the currency's whole units, of thousands or of millions.
fn rounded(sum: Money) -> (i64, Option<&'static str>) {
    let whole = sum.amount_minor / 10_i64.pow(sum.currency.exponent());
    match whole {
        ..1_000 => (whole, None),
        1_000..10_000_000 => (whole / 1_000, Some("overview.thousands")),
        _ => (whole / 1_000_000, Some("overview.millions")),
    }
}

/// A number beside that of the period before: more, less or as much, in words.
fn change(desk: &Desk, now: i64, before: i64, shown: &str) -> String {
    let percent = percent(now, before).map(|percent| percent.unsigned_abs().to_string());
    match (percent.as_deref(), now.cmp(&before)) {
        (_, std::cmp::Ordering::Equal) => desk.say_with("overview.same", &[("before", shown)]),
        (Some("0"), _) => desk.say_with("overview.nearly", &[("before", shown)]),
        (None, _) => desk.say_with("overview.before", &[("before", shown)]),
        (Some(percent), std::cmp::Ordering::Greater) => {
            desk.say_with("overview.more", &[("percent", percent), ("before", shown)])
        }
        (Some(percent), std::cmp::Ordering::Less) => {
            desk.say_with("overview.less", &[("percent", percent), ("before", shown)])
        }
    }
}

/// By how many percent, rounded; none where there is nothing to compare with.
fn percent(now: i64, before: i64) -> Option<i64> {
    let (now, before) = (i128::from(now), i128::from(before));
    let twice = (before > 0).then(|| (now - before) * 200 / before)?;
    i64::try_from((twice + twice.signum()) / 2).ok()
}

fn tiles(desk: &Desk, overview: &Overview, span: &str) -> Vec<TileView> {
    let (now, before) = (&overview.now, &overview.before);
    let tile = |key: &str, value: String, note: String, tone: Option<Tone>, href: String| TileView {
        label: desk.say(key),
        value,
        note,
        tone,
        href,
    };
    let money = |key: &str, of: fn(&Figures) -> Money, href: String| {
        let (sum, then) = (of(now), of(before));
        let note = change(desk, sum.amount_minor, then.amount_minor, &then.to_string());
        tile(key, sum.to_string(), note, None, href)
    };
    let count = |key: &str, of: fn(&Figures) -> i64, href: String| {
        let (count, then) = (of(now), of(before));
        tile(key, count.to_string(), change(desk, count, then, &then.to_string()), None, href)
    };
    let review = overview.review;
    let review_note = desk.say(if review == 0 { "overview.review_none" } else { "overview.review_some" });
    vec![
        money("overview.income", Figures::income, received(span)),
        money("overview.received", |figures| figures.received, received(span)),
        money("overview.back", |figures| figures.back, ["/payments?status=refunded&", span].concat()),
        tile(
            "overview.review",
            review.to_string(),
            review_note,
            Some(if review == 0 { Tone::Good } else { Tone::Review }),
            "/payments?status=review".to_owned(),
        ),
        count("overview.paid", |figures| figures.payments, received(span)),
        count("overview.failed", |figures| figures.failed, ["/payments?status=failed&", span].concat()),
        count("overview.expired", |figures| figures.expired, ["/payments?status=expired&", span].concat()),
        tile(
            "overview.waiting",
            overview.waiting.to_string(),
            desk.say("overview.waiting_note"),
            Some(Tone::Waiting),
            "/payments?status=waiting".to_owned(),
        ),
    ]
}

fn stages(desk: &Desk, overview: &Overview, span: &str) -> Vec<Stage> {
    let (now, before) = (overview.now.funnel, overview.before.funnel);
    let all = [
        ("overview.stage_opened", now.opened, before.opened, "/links?shelf=all&"),
        ("overview.stage_orders", now.orders, before.orders, "/orders?"),
        ("overview.stage_checkouts", now.checkouts, before.checkouts, "/orders?stage=checkout&"),
        ("overview.stage_paid", now.paid, before.paid, "/orders?stage=paid&"),
    ];
    let most = all.iter().map(|(_, count, ..)| *count).max().unwrap_or(0).max(1);
    let stage = |(key, count, then, rows): (&str, i64, i64, &str)| Stage {
        label: desk.say(key),
        shown: count.to_string(),
        before: desk.say_with("overview.before", &[("before", &then.to_string())]),
        permille: u32::try_from(count * 1_000 / most).unwrap_or(0),
        marked: key == "overview.stage_paid",
        href: [rows, span].concat(),
    };
    all.into_iter().map(stage).collect()
}

fn source<T>(source: &Source<T>, name: String, href: String) -> SourceView {
    SourceView { name, count: source.count.to_string(), sum: source.sum.to_string(), href }
}

fn product(desk: &Desk, row: &Source<ProductId>, span: &str) -> SourceView {
    source(row, name(desk, &row.name), ["/orders?stage=sold&product=", row.of.as_str(), "&", span].concat())
}

fn link(desk: &Desk, row: &Source<Option<LinkId>>, span: &str) -> SourceView {
    let id = row.of.as_ref().map_or(SINGLE, LinkId::as_str);
    source(row, name(desk, &row.name), [&received(span), "&link=", id].concat())
}

fn account(desk: &Desk, row: &Source<AccountId>, span: &str) -> SourceView {
    source(row, name(desk, &row.name), [&received(span), "&account=", row.of.as_str()].concat())
}

fn name(desk: &Desk, name: &Name) -> String {
    match name {
        Name::Text(text) => text.clone(),
        Name::Product(name) => name.get(desk.lang).to_owned(),
        Name::SingleLinks => desk.say("overview.single_links"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_above_a_bar_and_changes_in_percent() {
        assert_eq!(rounded(Money::amd(18_700_000)), (187, Some("overview.thousands")));
        assert_eq!(rounded(Money::amd(99_900)), (999, None));
        assert_eq!(rounded(Money::amd(1_250_000_000)), (12, Some("overview.millions")));
        assert_eq!((rounded(Money::amd(0)), rounded(Money::amd(-500))), ((0, None), (-5, None)));
        assert_eq!(percent(150, 100), Some(50));
        assert_eq!(percent(2, 3), Some(-33));
        assert_eq!((percent(5, 3), percent(1, 200)), (Some(67), Some(-100)));
        assert_eq!((percent(5, 0), percent(5, -3)), (None, None));
    }
}
