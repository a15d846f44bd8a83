//! Whether everybody of the shop needs a second step at sign-in.

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

/// Who has no second step yet is asked to set it up before anything else.
///
/// # Errors
/// `forbidden`.
pub async fn require_two_factor(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    required: bool,
) -> Outcome<()> {
    if !actor.may(Permission::EditTeam) {
        return Err(Refusal::forbidden().into());
    }
    let (own, actor, merchant) = (services.clone(), actor.clone(), merchant.clone());
    services
        .db
        .write(move |tx| async move {
            let old = store::get(&*tx, &merchant).await?.ok_or_else(Refusal::not_found)?.two_factor_required;
            store::require_two_factor(&*tx, &merchant, required).await?;
            let (before, after) = (Some(json!({ "required": old })), Some(json!({ "required": required })));
            let subject = merchant.as_str().to_owned();
            audit::record(&tx, &own.clock, &merchant, &actor, "two_factor_required", &subject, before, after).await
        })
        .await
}
