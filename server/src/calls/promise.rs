//! Calls promised: in the transaction that finds that an order needs them, and once more by staff.

use std::collections::BTreeSet;

use domain::{CallId, MerchantId, Moment, OrderId, ProductId, call::CallState};
use serde_json::json;

use super::{CALL_BACKEND, Call, store};
use crate::{
    db::Tx,
    failure::Outcome,
    jobs::{self, NewJob},
    orders::{Line, Order},
    services::Services,
};

/// The orders, of those of one merchant, that wait for an answer; what was not asked for yet is promised.
pub(crate) async fn wait_for(
    tx: &Tx,
    services: &Services,
    merchant: &MerchantId,
    orders: &[Order],
    lines: &[Line],
) -> Outcome<Vec<OrderId>> {
    let products: BTreeSet<ProductId> = lines.iter().filter_map(|line| line.product_id.clone()).collect();
    let targets = store::targets(&**tx, merchant, products).await?;
    if targets.is_empty() {
        return Ok(Vec::new());
    }
    let ids = orders.iter().map(|order| order.id.clone()).collect();
    let known = store::of_orders(&**tx, merchant, ids).await?;
    let (now, mut fresh, mut waiting) = (services.clock.now(), Vec::new(), Vec::new());
    for line in lines {
        let Some(product) = line.product_id.as_ref() else { continue };
        if !targets.iter().any(|target| target.product_id == *product) {
            continue;
        }
        let own = known.iter().find(|call| call.order_id == line.order_id && call.position == line.position);
        if own.is_some_and(|call| call.state == CallState::Answered) {
            continue;
        }
        if own.is_none() {
            fresh.push(call(services.clock.id(), now, line, product));
        }
        waiting.push(line.order_id.clone());
    }
    waiting.dedup();
    let promised = fresh.iter().map(|call| job(now, call, call.id.as_str())).collect();
    store::insert(&**tx, fresh).await?;
    jobs::enqueue(tx, now, promised).await?;
    Ok(waiting)
}

fn call(id: CallId, now: Moment, line: &Line, product: &ProductId) -> Call {
    Call {
        id,
        merchant_id: line.merchant_id.clone(),
        order_id: line.order_id.clone(),
        position: line.position,
        product_id: product.clone(),
        state: CallState::Waiting,
        answer: String::new(),
        tries: 0,
        last_status: None,
        last_said: String::new(),
        created_at: now,
        tried_at: None,
    }
}

fn job(now: Moment, call: &Call, cause: &str) -> NewJob {
    NewJob {
        payload: json!({ "call": call.id }).to_string(),
        lane: Some(format!("call:{}", call.id)),
        once_key: Some(format!("call:{cause}")),
        order: Some(call.order_id.clone()),
        ..NewJob::new(call.merchant_id.clone(), CALL_BACKEND, now)
    }
}

/// What has no answer is asked for again now, under the ids it has: by whoever gives the order once more.
pub(crate) async fn again(tx: &Tx, now: Moment, merchant: &MerchantId, order: &OrderId) -> Outcome<()> {
    let mut open = store::of_orders(&**tx, merchant, vec![order.clone()]).await?;
    open.retain(|call| call.state != CallState::Answered);
    if jobs::store::hurry(&**tx, merchant, order, CALL_BACKEND, now).await? {
        open.retain(|call| call.state == CallState::Refused);
    }
    for call in open {
        let again = job(now, &call, &format!("{}:{}", call.id, now.0));
        store::note(&**tx, Call { state: CallState::Waiting, ..call }).await?;
        jobs::enqueue(tx, now, vec![again]).await?;
    }
    Ok(())
}
