//! Reconciliations and their exceptions, in words.

use domain::{Money, ReconciliationId, reconcile::Theirs, role::Permission};
use serde::Deserialize;
use server::{
    failure::Outcome,
    orders, payments,
    reconcile::{self, ExceptionRow, Filter, KindCount, Reconciliation, Trouble},
};

use crate::{
    badge::Badge,
    rooms::{PAGE, paged, people::People, place::Place},
    ui::Tone,
    web::Desk,
};

/// What the list is asked for.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    before: String,
}

impl Asked {
    pub(super) fn place(&self) -> Place {
        Place::new(super::PATH, &[], &self.before)
    }
}

/// What one reconciliation is asked for.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct OneAsked {
    /// A kind of exception, or `all`; else those still open.
    pub(super) shelf: String,
    pub(super) before: String,
}

impl OneAsked {
    pub(super) fn place(&self, id: &str) -> Place {
        Place::new([super::PATH, "/", id].concat(), &[("shelf", &self.shelf)], &self.before)
    }
}

pub(super) struct Line {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) sub: String,
    pub(super) status: Badge,
    pub(super) matched: String,
    pub(super) open: String,
    pub(super) when: String,
}

pub(super) struct Found {
    pub(super) lines: Vec<Line>,
    pub(super) next: Option<String>,
    pub(super) may_begin: bool,
}

pub(super) async fn find(desk: &Desk, asked: &Asked) -> Outcome<Found> {
    let before = asked.before.parse().ok();
    let rows = reconcile::list(&desk.services.db, desk.merchant(), before.as_ref(), PAGE as u64 + 1).await?;
    let (rows, next) = paged(rows, |row| row.id.to_string());
    let accounts = payments::methods(&desk.services.db, desk.merchant()).await?;
    let mut lines = Vec::with_capacity(rows.len());
    for row in rows {
        let kinds = reconcile::counts(&desk.services.db, desk.merchant(), &row.id).await?;
        let open: i64 = kinds.iter().map(|kind| kind.open).sum();
        let account = accounts.iter().find(|method| method.account == row.account_id);
        let account = account.map(|method| method.name.clone()).unwrap_or_default();
        lines.push(Line {
            title: period(desk, &row),
            sub: [&account, " · ", &source(desk, &row)].concat(),
            status: status(desk, &row, open),
            matched: row.matched.to_string(),
            open: open.to_string(),
            when: desk.when(row.made_at),
            id: row.id.to_string(),
        });
    }
    Ok(Found { lines, next, may_begin: desk.may(Permission::Reconcile) })
}

fn period(desk: &Desk, row: &Reconciliation) -> String {
    let day = |text: String| text.split(' ').next().unwrap_or_default().to_owned();
    let last = row.until_ms.plus(-1);
    [day(desk.at(row.from_ms)), " – ".to_owned(), day(desk.at(last))].concat()
}

fn source(desk: &Desk, row: &Reconciliation) -> String {
    let how = desk.say(if row.source == "file" { "reconcile.by_file" } else { "reconcile.by_lookup" });
    match &row.file_name {
        Some(name) => [&how, ": ", name].concat(),
        None => how,
    }
}

/// Why it stands still, in words.
fn why(desk: &Desk, trouble: &Trouble) -> String {
    let Some(code) = &trouble.code else { return desk.say("reconcile.stopped_broken") };
    let values: Vec<_> = trouble.values.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    desk.say_with(&["refusal.", code].concat(), &values)
}

fn status(desk: &Desk, row: &Reconciliation, open: i64) -> Badge {
    let (tone, key) = match (row.state.as_str(), open) {
        ("draft", _) => (Tone::Waiting, "reconcile.state_draft"),
        ("running", _) if row.trouble().is_some() => (Tone::Bad, "reconcile.state_stopped"),
        ("running", _) => (Tone::Waiting, "reconcile.state_running"),
        (_, 0) => (Tone::Good, "reconcile.state_agreed"),
        _ => (Tone::Review, "reconcile.state_open"),
    };
    Badge { tone, text: desk.say(key) }
}

pub(super) struct Difference {
    pub(super) id: i64,
    pub(super) what: String,
    pub(super) why: String,
    pub(super) href: Option<String>,
    pub(super) theirs: String,
    pub(super) ours: String,
    pub(super) owner: String,
    /// What was done, by whom; empty while it is open.
    pub(super) ended: String,
}

pub(super) struct One {
    pub(super) id: String,
    pub(super) draft: bool,
    pub(super) running: bool,
    /// Why it stands still.
    pub(super) stopped: Option<String>,
    pub(super) title: String,
    pub(super) source: String,
    pub(super) status: Badge,
    pub(super) matched: String,
    pub(super) total: String,
    pub(super) open: String,
    pub(super) kinds: Vec<KindCount>,
    pub(super) differences: Vec<Difference>,
    pub(super) next: Option<String>,
    pub(super) may_close: bool,
    pub(super) may_accept: bool,
}

pub(super) async fn one(desk: &Desk, id: &str, asked: &OneAsked) -> Outcome<One> {
    let db = &desk.services.db;
    let row = reconcile::get(db, desk.merchant(), &ReconciliationId::parse(id)?).await?;
    let kinds = reconcile::counts(db, desk.merchant(), &row.id).await?;
    let (total, open) = kinds.iter().fold((0, 0), |(total, open), kind| (total + kind.total, open + kind.open));
    let filter =
        Filter { kind: asked.shelf.parse().ok(), open: asked.shelf.is_empty(), after: asked.before.parse().ok() };
    let rows = reconcile::exceptions(db, desk.merchant(), &row.id, &filter, PAGE as u64 + 1).await?;
    let (rows, next) = paged(rows, |row| row.id.to_string());
    let people = People::of(desk).await?;
    let mut differences = Vec::with_capacity(rows.len());
    for row in rows {
        differences.push(difference(desk, &people, row).await?);
    }
    let may_close = desk.may(Permission::Reconcile);
    Ok(One {
        id: id.to_owned(),
        draft: row.state == "draft",
        running: row.state == "running" && row.trouble().is_none(),
        stopped: row.trouble().map(|trouble| why(desk, &trouble)),
        title: period(desk, &row),
        source: source(desk, &row),
        status: status(desk, &row, open),
        matched: row.matched.to_string(),
        total: total.to_string(),
        open: open.to_string(),
        kinds,
        differences,
        next,
        may_close,
        may_accept: may_close && desk.may(Permission::ResolveReview),
    })
}

async fn difference(desk: &Desk, people: &People, row: ExceptionRow) -> Outcome<Difference> {
    let (mut ours, mut number) = (String::new(), None);
    if let Some(payment) = &row.payment_id {
        let payment = payments::get(&desk.services.db, desk.merchant(), payment).await?;
        let whole = orders::get(&desk.services.db, desk.merchant(), &payment.order_id).await?;
        let status = Badge::payment(desk.lang, payment.status, payment.needs_review);
        ours = [&payment.amount().to_string(), " · ", &status.text].concat();
        number = Some(["№ ", &whole.order.number.to_string()].concat());
    }
    let lines = row.lines();
    let named = lines.iter().find_map(|line| line.order_id.clone().or_else(|| line.reference.clone()));
    let kind = row.kind.as_str();
    let ended = row
        .resolved_by
        .as_ref()
        .map(|by| [&people.name(desk, by), " · ", row.comment.as_deref().unwrap_or_default()].concat());
    Ok(Difference {
        id: row.id,
        what: number.or(named).unwrap_or_else(|| desk.say("reconcile.no_name")),
        why: desk.say(&["exception.", kind].concat()),
        href: row.payment_id.as_ref().map(|id| ["/payments/", id.as_str()].concat()),
        theirs: theirs(desk, &lines),
        ours,
        owner: row.owner_id.map(|id| people.name(desk, id.as_str())).unwrap_or_default(),
        ended: ended.unwrap_or_default(),
    })
}

fn theirs(desk: &Desk, lines: &[Theirs]) -> String {
    let line = |line: &Theirs| {
        let sum = Money::new(line.amount_minor, line.currency).to_string();
        let back = if line.refund { desk.say("reconcile.line_refund") } else { String::new() };
        [sum, back].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ")
    };
    lines.iter().take(3).map(line).collect::<Vec<_>>().join(", ")
}
