//! Choosing the time of a booking: a day with free places, then a time of it.

use domain::{
    Day, ProductId, SlotId,
    product::{ProductKind, max_quantity},
};
use server::{
    catalog::{
        Product,
        slots::{self, Slot},
    },
    failure::Outcome,
    shop,
};

use crate::{
    choose::{how_many, sold},
    dialogue::{Reply, Talk},
    screens,
    state::State,
    texts::texts,
};

/// What is wanted: a product and, for a booking, its time.
pub(crate) struct Wanted {
    pub(crate) product: Product,
    pub(crate) slot: Option<Slot>,
    /// Of the shop's zone, east of UTC.
    pub(crate) offset_minutes: i32,
}

impl Wanted {
    /// How many can be had at once.
    pub(crate) fn most(&self) -> i64 {
        let most = max_quantity(self.product.kind, self.product.stock);
        self.slot.as_ref().map_or(most, |slot| most.min(slot.left()))
    }
}

/// None when it is no longer on sale, or the time no longer free.
pub(crate) async fn wanted(talk: &Talk<'_>, id: &ProductId, slot: Option<&SlotId>) -> Outcome<Option<Wanted>> {
    let Some(product) = sold(talk, id).await? else { return Ok(None) };
    let offset_minutes = shop::get(&talk.services.db, &talk.bot.merchant).await?.utc_offset_minutes;
    let slot = match slot {
        None => None,
        Some(id) => match free(talk, &product.id).await?.unwrap_or_default().into_iter().find(|slot| slot.id == *id) {
            Some(slot) => Some(slot),
            None => return Ok(None),
        },
    };
    Ok(Some(Wanted { product, slot, offset_minutes }))
}

async fn free(talk: &Talk<'_>, product: &ProductId) -> Outcome<Option<Vec<Slot>>> {
    slots::free(&talk.services.db, &talk.bot.merchant, product, talk.services.clock.now()).await
}

/// The days to choose among, where the product is a booking with times.
pub(crate) async fn days(talk: &Talk<'_>, product: &Product) -> Outcome<Option<Reply>> {
    if product.kind != ProductKind::Booking {
        return Ok(None);
    }
    let Some(free) = free(talk, &product.id).await? else { return Ok(None) };
    if free.is_empty() {
        return Ok(Some(Reply::toast(texts(talk.lang).get("no_times"), State::Start)));
    }
    let offset = shop::get(&talk.services.db, &talk.bot.merchant).await?.utc_offset_minutes;
    let mut days: Vec<Day> = free.iter().map(|slot| Day::of(slot.starts_at, offset)).collect();
    days.dedup();
    let screen = screens::days(talk.lang, product, &days);
    Ok(Some(Reply::show(screen).then(State::Time { product: product.id.clone() })))
}

/// The times of a day.
pub(crate) async fn day(talk: &Talk<'_>, day: Day) -> Outcome<Reply> {
    let State::Time { product: id } = &talk.state else { return Ok(stale(talk)) };
    let Some(wanted) = wanted(talk, id, None).await? else {
        return Ok(Reply::toast(texts(talk.lang).get("product_gone"), State::Start));
    };
    let offset = wanted.offset_minutes;
    let mut free = free(talk, &wanted.product.id).await?.unwrap_or_default();
    free.retain(|slot| Day::of(slot.starts_at, offset) == day);
    if free.is_empty() {
        return Ok(Reply::toast(texts(talk.lang).get("slot_taken"), talk.state.clone()));
    }
    let screen = screens::times(talk.lang, &wanted.product, day, &free, offset);
    Ok(Reply::show(screen).then(talk.state.clone()))
}

/// A time was chosen: on to how many, or to the summary.
pub(crate) async fn time(talk: &Talk<'_>, slot: &SlotId) -> Outcome<Reply> {
    let State::Time { product } = &talk.state else { return Ok(stale(talk)) };
    match wanted(talk, product, Some(slot)).await? {
        Some(wanted) => Ok(how_many(talk, wanted)),
        None => Ok(Reply::toast(texts(talk.lang).get("slot_taken"), talk.state.clone())),
    }
}

fn stale(talk: &Talk<'_>) -> Reply {
    Reply::toast(texts(talk.lang).get("stale_button"), talk.state.clone())
}
