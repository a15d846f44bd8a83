//! Bookable times of a product: made by staff, taken inside the checkout transaction by a conditional update.

use domain::{
    MerchantId, Moment, ProductId, SlotId, limits,
    product::ProductKind,
    role::{Actor, Permission},
};
use serde_json::json;

pub use super::rows::slot::Model as Slot;
use super::{slot_store, store};
use crate::{
    db::Db,
    failure::{Outcome, Refusal, RefusalKind},
    services::Services,
    staff::audit,
};

/// Times to be offered, all of one length and with as many places.
#[derive(Clone, Debug)]
pub struct NewSlots {
    pub starts_at: Vec<Moment>,
    pub minutes: i64,
    pub places: i64,
}

impl NewSlots {
    fn checked(mut self, now: Moment) -> Result<Self, Refusal> {
        let within = |field, value: i64, max: i64| {
            let wrong = || Refusal::field(field, "out_of_range").with("min", 1).with("max", max);
            if (1..=max).contains(&value) { Ok(()) } else { Err(wrong()) }
        };
        within("minutes", self.minutes, limits::SLOT_MINUTES)?;
        within("places", self.places, limits::SLOT_PLACES)?;
        self.starts_at.retain(|start| *start > now);
        self.starts_at.sort_unstable();
        self.starts_at.dedup();
        if self.starts_at.is_empty() {
            return Err(Refusal::field("starts_at", "no_time_ahead"));
        }
        if self.starts_at.len() > limits::SLOTS_AT_ONCE {
            return Err(Refusal::field("starts_at", "too_many_times").with("max", limits::SLOTS_AT_ONCE));
        }
        Ok(self)
    }
}

fn may_edit(actor: &Actor) -> Result<(), Refusal> {
    if actor.may(Permission::EditCatalog) { Ok(()) } else { Err(Refusal::forbidden()) }
}

/// Offers times of a booking; those that are offered already stay as they are. Answers how many are new.
///
/// # Errors
/// `forbidden`, `not_found`, `slots_only_for_bookings`, and refusals that name the wrong field.
pub async fn add(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    product: &ProductId,
    new: NewSlots,
) -> Outcome<u64> {
    may_edit(actor)?;
    let new = new.checked(services.clock.now())?;
    let (own, actor, merchant, product) = (services.clone(), actor.clone(), merchant.clone(), product.clone());
    services
        .db
        .write(move |tx| async move {
            let sold = store::lock(&*tx, &merchant, &product).await?.ok_or_else(Refusal::not_found)?;
            if sold.kind != ProductKind::Booking {
                return Err(Refusal::field("starts_at", "slots_only_for_bookings").into());
            }
            let slots = new.starts_at.iter().map(|start| Slot {
                id: own.clock.id(),
                merchant_id: merchant.clone(),
                product_id: product.clone(),
                starts_at: *start,
                minutes: new.minutes,
                places: new.places,
                taken: 0,
            });
            let made = slot_store::insert_new(&*tx, slots.collect()).await?;
            let after = json!({ "times": made, "from": new.starts_at.first(), "until": new.starts_at.last(),
                "minutes": new.minutes, "places": new.places });
            let subject = product.as_str();
            audit::record(&tx, &own.clock, &merchant, &actor, "slots_added", subject, None, Some(after)).await?;
            Ok(made)
        })
        .await
}

/// Takes a time back that nobody has booked.
///
/// # Errors
/// `forbidden`, `not_found`, `slot_is_booked`.
pub async fn remove(services: &Services, actor: &Actor, merchant: &MerchantId, id: &SlotId) -> Outcome<Slot> {
    may_edit(actor)?;
    let (own, actor, merchant, id) = (services.clone(), actor.clone(), merchant.clone(), id.clone());
    services
        .db
        .write(move |tx| async move {
            let slot = slot_store::get(&*tx, &merchant, &id).await?.ok_or_else(Refusal::not_found)?;
            if !slot_store::remove_unbooked(&*tx, &merchant, &id).await? {
                return Err(Refusal::new(RefusalKind::Conflict, "slot_is_booked").into());
            }
            let before = json!({ "starts_at": slot.starts_at, "places": slot.places });
            let subject = slot.product_id.as_str();
            audit::record(&tx, &own.clock, &merchant, &actor, "slot_removed", subject, Some(before), None).await?;
            Ok(slot)
        })
        .await
}

/// The times from `from` on, first come first.
///
/// # Errors
/// When the database does not answer.
pub async fn list(db: &Db, merchant: &MerchantId, product: &ProductId, from: Moment, limit: u64) -> Outcome<Vec<Slot>> {
    slot_store::list(db.read(), merchant, product, from, false, limit).await
}

/// The times ahead with a place left. None when the product has never had times: then they are agreed in person.
///
/// # Errors
/// When the database does not answer.
pub async fn free(db: &Db, merchant: &MerchantId, product: &ProductId, now: Moment) -> Outcome<Option<Vec<Slot>>> {
    if !slot_store::any(db.read(), merchant, product).await? {
        return Ok(None);
    }
    let limit = limits::SLOTS_AT_ONCE as u64;
    Ok(Some(slot_store::list(db.read(), merchant, product, now.plus(1), true, limit).await?))
}

impl Slot {
    /// Places nobody has taken.
    #[must_use]
    pub const fn left(&self) -> i64 {
        self.places - self.taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_ahead_in_order_and_once() {
        let new = NewSlots { starts_at: [5, 30, 20, 30].map(Moment).to_vec(), minutes: 60, places: 4 };
        assert_eq!(new.clone().checked(Moment(10)).unwrap().starts_at, [20, 30].map(Moment));
        assert_eq!(new.clone().checked(Moment(30)).unwrap_err().code, "no_time_ahead");
        assert_eq!(NewSlots { places: 0, ..new.clone() }.checked(Moment(0)).unwrap_err().field, Some("places"));
        let many = (1..=501).map(Moment).collect();
        assert_eq!(NewSlots { starts_at: many, ..new }.checked(Moment(0)).unwrap_err().code, "too_many_times");
    }
}
