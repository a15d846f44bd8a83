//! The wire to strangers: payment providers and Telegram.
//!
//! Knows no database, no order and no customer. An adapter gets five fields and says what the other side said; an answer
//! it does not understand is "unknown", never "failed". Only this crate can say that a callback is [`Verified`].

pub mod crm;
pub mod ehdm;
mod http;
pub mod outgoing;
pub mod signature;
pub mod telegram;
pub mod vpos;

use std::{collections::BTreeMap, fmt, sync::Arc};

use async_trait::async_trait;
use domain::{Currency, Lang, Moment, Money, payment::Reported};
use serde::{Deserialize, Serialize};

pub use http::http_client;

/// A payment provider, as one merchant's account sees it.
#[async_trait]
pub trait Provider: Send + Sync {
    fn about(&self) -> About;

    /// Opens a payment session; asked again under the same key, it is the same session.
    async fn begin(&self, begin: &Begin) -> Result<Begun, Fault>;

    /// What the provider says of a payment now.
    async fn status(&self, reference: &Reference) -> Result<Seen, Fault>;

    /// Gives money back. Not to be repeated blindly: after an unknown outcome look the payment up.
    async fn refund(&self, reference: &Reference, amount: Money, key: &str) -> Result<Seen, Fault>;

    /// Asks something that moves nothing: whether the provider answers and accepts the keys.
    async fn check(&self) -> Result<(), Fault>;

    /// Checks the signature over the raw bytes, then reads. `now` is when it arrived.
    fn read_callback(&self, raw: &RawHttp<'_>, now: Moment) -> Result<Verified<Callback>, Refused>;
}

/// What an account can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    pub currencies: Vec<Currency>,
    pub refund: RefundWay,
    pub callback: CallbackWay,
    pub look_ups: LookUps,
}

/// How often a payment is looked up while it is open: dense at first, sparser later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookUps(Vec<Pace>);

/// Until a payment is so old, it is looked up so often; both in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pace {
    pub until_seconds: i64,
    pub every_seconds: i64,
}

impl Default for LookUps {
    /// Ten seconds in the first minute, half a minute to the tenth, two minutes to the hour, then ten.
    fn default() -> Self {
        let paces = [(60, 10), (600, 30), (3_600, 120), (i64::MAX, 600)];
        Self(paces.map(|(until_seconds, every_seconds)| Pace { until_seconds, every_seconds }).into())
    }
}

impl LookUps {
    /// Seconds to the next look-up of a payment of this age in seconds. After the last pace its own goes on.
    #[must_use]
    pub fn wait(&self, age_seconds: i64) -> i64 {
        let pace = self.0.iter().find(|pace| age_seconds < pace.until_seconds).or(self.0.last());
        pace.map_or(600, |pace| pace.every_seconds)
    }

    /// From dense to sparse, never more than once a second.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let climbs = self.0.windows(2).all(|two| two[0].until_seconds < two[1].until_seconds);
        climbs && !self.0.is_empty() && self.0.iter().all(|pace| (1..=86_400).contains(&pace.every_seconds))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundWay {
    /// `keyed`: asked again under the same key, it is the same refund.
    Api {
        keyed: bool,
    },
    ByHand,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallbackWay {
    Signed,
    /// No signature is agreed on: a callback proves nothing, look-ups do the work.
    None,
}

/// What a provider is asked to open a session for.
#[derive(Clone, Debug)]
pub struct Begin {
    /// Names the attempt: the idempotency key.
    pub attempt_key: String,
    pub merchant_order_id: String,
    pub amount: Money,
    /// Where the provider sends the browser back. Never proof of anything.
    pub return_url: String,
    pub lang: Lang,
}

/// An open session.
#[derive(Clone, Debug)]
pub struct Begun {
    pub reference: String,
    pub checkout_url: String,
    pub expires_at: Option<Moment>,
}

/// How both sides call a payment.
#[derive(Clone, Debug)]
pub struct Reference {
    pub reference: String,
    pub merchant_order_id: String,
}

/// What a provider says of a payment. `None`: it does not say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub reference: Option<String>,
    pub merchant_order_id: Option<String>,
    /// In our minor units, converted exactly.
    pub amount_minor: Option<i64>,
    pub currency: Option<String>,
    /// Given back so far, of all refunds together, in our minor units.
    pub refunded_minor: Option<i64>,
    pub reported: Reported,
    /// The provider's own status word.
    pub word: String,
    pub paid_at: Option<Moment>,
    /// The answer as it came, at most 4 KiB of it.
    pub raw: String,
}

/// A provider's own message about a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callback {
    /// The provider's id of the event: the same over all its deliveries.
    pub external_id: String,
    pub seen: Seen,
}

/// A request as it came.
pub struct RawHttp<'a> {
    /// Names in lower case.
    pub headers: &'a [(&'a str, &'a str)],
    pub body: &'a [u8],
}

impl RawHttp<'_> {
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }
}

/// Proof that a signature was checked: it cannot be made outside this crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified<T>(T);

impl<T> Verified<T> {
    pub fn into_inner(self) -> T {
        self.0
    }
}

/// Why a callback is not believed. The text is for operators and for the webhook log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("{0}")]
    BadSignature(&'static str),
    #[error("{0}")]
    StaleTimestamp(&'static str),
    #[error("{0}")]
    Unreadable(String),
}

/// Why a call to a provider did not answer the question. Texts hold no secrets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Wrong token, rights or settings: asking again cannot help.
    #[error("the provider refuses with HTTP {status}: {text}")]
    Refused { status: u16, text: String },
    #[error("the provider does not know this payment")]
    NotFound,
    #[error("the provider asks to come again in {seconds} s")]
    RateLimited { seconds: u64 },
    /// Whether it was done is unknown: look it up, or ask again under the same key.
    #[error("the provider does not answer: {0}")]
    Unreachable(String),
    #[error("the provider's answer cannot be read: {0}")]
    Unreadable(String),
}

impl Fault {
    /// Asking again later, under the same key, may help.
    #[must_use]
    pub const fn is_temporary(&self) -> bool {
        matches!(self, Self::RateLimited { .. } | Self::Unreachable(_) | Self::Unreadable(_))
    }
}

/// An account's secrets by name. Never shown.
#[derive(Clone, Default)]
pub struct Secrets(BTreeMap<String, String>);

impl Secrets {
    #[must_use]
    pub const fn new(secrets: BTreeMap<String, String>) -> Self {
        Self(secrets)
    }

    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|secret| !secret.is_empty())
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Settings with which an adapter cannot work; the text says what to set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadSettings(pub String);

/// Opens the adapter of a provider by its name.
///
/// # Errors
/// When there is no such provider, or its settings are wrong.
pub fn open(
    provider: &str,
    settings: &serde_json::Value,
    secrets: &Secrets,
    http: &reqwest::Client,
) -> Result<Arc<dyn Provider>, BadSettings> {
    match provider {
        "vpos" => Ok(Arc::new(vpos::Vpos::new(settings, secrets, http.clone())?)),
        other => Err(BadSettings(format!("there is no provider called {other:?}; known: vpos"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looked_up_dense_at_first_sparser_later() {
        let paces = LookUps::default();
        assert_eq!([0, 120, 1_800, 7_200, i64::MAX].map(|age| paces.wait(age)), [10, 30, 120, 600, 600]);
        let own: LookUps =
            serde_json::from_str(r#"[{"until_seconds":30,"every_seconds":5},{"until_seconds":60,"every_seconds":20}]"#)
                .unwrap();
        assert!(own.is_sound() && paces.is_sound());
        assert_eq!([0, 30, 600].map(|age| own.wait(age)), [5, 20, 20]);
        let odd = |json: &str| serde_json::from_str::<LookUps>(json).unwrap().is_sound();
        assert!(!odd("[]") && !odd(r#"[{"until_seconds":30,"every_seconds":0}]"#));
    }
}
