//! One word about many links: switched on, switched off or cancelled together, all or none.

use domain::{LinkId, MerchantId, role::Actor};

use super::{Patch, cancel_locked, may_cancel, may_edit, patch_locked, store};
use crate::{
    failure::{Outcome, Refusal},
    services::Services,
};

/// More than a page of the list holds.
const MOST: usize = 200;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Many {
    On,
    Off,
    Cancel,
}

/// How many were changed. What is so already, or cannot be so, such as a paid link that is to be cancelled or a cancelled
/// one that is to be switched on, stays and is not counted.
///
/// # Errors
/// `forbidden`, `nothing_chosen`.
pub async fn change_many(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    ids: &[LinkId],
    what: Many,
) -> Outcome<usize> {
    may_edit(actor)?;
    if ids.is_empty() {
        return Err(Refusal::field("link", "nothing_chosen").into());
    }
    let ids: Vec<_> = ids.iter().take(MOST).cloned().collect();
    let (own, actor, merchant) = (services.clone(), actor.clone(), merchant.clone());
    services
        .db
        .write(move |tx| async move {
            let mut changed = 0;
            // All at once and in their order: links are locked before their orders.
            for link in store::lock_many(&*tx, &merchant, ids).await? {
                let done = match what {
                    _ if link.cancelled_at.is_some() => false,
                    Many::Cancel => may_cancel(&link).is_ok() && cancel_locked(&tx, &own, &actor, &link).await?,
                    Many::On | Many::Off => {
                        let active = Some(what == Many::On);
                        patch_locked(&tx, &own, &actor, &link, &Patch { label: None, active }).await?
                    }
                };
                changed += usize::from(done);
            }
            Ok(changed)
        })
        .await
}
