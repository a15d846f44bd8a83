//! The audit log: who did what to money, catalog, settings or access, with before and after.

use domain::{AuditId, MerchantId, role::Actor};
use serde_json::Value;

pub use super::rows::audit::Model as AuditLine;
use super::store;
use crate::{
    clock::Clock,
    db::{Db, Tx},
    failure::Outcome,
};

/// Every action that is recorded: each has its words in the dashboard.
pub const ACTIONS: [&str; 77] = [
    "api_key_created",
    "api_key_revoked",
    "bot_connected",
    "bot_disconnected",
    "broadcast_cancelled",
    "broadcast_created",
    "catalog_exported",
    "catalog_imported",
    "categories_ordered",
    "category_changed",
    "category_created",
    "category_removed",
    "customers_exported",
    "day_closed",
    "delivered_again",
    "exception_resolved",
    "exception_taken",
    "file_columns_named",
    "invitation_accepted",
    "invitation_renewed",
    "invitation_withdrawn",
    "jobs_retried",
    "journal_exported",
    "link_cancelled",
    "link_changed",
    "link_created",
    "links_created",
    "list_uploaded",
    "orders_exported",
    "passkey_added",
    "passkey_copied",
    "passkey_removed",
    "passkey_renamed",
    "password_set",
    "payment_checked",
    "payment_method_added",
    "payment_method_changed",
    "payment_method_switched",
    "payments_exported",
    "product_changed",
    "product_created",
    "profile_changed",
    "question_changed",
    "question_created",
    "question_removed",
    "questions_ordered",
    "reconciled",
    "reconciled_again",
    "recovery_code_used",
    "recovery_codes_renewed",
    "refund_approved",
    "refund_asked",
    "refund_done_by_hand",
    "refund_given_up",
    "refund_rejected",
    "review_resolved",
    "role_changed",
    "rules_changed",
    "schedules_changed",
    "sessions_ended",
    "shop_changed",
    "slot_removed",
    "slots_added",
    "staff_added",
    "staff_chat_invited",
    "staff_chat_set",
    "staff_disabled",
    "staff_enabled",
    "staff_invited",
    "two_factor_off",
    "two_factor_on",
    "two_factor_required",
    "variant_changed",
    "variant_created",
    "variant_removed",
    "variants_ordered",
    "webhook_replayed",
];

/// The merchant's audit log, newest first, from before a line on.
///
/// # Errors
/// When the database does not answer.
pub async fn list(db: &Db, merchant: &MerchantId, before: Option<&AuditId>, limit: u64) -> Outcome<Vec<AuditLine>> {
    store::audit_log(db.read(), merchant, before, limit).await
}

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
    let row = AuditLine {
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
