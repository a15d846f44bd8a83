//! The audit log: who did what to money, catalog, settings or access, with before and after.

use domain::{MerchantId, role::Actor};
use serde_json::Value;

use super::{rows::audit, store};
use crate::{clock::Clock, db::Tx, failure::Outcome};

/// Writes a line in the transaction of what it tells.
pub(crate) async fn record(
    tx: &Tx,
    clock: &Clock,
    merchant: &MerchantId,
    actor: &Actor,
    action: &str,
    subject: &str,
    before: Option<Value>,
    after: Option<Value>,
) -> Outcome<()> {
    let row = audit::Model {
        id: clock.id(),
        merchant_id: merchant.clone(),
        actor: actor.label(),
        action: action.to_owned(),
        subject: subject.to_owned(),
        before: before.map(|value| value.to_string()),
        after: after.map(|value| value.to_string()),
        at: clock.now(),
    };
    store::insert_audit(&**tx, row).await
}
