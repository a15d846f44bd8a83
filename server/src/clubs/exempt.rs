//! A member who stays, whatever the clock says: staff say so, and why.

use domain::{
    MembershipId, MerchantId,
    role::{Actor, Permission},
};
use serde_json::json;

use super::{Membership, store};
use crate::{
    failure::{Outcome, Refusal, reason},
    services::Services,
    staff::audit,
};

/// `why` makes the member exempt; none ends it.
///
/// # Errors
/// `forbidden`, `not_found`, `reason_required`, `too_long`.
pub async fn set_exempt(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    id: &MembershipId,
    why: Option<String>,
) -> Outcome<()> {
    if !actor.may(Permission::ResolveReview) {
        return Err(Refusal::forbidden().into());
    }
    super::member(&services.db, merchant, id).await?;
    let why = why.map(|why| reason("reason", &why)).transpose()?;
    let (own, actor, merchant, id) = (services.clone(), actor.clone(), merchant.clone(), id.clone());
    services
        .db
        .write(move |tx| async move {
            let old = store::lock(&*tx, &merchant, &id).await?.ok_or_else(Refusal::not_found)?;
            let before = json!({ "exempt": old.exempt, "reason": old.exempt_reason });
            let new = Membership { exempt: why.is_some(), exempt_reason: why.unwrap_or_default(), ..old };
            let after = json!({ "exempt": new.exempt, "reason": new.exempt_reason });
            if before == after {
                return Ok(());
            }
            store::save(&*tx, new).await?;
            let (subject, before, after) = (id.as_str(), Some(before), Some(after));
            audit::record(&tx, &own.clock, &merchant, &actor, "member_exempted", subject, before, after).await
        })
        .await
}
