//! Choosing the time of a booking: a day with free places, then a time of it.

use domain::{
    Day, Localized, ProductId, SlotId,
    product::{ProductKind, max_quantity},
};
use server::{
    catalog::{
        Product,
        slots::{self, Slot},
        variants::{self, Variant},
    },
    failure::Outcome,
};

use crate::{
    choose::{how_many, sold},
    dialogue::{Reply, Talk},
    screens,
    state::{Choice, State},
    texts::texts,
};

/// What is wanted: a product, which variant of it, and for a booking its time.
pub(crate) struct Wanted {
    pub(crate) product: Product,
    pub(crate) variant: Option<Variant>,
    pub(crate) slot: Option<Slot>,
    /// Of the shop's zone, east of UTC.
    pub(crate) offset_minutes: i32,
    pub(crate) for_cart: bool,
}

impl Wanted {
    /// How many can be had at once.
    pub(crate) fn most(&self) -> i64 {
        let most = match &self.variant {
            Some(variant) => variant.most(self.product.kind),
            None => max_quantity(self.product.kind, self.product.stock),
        };
        self.slot.as_ref().map_or(most, |slot| most.min(slot.left()))
    }

    pub(crate) fn title(&self) -> Localized {
        match &self.variant {
            Some(variant) => self.product.name.and(", ", &variant.name),
            None => self.product.name.clone(),
        }
    }

    pub(crate) fn choice(&self) -> Choice {
        Choice {
            product: self.product.id.clone(),
            variant: self.variant.as_ref().map(|variant| variant.id.clone()),
            slot: self.slot.as_ref().map(|slot| slot.id.clone()),
            for_cart: self.for_cart,
        }
    }
}

/// None when it is no longer on sale as it was chosen, or the time no longer free.
pub(crate) async fn wanted(talk: &Talk<'_>, choice: &Choice) -> Outcome<Option<Wanted>> {
    let Some(product) = sold(talk, &choice.product).await? else { return Ok(None) };
    let mut all = variants::list(&talk.services.db, &talk.bot.merchant, &product.id).await?;
    all.retain(|variant| !variant.hidden);
    let variant = all.into_iter().find(|variant| Some(&variant.id) == choice.variant.as_ref());
    if choice.variant.is_some() && variant.is_none() {
        return Ok(None);
    }
    let offset_minutes = talk.shop.utc_offset_minutes;
    let slot = match &choice.slot {
        None => None,
        Some(id) => match free(talk, &product.id).await?.unwrap_or_default().into_iter().find(|slot| slot.id == *id) {
            Some(slot) => Some(slot),
            None => return Ok(None),
        },
    };
    Ok(Some(Wanted { product, variant, slot, offset_minutes, for_cart: choice.for_cart }))
}

async fn free(talk: &Talk<'_>, product: &ProductId) -> Outcome<Option<Vec<Slot>>> {
    slots::free(&talk.services.db, &talk.bot.merchant, product, talk.services.clock.now()).await
}

/// The days to choose among, where the product is a booking with times.
pub(crate) async fn days(talk: &Talk<'_>, wanted: &Wanted) -> Outcome<Option<Reply>> {
    let product = &wanted.product;
    if product.kind != ProductKind::Booking {
        return Ok(None);
    }
    let Some(free) = free(talk, &product.id).await? else { return Ok(None) };
    if free.is_empty() {
        return Ok(Some(Reply::toast(texts(talk.lang).get("no_times"), State::Start)));
    }
    let offset = talk.shop.utc_offset_minutes;
    let mut days: Vec<Day> = free.iter().map(|slot| Day::of(slot.starts_at, offset)).collect();
    days.dedup();
    let screen = screens::days(talk.lang, product, &days);
    Ok(Some(Reply::show(screen).then(State::Time { choice: wanted.choice() })))
}

/// The times of a day.
pub(crate) async fn day(talk: &Talk<'_>, day: Day) -> Outcome<Reply> {
    let State::Time { choice } = &talk.state else { return Ok(stale(talk)) };
    let Some(wanted) = wanted(talk, choice).await? else {
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
    let State::Time { choice } = &talk.state else { return Ok(stale(talk)) };
    match wanted(talk, &Choice { slot: Some(slot.clone()), ..choice.clone() }).await? {
        Some(wanted) => how_many(talk, wanted).await,
        None => Ok(Reply::toast(texts(talk.lang).get("slot_taken"), talk.state.clone())),
    }
}

fn stale(talk: &Talk<'_>) -> Reply {
    Reply::toast(texts(talk.lang).get("stale_button"), talk.state.clone())
}
