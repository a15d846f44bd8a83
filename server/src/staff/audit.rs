//! The audit log: who did what to money, catalog, settings or access, with before and after.

use domain::{AuditId, MerchantId, Moment, role::Actor};
use serde_json::Value;

pub use super::rows::audit::Model as AuditLine;
use super::store;
use crate::{
    clock::Clock,
    db::{Db, Tx},
    failure::Outcome,
};

/// Every action that is recorded: each has its words in the dashboard.
pub const ACTIONS: &[&str] = &[
    "api_key_created",
    "api_key_revoked",
    "bot_connected",
    "bot_disconnected",
    "broadcast_cancelled",
    "broadcast_created",
    "call_removed",
    "call_secret_renewed",
    "call_set",
    "catalog_exported",
    "catalog_imported",
    "categories_ordered",
    "category_changed",
    "category_created",
    "category_removed",
    "club_removed",
    "club_set",
    "codes_added",
    "codes_low_changed",
    "codes_withdrawn",
    "crm_connected",
    "crm_disconnected",
    "crm_stages_chosen",
    "customers_exported",
    "day_closed",
    "deal_sent_again",
    "delivered_again",
    "endpoint_changed",
    "endpoint_created",
    "endpoint_removed",
    "endpoint_secret_renewed",
    "event_sent_again",
    "exception_resolved",
    "exception_taken",
    "file_columns_named",
    "handover_changed",
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
    "member_exempted",
    "membership_ended",
    "order_step",
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
    "photo_added",
    "photo_removed",
    "photos_ordered",
    "product_changed",
    "product_created",
    "product_file_removed",
    "product_file_set",
    "product_removed",
    "products_ordered",
    "profile_changed",
    "promo_created",
    "promo_switched",
    "question_changed",
    "question_created",
    "question_removed",
    "questions_ordered",
    "receipt_adopted",
    "receipt_sent_again",
    "receipts_exported",
    "reconciled",
    "reconciled_again",
    "recovery_code_used",
    "recovery_codes_renewed",
    "refund_approved",
    "refund_asked",
    "refund_done_by_hand",
    "refund_given_up",
    "refund_rejected",
    "register_changed",
    "register_configured",
    "register_switched",
    "review_resolved",
    "role_changed",
    "rules_changed",
    "schedules_changed",
    "sessions_ended",
    "shop_changed",
    "slot_changed",
    "slot_removed",
    "slots_added",
    "staff_added",
    "staff_chat_invited",
    "staff_chat_lost",
    "staff_chat_moved",
    "staff_chat_set",
    "staff_disabled",
    "staff_enabled",
    "staff_invited",
    "stars_known",
    "telegram_bound",
    "telegram_invited",
    "telegram_released",
    "told_again",
    "two_factor_off",
    "two_factor_on",
    "two_factor_required",
    "variant_changed",
    "variant_created",
    "variant_removed",
    "variants_ordered",
    "webhook_replayed",
];

/// What to look for in the audit log.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Who did it, as the log writes it.
    pub actor: Option<String>,
    pub action: Option<String>,
    /// The id of what it was done to.
    pub subject: Option<String>,
    /// From this moment until before that one.
    pub within: Option<(Moment, Moment)>,
    /// Lines written before this one: the next page.
    pub before: Option<AuditId>,
}

/// One page of the merchant's audit log, newest first.
///
/// # Errors
/// When the database does not answer.
pub async fn list(db: &Db, merchant: &MerchantId, filter: &Filter, limit: u64) -> Outcome<Vec<AuditLine>> {
    store::audit_log(db.read(), merchant, filter, limit).await
}

/// What was done to these objects, oldest first.
///
/// # Errors
/// When the database does not answer.
pub async fn about(db: &Db, merchant: &MerchantId, subjects: &[&str], at_most: u64) -> Outcome<Vec<AuditLine>> {
    let mut all = Vec::new();
    for subject in subjects {
        let filter = Filter { subject: Some((*subject).to_owned()), ..Filter::default() };
        all.extend(store::audit_log(db.read(), merchant, &filter, at_most).await?);
    }
    all.sort_by(|one, other| one.id.cmp(&other.id));
    Ok(all)
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
