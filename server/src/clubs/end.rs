//! A membership that ends before its time: staff say so, and why.

use domain::{
    MembershipId, MerchantId,
    club::WinBack,
    role::{Actor, Permission},
};
use serde_json::json;

use super::{Membership, store, watch};
use crate::{
    failure::{Outcome, Refusal, reason},
    services::Services,
    staff::audit,
};

/// Ends it now, whatever was paid for and whether or not the member was exempt: the customer is told, and leaves the chat.
/// Whom the shop sent away it does not ask back. Of one that has ended before nothing changes.
///
/// # Errors
/// `forbidden`, `not_found`, `reason_required`, `too_long`.
pub async fn end(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    id: &MembershipId,
    why: &str,
) -> Outcome<()> {
    if !actor.may(Permission::ResolveReview) {
        return Err(Refusal::forbidden().into());
    }
    super::member(&services.db, merchant, id).await?;
    let why = reason("reason", why)?;
    let (own, actor, merchant, id) = (services.clone(), actor.clone(), merchant.clone(), id.clone());
    services
        .db
        .write(move |tx| async move {
            let now = own.clock.now();
            let old = store::lock(&*tx, &merchant, &id).await?.ok_or_else(Refusal::not_found)?;
            if old.ended_at.is_some() {
                return Ok(());
            }
            let before = json!({ "until": old.until_at, "exempt": old.exempt });
            let after = json!({ "until": now, "reason": why });
            let (exempt, exempt_reason, asked_back) = (false, String::new(), WinBack::MOST);
            let new = Membership { until_at: Some(now), exempt, exempt_reason, asked_back, ..old };
            watch::ended(&tx, now, new).await?;
            let (subject, before, after) = (id.as_str(), Some(before), Some(after));
            audit::record(&tx, &own.clock, &merchant, &actor, "membership_ended", subject, before, after).await
        })
        .await
}
