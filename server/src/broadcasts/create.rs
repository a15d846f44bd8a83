//! A broadcast is written, and may be called off.

use domain::{
    BotId, BroadcastId, Localized, MerchantId, Moment,
    broadcast::{BroadcastState, DAYS, Segment, Who},
    limits,
    role::{Actor, Permission},
};
use serde_json::json;

use super::{Broadcast, Payload, START_BROADCAST, store};
use crate::{
    bots, catalog,
    failure::{Outcome, Refusal, RefusalKind},
    jobs::{self, NewJob},
    news,
    services::Services,
    staff::audit,
};

#[derive(Clone, Debug)]
pub struct NewBroadcast {
    pub texts: Localized,
    pub segment: Segment,
    /// None: now.
    pub starts_at: Option<Moment>,
    /// Names this writing: sent twice, it is one broadcast.
    pub once: Option<String>,
}

/// Promises a broadcast, now or at its time. Who receives it is decided then.
///
/// # Errors
/// `forbidden`; `text_required`, `too_long`, `days_out_of_range`, `time_is_past`; `not_found` for a product that is not the
/// merchant's; `no_bot`; `nobody_meant` where it would start now and reach nobody.
pub async fn create(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    new: NewBroadcast,
) -> Outcome<BroadcastId> {
    if !actor.may(Permission::Broadcast) {
        return Err(Refusal::forbidden().into());
    }
    let once = new.once.as_ref().map(|once| [merchant.as_str(), ":", once].concat());
    if let Some(once) = &once
        && let Some(made) = store::made_by(services.db.read(), merchant, once).await?
    {
        return Ok(made.id);
    }
    let now = services.clock.now();
    check(services, merchant, &new, now).await?;
    let row = Broadcast {
        id: services.clock.id(),
        merchant_id: merchant.clone(),
        bot_id: bot(services, merchant).await?,
        texts: new.texts,
        segment: new.segment,
        state: BroadcastState::Scheduled,
        starts_at: new.starts_at.unwrap_or(now),
        started_at: None,
        ended_at: None,
        told_at: now,
        once_key: once,
        made_by: actor.label(),
        made_at: now,
    };
    let (services, actor) = (services.clone(), actor.clone());
    services
        .db
        .clone()
        .write(move |tx| async move {
            let (id, merchant) = (row.id.clone(), row.merchant_id.clone());
            let after = json!({ "texts": row.texts, "segment": row.segment, "starts_at": row.starts_at });
            let job = NewJob {
                payload: serde_json::to_string(&Payload { broadcast: id.clone() })?,
                once_key: Some([START_BROADCAST, ":", id.as_str()].concat()),
                ..NewJob::new(merchant.clone(), START_BROADCAST, row.starts_at)
            };
            store::insert(&*tx, row).await?;
            jobs::enqueue(&tx, now, vec![job]).await?;
            let clock = &services.clock;
            audit::record(&tx, clock, &merchant, &actor, "broadcast_created", id.as_str(), None, Some(after)).await?;
            news::tell(&tx, &merchant).await?;
            Ok(id)
        })
        .await
}

async fn check(services: &Services, merchant: &MerchantId, new: &NewBroadcast, now: Moment) -> Outcome<()> {
    if new.texts.is_empty() {
        return Err(Refusal::field("text", "text_required").into());
    }
    if new.texts.longest() > limits::MESSAGE {
        return Err(Refusal::field("text", "too_long").with("max", limits::MESSAGE).into());
    }
    match &new.segment.who {
        Who::Bought(product) => drop(catalog::get(&services.db, merchant, product).await?),
        Who::BoughtWithin { days } | Who::NotBoughtFor { days } if !(1..=DAYS).contains(days) => {
            return Err(Refusal::field("days", "days_out_of_range").with("max", DAYS).into());
        }
        _ => {}
    }
    match new.starts_at {
        Some(at) if at.since(now) < 0 => Err(Refusal::field("starts_at", "time_is_past").into()),
        Some(_) => Ok(()),
        None if store::count(services.db.read(), merchant, &new.segment, now).await?.is_empty() => {
            Err(Refusal::new(RefusalKind::Conflict, "nobody_meant").into())
        }
        None => Ok(()),
    }
}

/// The shop's bot.
async fn bot(services: &Services, merchant: &MerchantId) -> Outcome<BotId> {
    let on = bots::of_merchant(services, merchant).await?.into_iter().find(|bot| bot.active);
    on.map(|bot| bot.id).ok_or_else(|| Refusal::new(RefusalKind::Conflict, "no_bot").into())
}

/// Calls it off: whoever has not been written to yet is not written to any more.
///
/// # Errors
/// `forbidden`, `not_found`, `broadcast_over`.
pub async fn cancel(services: &Services, actor: &Actor, merchant: &MerchantId, id: &BroadcastId) -> Outcome<()> {
    if !actor.may(Permission::Broadcast) {
        return Err(Refusal::forbidden().into());
    }
    let (services, actor, merchant, id) = (services.clone(), actor.clone(), merchant.clone(), id.clone());
    services
        .db
        .clone()
        .write(move |tx| async move {
            let mut row = store::lock(&*tx, &merchant, &id).await?.ok_or_else(Refusal::not_found)?;
            let before = row.state;
            if !matches!(before, BroadcastState::Scheduled | BroadcastState::Running) {
                return Err(Refusal::new(RefusalKind::Conflict, "broadcast_over").into());
            }
            (row.state, row.ended_at) = (BroadcastState::Cancelled, Some(services.clock.now()));
            store::save(&*tx, &row).await?;
            let (before, after) = (json!({ "state": before }), json!({ "state": row.state }));
            let clock = &services.clock;
            let (before, after) = (Some(before), Some(after));
            audit::record(&tx, clock, &merchant, &actor, "broadcast_cancelled", id.as_str(), before, after).await?;
            news::tell(&tx, &merchant).await
        })
        .await
}
