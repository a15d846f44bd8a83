//! `/deliveries`: what was sent to endpoints, and what they answered.

use axum::{Json, extract::State};
use domain::{DeliveryId, EndpointId, OrderId, endpoint::DeliveryState, role::Permission};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::{
    document::{delivery_states, page_limit},
    guard::Caller,
    input::{Id, Params},
    problem::Problem,
    wire::{Page, limit, parsed, time},
};
use crate::{
    endpoints,
    failure::{Failure, Refusal},
    services::Services,
};

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Delivery {
    #[schema(example = "dlv_01kb2y6m5d3q0w9v8r7t6s5e4x")]
    id: String,
    endpoint_id: String,
    #[serde(rename = "type")]
    #[schema(example = "payment.paid")]
    event_type: String,
    /// The number of the journal's entry; null for a test.
    entry_number: Option<i64>,
    order_id: Option<String>,
    payment_id: Option<String>,
    #[schema(schema_with = delivery_states)]
    state: &'static str,
    tries: i64,
    /// The HTTP status of the last answer; null where there was none.
    last_status: Option<i64>,
    /// The beginning of the last answer, or why there was none.
    last_said: Option<String>,
    tried_at: Option<String>,
    delivered_at: Option<String>,
    created_at: String,
}

pub(super) fn shown(delivery: endpoints::Delivery) -> Delivery {
    Delivery {
        id: delivery.id.into(),
        endpoint_id: delivery.endpoint_id.into(),
        event_type: delivery.event_type,
        entry_number: delivery.entry_number,
        order_id: delivery.order_id.map(Into::into),
        payment_id: delivery.payment_id.map(Into::into),
        state: delivery.state.as_str(),
        tries: delivery.tries,
        last_status: delivery.last_status,
        last_said: delivery.last_said,
        tried_at: time(delivery.tried_at),
        delivered_at: time(delivery.delivered_at),
        created_at: delivery.created_at.rfc3339(),
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct ListQuery {
    /// An endpoint's id.
    endpoint: Option<String>,
    /// An order's id.
    order: Option<String>,
    #[param(schema_with = delivery_states)]
    state: Option<String>,
    #[param(schema_with = page_limit)]
    limit: Option<u64>,
    cursor: Option<String>,
}

/// Deliveries, newest first.
#[utoipa::path(get, path = "/deliveries", tag = "Endpoints", params(ListQuery), responses(
    (status = 200, body = Page<Delivery>), (status = 422, body = Problem)))]
pub(super) async fn list(
    State(services): State<Services>,
    caller: Caller,
    Params(query): Params<ListQuery>,
) -> Result<Json<Page<Delivery>>, Problem> {
    let limit = limit(query.limit)?;
    let filter = endpoints::Filter {
        endpoint: parsed::<EndpointId>("endpoint", query.endpoint.as_deref())?,
        order: parsed::<OrderId>("order", query.order.as_deref())?,
        state: parsed::<DeliveryState>("state", query.state.as_deref())?,
        before: parsed::<DeliveryId>("cursor", query.cursor.as_deref())?,
    };
    let rows = endpoints::deliveries(&services, &caller.actor, &caller.merchant, &filter, limit + 1).await?;
    Ok(Json(Page::of(rows, limit, |delivery| delivery.id.to_string(), shown)))
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WholeDelivery {
    #[serde(flatten)]
    delivery: Delivery,
    /// The header `webhook-id`: the same at each try.
    webhook_id: String,
    /// What is sent, signed.
    #[schema(value_type = Object)]
    body: Value,
}

/// One delivery, with what is sent.
#[utoipa::path(get, path = "/deliveries/{id}", tag = "Endpoints", params(("id" = String, Path)), responses(
    (status = 200, body = WholeDelivery), (status = 404, body = Problem)))]
pub(super) async fn get(
    State(services): State<Services>,
    caller: Caller,
    Id(id): Id<DeliveryId>,
) -> Result<Json<WholeDelivery>, Problem> {
    if !caller.actor.may(Permission::SeeWebhooks) {
        return Err(Refusal::forbidden().into());
    }
    let delivery = endpoints::delivery(&services.db, &caller.merchant, &id).await?;
    let (webhook_id, body) = endpoints::body(&services.db, &delivery).await?;
    let body = serde_json::from_str(&body).map_err(Failure::from)?;
    Ok(Json(WholeDelivery { delivery: shown(delivery), webhook_id, body }))
}

/// Sends a delivery once more, under the same `webhook-id`.
#[utoipa::path(post, path = "/deliveries/{id}/resend", tag = "Endpoints", params(("id" = String, Path)), responses(
    (status = 200, body = Delivery), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(super) async fn resend(
    State(services): State<Services>,
    caller: Caller,
    Id(id): Id<DeliveryId>,
) -> Result<Json<Delivery>, Problem> {
    Ok(Json(shown(endpoints::again(&services, &caller.actor, &caller.merchant, &id).await?)))
}
