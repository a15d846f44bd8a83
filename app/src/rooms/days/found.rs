//! Days and their summaries, in words.

use domain::{Day, Money, role::Permission};
use server::{
    crm,
    failure::Outcome,
    journal::{self, AccountSum, DayClose, DayState, KindSum, OneDay, Summary},
    payments, staff,
};

use crate::{badge::Badge, rooms::story::Known, texts::say, ui::Tone, web::Desk};

/// Days in the list.
const DAYS: i64 = 30;

pub(super) struct DayRow {
    pub(super) day: String,
    pub(super) name: String,
    pub(super) state: Badge,
    pub(super) entries: String,
    pub(super) received: String,
    pub(super) refunded: String,
    pub(super) taken: String,
}

pub(super) struct Found {
    pub(super) rows: Vec<DayRow>,
    pub(super) may_export: bool,
}

pub(super) async fn list(desk: &Desk) -> Outcome<Found> {
    let days = journal::days(&desk.services, &desk.shop, DAYS).await?;
    let rows = days.into_iter().map(|line| DayRow {
        day: line.day.to_string(),
        name: line.day.local(),
        state: badge(desk, line.state),
        entries: line.entries.to_string(),
        received: line.received.to_string(),
        refunded: line.refunded.to_string(),
        taken: line.taken.to_string(),
    });
    Ok(Found { rows: rows.collect(), may_export: desk.may(Permission::ExportMoney) })
}

fn badge(desk: &Desk, state: DayState) -> Badge {
    let (tone, key) = match state {
        DayState::Running => (Tone::Info, "days.running"),
        DayState::Open => (Tone::Waiting, "days.open"),
        DayState::Closed => (Tone::Good, "days.closed"),
        DayState::Changed(_) => (Tone::Bad, "days.changed"),
    };
    Badge { tone, text: say(desk.lang, key) }
}

/// A line of a table: what, how many, and its sums.
pub(super) struct Line {
    pub(super) what: String,
    pub(super) count: String,
    pub(super) sums: Vec<String>,
}

/// A summary in words.
pub(super) struct Added {
    pub(super) totals: Vec<Known>,
    pub(super) accounts: Vec<Line>,
    pub(super) kinds: Vec<Line>,
}

pub(super) struct DayView {
    pub(super) day: String,
    pub(super) name: String,
    pub(super) state: Badge,
    /// What the person should know first.
    pub(super) notice: Option<Badge>,
    pub(super) may_close: bool,
    pub(super) may_export: bool,
    /// As signed; as the journal says now while the day is open.
    pub(super) added: Added,
    /// What the journal says now, when that is something else than what was signed.
    pub(super) now: Option<Vec<Known>>,
    pub(super) close: Vec<Known>,
}

pub(super) async fn one(desk: &Desk, day: Day) -> Outcome<DayView> {
    let one = journal::one_day(&desk.services, &desk.shop, day).await?;
    let changed = matches!(one.state, DayState::Changed(_));
    let names = payments::methods(&desk.services.db, desk.merchant()).await?;
    let name = |account: &AccountSum| {
        let own = names.iter().find(|method| method.account == account.account);
        own.map_or_else(|| account.provider.clone(), |method| method.name.clone())
    };
    let review = known(desk.say("days.review"), one.needs_review.to_string());
    let mut added = added(desk, one.signed.as_ref().unwrap_or(&one.now), name);
    added.totals.push(review);
    added.totals.extend(deals(desk, day).await?);
    Ok(DayView {
        state: badge(desk, one.state),
        notice: notice(desk, &one),
        may_close: one.state == DayState::Open && desk.may(Permission::CloseDay),
        may_export: desk.may(Permission::ExportMoney),
        now: changed.then(|| totals(desk, &one.now)),
        added,
        close: match &one.close {
            Some(close) => signed(desk, close).await?,
            None => Vec::new(),
        },
        day: day.to_string(),
        name: day.local(),
    })
}

/// Deals of the day that its CRM does not have yet; nothing where there is no CRM.
async fn deals(desk: &Desk, day: Day) -> Outcome<Option<Known>> {
    if crm::connected(&desk.services, &desk.actor, desk.merchant()).await?.is_none() {
        return Ok(None);
    }
    let unmade = crm::unmade(&desk.services.db, desk.merchant(), day.span(desk.offset())).await?;
    let href = Some("/settings/crm".to_owned()).filter(|_| unmade > 0);
    Ok(Some(Known { href, ..known(desk.say("days.deals"), unmade.to_string()) }))
}

fn notice(desk: &Desk, one: &OneDay) -> Option<Badge> {
    let (tone, key) = match one.state {
        DayState::Running => (Tone::Waiting, "days.running_text"),
        DayState::Open => (Tone::Info, "days.open_text"),
        DayState::Changed("signature") => (Tone::Bad, "days.changed_signature"),
        DayState::Changed("hash") => (Tone::Bad, "days.changed_hash"),
        DayState::Changed(_) => (Tone::Bad, "days.changed_numbers"),
        DayState::Closed => return None,
    };
    Some(Badge { tone, text: say(desk.lang, key) })
}

fn known(label: String, value: String) -> Known {
    Known { label, value, copy: false, href: None }
}

fn totals(desk: &Desk, summary: &Summary) -> Vec<Known> {
    let mut all = Vec::new();
    for total in &summary.totals {
        all.push(known(desk.say("days.received"), total.received().to_string()));
        all.push(known(desk.say("days.refunded"), total.refunded().to_string()));
        if total.taken_minor != 0 {
            all.push(known(desk.say("days.taken"), total.taken().to_string()));
        }
        all.push(known(desk.say("days.net"), total.net().to_string()));
    }
    if summary.totals.is_empty() {
        all.push(known(desk.say("days.received"), desk.sum(0)));
    }
    all.push(known(desk.say("days.entries"), summary.entries.to_string()));
    all
}

fn added(desk: &Desk, summary: &Summary, name: impl Fn(&AccountSum) -> String) -> Added {
    let money = |minor, currency| Money::new(minor, currency).to_string();
    let accounts = summary.accounts.iter().map(|sum| Line {
        what: name(sum),
        count: sum.paid.to_string(),
        sums: [sum.received_minor, sum.refunded_minor, sum.taken_minor]
            .map(|minor| money(minor, sum.currency))
            .to_vec(),
    });
    let kind = |sum: &KindSum| Line {
        what: say(desk.lang, &["entry.", sum.kind.as_str()].concat()),
        count: sum.count.to_string(),
        sums: vec![sum.currency.map(|currency| money(sum.sum_minor, currency)).unwrap_or_default()],
    };
    Added {
        totals: totals(desk, summary),
        accounts: accounts.collect(),
        kinds: summary.kinds.iter().map(kind).collect(),
    }
}

async fn signed(desk: &Desk, close: &DayClose) -> Outcome<Vec<Known>> {
    let people = staff::list(&desk.services.db, desk.merchant()).await?;
    let who = people.into_iter().find(|member| member.id.as_str() == close.closed_by).map(|member| member.name);
    let copied = |label, value: &str| Known { copy: true, ..known(label, value.to_owned()) };
    Ok(vec![
        known(desk.say("days.closed_by"), who.unwrap_or_else(|| desk.say("actor.api"))),
        known(desk.say("days.closed_at"), desk.at(close.closed_at)),
        known(desk.say("days.last_entry"), close.number.to_string()),
        copied(desk.say("days.hash"), &close.hash),
        copied(desk.say("days.signature"), &close.signature),
    ])
}
