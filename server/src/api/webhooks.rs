//! `/webhook-events`: what providers sent, and what was decided.

use axum::{Json, extract::State};
use domain::{EventId, PaymentId, payment::Decision, role::Permission};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    document::{decisions, page_limit},
    guard::Caller,
    input::{Id, Params},
    problem::Problem,
    wire::{Page, limit, parsed},
};
use crate::{
    failure::Refusal,
    payments::{self, EventFilter},
    services::Services,
};

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WebhookEvent {
    #[schema(example = "evt_01kb2y6m5d3q0w9v8r7t6s5e4x")]
    id: String,
    provider_account_id: String,
    /// The provider's own id of the event; null for a delivery that was refused.
    external_id: Option<String>,
    received_at: String,
    signature_ok: bool,
    #[schema(schema_with = decisions)]
    decision: &'static str,
    reason: String,
    payment_id: Option<String>,
}

fn render(event: payments::WebhookEvent) -> WebhookEvent {
    WebhookEvent {
        id: event.id.into(),
        provider_account_id: event.account_id.into(),
        external_id: event.external_id,
        received_at: event.received_at.rfc3339(),
        signature_ok: event.signature_ok,
        decision: event.decision.as_str(),
        reason: event.reason,
        payment_id: event.payment_id.map(Into::into),
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct ListQuery {
    #[param(schema_with = decisions)]
    decision: Option<String>,
    /// A payment's id.
    payment: Option<String>,
    #[param(schema_with = page_limit)]
    limit: Option<u64>,
    cursor: Option<String>,
}

/// Deliveries, newest first.
#[utoipa::path(get, path = "/webhook-events", tag = "Webhook events", params(ListQuery), responses(
    (status = 200, body = Page<WebhookEvent>), (status = 422, body = Problem)))]
pub(super) async fn list(
    State(services): State<Services>,
    caller: Caller,
    Params(query): Params<ListQuery>,
) -> Result<Json<Page<WebhookEvent>>, Problem> {
    if !caller.actor.may(Permission::SeeWebhooks) {
        return Err(Refusal::forbidden().into());
    }
    let limit = limit(query.limit)?;
    let filter = EventFilter {
        decision: parsed::<Decision>("decision", query.decision.as_deref())?,
        payment: parsed::<PaymentId>("payment", query.payment.as_deref())?,
        before: parsed::<EventId>("cursor", query.cursor.as_deref())?,
    };
    let rows = payments::events(&services.db, &caller.merchant, &filter, limit + 1).await?;
    Ok(Json(Page::of(rows, limit, |event| event.id.to_string(), render)))
}

/// Weighs a kept delivery again.
#[utoipa::path(post, path = "/webhook-events/{id}/replay", tag = "Webhook events", params(("id" = String, Path)), responses(
    (status = 200, body = WebhookEvent), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(super) async fn replay(
    State(services): State<Services>,
    caller: Caller,
    Id(id): Id<EventId>,
) -> Result<Json<WebhookEvent>, Problem> {
    let receipt = payments::replay(&services, &caller.actor, &caller.merchant, &id).await?;
    Ok(Json(render(payments::event(&services.db, &caller.merchant, &receipt.event).await?)))
}
