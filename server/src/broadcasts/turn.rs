//! One turn: a few receivers are taken, and what became of their messages is noted.

use domain::{
    BroadcastId, CustomerId, MerchantId,
    broadcast::{AT_ONCE, BroadcastState, Receipt},
    moment::SECOND,
};

use super::{Broadcast, store};
use crate::{
    customers::{self, Customer},
    db::Tx,
    failure::Outcome,
    news,
    services::Services,
};

/// How often open pages are told how far it is.
const TELL_EVERY: i64 = 3 * SECOND;

/// Takes the next receivers: from now on they are written to at most once more, now. None: it is over.
///
/// # Errors
/// When the database does not answer.
pub async fn take(
    services: &Services,
    merchant: &MerchantId,
    id: &BroadcastId,
) -> Outcome<Option<(Broadcast, Vec<Customer>)>> {
    let (services, merchant, id) = (services.clone(), merchant.clone(), id.clone());
    services.db.clone().write(move |tx| async move { pick(&tx, &services, &merchant, &id).await }).await
}

async fn pick(
    tx: &Tx,
    services: &Services,
    merchant: &MerchantId,
    id: &BroadcastId,
) -> Outcome<Option<(Broadcast, Vec<Customer>)>> {
    let now = services.clock.now();
    let Some(mut row) = store::lock(&**tx, merchant, id).await? else { return Ok(None) };
    // Left by a turn that nobody outlived: they may have been written to.
    store::note_all(&**tx, &row, Receipt::Sending, Receipt::Unknown, now).await?;
    if row.state != BroadcastState::Running {
        return Ok(None);
    }
    let next = store::next(&**tx, &row, AT_ONCE).await?;
    if next.is_empty() {
        (row.state, row.ended_at) = (BroadcastState::Done, Some(now));
        store::save(&**tx, &row).await?;
        news::tell(tx, merchant).await?;
        return Ok(None);
    }
    let next = customers::store::by_ids(&**tx, merchant, next).await?;
    let (mut stopped, mut blocked, mut taken) = (Vec::new(), Vec::new(), Vec::new());
    for customer in next {
        match (customer.ads_stopped_at, customer.blocked_at) {
            (Some(_), _) => stopped.push(customer.id),
            (_, Some(_)) => blocked.push(customer.id),
            _ => taken.push(customer),
        }
    }
    store::note(&**tx, &row, stopped, Receipt::Stopped, now).await?;
    store::note(&**tx, &row, blocked, Receipt::Blocked, now).await?;
    store::note(&**tx, &row, taken.iter().map(|c| c.id.clone()).collect(), Receipt::Sending, now).await?;
    Ok(Some((row, taken)))
}

/// Notes what became of each.
///
/// # Errors
/// When the database does not answer.
pub async fn report(services: &Services, row: &Broadcast, ends: Vec<(CustomerId, Receipt)>) -> Outcome<()> {
    let (row, now) = (row.clone(), services.clock.now());
    services
        .db
        .write(move |tx| async move {
            for receipt in Receipt::ALL {
                let so = ends.iter().filter(|(_, end)| end == receipt).map(|(id, _)| id.clone()).collect();
                store::note(&*tx, &row, so, *receipt, now).await?;
            }
            if store::tell_now_and_then(&*tx, &row, now, TELL_EVERY).await? {
                news::tell(&tx, &row.merchant_id).await?;
            }
            Ok(())
        })
        .await
}
