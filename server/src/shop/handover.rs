//! How the shop hands goods over: where they are picked up, what bringing them costs. Asked in the chat where anything is offered.

use domain::{
    Localized, MerchantId, limits,
    role::{Actor, Permission},
};
use serde::Serialize;

use super::{Merchant, store};
use crate::{
    failure::{Outcome, Refusal},
    services::Services,
    staff::audit,
};

/// As kept in the shop's row; sums in minor units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HandingOver {
    pub pickup: bool,
    pub pickup_address: Localized,
    pub delivery: bool,
    pub delivery_minor: i64,
    pub delivery_free_from_minor: Option<i64>,
    /// When and how it is brought.
    pub delivery_note: Localized,
}

impl From<&Merchant> for HandingOver {
    fn from(shop: &Merchant) -> Self {
        Self {
            pickup: shop.pickup,
            pickup_address: shop.pickup_address.clone(),
            delivery: shop.delivery,
            delivery_minor: shop.delivery_minor,
            delivery_free_from_minor: shop.delivery_free_from_minor,
            delivery_note: shop.delivery_note.clone(),
        }
    }
}

impl HandingOver {
    fn checked(&self) -> Result<(), Refusal> {
        if self.pickup && self.pickup_address.is_empty() {
            return Err(Refusal::field("pickup_address", "required"));
        }
        for (field, text) in [("pickup_address", &self.pickup_address), ("delivery_note", &self.delivery_note)] {
            if text.longest() > limits::ADDRESS_MAX {
                return Err(Refusal::field(field, "too_long").with("max", limits::ADDRESS_MAX));
            }
        }
        let sums = [("delivery_price", Some(self.delivery_minor)), ("delivery_free", self.delivery_free_from_minor)];
        let wrong = sums.into_iter().find(|(_, sum)| sum.is_some_and(|sum| !(0..=limits::AMOUNT_MINOR).contains(&sum)));
        match wrong {
            Some((field, _)) => Err(Refusal::field(field, "out_of_range").with("min", 0).with("max", 100_000_000)),
            None => Ok(()),
        }
    }
}

/// # Errors
/// `forbidden`, `required`, `too_long`, `out_of_range`.
pub async fn set_handing_over(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    to: HandingOver,
) -> Outcome<()> {
    if !actor.may(Permission::EditSettings) {
        return Err(Refusal::forbidden().into());
    }
    to.checked()?;
    let (own, actor, merchant) = (services.clone(), actor.clone(), merchant.clone());
    services
        .db
        .write(move |tx| async move {
            let old = store::get(&*tx, &merchant).await?.ok_or_else(Refusal::not_found)?;
            store::set_handing_over(&*tx, &merchant, &to).await?;
            let before = Some(serde_json::to_value(HandingOver::from(&old))?);
            let after = Some(serde_json::to_value(&to)?);
            let subject = merchant.as_str().to_owned();
            audit::record(&tx, &own.clock, &merchant, &actor, "handover_changed", &subject, before, after).await
        })
        .await
}
