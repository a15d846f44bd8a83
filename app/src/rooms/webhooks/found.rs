//! The rows of the webhook log, in words.

use domain::role::Permission;
use serde::Deserialize;
use server::{
    failure::Outcome,
    payments::{self, EventFilter, WebhookEvent},
};

use crate::{
    badge::Badge,
    rooms::{PAGE, paged, place::Place, story::raw_event},
    web::Desk,
};

/// What the log is asked for: the state in its address, as it stands there.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    pub(super) decision: String,
    pub(super) before: String,
}

impl Asked {
    pub(super) fn place(&self) -> Place {
        Place::new(super::PATH, &[("decision", &self.decision)], &self.before)
    }
}

pub struct DeliveryRow {
    pub id: String,
    pub external_id: String,
    pub decision: Badge,
    pub reason: String,
    /// The payment's id and the order's number.
    pub payment: Option<(String, String)>,
    pub when: String,
    pub raw: String,
    pub may_replay: bool,
}

pub struct Found {
    pub rows: Vec<DeliveryRow>,
    pub next: Option<String>,
}

/// A body of 64 KiB in each of fifty rows would be a slow page; the whole stands in the payment's story and in the API.
const SHOWN: usize = 4_000;

pub(super) async fn find(desk: &Desk, asked: &Asked) -> Outcome<Found> {
    let filter =
        EventFilter { decision: asked.decision.parse().ok(), before: asked.before.parse().ok(), payment: None };
    let events = payments::events(&desk.services.db, desk.merchant(), &filter, PAGE as u64 + 1).await?;
    let (events, next) = paged(events, |event| event.id.to_string());
    Ok(Found { rows: events.into_iter().map(|event| shown(desk, event)).collect(), next })
}

fn shown(desk: &Desk, event: WebhookEvent) -> DeliveryRow {
    let badge = Badge::decision(desk.lang, event.decision);
    let raw = raw_event(&event);
    DeliveryRow {
        may_replay: desk.may(Permission::ReplayWebhooks) && event.signature_ok && !event.decision.is_refusal(),
        external_id: event.external_id.unwrap_or_else(|| desk.say("webhooks.no_id")),
        reason: if event.reason.is_empty() { desk.say("story.raw") } else { event.reason },
        payment: event.payment_id.map(|id| (id.to_string(), desk.say("webhooks.open_payment"))),
        when: desk.when(event.received_at),
        raw: raw.chars().take(SHOWN).collect(),
        decision: badge,
        id: event.id.to_string(),
    }
}
