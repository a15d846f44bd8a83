//! What customers see of the shop, and the shop's own language, zone and time to pay.

use domain::{
    Lang, Localized, MerchantId,
    hours::Hours,
    limits,
    role::{Actor, Permission},
};
use serde::Serialize;

use super::{Merchant, store, within};
use crate::{
    failure::{Outcome, Refusal},
    services::Services,
    staff::audit,
};

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Profile {
    pub name: Localized,
    /// A line about the shop.
    pub about: Localized,
    /// How it delivers, and when money goes back: shown before paying.
    pub policy: Localized,
    pub language: Lang,
    /// East of UTC.
    pub utc_offset_minutes: i32,
    /// How long a customer has to pay an order.
    pub checkout_minutes: i32,
    pub hours: Hours,
    /// Those offered to customers; the shop's own is offered in any case.
    pub languages: Vec<Lang>,
}

impl From<&Merchant> for Profile {
    fn from(shop: &Merchant) -> Self {
        Self {
            name: shop.name.clone(),
            about: shop.about.clone(),
            policy: shop.policy.clone(),
            language: shop.language,
            utc_offset_minutes: shop.utc_offset_minutes,
            checkout_minutes: shop.checkout_minutes,
            hours: shop.open_hours(),
            languages: shop.offered(),
        }
    }
}

impl Profile {
    fn checked(&self) -> Result<(), Refusal> {
        if self.name.is_empty() {
            return Err(Refusal::field("name", "required"));
        }
        let texts = [("name", &self.name, limits::NAME), ("about", &self.about, limits::LABEL)];
        for (field, text, max) in texts.into_iter().chain([("policy", &self.policy, limits::TEXT)]) {
            if text.longest() > max {
                return Err(Refusal::field(field, "too_long").with("max", max));
            }
        }
        within("utc_offset", self.utc_offset_minutes, -720, 840)?;
        within("checkout_minutes", self.checkout_minutes, 5, 10_080)
    }
}

/// # Errors
/// `forbidden`, `required`, `too_long`, `out_of_range`.
pub async fn set_profile(services: &Services, actor: &Actor, merchant: &MerchantId, profile: Profile) -> Outcome<()> {
    if !actor.may(Permission::EditSettings) {
        return Err(Refusal::forbidden().into());
    }
    profile.checked()?;
    let (own, actor, merchant) = (services.clone(), actor.clone(), merchant.clone());
    services
        .db
        .write(move |tx| async move {
            let old = store::get(&*tx, &merchant).await?.ok_or_else(Refusal::not_found)?;
            store::set_profile(&*tx, &merchant, &profile).await?;
            let before = Some(serde_json::to_value(Profile::from(&old))?);
            let after = Some(serde_json::to_value(&profile)?);
            let subject = merchant.as_str().to_owned();
            audit::record(&tx, &own.clock, &merchant, &actor, "shop_changed", &subject, before, after).await
        })
        .await
}

/// Languages as they are written down.
pub(super) fn words(languages: &[Lang]) -> String {
    languages.iter().map(|lang| lang.as_str()).collect::<Vec<_>>().join(",")
}
