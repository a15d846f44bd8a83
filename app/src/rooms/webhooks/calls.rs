//! The webhook log, asked from the server, and the weighing of a delivery again.

use leptos::{prelude::*, server_fn::codec::Json};
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use crate::badge::Badge;
use crate::{error::AppError, wire::Wire};

/// What the log is asked for: the state in its address, as it stands there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    pub decision: String,
    pub before: String,
}

#[cfg(feature = "ssr")]
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

#[cfg(feature = "ssr")]
pub struct Found {
    pub rows: Vec<DeliveryRow>,
    pub next: Option<String>,
}

#[server(prefix = "/fn", endpoint = "webhooks", input = Json)]
pub async fn find_deliveries(asked: Asked) -> Result<Wire, AppError> {
    use domain::role::Permission;

    use crate::web::desk;

    let may_replay = desk().await?.actor.may(Permission::ReplayWebhooks);
    Ok(Wire::html(super::shown::list(server_side::find(&asked).await?, &asked, may_replay)))
}

#[server(prefix = "/fn", endpoint = "webhooks/replay", input = Json)]
pub async fn replay_delivery(id: String) -> Result<Wire, AppError> {
    Wire::of(&server_side::replay(&id).await?)
}

#[cfg(feature = "ssr")]
mod server_side {
    use domain::EventId;
    use server::{
        failure::Failure,
        payments::{self, EventFilter, WebhookEvent},
    };

    use super::{Asked, DeliveryRow, Found};
    use crate::{
        badge::Badge,
        error::AppError,
        rooms::{PAGE, paged, story::raw_event},
        web::{Desk, desk},
    };

    /// A body of 64 KiB in each of fifty rows would be a slow page; the whole stands in the payment's story and in the API.
    const SHOWN: usize = 4_000;

    pub(super) async fn find(asked: &Asked) -> Result<Found, AppError> {
        let desk = desk().await?;
        let filter =
            EventFilter { decision: asked.decision.parse().ok(), before: asked.before.parse().ok(), payment: None };
        let events = payments::events(&desk.services.db, desk.merchant(), &filter, PAGE as u64 + 1).await?;
        let (events, next) = paged(events, |event| event.id.to_string());
        Ok(Found { rows: events.into_iter().map(|event| shown(&desk, event)).collect(), next })
    }

    fn shown(desk: &Desk, event: WebhookEvent) -> DeliveryRow {
        let badge = Badge::decision(desk.lang, event.decision);
        let raw = raw_event(&event);
        DeliveryRow {
            may_replay: event.signature_ok && !event.decision.is_refusal(),
            external_id: event.external_id.unwrap_or_else(|| desk.say("webhooks.no_id")),
            reason: if event.reason.is_empty() { desk.say("story.raw") } else { event.reason },
            payment: event.payment_id.map(|id| (id.to_string(), desk.say("webhooks.open_payment"))),
            when: desk.when(event.received_at),
            raw: raw.chars().take(SHOWN).collect(),
            decision: badge,
            id: event.id.to_string(),
        }
    }

    pub(super) async fn replay(id: &str) -> Result<Badge, AppError> {
        let desk = desk().await?;
        let id = EventId::parse(id).map_err(Failure::from)?;
        let receipt = payments::replay(&desk.services, &desk.actor, desk.merchant(), &id).await?;
        Ok(Badge::decision(desk.lang, receipt.decision))
    }
}
