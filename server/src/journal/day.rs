//! Closing the day: what the journal says of it, signed, so that nothing that happens later changes it in silence.
//!
//! A day is closed once, when it is over. `one_day` adds the day up anew from the journal and says whether the signature
//! and the numbers still hold; what was closed stays as it was either way.

use domain::{
    Day, MerchantId, Moment, Money,
    journal::{EntryKind, GENESIS},
    moment::MINUTE,
    role::{Actor, Permission},
};
use serde::{Deserialize, Serialize};

use super::{
    NewEntry, append,
    rows::day_close::Model as DayClose,
    store,
    sums::{self, Summary},
};
use crate::{
    db::Tx,
    failure::{Outcome, Refusal, RefusalKind},
    secrets::Sealer,
    services::Services,
    shop::Merchant,
    staff::audit,
};

const PURPOSE: &str = "day close";
/// Clocks of instances may differ by a little: a day is over a minute after its end.
const GRACE: i64 = MINUTE;

/// What is signed at the close besides the journal's own numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Closed {
    summary: Summary,
    /// Payments that still waited for a person at the close.
    needs_review: i64,
}

/// How a day stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DayState {
    /// Not over yet.
    Running,
    Open,
    Closed,
    /// Closed, but the journal or the close itself is not what was signed.
    Changed(&'static str),
}

/// A day in the list of days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayLine {
    pub day: Day,
    pub state: DayState,
    pub entries: i64,
    pub received: Money,
    pub refunded: Money,
    /// What the bank reversed, or holds in a dispute.
    pub taken: Money,
}

/// Everything known of one day.
#[derive(Clone, Debug)]
pub struct OneDay {
    pub day: Day,
    pub state: DayState,
    /// As the journal says now.
    pub now: Summary,
    /// As it was signed.
    pub signed: Option<Summary>,
    /// Payments that wait for a person: at the close, or now while the day is open.
    pub needs_review: i64,
    pub close: Option<DayClose>,
}

impl DayClose {
    fn message(&self) -> Vec<u8> {
        let own = serde_json::json!([
            self.merchant_id,
            self.day,
            self.from_at.0,
            self.until_at.0,
            self.number,
            self.hash,
            self.summary,
            self.closed_by,
            self.closed_at.0,
        ]);
        own.to_string().into_bytes()
    }

    pub(super) fn is_signed_by(&self, sealer: &Sealer) -> bool {
        sealer.has_signed(PURPOSE, &self.message(), &self.signature)
    }
}

/// Closes a day of the shop: signs what the journal says of it.
///
/// # Errors
/// `forbidden`, `day_not_over`, `day_closed`; `not_found` for a day before the shop was.
pub async fn close_day(services: &Services, actor: &Actor, shop: &Merchant, day: Day) -> Outcome<DayClose> {
    if !actor.may(Permission::CloseDay) {
        return Err(Refusal::forbidden().into());
    }
    let span = day.span(shop.utc_offset_minutes);
    if span.1 <= shop.created_at {
        return Err(Refusal::not_found().into());
    }
    if services.clock.now() < span.1.plus(GRACE) {
        return Err(Refusal::new(RefusalKind::Conflict, "day_not_over").into());
    }
    let (own, actor, merchant) = (services.clone(), actor.clone(), shop.id.clone());
    services.db.write(move |tx| async move { close(&tx, &own, &actor, &merchant, day, span).await }).await
}

async fn close(
    tx: &Tx,
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    day: Day,
    span: (Moment, Moment),
) -> Outcome<DayClose> {
    // Under the lock of the head nothing of this day is still on its way into the journal.
    store::lock_heads(&**tx, vec![merchant.clone()]).await?;
    if store::close_of(&**tx, merchant, day).await?.is_some() {
        return Err(Refusal::new(RefusalKind::Conflict, "day_closed").into());
    }
    let last = store::last_before(&**tx, merchant, span.1).await?;
    let closed = Closed {
        summary: sums::summary(&**tx, merchant, span).await?,
        needs_review: sums::needs_review(&**tx, merchant).await?,
    };
    let mut row = DayClose {
        merchant_id: merchant.clone(),
        day: day.to_string(),
        from_at: span.0,
        until_at: span.1,
        number: last.as_ref().map_or(0, |entry| entry.number),
        hash: last.map_or_else(|| GENESIS.to_owned(), |entry| entry.hash),
        summary: serde_json::to_string(&closed)?,
        signature: String::new(),
        closed_by: actor.label(),
        closed_at: services.clock.now(),
    };
    row.signature = services.sealer.sign(PURPOSE, &row.message())?;
    store::insert_close(&**tx, row.clone()).await?;
    // In the chain: a close that is taken away, or signed anew, is missed by every proof of the journal.
    let told = NewEntry {
        merchant: merchant.clone(),
        kind: EntryKind::DayClosed,
        order: None,
        payment: None,
        amount: None,
        actor: actor.label(),
        data: serde_json::json!({ "day": row.day, "signature": row.signature }),
    };
    append(tx, &services.clock, vec![told]).await?;
    let after = Some(serde_json::json!({ "number": row.number, "hash": row.hash, "totals": closed.summary.totals }));
    audit::record(tx, &services.clock, merchant, actor, "day_closed", &row.day, None, after).await?;
    Ok(row)
}

/// One day: open, or closed and added up anew.
///
/// # Errors
/// `not_found` for a day before the shop was or one that is still to come.
pub async fn one_day(services: &Services, shop: &Merchant, day: Day) -> Outcome<OneDay> {
    let (db, now) = (services.db.read(), services.clock.now());
    let span = day.span(shop.utc_offset_minutes);
    if span.0 > now || span.1 <= shop.created_at {
        return Err(Refusal::not_found().into());
    }
    let Some(close) = store::close_of(db, &shop.id, day).await? else {
        let state = if now < span.1.plus(GRACE) { DayState::Running } else { DayState::Open };
        let summary = sums::summary(db, &shop.id, span).await?;
        let needs_review = sums::needs_review(db, &shop.id).await?;
        return Ok(OneDay { day, state, now: summary, signed: None, needs_review, close: None });
    };
    let summary = sums::summary(db, &shop.id, (close.from_at, close.until_at)).await?;
    let signed: Option<Closed> = serde_json::from_str(&close.summary).ok();
    Ok(OneDay {
        day,
        state: checked(services, &close, signed.as_ref(), &summary).await?,
        now: summary,
        needs_review: signed.as_ref().map_or(0, |signed| signed.needs_review),
        signed: signed.map(|signed| signed.summary),
        close: Some(close),
    })
}

/// Whether a close still holds: its signature, the entry it ends with, and its numbers, added up anew.
async fn checked(services: &Services, close: &DayClose, signed: Option<&Closed>, now: &Summary) -> Outcome<DayState> {
    if !close.is_signed_by(&services.sealer) {
        return Ok(DayState::Changed("signature"));
    }
    let hash = match close.number {
        0 => Some(GENESIS.to_owned()),
        number => store::hash_at(services.db.read(), &close.merchant_id, number).await?,
    };
    if hash.as_ref() != Some(&close.hash) {
        return Ok(DayState::Changed("hash"));
    }
    if signed.is_none_or(|signed| signed.summary != *now) {
        return Ok(DayState::Changed("numbers"));
    }
    Ok(DayState::Closed)
}

/// The last `count` days of the shop, today first; each close is checked.
///
/// # Errors
/// When the database does not answer.
pub async fn days(services: &Services, shop: &Merchant, count: i64) -> Outcome<Vec<DayLine>> {
    let (db, offset) = (services.db.read(), shop.utc_offset_minutes);
    let today = Day::of(services.clock.now(), offset);
    let first = today.plus(1 - count).max(Day::of(shop.created_at, offset));
    let start = first.span(offset).0;
    let sums = sums::by_day(db, &shop.id, start, shop.currency).await?;
    let entries = sums::entries_by_day(db, &shop.id, start).await?;
    let closes = store::closes_from(db, &shop.id, first).await?;
    let mut lines = Vec::new();
    let mut day = today;
    while day >= first {
        let closed = closes.iter().any(|close| close.day == day.to_string());
        let state = if closed {
            one_day(services, shop, day).await?.state
        } else if services.clock.now() < day.span(offset).1.plus(GRACE) {
            DayState::Running
        } else {
            DayState::Open
        };
        let sum = sums.iter().find(|sum| first.plus(sum.day) == day);
        let money = |minor: Option<i64>| Money::new(minor.unwrap_or(0), shop.currency);
        lines.push(DayLine {
            day,
            state,
            entries: entries.iter().find(|count| first.plus(count.day) == day).map_or(0, |count| count.entries),
            received: money(sum.map(|sum| sum.received_minor)),
            refunded: money(sum.map(|sum| sum.refunded_minor)),
            taken: money(sum.map(|sum| sum.taken_minor)),
        });
        day = day.plus(-1);
    }
    Ok(lines)
}
