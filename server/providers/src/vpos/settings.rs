//! What is assumed of VPOS.am's API, each assumption a setting, so that the real contract can replace it.
//!
//! Source: the public documentation of VPOS.am where it speaks; else the assumed contract of the sandbox.

use std::collections::BTreeMap;

use domain::payment::Reported;
use serde::{Deserialize, Serialize};

use crate::{BadSettings, LookUps};

/// Settings of a VPOS.am account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VposSettings {
    /// `https://api.vpos.am`, without a slash at the end.
    pub base_url: String,
    #[serde(default = "create_path")]
    pub create_path: String,
    /// `{id}` stands for the session's id.
    #[serde(default = "status_path")]
    pub status_path: String,
    /// `None`: no refund by API, refunds are made by hand.
    #[serde(default)]
    pub refund_path: Option<String>,
    /// Whether a refund asked for again under the same `Idempotency-Key` is the same refund. Where it is not, an unclear
    /// refund is left to a person.
    #[serde(default)]
    pub refund_keyed: bool,
    /// Answers what the account can do, and so whether its key is good.
    #[serde(default = "capabilities_path")]
    pub capabilities_path: String,
    /// The digits after the point in which the other side counts drams: 2 or 0. There is no default: a wrong guess is a
    /// hundredfold error. Settle it with one payment whose sum is read on the provider's own checkout page.
    pub amd_exponent: Option<u32>,
    /// The request's field `provider`.
    #[serde(default = "route")]
    pub provider_route: String,
    /// Where the fields stand in the answer to a look-up or a creation.
    #[serde(default = "session_fields")]
    pub session: Fields,
    /// Where the fields stand in a webhook.
    #[serde(default = "webhook_fields")]
    pub webhook: Fields,
    /// Status words beside the assumed ones, or in their place, in whatever case; a word that is not here means "unknown", never "failed".
    #[serde(default = "words")]
    pub words: BTreeMap<String, Reported>,
    /// `None`: no signature scheme is agreed on, a webhook proves nothing.
    #[serde(default)]
    pub signature: Option<Signature>,
    /// How often an open payment is looked up. What VPOS.am allows is not documented: slower where it complains.
    #[serde(default)]
    pub look_ups: LookUps,
}

/// JSON pointers (RFC 6901).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fields {
    pub id: String,
    pub status: String,
    pub amount: String,
    /// Given back so far, of all refunds together.
    #[serde(default = "refunded_pointer")]
    pub refunded: String,
    pub currency: String,
    pub merchant_order_id: String,
    pub paid_at: String,
    pub checkout_url: String,
    pub expires_at: String,
}

/// Standard Webhooks, the scheme of the assumed contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// Seconds that the timestamp may differ, both ways.
    #[serde(default = "tolerance")]
    pub tolerance_seconds: i64,
    /// What the names of the three headers begin with.
    #[serde(default = "header_prefix")]
    pub header_prefix: String,
}

impl Default for Signature {
    fn default() -> Self {
        Self { tolerance_seconds: tolerance(), header_prefix: header_prefix() }
    }
}

const fn tolerance() -> i64 {
    300
}

fn header_prefix() -> String {
    "webhook-".to_owned()
}

fn create_path() -> String {
    "/v1/payment-sessions".to_owned()
}

fn status_path() -> String {
    "/v1/payment-sessions/{id}".to_owned()
}

fn capabilities_path() -> String {
    "/v1/capabilities".to_owned()
}

fn route() -> String {
    "manual".to_owned()
}

fn fields(prefix: &str, id: &str) -> Fields {
    let at = |name: &str| format!("{prefix}/{name}");
    Fields {
        id: at(id),
        status: at("status"),
        amount: at("amountMinor"),
        currency: at("currency"),
        merchant_order_id: at("merchantOrderId"),
        refunded: at("refundedMinor"),
        paid_at: at("paidAt"),
        checkout_url: at("checkoutUrl"),
        expires_at: at("expiresAt"),
    }
}

fn refunded_pointer() -> String {
    "/refundedMinor".to_owned()
}

fn session_fields() -> Fields {
    fields("", "id")
}

fn webhook_fields() -> Fields {
    fields("/data", "sessionId")
}

fn words() -> BTreeMap<String, Reported> {
    let known = [
        ("created", Reported::Waiting),
        ("pending", Reported::Waiting),
        ("paid", Reported::Paid),
        ("failed", Reported::Failed),
        ("cancelled", Reported::Cancelled),
        ("expired", Reported::Expired),
        ("refunded", Reported::Refunded),
        ("partially_refunded", Reported::PartiallyRefunded),
    ];
    known.into_iter().map(|(word, reported)| (word.to_owned(), reported)).collect()
}

impl VposSettings {
    /// The assumed contract, as the sandbox speaks it.
    #[must_use]
    pub fn assumed(base_url: &str) -> Self {
        Self {
            base_url: base_url.to_owned(),
            create_path: create_path(),
            status_path: status_path(),
            refund_path: Some("/v1/payment-sessions/{id}/refunds".to_owned()),
            refund_keyed: true,
            capabilities_path: capabilities_path(),
            amd_exponent: Some(2),
            provider_route: route(),
            session: session_fields(),
            webhook: webhook_fields(),
            words: words(),
            signature: Some(Signature::default()),
            look_ups: LookUps::default(),
        }
    }

    /// Every setting that can be seen to be wrong is refused here, with what to do about it.
    pub(super) fn checked(mut self) -> Result<Self, BadSettings> {
        let bad = |text: &str| Err(BadSettings(text.to_owned()));
        if !self.base_url.starts_with("https://") && !is_loopback(&self.base_url) {
            return bad("base_url must begin with https://");
        }
        if self.base_url.ends_with('/') {
            return bad("base_url must not end with a slash");
        }
        if !matches!(self.amd_exponent, Some(0 | 2)) {
            return bad("amd_exponent must be set to 0 or 2: pay a small sum once and read it on the provider's page");
        }
        let needs_id = [Some(&self.status_path), self.refund_path.as_ref()];
        if needs_id.into_iter().flatten().any(|path| !path.starts_with('/') || !path.contains("{id}")) {
            return bad("status_path and refund_path must begin with a slash and contain {id}");
        }
        if !self.create_path.starts_with('/') || !self.capabilities_path.starts_with('/') {
            return bad("create_path and capabilities_path must begin with a slash");
        }
        if [&self.session, &self.webhook].into_iter().any(|fields| !fields.are_pointers()) {
            return bad("session and webhook hold JSON pointers: each begins with a slash, as in /data/status");
        }
        if self.signature.as_ref().is_some_and(|scheme| !(1..=3_600).contains(&scheme.tolerance_seconds)) {
            return bad("signature.tolerance_seconds must be from 1 to 3600");
        }
        if !self.look_ups.is_sound() {
            return bad("look_ups must go from young to old, and wait from 1 to 86400 seconds");
        }
        // Beside the known words: who adds one does not take away the others.
        let own = self.words.into_iter().map(|(word, reported)| (word.to_lowercase(), reported));
        self.words = words().into_iter().chain(own).collect();
        Ok(self)
    }
}

impl Fields {
    fn are_pointers(&self) -> bool {
        let all = [
            &self.id,
            &self.status,
            &self.amount,
            &self.refunded,
            &self.currency,
            &self.merchant_order_id,
            &self.paid_at,
            &self.checkout_url,
            &self.expires_at,
        ];
        all.into_iter().all(|pointer| pointer.starts_with('/'))
    }
}

/// The sandbox is served by this very program: plain HTTP, but never to another machine.
pub(crate) fn is_loopback(url: &str) -> bool {
    let Ok(url) = reqwest::Url::parse(url) else { return false };
    let here = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
    url.scheme() == "http" && here && url.username().is_empty() && url.password().is_none()
}
