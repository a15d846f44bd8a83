//! When customers are reminded of unpaid orders, and when the shop's people are told how it does.

use domain::{
    MerchantId, limits,
    role::{Actor, Permission},
};
use serde::Serialize;

use super::{Merchant, store, within};
use crate::{
    failure::{Outcome, Refusal},
    services::Services,
    staff::audit,
};

/// As kept in the shop's row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Schedules {
    /// Of silence before each reminder of an unpaid order.
    pub remind_after_minutes: i32,
    /// For one order; 0: nobody is reminded.
    pub remind_at_most: i32,
    pub digest_daily: bool,
    pub digest_weekly: bool,
    /// Of the shop's clock.
    pub digest_hour: i32,
}

impl From<&Merchant> for Schedules {
    fn from(shop: &Merchant) -> Self {
        Self {
            remind_after_minutes: shop.remind_after_minutes,
            remind_at_most: shop.remind_at_most,
            digest_daily: shop.digest_daily,
            digest_weekly: shop.digest_weekly,
            digest_hour: shop.digest_hour,
        }
    }
}

impl Schedules {
    fn checked(&self) -> Result<(), Refusal> {
        within("remind_after", self.remind_after_minutes, 5, 1_440)?;
        within("remind_at_most", self.remind_at_most, 0, limits::REMINDERS)?;
        within("digest_hour", self.digest_hour, 0, 23)
    }
}

/// # Errors
/// `forbidden`, `out_of_range`.
pub async fn set_schedules(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    schedules: Schedules,
) -> Outcome<()> {
    if !actor.may(Permission::EditSettings) {
        return Err(Refusal::forbidden().into());
    }
    schedules.checked()?;
    let (own, actor, merchant) = (services.clone(), actor.clone(), merchant.clone());
    services
        .db
        .write(move |tx| async move {
            let old = store::get(&*tx, &merchant).await?.ok_or_else(Refusal::not_found)?;
            store::set_schedules(&*tx, &merchant, &schedules).await?;
            let before = Some(serde_json::to_value(Schedules::from(&old))?);
            let after = Some(serde_json::to_value(&schedules)?);
            let subject = merchant.as_str().to_owned();
            audit::record(&tx, &own.clock, &merchant, &actor, "schedules_changed", &subject, before, after).await
        })
        .await
}
