//! Taking codes for paid orders, in the transaction that delivers them.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::anyhow;
use domain::{MerchantId, Moment, OrderId, ProductId};

use super::{rows::pool::Model as Pool, store};
use crate::{
    alerts::{self, Alert, What},
    db::Tx,
    failure::Outcome,
    jobs,
    orders::{Line, Order},
};

/// Takes a code for every piece that `lines` of paid orders have of a product with a pool. Answers the orders for which a
/// pool has too few: they take nothing, and staff are told of each, once.
pub(crate) async fn take(
    tx: &Tx,
    merchant: &MerchantId,
    orders: &[Order],
    lines: &[Line],
    now: Moment,
) -> Outcome<Vec<OrderId>> {
    let products: BTreeSet<ProductId> = lines.iter().filter_map(|line| line.product_id.clone()).collect();
    let pools = store::lock_pools(&**tx, merchant, products).await?;
    let mut pools: BTreeMap<_, _> = pools.into_iter().map(|pool| (pool.product_id.clone(), pool)).collect();
    if pools.is_empty() {
        return Ok(Vec::new());
    }
    let (mut waiting, mut alerts) = (Vec::new(), Vec::new());
    for order in orders {
        let own: Vec<_> = lines.iter().filter(|line| line.order_id == order.id).collect();
        match short(&pools, &own) {
            Some(line) => {
                waiting.push(order.id.clone());
                let key = format!("codes:{}", order.id);
                alerts.push((key, gone(order, line)));
            }
            None => {
                for line in own {
                    alerts.extend(give(tx, merchant, &mut pools, line, now).await?);
                }
            }
        }
    }
    for pool in pools.into_values() {
        store::save_pool(&**tx, pool).await?;
    }
    let alerts = alerts.iter().map(|(key, alert)| alerts::job(now, merchant, key, alert));
    jobs::enqueue(tx, now, alerts.collect::<Outcome<Vec<_>>>()?).await?;
    Ok(waiting)
}

/// The line of an order for which its pool has too few, if there is one.
fn short<'a>(pools: &BTreeMap<ProductId, Pool>, lines: &[&'a Line]) -> Option<&'a Line> {
    let mut needed: BTreeMap<&ProductId, i64> = BTreeMap::new();
    for line in lines {
        let Some((product, pool)) = line.product_id.as_ref().and_then(|id| pools.get_key_value(id)) else { continue };
        let needs = needed.entry(product).or_default();
        *needs += line.quantity;
        if *needs > pool.remaining {
            return Some(line);
        }
    }
    None
}

/// Gives a line its codes; answers what staff must hear, where few are left now.
async fn give(
    tx: &Tx,
    merchant: &MerchantId,
    pools: &mut BTreeMap<ProductId, Pool>,
    line: &Line,
    now: Moment,
) -> Outcome<Option<(String, Alert)>> {
    let Some(pool) = line.product_id.as_ref().and_then(|id| pools.get_mut(id)) else { return Ok(None) };
    let codes = store::left(&**tx, merchant, &pool.product_id, line.quantity.unsigned_abs()).await?;
    if i64::try_from(codes.len()).ok() != Some(line.quantity) {
        return Err(anyhow!("the pool of {} counts more codes than it has", pool.product_id).into());
    }
    for (piece, code) in (1..).zip(&codes) {
        if !store::give(&**tx, merchant, code, (&line.order_id, line.position, piece), now).await? {
            return Err(anyhow!("{code} was given meanwhile").into());
        }
    }
    let many = !pool.is_low();
    pool.remaining -= line.quantity;
    let key = format!("codes_low:{}:{}", pool.product_id, pool.fills);
    Ok((many && pool.is_low()).then(|| (key, low(line, pool.remaining))))
}

fn gone(order: &Order, line: &Line) -> Alert {
    let title = Some(line.title.clone());
    Alert { order: Some(order.number), amount: Some(order.amount()), title, ..What::CodesGone.into() }
}

fn low(line: &Line, left: i64) -> Alert {
    Alert { count: Some(left), title: Some(line.title.clone()), ..What::CodesLow.into() }
}
