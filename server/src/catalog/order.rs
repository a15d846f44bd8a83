//! The order of products: one step up or down, or as dragged, in the whole catalog or among those of one category.
//!
//! Products of a category change places with each other; those outside of it stay where they are.

use std::collections::BTreeMap;

use domain::{
    CategoryId, MerchantId, ProductId,
    ordering::{Reorder, reordered},
    role::Actor,
};
use serde_json::json;

use super::{
    edit::{alone, may_edit},
    store,
};
use crate::{failure::Outcome, services::Services, staff::audit};

/// Among the products of `shelf`: of one category, of those outside of all (`Some(None)`), or of all.
///
/// # Errors
/// `forbidden`.
pub async fn order(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    shelf: Option<Option<CategoryId>>,
    change: Reorder<ProductId>,
) -> Outcome<()> {
    may_edit(actor)?;
    let (own, actor, merchant) = (services.clone(), actor.clone(), merchant.clone());
    services
        .db
        .write(move |tx| async move {
            alone(&tx, &merchant).await?;
            let all = store::places(&*tx, &merchant).await?;
            let here = |category: &Option<CategoryId>| shelf.as_ref().is_none_or(|shelf| shelf == category);
            let now: Vec<_> = all.iter().filter(|place| here(&place.2)).map(|place| place.0.clone()).collect();
            let sorted = reordered(now.clone(), &change);
            if sorted == now {
                return Ok(());
            }
            let mut next = sorted.iter();
            let whole: Vec<_> = all
                .iter()
                .filter_map(|(id, _, category)| if here(category) { next.next() } else { Some(id) })
                .collect();
            let positions = places(all.iter().map(|place| place.1).collect());
            let stood: BTreeMap<_, _> = all.iter().map(|(id, position, _)| (id, *position)).collect();
            for (id, position) in whole.into_iter().zip(positions) {
                if stood.get(id) != Some(&position) {
                    store::place(&*tx, &merchant, id, position).await?;
                }
            }
            let moved = |ids: &[ProductId]| {
                let moved = now.iter().zip(&sorted).zip(ids).filter(|((was, is), _)| was != is);
                json!({ "order": moved.map(|(_, id)| id.clone()).collect::<Vec<_>>() })
            };
            let (subject, before, after) = (merchant.as_str(), Some(moved(&now)), Some(moved(&sorted)));
            audit::record(&tx, &own.clock, &merchant, &actor, "products_ordered", subject, before, after).await
        })
        .await
}

/// The places there are, in their order; anew where two stand in one.
fn places(now: Vec<i64>) -> Vec<i64> {
    if now.windows(2).all(|pair| pair[0] < pair[1]) { now } else { (1..).take(now.len()).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_kept_where_each_is_one_product_s() {
        assert_eq!(places(vec![2, 5, 9]), [2, 5, 9]);
        assert_eq!(places(vec![2, 2, 9]), [1, 2, 3]);
        assert!(places(Vec::new()).is_empty());
    }
}
