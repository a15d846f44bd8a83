//! Signatures as in the Standard Webhooks specification: HMAC-SHA256 over `id.timestamp.body`, base64, `v1,`.
//!
//! Checked over the raw bytes, in constant time, before anything is parsed. Several secrets and several signatures are
//! allowed, for rotation. The timestamp may differ by the tolerance both ways. Source: standardwebhooks.com.

use base64::{Engine, engine::general_purpose::STANDARD};
use domain::Moment;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::{RawHttp, Refused};

/// Signatures of one delivery that are looked at: rotation needs two, and more are work for an attacker's sake.
const SIGNATURES: usize = 8;

/// The names of the three headers.
#[derive(Clone, Debug)]
pub struct Headers {
    id: String,
    timestamp: String,
    signature: String,
}

impl Headers {
    /// `webhook-` in the specification; some senders have their own.
    #[must_use]
    pub fn with_prefix(prefix: &str) -> Self {
        let prefix = prefix.to_ascii_lowercase();
        Self {
            id: format!("{prefix}id"),
            timestamp: format!("{prefix}timestamp"),
            signature: format!("{prefix}signature"),
        }
    }
}

/// A webhook secret, `whsec_` and base64.
#[derive(Clone)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// `None` when it is not base64 or empty.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let key = STANDARD.decode(text.strip_prefix("whsec_").unwrap_or(text)).ok()?;
        (!key.is_empty()).then_some(Self(key))
    }

    fn mac(&self, id: &str, timestamp: &str, body: &[u8]) -> Option<Hmac<Sha256>> {
        // HMAC takes keys of every length: this never is None.
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
            mac.update(part);
        }
        Some(mac)
    }

    /// The value of `webhook-signature` for a message.
    #[must_use]
    pub fn sign(&self, id: &str, timestamp_seconds: i64, body: &[u8]) -> String {
        let mac = self.mac(id, &timestamp_seconds.to_string(), body);
        format!("v1,{}", mac.map(|mac| STANDARD.encode(mac.finalize().into_bytes())).unwrap_or_default())
    }

    /// Whether one of the signatures fits; the body is hashed once for all of them.
    fn verifies(&self, id: &str, timestamp: &str, body: &[u8], signatures: &[Vec<u8>]) -> bool {
        let mac = self.mac(id, timestamp, body);
        mac.is_some_and(|mac| signatures.iter().any(|signature| mac.clone().verify_slice(signature).is_ok()))
    }
}

/// Checks a delivery and answers its message id.
///
/// # Errors
/// `BadSignature` when a header is missing or no signature fits, `StaleTimestamp` outside the tolerance (seconds).
pub fn verify<'a>(
    secrets: &[Secret],
    names: &Headers,
    raw: &'a RawHttp<'_>,
    now: Moment,
    tolerance: i64,
) -> Result<&'a str, Refused> {
    let id = raw.header(&names.id).filter(|id| !id.is_empty() && id.len() <= 255);
    let id = id.ok_or(Refused::BadSignature("the header with the message's id is missing"))?;
    let timestamp = raw.header(&names.timestamp);
    let timestamp = timestamp.ok_or(Refused::BadSignature("the header with the timestamp is missing"))?;
    let sent: i64 = timestamp.parse().map_err(|_| Refused::BadSignature("the timestamp is not a number of seconds"))?;
    let signatures = raw.header(&names.signature);
    let signatures = signatures.ok_or(Refused::BadSignature("the header with the signature is missing"))?;
    let signatures: Vec<Vec<u8>> = signatures
        .split(' ')
        .filter_map(|signature| STANDARD.decode(signature.strip_prefix("v1,")?).ok())
        .take(SIGNATURES)
        .collect();
    let fits = secrets.iter().any(|secret| secret.verifies(id, timestamp, raw.body, &signatures));
    // The word of `server::sabotage::Defence::Signature`.
    #[cfg(feature = "sabotage")]
    let fits = fits || std::env::var("KHANUT_TEST_BREAK").is_ok_and(|broken| broken == "signature");
    if !fits {
        return Err(Refused::BadSignature("no signature fits the secret of this account"));
    }
    if sent.saturating_mul(1_000).abs_diff(now.0) > tolerance.unsigned_abs().saturating_mul(1_000) {
        return Err(Refused::StaleTimestamp("the timestamp is further away than the tolerance"));
    }
    Ok(id)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Moment = Moment(1_700_000_000_000);
    const SENT: i64 = 1_700_000_000;

    fn secret() -> Secret {
        Secret::parse("whsec_ZGVtby1kZW1vLWRlbW8tZGVtby1kZW1vLWRlbW8h").unwrap()
    }

    fn check(id: &str, timestamp: &str, signature: &str, body: &[u8]) -> Result<(), Refused> {
        let headers = [("webhook-id", id), ("webhook-timestamp", timestamp), ("webhook-signature", signature)];
        let raw = RawHttp { headers: &headers, body };
        verify(&[secret()], &Headers::with_prefix("webhook-"), &raw, NOW, 300).map(|_| ())
    }

    #[test]
    fn example_of_the_specification() {
        let secret = Secret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signature = secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn every_way_of_being_wrong() {
        let good = secret().sign("evt_1", SENT, b"{}");
        let other = Secret::parse("b3RoZXI=").unwrap().sign("evt_1", SENT, b"{}");
        let late = secret().sign("evt_1", SENT - 301, b"{}");
        let bad = |r: Result<(), Refused>| matches!(r, Err(Refused::BadSignature(_)));
        assert_eq!(check("evt_1", "1700000000", &good, b"{}"), Ok(()));
        assert_eq!(check("evt_1", "1700000000", &format!("{other} {good}"), b"{}"), Ok(()), "rotation");
        assert!(bad(check("evt_1", "1700000000", &other, b"{}")));
        assert!(bad(check("evt_2", "1700000000", &good, b"{}")));
        assert!(bad(check("evt_1", "1700000001", &good, b"{}")));
        assert!(bad(check("evt_1", "1700000000", &good, b"{} ")));
        assert!(bad(check("evt_1", "soon", &good, b"{}")));
        assert!(bad(check("", "1700000000", &good, b"{}")));
        for empty in ["", "v1,", "v1", "v2,abc", &good.replace("v1,", "v1a,"), &good[3..]] {
            assert!(bad(check("evt_1", "1700000000", empty, b"{}")), "{empty}");
        }
        assert!(matches!(check("evt_1", "1699999699", &late, b"{}"), Err(Refused::StaleTimestamp(_))));
        let early = secret().sign("evt_1", SENT + 301, b"{}");
        assert!(matches!(check("evt_1", "1700000301", &early, b"{}"), Err(Refused::StaleTimestamp(_))));
    }

    #[test]
    fn a_missing_header_or_another_prefix_is_no_signature() {
        let good = secret().sign("evt_1", SENT, b"{}");
        let all = [("svix-id", "evt_1"), ("svix-timestamp", "1700000000"), ("svix-signature", &good)];
        let with = |headers: &[(&str, &str)], prefix| {
            let raw = RawHttp { headers, body: b"{}" };
            verify(&[secret()], &Headers::with_prefix(prefix), &raw, NOW, 300).map(|_| ())
        };
        assert_eq!(with(&all, "Svix-"), Ok(()));
        assert!(with(&all, "webhook-").is_err());
        for left_out in 0..3 {
            let mut some = all.to_vec();
            some.remove(left_out);
            assert!(matches!(with(&some, "svix-"), Err(Refused::BadSignature(_))), "{left_out}");
        }
        assert!(matches!(
            verify(&[], &Headers::with_prefix("svix-"), &RawHttp { headers: &all, body: b"{}" }, NOW, 300),
            Err(Refused::BadSignature(_))
        ));
    }

    #[test]
    fn an_old_and_a_new_secret_both_open_while_they_rotate() {
        let new = Secret::parse("bmV3").unwrap();
        let headers = |signature: &'static str| {
            [("webhook-id", "e"), ("webhook-timestamp", "1700000000"), ("webhook-signature", signature)]
        };
        for signer in [&new, &secret()] {
            let signed: &'static str = signer.sign("e", SENT, b"{}").leak();
            let raw_headers = headers(signed);
            let raw = RawHttp { headers: &raw_headers, body: b"{}" };
            assert!(verify(&[secret(), new.clone()], &Headers::with_prefix("webhook-"), &raw, NOW, 300).is_ok());
        }
        let heap = format!("{}{}", "v1,AAAA ".repeat(SIGNATURES), secret().sign("evt_1", SENT, b"{}"));
        assert!(check("evt_1", "1700000000", &heap, b"{}").is_err(), "a heap of signatures is not searched");
    }

    proptest! {
        #[test]
        fn no_altered_byte_passes(body in proptest::collection::vec(any::<u8>(), 1..200), at in any::<usize>(), bit in 0..8_u32) {
            let signature = secret().sign("evt_1", SENT, &body);
            let mut altered = body;
            let index = at % altered.len();
            altered[index] ^= 1 << bit;
            prop_assert!(check("evt_1", "1700000000", &signature, &altered).is_err());
        }
    }
}
