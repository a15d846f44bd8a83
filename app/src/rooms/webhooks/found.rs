//! The rows of the webhook log, in words.

use std::collections::HashMap;

use domain::{EventId, payment::Decision, role::Permission};
use serde::Deserialize;
use server::{
    failure::Outcome,
    payments::{self, EventFilter, WebhookEvent},
};

use crate::{
    badge::Badge,
    rooms::{
        PAGE, numbered, paged,
        place::Place,
        story::{Known, Raw, raw_event, why},
    },
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

pub(super) struct DeliveryRow {
    pub(super) id: String,
    pub(super) external_id: String,
    pub(super) decision: Badge,
    pub(super) reason: String,
    /// The payment's id, and what its order is called.
    pub(super) payment: Option<(String, String)>,
    pub(super) when: String,
    pub(super) may_replay: bool,
}

/// One delivery, whole.
pub(super) struct One {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) decision: Badge,
    pub(super) reason: String,
    pub(super) known: Vec<Known>,
    pub(super) raws: Vec<Raw>,
    pub(super) may_replay: bool,
}

pub(super) struct Found {
    pub(super) rows: Vec<DeliveryRow>,
    pub(super) next: Option<String>,
}

pub(super) async fn find(desk: &Desk, asked: &Asked) -> Outcome<Found> {
    let filter =
        EventFilter { decision: asked.decision.parse().ok(), before: asked.before.parse().ok(), payment: None };
    let events = payments::events(&desk.services.db, desk.merchant(), &filter, PAGE as u64 + 1).await?;
    let (events, next) = paged(events, |event| event.id.to_string());
    let paid = events.iter().filter_map(|event| event.payment_id.clone()).collect();
    let names = numbered::names(desk, paid, Vec::new()).await?;
    Ok(Found { rows: events.into_iter().map(|event| shown(desk, &names, event)).collect(), next })
}

fn shown(desk: &Desk, names: &HashMap<String, String>, event: WebhookEvent) -> DeliveryRow {
    let badge = Badge::decision(desk.lang, event.decision);
    DeliveryRow {
        // What took effect is weighed anew on its own page, if ever.
        may_replay: may_replay(desk, &event) && !matches!(event.decision, Decision::Applied | Decision::Duplicate),
        external_id: event.external_id.clone().unwrap_or_else(|| desk.say("webhooks.no_id")),
        reason: why(desk, &event),
        payment: event.payment_id.and_then(|id| Some((id.to_string(), names.get(id.as_str())?.clone()))),
        when: desk.when(event.received_at),
        decision: badge,
        id: event.id.to_string(),
    }
}

fn may_replay(desk: &Desk, event: &WebhookEvent) -> bool {
    desk.may(Permission::ReplayWebhooks) && event.signature_ok && !event.decision.is_refusal()
}

pub(super) async fn one(desk: &Desk, id: &str) -> Outcome<One> {
    desk.must(Permission::SeeWebhooks)?;
    let (db, merchant) = (&desk.services.db, desk.merchant());
    let event = payments::event(db, merchant, &EventId::parse(id)?).await?;
    let accounts = payments::account_names(db, merchant).await?;
    let account = accounts.into_iter().find(|(account, _)| *account == event.account_id).map(|(_, name)| name);
    let plain = |key: &str, value: String| Known { label: desk.say(key), value, copy: false, href: None };
    let signed = desk.say(if event.signature_ok { "webhooks.signed" } else { "webhooks.not_signed" });
    let mut known = vec![
        plain("webhooks.received", desk.at_second(event.received_at)),
        plain("fact.account", account.unwrap_or_default()),
        plain("webhooks.signature", signed),
        plain("webhooks.size", event.body.len().to_string()),
    ];
    if let Some(payment) = &event.payment_id {
        let payment = payments::get(db, merchant, payment).await?;
        let href = Some(["/payments/", payment.id.as_str()].concat());
        known.push(Known { href, ..plain("webhooks.payment", payment.merchant_order_id) });
    }
    known.push(Known { copy: true, ..plain("webhooks.id", event.id.to_string()) });
    Ok(One {
        may_replay: may_replay(desk, &event),
        decision: Badge::decision(desk.lang, event.decision),
        raws: raw_event(&event),
        reason: why(desk, &event),
        title: event.external_id.unwrap_or_else(|| desk.say("webhooks.no_id")),
        known,
        id: event.id.to_string(),
    })
}
