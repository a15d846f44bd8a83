//! Broadcasts in words.

use domain::{
    BroadcastId, Lang,
    broadcast::{BroadcastState, Receipt, Segment, Who},
    role::Permission,
};
use serde::Deserialize;
use server::{
    broadcasts::{self, Broadcast},
    catalog,
    failure::Outcome,
};

use super::shown::Bubble;
use crate::{
    badge::Badge,
    rooms::{PAGE, paged, people::People, place::Place, story::Known},
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

pub(super) struct BroadcastRow {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) who: String,
    pub(super) status: Badge,
    pub(super) sent: String,
    pub(super) when: String,
}

pub(super) struct Found {
    pub(super) rows: Vec<BroadcastRow>,
    pub(super) next: Option<String>,
}

pub(super) async fn find(desk: &Desk, asked: &Asked) -> Outcome<Found> {
    desk.must(Permission::Broadcast)?;
    let (db, merchant) = (&desk.services.db, desk.merchant());
    let before = asked.before.parse().ok();
    let found = broadcasts::list(db, merchant, before.as_ref(), PAGE as u64 + 1).await?;
    let (found, next) = paged(found, |broadcast| broadcast.id.to_string());
    let ids = found.iter().map(|broadcast| broadcast.id.clone()).collect();
    let results = broadcasts::results(db, merchant, ids).await?;
    let mut rows = Vec::new();
    for broadcast in found {
        let own: Vec<_> = results.iter().filter(|(id, ..)| *id == broadcast.id).map(|(_, r, n)| (*r, *n)).collect();
        rows.push(row(desk, broadcast, &own).await?);
    }
    Ok(Found { rows, next })
}

async fn row(desk: &Desk, broadcast: Broadcast, results: &[(Receipt, i64)]) -> Outcome<BroadcastRow> {
    let (sent, all) = (of(results, Receipt::Sent), all(results));
    let sent = if broadcast.started_at.is_some() {
        desk.say_with("broadcasts.sent_of", &[("sent", &sent.to_string()), ("all", &all.to_string())])
    } else {
        String::new()
    };
    Ok(BroadcastRow {
        title: title(desk, &broadcast),
        who: meant(desk, &broadcast.segment).await?,
        status: Badge::broadcast(desk.lang, broadcast.state),
        sent,
        when: desk.when(broadcast.started_at.unwrap_or(broadcast.starts_at)),
        id: broadcast.id.to_string(),
    })
}

fn of(results: &[(Receipt, i64)], receipt: Receipt) -> i64 {
    results.iter().filter(|(own, _)| *own == receipt).map(|(_, count)| count).sum()
}

fn all(results: &[(Receipt, i64)]) -> i64 {
    results.iter().map(|(_, count)| count).sum()
}

/// Its first line.
fn title(desk: &Desk, broadcast: &Broadcast) -> String {
    broadcast.texts.get(desk.lang).lines().next().unwrap_or_default().chars().take(80).collect()
}

/// Whom a segment means, in words.
async fn meant(desk: &Desk, segment: &Segment) -> Outcome<String> {
    let days = |days: i64| [("days", days.to_string())];
    let who = match &segment.who {
        Who::All => desk.say("segment.all"),
        Who::Bought(product) => {
            let product = catalog::get(&desk.services.db, desk.merchant(), product).await?;
            desk.say_with("segment.bought_it", &[("product", product.name.get(desk.lang))])
        }
        Who::BoughtWithin { days: n } => {
            let [(name, value)] = days(*n);
            desk.say_with("segment.bought_within_days", &[(name, &value)])
        }
        Who::NotBoughtFor { days: n } => {
            let [(name, value)] = days(*n);
            desk.say_with("segment.not_bought_for_days", &[(name, &value)])
        }
        Who::NeverPaid => desk.say("segment.never_paid"),
    };
    Ok(match segment.language {
        Some(language) => [&who, " · ", language.own_name()].concat(),
        None => who,
    })
}

pub(super) struct BroadcastView {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) status: Badge,
    pub(super) may_cancel: bool,
    pub(super) bubbles: Vec<Bubble>,
    /// What became of the messages: words and number.
    pub(super) results: Vec<(String, String)>,
    pub(super) note: Option<String>,
    pub(super) known: Vec<Known>,
}

pub(super) async fn one(desk: &Desk, id: &str) -> Outcome<BroadcastView> {
    desk.must(Permission::Broadcast)?;
    let (db, merchant) = (&desk.services.db, desk.merchant());
    let broadcast = broadcasts::get(db, merchant, &BroadcastId::parse(id)?).await?;
    let results = broadcasts::results(db, merchant, vec![broadcast.id.clone()]).await?;
    let results: Vec<(Receipt, i64)> = results.into_iter().map(|(_, receipt, count)| (receipt, count)).collect();
    let after = broadcasts::orders_after(db, merchant, &broadcast.id).await?;
    let bubble = |lang: &Lang| Bubble { language: *lang, text: broadcast.texts.get(*lang).to_owned(), count: None };
    let shown = Lang::ALL.iter().filter(|lang| broadcast.segment.language.is_none_or(|only| only == **lang));
    Ok(BroadcastView {
        title: title(desk, &broadcast),
        status: Badge::broadcast(desk.lang, broadcast.state),
        may_cancel: matches!(broadcast.state, BroadcastState::Scheduled | BroadcastState::Running),
        bubbles: shown.map(bubble).collect(),
        results: counted(desk, &broadcast, &results, after),
        note: (of(&results, Receipt::Unknown) > 0).then(|| desk.say("broadcasts.unknown_note")),
        known: known(desk, &broadcast).await?,
        id: id.to_owned(),
    })
}

/// All who were meant, those who got it, and the rest where there is one.
fn counted(desk: &Desk, broadcast: &Broadcast, results: &[(Receipt, i64)], after: i64) -> Vec<(String, String)> {
    if broadcast.started_at.is_none() {
        return Vec::new();
    }
    let line = |key: &str, count: i64| (desk.say(key), count.to_string());
    let left = of(results, Receipt::Queued) + of(results, Receipt::Sending);
    let left_key = if broadcast.state == BroadcastState::Cancelled { "receipt.left_out" } else { "receipt.queued" };
    let rest = [
        (left_key, left),
        ("receipt.blocked", of(results, Receipt::Blocked)),
        ("receipt.stopped", of(results, Receipt::Stopped)),
        ("receipt.failed", of(results, Receipt::Failed)),
        ("receipt.unknown", of(results, Receipt::Unknown)),
        ("broadcasts.orders_after", after),
    ];
    let mut lines = vec![line("broadcasts.receivers", all(results)), line("receipt.sent", of(results, Receipt::Sent))];
    lines.extend(rest.into_iter().filter(|(_, count)| *count > 0).map(|(key, count)| line(key, count)));
    lines
}

async fn known(desk: &Desk, broadcast: &Broadcast) -> Outcome<Vec<Known>> {
    let plain = |key: &str, value: String| Known { label: desk.say(key), value, copy: false, href: None };
    let people = People::of(desk).await?;
    let mut known = vec![plain("broadcasts.who", meant(desk, &broadcast.segment).await?)];
    let start = if broadcast.started_at.is_some() { "broadcasts.started" } else { "broadcasts.starts_at" };
    known.push(plain(start, desk.at(broadcast.started_at.unwrap_or(broadcast.starts_at))));
    known.extend(broadcast.ended_at.map(|at| plain("broadcasts.ended", desk.at(at))));
    known.push(plain("broadcasts.made_by", people.name(desk, &broadcast.made_by)));
    Ok(known)
}
