//! The provider's webhooks: signed, retried while refused, and as mischievous as the switches say.

use std::time::Duration;

use domain::Moment;
use providers::signature::Secret;
use serde::Deserialize;
use serde_json::{Value, json};

use super::state::{Session, Status};
use crate::random_id;

/// Tries of one delivery.
const TRIES: u32 = 10;
const LATE: Duration = Duration::from_secs(20);

/// What goes wrong on purpose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the checkout page")]
pub struct Mischief {
    pub send_twice: bool,
    pub send_late: bool,
    pub out_of_order: bool,
    pub wrong_amount: bool,
    pub wrong_currency: bool,
    pub bad_signature: bool,
    pub never_send: bool,
}

#[derive(Clone)]
pub(super) struct Sender {
    secret: Option<Secret>,
    http: reqwest::Client,
}

impl Sender {
    pub(super) fn new(secret: &str) -> Self {
        Self { secret: Secret::parse(secret), http: providers::http_client() }
    }

    /// Tells the merchant, in a task of its own.
    pub(super) fn announce(&self, url: String, session: Session, mischief: Mischief, now: Moment) {
        if mischief.never_send {
            return;
        }
        let sender = self.clone();
        tokio::spawn(async move {
            if mischief.send_late {
                tokio::time::sleep(LATE).await;
            }
            let event = event(&session, session.status, mischief, now);
            sender.deliver(&url, &event, mischief).await;
            if mischief.send_twice {
                sender.deliver(&url, &event, mischief).await;
            }
            if mischief.out_of_order {
                let stale = event_with_word(&session, Status::Pending.word(), mischief, now);
                sender.deliver(&url, &stale, mischief).await;
            }
        });
    }

    async fn deliver(&self, url: &str, event: &Value, mischief: Mischief) {
        let id = event["id"].as_str().unwrap_or_default().to_owned();
        let body = event.to_string();
        let mut wait = Duration::from_millis(500);
        for _ in 0..TRIES {
            match self.post(url, &id, &body, mischief).await {
                Some(status) if (200..300).contains(&status) => return,
                // Signed wrongly on purpose: the refusal is the point.
                Some(400..=499) if mischief.bad_signature => return,
                _ => {}
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(Duration::from_secs(60));
        }
        tracing::warn!(event = %id, "the sandbox provider gave up on a webhook");
    }

    async fn post(&self, url: &str, id: &str, body: &str, mischief: Mischief) -> Option<u16> {
        let now = unix_seconds();
        let signature = self.secret.as_ref()?.sign(id, now, body.as_bytes());
        let signature = if mischief.bad_signature { signature.replace("v1,", "v1,AAAA") } else { signature };
        let request = self
            .http
            .post(url)
            .header("content-type", "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", now.to_string())
            .header("webhook-signature", signature)
            .body(body.to_owned());
        request.send().await.ok().map(|response| response.status().as_u16())
    }
}

/// Signatures are timed by the wall clock, as a stranger's are.
#[expect(clippy::disallowed_methods, reason = "the sandbox is a stranger with a clock of its own")]
fn unix_seconds() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

fn event(session: &Session, status: Status, mischief: Mischief, now: Moment) -> Value {
    event_with_word(session, status.word(), mischief, now)
}

fn event_with_word(session: &Session, word: &str, mischief: Mischief, now: Moment) -> Value {
    let amount = if mischief.wrong_amount { session.amount_minor / 100 } else { session.amount_minor };
    let currency = if mischief.wrong_currency { "USD" } else { session.currency.as_str() };
    json!({
        "id": random_id("evt_"),
        "type": "payment.status_changed",
        "createdAt": now,
        "data": {
            "sessionId": session.id,
            "merchantOrderId": session.merchant_order_id,
            "amountMinor": amount,
            "currency": currency,
            "status": word,
            "paidAt": session.paid_at,
        }
    })
}
