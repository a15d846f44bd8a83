//! The provider's webhooks: signed, retried while refused, as mischievous as the switches say, and all of them noted.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::Moment;
use providers::signature::Secret;
use serde::Deserialize;
use serde_json::{Value, json};

use super::state::{Session, Status};
use crate::random_id;

/// Tries of one delivery, the first wait between two, doubled each time, and the longest.
const TRIES: usize = 10;
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// Seconds that "send late" means where nothing is said.
pub(super) const LATE: u16 = 20;
/// Deliveries that are remembered.
const REMEMBERED: usize = 500;

/// What goes wrong on purpose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the checkout page")]
pub struct Mischief {
    pub send_twice: bool,
    pub send_late: bool,
    /// Seconds; else twenty.
    pub late_seconds: Option<u16>,
    pub out_of_order: bool,
    pub wrong_amount: bool,
    pub wrong_currency: bool,
    pub bad_signature: bool,
    pub never_send: bool,
}

impl Mischief {
    fn delay(self) -> Duration {
        let seconds = if self.send_late { self.late_seconds.unwrap_or(LATE) } else { 0 };
        Duration::from_secs(seconds.into())
    }
}

/// A webhook that was sent, or is being sent.
#[derive(Clone, Debug)]
pub struct Delivery {
    pub event: String,
    pub session: String,
    /// The status it tells.
    pub word: String,
    pub at: Moment,
    /// What each try was answered; `None`: no answer.
    pub answers: Vec<Option<u16>>,
}

#[derive(Default)]
struct Log {
    newest: u64,
    deliveries: VecDeque<(u64, Delivery)>,
}

#[derive(Clone)]
pub(super) struct Sender {
    secret: Option<Secret>,
    http: reqwest::Client,
    log: Arc<Mutex<Log>>,
}

/// An answer to one try, and how long the merchant asks to wait.
struct Answer {
    status: u16,
    retry_after: Option<Duration>,
}

impl Sender {
    pub(super) fn new(secret: &str) -> Self {
        Self { secret: Secret::parse(secret), http: providers::http_client(), log: Arc::default() }
    }

    /// The newest deliveries, newest first.
    pub(super) fn deliveries(&self) -> Vec<Delivery> {
        self.log().deliveries.iter().rev().map(|(_, delivery)| delivery.clone()).collect()
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the merchant, in a task of its own.
    pub(super) fn announce(&self, url: String, session: Session, mischief: Mischief, now: Moment) {
        if mischief.never_send {
            return;
        }
        let sender = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(mischief.delay()).await;
            let told = event(&session, session.status, mischief, now);
            sender.deliver(&url, &told, mischief, now).await;
            if mischief.send_twice {
                sender.deliver(&url, &told, mischief, now).await;
            }
            if mischief.out_of_order {
                let stale = event(&session, Status::Pending, mischief, now);
                sender.deliver(&url, &stale, mischief, now).await;
            }
        });
    }

    async fn deliver(&self, url: &str, event: &Value, mischief: Mischief, now: Moment) {
        let text = |pointer| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (id, body) = (text("/id"), event.to_string());
        let place = self.open(Delivery {
            event: id.clone(),
            session: text("/data/sessionId"),
            word: text("/data/status"),
            at: now,
            answers: Vec::new(),
        });
        let mut wait = FIRST_WAIT;
        for _ in 0..TRIES {
            let answer = self.post(url, &id, &body, mischief).await;
            self.note(place, answer.as_ref().map(|answer| answer.status));
            match &answer {
                Some(Answer { status: 200..=299, .. }) => return,
                // Signed wrongly on purpose: the refusal is the point.
                Some(Answer { status: 400..=499, .. }) if mischief.bad_signature => return,
                _ => {}
            }
            let asked = answer.and_then(|answer| answer.retry_after).unwrap_or_default();
            tokio::time::sleep(wait.max(asked).min(LONGEST_WAIT)).await;
            wait *= 2;
        }
        tracing::warn!(event = %id, "the sandbox provider gave up on a webhook");
    }

    fn open(&self, delivery: Delivery) -> u64 {
        let mut log = self.log();
        log.newest += 1;
        let place = log.newest;
        log.deliveries.push_back((place, delivery));
        if log.deliveries.len() > REMEMBERED {
            log.deliveries.pop_front();
        }
        place
    }

    fn note(&self, place: u64, answer: Option<u16>) {
        let mut log = self.log();
        // The newest stand at the end; one that is forgotten already is not noted.
        if let Some((_, delivery)) = log.deliveries.iter_mut().rev().find(|(known, _)| *known == place) {
            delivery.answers.push(answer);
        }
    }

    async fn post(&self, url: &str, id: &str, body: &str, mischief: Mischief) -> Option<Answer> {
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
        let response = request.send().await.ok()?;
        let seconds = response.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
        Some(Answer { status: response.status().as_u16(), retry_after: seconds.map(Duration::from_secs) })
    }
}

/// Signatures are timed by the wall clock, as a stranger's are.
#[expect(clippy::disallowed_methods, reason = "the sandbox is a stranger with a clock of its own")]
pub(super) fn unix_seconds() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

fn event(session: &Session, status: Status, mischief: Mischief, now: Moment) -> Value {
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
            "status": status.word(),
            "paidAt": session.paid_at,
        }
    })
}
