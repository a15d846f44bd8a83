//! The numbers of the overview, in words.

use domain::Money;
use server::{
    failure::Outcome,
    reports::{self, Day, Funnel, Overview},
};

use crate::{ui::Tone, web::Desk};

pub struct TileView {
    pub label: String,
    pub value: String,
    pub note: String,
    pub tone: Option<Tone>,
    pub href: String,
}

pub struct DayBar {
    pub label: String,
    pub value: u64,
    pub shown: String,
    /// The sum as it fits above a bar.
    pub short: String,
    pub payments: String,
    pub today: bool,
    pub href: String,
}

pub struct Stage {
    pub label: String,
    pub shown: String,
    pub permille: u32,
    pub marked: bool,
}

pub struct Numbers {
    pub today: String,
    pub tiles: Vec<TileView>,
    pub days: Vec<DayBar>,
    pub stages: Vec<Stage>,
}

pub(super) async fn overview(desk: &Desk) -> Outcome<Numbers> {
    let overview = reports::overview(&desk.services.db, &desk.shop, desk.now()).await?;
    let last = overview.days.len().saturating_sub(1);
    let days: Vec<DayBar> =
        overview.days.iter().enumerate().map(|(place, day)| bar(desk, day, place == last)).collect();
    Ok(Numbers {
        today: date(desk, desk.now()),
        tiles: tiles(desk, &overview, days.last()),
        stages: stages(desk, overview.funnel),
        days,
    })
}

fn date(desk: &Desk, at: domain::Moment) -> String {
    desk.at(at).split(' ').next().unwrap_or_default().to_owned()
}

/// `23.11.2026` as it stands in an address: `2026-11-23`.
fn in_address(date: &str) -> String {
    date.rsplit('.').collect::<Vec<_>>().join("-")
}

fn bar(desk: &Desk, day: &Day, today: bool) -> DayBar {
    let date = date(desk, day.start);
    DayBar {
        label: date.get(..5).unwrap_or(&date).to_owned(),
        value: u64::try_from(day.income.amount_minor).unwrap_or(0),
        shown: day.income.to_string(),
        short: short(day.income),
        payments: day.payments.to_string(),
        today,
        href: ["/payments?status=paid&day=", &in_address(&date)].concat(),
    }
}

/// Thousands, as said aloud: 187 for 187 000 ֏; less than a thousand in full.
fn short(sum: Money) -> String {
    let whole = sum.amount_minor / 10_i64.pow(sum.currency.exponent());
    match whole {
        0 => String::new(),
        1..1_000 => whole.to_string(),
        _ => [&(whole / 1_000).to_string(), "k"].concat(),
    }
}

fn tiles(desk: &Desk, overview: &Overview, today: Option<&DayBar>) -> Vec<TileView> {
    let ended = (overview.failed_today + overview.expired_today).to_string();
    let day = today.map(|day| day.href.clone()).unwrap_or_default();
    let today_any = day.replace("status=paid&", "");
    let failed = [("failed", overview.failed_today.to_string()), ("expired", overview.expired_today.to_string())];
    let failed = failed.each_ref().map(|(name, count)| (*name, count.as_str()));
    let tile = |key: &str, value: String, note: String, tone: Option<Tone>, href: &str| TileView {
        label: desk.say(key),
        value,
        note,
        tone,
        href: href.to_owned(),
    };
    let review = overview.review;
    let paid = today.map(|d| d.payments.clone()).unwrap_or_default();
    vec![
        tile(
            "overview.income_today",
            today.map(|d| d.shown.clone()).unwrap_or_default(),
            desk.say_with("overview.income_note", &[("count", &paid)]),
            Some(Tone::Good),
            &day,
        ),
        tile(
            "overview.waiting",
            overview.waiting.to_string(),
            desk.say("overview.waiting_note"),
            Some(Tone::Waiting),
            "/payments?status=waiting",
        ),
        tile(
            "overview.not_paid_today",
            ended,
            desk.say_with("overview.not_paid_note", &failed),
            Some(Tone::Ended),
            &today_any,
        ),
        tile(
            "overview.review",
            review.to_string(),
            desk.say(if review == 0 { "overview.review_none" } else { "overview.review_some" }),
            Some(if review == 0 { Tone::Good } else { Tone::Review }),
            "/payments?status=review",
        ),
    ]
}

fn stages(desk: &Desk, funnel: Funnel) -> Vec<Stage> {
    let all = [
        ("overview.stage_opened", funnel.opened),
        ("overview.stage_orders", funnel.orders),
        ("overview.stage_checkouts", funnel.checkouts),
        ("overview.stage_paid", funnel.paid),
    ];
    let most = all.iter().map(|(_, count)| *count).max().unwrap_or(0).max(1);
    let stage = |(key, count): (&str, i64)| Stage {
        label: desk.say(key),
        shown: count.to_string(),
        permille: u32::try_from(count * 1_000 / most).unwrap_or(0),
        marked: key == "overview.stage_paid",
    };
    all.into_iter().map(stage).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_in_an_address_and_sums_above_a_bar() {
        assert_eq!(in_address("23.11.2026"), "2026-11-23");
        assert_eq!(short(Money::amd(18_700_000)), "187k");
        assert_eq!(short(Money::amd(99_900)), "999");
        assert_eq!(short(Money::amd(0)), "");
    }
}
