//! Bookable times of a product: made by staff, taken inside the checkout transaction by a conditional update.

use domain::{MerchantId, Moment, ProductId, SlotId, limits, product::ProductKind, role::Actor};
use serde_json::json;

pub use super::rows::slot::Model as Slot;
use super::{edit::may_edit, slot_store, store};
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

/// # Errors
/// `out_of_range`.
fn sound(minutes: i64, places: i64) -> Result<(), Refusal> {
    let within = |field, value: i64, max: i64| {
        let wrong = || Refusal::field(field, "out_of_range").with("min", 1).with("max", max);
        if (1..=max).contains(&value) { Ok(()) } else { Err(wrong()) }
    };
    within("minutes", minutes, limits::SLOT_MINUTES)?;
    within("places", places, limits::SLOT_PLACES)
}

impl NewSlots {
    fn checked(mut self, now: Moment) -> Result<Self, Refusal> {
        sound(self.minutes, self.places)?;
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

/// Gives a time another length or another number of places, never fewer than are taken.
///
/// # Errors
/// `forbidden`, `not_found`, `slot_places_taken`, and refusals that name the wrong field.
pub async fn change(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    id: &SlotId,
    (minutes, places): (i64, i64),
) -> Outcome<Slot> {
    may_edit(actor)?;
    sound(minutes, places)?;
    let (own, actor, merchant, id) = (services.clone(), actor.clone(), merchant.clone(), id.clone());
    services
        .db
        .write(move |tx| async move {
            let old = slot_store::get(&*tx, &merchant, &id).await?.ok_or_else(Refusal::not_found)?;
            if (old.minutes, old.places) == (minutes, places) {
                return Ok(old);
            }
            if !slot_store::change(&*tx, &merchant, &id, (minutes, places)).await? {
                return Err(Refusal::field("places", "slot_places_taken").with("min", old.taken).into());
            }
            let said =
                |minutes, places| Some(json!({ "starts_at": old.starts_at, "minutes": minutes, "places": places }));
            let (before, after) = (said(old.minutes, old.places), said(minutes, places));
            let subject = old.product_id.as_str();
            audit::record(&tx, &own.clock, &merchant, &actor, "slot_changed", subject, before, after).await?;
            Ok(Slot { minutes, places, ..old })
        })
        .await
}

/// The product's time of this id.
///
/// # Errors
/// `not_found`.
pub async fn get(db: &Db, merchant: &MerchantId, product: &ProductId, id: &SlotId) -> Outcome<Slot> {
    let slot = slot_store::get(db.read(), merchant, id).await?.filter(|slot| slot.product_id == *product);
    slot.ok_or_else(|| Refusal::not_found().into())
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
