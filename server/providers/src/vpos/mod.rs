//! The adapter of VPOS.am: payment sessions, look-ups, refunds where the account has them, signed webhooks.
//!
//! What the public documentation does not say is a setting ([`VposSettings`]).

mod settings;

use async_trait::async_trait;
use domain::{Currency, Moment, Money, money::MoneyError, payment::Reported};
use serde_json::{Value, json};

pub(crate) use settings::is_loopback;
pub use settings::{Fields, Signature, VposSettings};

use crate::{
    About, BadSettings, Begin, Begun, Callback, CallbackWay, Fault, Provider, RawHttp, Reference, RefundWay, Refused,
    Secrets, Seen, Verified, http, signature,
};

/// Of an answer, bytes that are kept for the payment's story.
const RAW_KEPT: usize = 4 * 1024;
/// A longer session id is not one.
const REFERENCE_BYTES: usize = 255;

pub struct Vpos {
    settings: VposSettings,
    token: String,
    webhook_secrets: Vec<signature::Secret>,
    headers: signature::Headers,
    http: reqwest::Client,
}

impl Vpos {
    /// # Errors
    /// When a setting is missing or wrong; the text says what to set.
    pub fn new(settings: &Value, secrets: &Secrets, http: reqwest::Client) -> Result<Self, BadSettings> {
        let settings: VposSettings =
            serde_json::from_value(settings.clone()).map_err(|error| BadSettings(format!("settings: {error}")))?;
        let settings = settings.checked()?;
        let token = secrets.get("token").ok_or_else(|| BadSettings("the secret `token` is missing".to_owned()))?;
        let webhook_secrets = webhook_secrets(secrets.get("webhook_secret").unwrap_or_default())?;
        if settings.signature.is_some() && webhook_secrets.is_empty() {
            return Err(BadSettings("the secret `webhook_secret` is missing".to_owned()));
        }
        let headers = signature::Headers::with_prefix(settings.signature.as_ref().map_or("", |s| &s.header_prefix));
        Ok(Self { settings, token: token.to_owned(), webhook_secrets, headers, http })
    }

    /// Sends with the token, which no error shows, even when the other side echoes it.
    async fn ask(&self, request: reqwest::RequestBuilder) -> Result<Value, Fault> {
        http::json(request.bearer_auth(&self.token)).await.map_err(|fault| match fault {
            Fault::Refused { status, text } => Fault::Refused { status, text: text.replace(&self.token, "…") },
            other => other,
        })
    }

    fn url(&self, path: &str, id: &str) -> String {
        format!("{}{}", self.settings.base_url, path.replace("{id}", &path_segment(id)))
    }

    const fn exponent(&self, currency: Currency) -> u32 {
        match (currency, self.settings.amd_exponent) {
            (Currency::Amd, Some(digits)) => digits,
            _ => currency.exponent(),
        }
    }

    fn seen(&self, answer: &Value, fields: &Fields) -> Seen {
        let text = |pointer: &str| answer.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let currency = text(&fields.currency);
        let units = |pointer: &str| answer.pointer(pointer).and_then(Value::as_i64);
        let known: Option<Currency> = currency.as_deref().and_then(|code| code.parse().ok());
        let minor = |units: i64| match known {
            Some(currency) => Money::from_units(units, self.exponent(currency), currency).ok().map(|m| m.amount_minor),
            // A currency we do not know never matches; the number is kept to be seen.
            None => Some(units),
        };
        let word = text(&fields.status).unwrap_or_default();
        let reported = self.settings.words.get(&word.to_lowercase()).copied().unwrap_or(Reported::Unknown);
        Seen {
            reference: text(&fields.id),
            merchant_order_id: text(&fields.merchant_order_id),
            amount_minor: units(&fields.amount).and_then(minor),
            refunded_minor: units(&fields.refunded).and_then(minor),
            currency,
            reported,
            word,
            paid_at: text(&fields.paid_at).and_then(|at| Moment::parse(&at).ok()),
            raw: String::new(),
        }
    }

    fn seen_with_raw(&self, answer: &Value) -> Seen {
        let mut raw = answer.to_string();
        raw.truncate(raw.floor_char_boundary(RAW_KEPT));
        Seen { raw, ..self.seen(answer, &self.settings.session) }
    }
}

/// One or several, parted by spaces or commas: while secrets rotate both the old and the new one hold.
fn webhook_secrets(text: &str) -> Result<Vec<signature::Secret>, BadSettings> {
    let bad = || BadSettings("the secret `webhook_secret` is not base64, with or without whsec_ before it".to_owned());
    let secrets = text.split([' ', ',']).filter(|secret| !secret.is_empty());
    secrets.map(|secret| signature::Secret::parse(secret).ok_or_else(bad)).collect()
}

/// A stranger's id as one segment of a path: it cannot lead anywhere else.
fn path_segment(id: &str) -> String {
    id.bytes().fold(String::with_capacity(id.len()), |mut segment, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'~') {
            segment.push(char::from(byte));
        } else {
            segment.push_str(&format!("%{byte:02X}"));
        }
        segment
    })
}

fn inexact(_: MoneyError) -> Fault {
    Fault::Refused { status: 0, text: "the sum has more digits than the provider counts in".to_owned() }
}

#[async_trait]
impl Provider for Vpos {
    fn about(&self) -> About {
        About {
            currencies: vec![Currency::Amd],
            refund: if self.settings.refund_path.is_some() {
                RefundWay::Api { keyed: self.settings.refund_keyed }
            } else {
                RefundWay::ByHand
            },
            callback: if self.settings.signature.is_some() { CallbackWay::Signed } else { CallbackWay::None },
            look_ups: self.settings.look_ups.clone(),
        }
    }

    async fn begin(&self, begin: &Begin) -> Result<Begun, Fault> {
        let body = json!({
            "merchantOrderId": begin.merchant_order_id,
            "amountMinor": begin.amount.to_units(self.exponent(begin.amount.currency)).map_err(inexact)?,
            "currency": begin.amount.currency,
            "provider": self.settings.provider_route,
            "returnUrl": begin.return_url,
            "metadata": { "source": "khanut", "language": begin.lang },
        });
        let request = self.http.post(self.url(&self.settings.create_path, ""));
        let answer = self.ask(request.header("Idempotency-Key", &begin.attempt_key).json(&body)).await?;
        let fields = &self.settings.session;
        let text = |pointer: &str| answer.pointer(pointer).and_then(Value::as_str);
        let (Some(reference), Some(checkout_url)) = (text(&fields.id), text(&fields.checkout_url)) else {
            return Err(Fault::Unreadable("the answer has no session id or checkout address".to_owned()));
        };
        if reference.len() > REFERENCE_BYTES || reference.bytes().all(|byte| byte == b'.') {
            return Err(Fault::Unreadable("the session id is empty, too long, or only dots".to_owned()));
        }
        if !checkout_url.starts_with("https://") && !checkout_url.starts_with("http://") {
            return Err(Fault::Unreadable("the checkout address is not a web address".to_owned()));
        }
        Ok(Begun {
            reference: reference.to_owned(),
            checkout_url: checkout_url.to_owned(),
            expires_at: text(&fields.expires_at).and_then(|at| Moment::parse(at).ok()),
        })
    }

    async fn status(&self, reference: &Reference) -> Result<Seen, Fault> {
        let request = self.http.get(self.url(&self.settings.status_path, &reference.reference));
        Ok(self.seen_with_raw(&self.ask(request).await?))
    }

    async fn refund(&self, reference: &Reference, amount: Money, key: &str) -> Result<Seen, Fault> {
        let by_hand = || Fault::Refused { status: 0, text: "this account has no refund by API".to_owned() };
        let path = self.settings.refund_path.as_ref().ok_or_else(by_hand)?;
        let units = amount.to_units(self.exponent(amount.currency)).map_err(inexact)?;
        let request = self.http.post(self.url(path, &reference.reference));
        let body = json!({ "amountMinor": units, "currency": amount.currency });
        Ok(self.seen_with_raw(&self.ask(request.header("Idempotency-Key", key).json(&body)).await?))
    }

    /// `GET /v1/capabilities` answers 401 to a wrong key (public documentation of VPOS.am).
    async fn check(&self) -> Result<(), Fault> {
        self.ask(self.http.get(self.url(&self.settings.capabilities_path, ""))).await.map(|_| ())
    }

    fn read_callback(&self, raw: &RawHttp<'_>, now: Moment) -> Result<Verified<Callback>, Refused> {
        let scheme = self.settings.signature.as_ref();
        let scheme = scheme.ok_or(Refused::BadSignature("no signature scheme is set for this account"))?;
        let id = signature::verify(&self.webhook_secrets, &self.headers, raw, now, scheme.tolerance_seconds)?;
        let body: Value = serde_json::from_slice(raw.body).map_err(|error| Refused::Unreadable(error.to_string()))?;
        let seen = self.seen(&body, &self.settings.webhook);
        if seen.reference.is_none() && seen.merchant_order_id.is_none() {
            return Err(Refused::Unreadable("it names no payment".to_owned()));
        }
        let external_id = body.get("id").and_then(Value::as_str).filter(|id| id.len() <= 255).unwrap_or(id);
        Ok(Verified(Callback { external_id: external_id.to_owned(), seen }))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn secrets() -> Secrets {
        let secrets = [("token", "t"), ("webhook_secret", "whsec_ZGVtbw==")];
        Secrets::new(secrets.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect::<BTreeMap<_, _>>())
    }

    fn adapter(change: impl FnOnce(&mut VposSettings)) -> Result<Vpos, BadSettings> {
        let mut settings = VposSettings::assumed("http://127.0.0.1:1");
        change(&mut settings);
        Vpos::new(&serde_json::to_value(settings).unwrap(), &secrets(), http::http_client())
    }

    #[test]
    fn nothing_is_guessed() {
        assert!(adapter(|_| ()).is_ok());
        assert!(adapter(|s| s.amd_exponent = None).is_err());
        for elsewhere in ["http://api.vpos.am", "http://127.0.0.1:1@api.vpos.am", "https://api.vpos.am/", "api.vpos.am"]
        {
            assert!(adapter(|s| s.base_url = elsewhere.to_owned()).is_err(), "{elsewhere}");
        }
        assert!(
            Vpos::new(
                &json!({ "base_url": "https://a", "amd_exponent": 2, "typo": 1 }),
                &secrets(),
                http::http_client()
            )
            .is_err()
        );
        assert!(!format!("{:?}", secrets()).contains("ZGVtbw"));
        assert!(adapter(|s| s.amd_exponent = Some(1)).is_err());
        assert!(adapter(|s| s.status_path = "/v1/status".to_owned()).is_err());
        assert!(adapter(|s| s.webhook.status = "data.status".to_owned()).is_err());
        assert!(webhook_secrets("whsec_ZGVtbw==, bmV3").is_ok_and(|secrets| secrets.len() == 2));
        assert!(webhook_secrets("whsec_ZGVtbw== not-base64!").is_err(), "a typed-wrong secret is not passed over");
    }

    #[test]
    fn an_id_stays_one_segment_of_the_path() {
        let vpos = adapter(|_| ()).unwrap();
        let url = vpos.url(&vpos.settings.status_path, "../v1/capabilities?x=ps_1");
        assert_eq!(url, "http://127.0.0.1:1/v1/payment-sessions/%2E%2E%2Fv1%2Fcapabilities%3Fx%3Dps_1");
    }

    #[test]
    fn without_a_scheme_nothing_is_believed() {
        let vpos = adapter(|s| s.signature = None).unwrap();
        let raw = RawHttp { headers: &[], body: br#"{"data":{"status":"paid","sessionId":"s"}}"# };
        assert!(matches!(vpos.read_callback(&raw, Moment(0)), Err(Refused::BadSignature(_))));
    }

    #[test]
    fn an_unknown_word_means_unknown_and_sums_are_exact() {
        let vpos = adapter(|s| s.amd_exponent = Some(0)).unwrap();
        let body = json!({ "data": { "status": "PAID", "amountMinor": 15_000, "currency": "AMD", "sessionId": "s" } });
        let seen = vpos.seen(&body, &vpos.settings.webhook);
        assert_eq!((seen.reported, seen.amount_minor), (Reported::Paid, Some(1_500_000)));
        let body = json!({ "data": { "status": "authorised", "amountMinor": 15_000.5, "currency": "AMD" } });
        let seen = vpos.seen(&body, &vpos.settings.webhook);
        assert_eq!((seen.reported, seen.amount_minor), (Reported::Unknown, None));
    }
}
