//! Alerts: what the people of the shop must hear of at once, told in their Telegram chat. The dashboard shows the same.
//!
//! An alert is a job like any other, promised in the transaction of what it tells of, and told once.

mod digest;
mod watch;

use domain::{Localized, MerchantId, Moment, Money, RefundId, payment::ReviewReason};
use serde::{Deserialize, Serialize};

pub use digest::{Digest, TELL_DIGEST, Told, digest};
pub(crate) use watch::promise;
pub use watch::{WATCH, run as run_watch, start as start_watching, stuck};

use crate::{failure::Outcome, jobs::NewJob};

pub const TELL_STAFF: &str = "tell_staff";

/// What there is to hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// A payment needs a person.
    Review,
    /// Paid, and nothing delivered for too long.
    Stuck,
    DeadJob,
    /// An endpoint does not take what it is sent.
    EndpointFailed,
    RefundRequested,
    RefundManual,
    RefundFailed,
    /// The provider said a status word nobody knows.
    UnknownWord,
    /// The provider does not answer, and a payment's time is over: it cannot end.
    Silence,
    /// Paid for something that is not known here.
    StrayMoney,
    /// What the journal says and what the tables say differ, or the journal is broken.
    Books,
    /// Few access codes are left of a product.
    CodesLow,
    /// Paid, and there is no access code to give.
    CodesGone,
    /// The merchant's own program does not give what was paid for.
    CallRefused,
    /// Paid, and to be brought to its address.
    ToDeliver,
    /// Paid, and to be laid out for who picks it up.
    ToPickUp,
    /// Paid for a club by somebody who is not known in Telegram.
    ClubNobody,
    /// The bot may not do any more what a club needs.
    ClubRights,
    /// The cash register refused a receipt.
    ReceiptRefused,
    /// Whether a receipt was registered is not known.
    ReceiptUncertain,
    /// The cash register takes no receipts.
    RegisterTrouble,
    /// The CRM refused a deal.
    DealRefused,
    /// The CRM takes nothing from us.
    CrmTrouble,
}

impl What {
    pub const ALL: [Self; 23] = [
        Self::Review,
        Self::Stuck,
        Self::DeadJob,
        Self::EndpointFailed,
        Self::RefundRequested,
        Self::RefundManual,
        Self::RefundFailed,
        Self::UnknownWord,
        Self::Silence,
        Self::StrayMoney,
        Self::Books,
        Self::CodesLow,
        Self::CodesGone,
        Self::CallRefused,
        Self::ToDeliver,
        Self::ToPickUp,
        Self::ClubNobody,
        Self::ClubRights,
        Self::ReceiptRefused,
        Self::ReceiptUncertain,
        Self::RegisterTrouble,
        Self::DealRefused,
        Self::CrmTrouble,
    ];

    /// As in the texts: `alert_review`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Review => "alert_review",
            Self::Stuck => "alert_stuck",
            Self::DeadJob => "alert_dead_job",
            Self::EndpointFailed => "alert_endpoint_failed",
            Self::RefundRequested => "alert_refund_requested",
            Self::RefundManual => "alert_refund_manual",
            Self::RefundFailed => "alert_refund_failed",
            Self::UnknownWord => "alert_unknown_word",
            Self::Silence => "alert_silence",
            Self::StrayMoney => "alert_stray_money",
            Self::Books => "alert_books",
            Self::CodesLow => "alert_codes_low",
            Self::CodesGone => "alert_codes_gone",
            Self::CallRefused => "alert_call_refused",
            Self::ToDeliver => "alert_to_deliver",
            Self::ToPickUp => "alert_to_pick_up",
            Self::ClubNobody => "alert_club_nobody",
            Self::ClubRights => "alert_club_rights",
            Self::ReceiptRefused => "alert_receipt_refused",
            Self::ReceiptUncertain => "alert_receipt_uncertain",
            Self::RegisterTrouble => "alert_register_trouble",
            Self::DealRefused => "alert_deal_refused",
            Self::CrmTrouble => "alert_crm_trouble",
        }
    }
}

/// The payload of a `tell_staff` job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    pub what: What,
    /// The order's number.
    pub order: Option<i64>,
    pub amount: Option<Money>,
    pub reason: Option<ReviewReason>,
    /// A job's kind, a status word.
    pub word: Option<String>,
    /// What is sold.
    #[serde(default)]
    pub title: Option<Localized>,
    /// How many there are.
    #[serde(default)]
    pub count: Option<i64>,
    /// What may be decided about where it is told.
    #[serde(default)]
    pub refund: Option<RefundId>,
}

impl From<What> for Alert {
    fn from(what: What) -> Self {
        Self { what, order: None, amount: None, reason: None, word: None, title: None, count: None, refund: None }
    }
}

/// The promise to tell, once for each `key` of the merchant.
///
/// # Errors
/// When the alert cannot be written as JSON.
pub(crate) fn job(now: Moment, merchant: &MerchantId, key: &str, alert: &Alert) -> Outcome<NewJob> {
    Ok(NewJob {
        payload: serde_json::to_string(alert)?,
        lane: Some(format!("staff:{merchant}")),
        once_key: Some(format!("alert:{merchant}:{key}")),
        ..NewJob::new(merchant.clone(), TELL_STAFF, now)
    })
}
