//! From a cart to an order: all its lines, and the cart is empty, in one commit.

use domain::MerchantId;

use super::{
    Owner,
    rows::{Lines, Model},
    store,
};
use crate::{
    failure::{Outcome, Refusal, RefusalKind},
    orders::{self, Asked, Place, Placed},
    services::Services,
};

/// Orders what lies in the cart of `place.customer`, as it was seen in this version; asked again with the same `made_by`,
/// answers the same. What `place` asks for itself comes before.
///
/// # Errors
/// `cart_changed` when it is not what was seen; refusals of the catalog, of any of its lines.
pub async fn check_out(services: &Services, merchant: &MerchantId, version: i64, place: Place) -> Outcome<Placed> {
    let (own, owner) = (services.clone(), Owner { merchant: merchant.clone(), customer: place.customer.clone() });
    services
        .db
        .write(move |tx| async move {
            let now = own.clock.now();
            let cart = store::lock(&*tx, &owner, now).await?;
            if let Some(placed) = orders::placed(&tx, &owner.merchant, &place.made_by).await? {
                return Ok(placed);
            }
            if cart.version != version || cart.lines.0.is_empty() {
                return Err(Refusal::new(RefusalKind::Conflict, "cart_changed").into());
            }
            let mut place = place;
            place.asked.extend(cart.lines.0.iter().map(|line| Asked::Product(line.piece.clone())));
            let placed = orders::place_new(&tx, &own, &owner.merchant, place).await?;
            let lines = Lines::default();
            store::save(&*tx, Model { version: cart.version + 1, lines, updated_at: now, ..cart }).await?;
            Ok(placed)
        })
        .await
}
