//! One word about many links: switched on, switched off or cancelled together.

use domain::{
    LinkId, MerchantId,
    role::{Actor, Permission},
};

use super::{Patch, cancel, patch};
use crate::{
    failure::{Failure, Outcome, Refusal},
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

/// How many were changed; what cannot be changed, such as a paid link that is to be cancelled, stays and is not counted.
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
    if !actor.may(Permission::EditLinks) {
        return Err(Refusal::forbidden().into());
    }
    if ids.is_empty() {
        return Err(Refusal::field("link", "nothing_chosen").into());
    }
    let mut changed = 0;
    for id in ids.iter().take(MOST) {
        let done = match what {
            Many::Cancel => cancel(services, actor, merchant, id).await,
            Many::On | Many::Off => {
                let active = Some(what == Many::On);
                patch(services, actor, merchant, id, Patch { label: None, active }).await
            }
        };
        match done {
            Ok(_) => changed += 1,
            Err(Failure::Refused(_)) => {}
            Err(failure) => return Err(failure),
        }
    }
    Ok(changed)
}
