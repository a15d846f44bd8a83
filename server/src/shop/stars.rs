//! Telegram's rule about Stars: what is digital is to be paid for in Stars where a bot sells it. Somebody of the shop takes
//! note of it once, before such a product goes live.

use domain::{
    MerchantId,
    role::{Actor, Permission},
};
use serde_json::json;

use super::store;
use crate::{
    failure::{Outcome, Refusal},
    services::Services,
    staff::audit,
};

/// Notes who knows the rule, and since when. The first one counts.
///
/// # Errors
/// `forbidden`.
pub async fn know_stars(services: &Services, actor: &Actor, merchant: &MerchantId) -> Outcome<()> {
    if !actor.may(Permission::EditCatalog) {
        return Err(Refusal::forbidden().into());
    }
    let (own, actor, merchant) = (services.clone(), actor.clone(), merchant.clone());
    services
        .db
        .write(move |tx| async move {
            let (now, who) = (own.clock.now(), actor.label());
            if !store::know_stars(&*tx, &merchant, now, &who).await? {
                return Ok(());
            }
            let (subject, after) = (merchant.as_str(), Some(json!({ "known": true })));
            audit::record(&tx, &own.clock, &merchant, &actor, "stars_known", subject, None, after).await
        })
        .await
}
