//! Counting a use with the goods of its order, and giving it back with them.

use super::store;
use crate::{db::Tx, failure::Outcome, orders::Order};

/// Counts the use of the order's code; false, and nothing counted, where none is left for it. True without a code.
pub(crate) async fn take(tx: &Tx, order: &Order) -> Outcome<bool> {
    if order.promo_id.is_none() {
        return Ok(true);
    }
    let merchant = &order.merchant_id;
    let Some(own) = store::of_order(&**tx, merchant, &order.id).await?.filter(|own| !own.counted) else {
        return Ok(true);
    };
    if !store::take(&**tx, merchant, &own.promo_id).await? {
        return Ok(false);
    }
    // The code's row is this transaction's now: nobody else counts a use of this customer beside it.
    let most = store::get(&**tx, merchant, &own.promo_id).await?.and_then(|promo| promo.most_each);
    if let Some(most) = most
        && store::counted(&**tx, merchant, &own.promo_id, &own.customer_id).await? >= most
    {
        store::give_back(&**tx, merchant, &own.promo_id).await?;
        return Ok(false);
    }
    store::set_counted(&**tx, merchant, &order.id, true).await?;
    Ok(true)
}

pub(crate) async fn give_back(tx: &Tx, order: &Order) -> Outcome<()> {
    if order.promo_id.is_none() {
        return Ok(());
    }
    let merchant = &order.merchant_id;
    if let Some(own) = store::of_order(&**tx, merchant, &order.id).await?.filter(|own| own.counted) {
        store::set_counted(&**tx, merchant, &order.id, false).await?;
        store::give_back(&**tx, merchant, &own.promo_id).await?;
    }
    Ok(())
}
