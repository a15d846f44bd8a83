//! `/endpoints`: the merchant's own addresses that receive our webhooks.

use axum::{
    Extension, Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use domain::{EndpointId, role::Permission};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    deliveries::{Delivery, shown},
    document::{event_types, page_limit},
    guard::{Caller, HoldsSecret},
    input::{Body, Id, Params},
    problem::Problem,
    wire::{Page, limit, parsed},
};
use crate::{
    endpoints::{self, Changes},
    services::Services,
};

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Endpoint {
    #[schema(example = "end_01kb2y6m5d3q0w9v8r7t6s5e4x")]
    id: String,
    url: String,
    label: String,
    /// The types of events it is told of; empty: all.
    #[schema(schema_with = event_types)]
    events: Vec<String>,
    active: bool,
    /// Signs what is sent, as in the Standard Webhooks specification. Null for a key without the scope `edit_endpoints`.
    #[schema(example = "whsec_ZGVtby1kZW1vLWRlbW8tZGVtby1kZW1vLWRlbW8h")]
    secret: Option<String>,
    created_at: String,
}

/// In lists the secrets are left out.
fn render(endpoint: endpoints::Endpoint, secret: Option<String>) -> Endpoint {
    Endpoint {
        events: endpoint.events(),
        id: endpoint.id.into(),
        url: endpoint.url,
        label: endpoint.label,
        active: endpoint.active,
        secret,
        created_at: endpoint.created_at.rfc3339(),
    }
}

/// With its secret, for who may read it.
fn whole(services: &Services, caller: &Caller, endpoint: endpoints::Endpoint) -> Result<Endpoint, Problem> {
    let may = caller.actor.may(Permission::EditEndpoints);
    let secret = may.then(|| endpoints::secret(services, &caller.actor, &endpoint)).transpose()?;
    Ok(render(endpoint, secret))
}

/// An answer that is kept sealed.
fn sealed(status: StatusCode, endpoint: Endpoint) -> Response {
    (status, Extension(HoldsSecret), Json(endpoint)).into_response()
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct ListQuery {
    #[param(schema_with = page_limit)]
    limit: Option<u64>,
    cursor: Option<String>,
}

/// Endpoints, newest first; without their secrets.
#[utoipa::path(get, path = "/endpoints", tag = "Endpoints", params(ListQuery), responses(
    (status = 200, body = Page<Endpoint>), (status = 422, body = Problem)))]
pub(super) async fn list(
    State(services): State<Services>,
    caller: Caller,
    Params(query): Params<ListQuery>,
) -> Result<Json<Page<Endpoint>>, Problem> {
    let limit = limit(query.limit)?;
    let before = parsed::<EndpointId>("cursor", query.cursor.as_deref())?;
    let rows = endpoints::page(&services, &caller.actor, &caller.merchant, before.as_ref(), limit + 1).await?;
    Ok(Json(Page::of(rows, limit, |endpoint| endpoint.id.to_string(), |endpoint| render(endpoint, None))))
}

/// One endpoint, with its secret.
#[utoipa::path(get, path = "/endpoints/{id}", tag = "Endpoints", params(("id" = String, Path)), responses(
    (status = 200, body = Endpoint), (status = 404, body = Problem)))]
pub(super) async fn get(
    State(services): State<Services>,
    caller: Caller,
    Id(id): Id<EndpointId>,
) -> Result<Json<Endpoint>, Problem> {
    let endpoint = endpoints::get(&services, &caller.actor, &caller.merchant, &id).await?;
    Ok(Json(whole(&services, &caller, endpoint)?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "url": "https://shop.example.am/khanut", "events": ["payment.paid", "refund.succeeded"] }))]
pub(super) struct NewEndpoint {
    /// https, and not of an own network.
    url: String,
    #[serde(default)]
    label: String,
    /// Types of events; left out: all.
    #[serde(default)]
    #[schema(schema_with = event_types)]
    events: Vec<String>,
}

/// Adds an endpoint: from now on every event of money is sent to it, signed with the secret in the answer.
#[utoipa::path(post, path = "/endpoints", tag = "Endpoints", request_body = NewEndpoint, responses(
    (status = 201, body = Endpoint), (status = 403, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn create(
    State(services): State<Services>,
    caller: Caller,
    Body(new): Body<NewEndpoint>,
) -> Result<Response, Problem> {
    let NewEndpoint { url, label, events } = new;
    let new = endpoints::NewEndpoint { url, label, events, made_by: caller.cause.clone() };
    let made = endpoints::create(&services, &caller.actor, &caller.merchant, new).await?;
    Ok(sealed(StatusCode::CREATED, whole(&services, &caller, made)?))
}

/// What may be changed; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "active": false }))]
pub(super) struct EndpointPatch {
    url: Option<String>,
    label: Option<String>,
    events: Option<Vec<String>>,
    active: Option<bool>,
}

/// Changes an endpoint, or switches it on or off.
#[utoipa::path(patch, path = "/endpoints/{id}", tag = "Endpoints", params(("id" = String, Path)),
    request_body = EndpointPatch, responses(
    (status = 200, body = Endpoint), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn patch(
    State(services): State<Services>,
    caller: Caller,
    Id(id): Id<EndpointId>,
    Body(patch): Body<EndpointPatch>,
) -> Result<Json<Endpoint>, Problem> {
    let EndpointPatch { url, label, events, active } = patch;
    let to = Changes { url, label, events, active };
    let endpoint = endpoints::change(&services, &caller.actor, &caller.merchant, &id, to).await?;
    Ok(Json(whole(&services, &caller, endpoint)?))
}

/// Removes an endpoint; answers it as it was left, switched off.
#[utoipa::path(post, path = "/endpoints/{id}/remove", tag = "Endpoints", params(("id" = String, Path)), responses(
    (status = 200, body = Endpoint), (status = 404, body = Problem)))]
pub(super) async fn remove(
    State(services): State<Services>,
    caller: Caller,
    Id(id): Id<EndpointId>,
) -> Result<Json<Endpoint>, Problem> {
    Ok(Json(render(endpoints::remove(&services, &caller.actor, &caller.merchant, &id).await?, None)))
}

/// Makes the secret anew; for a day both sign what is sent.
#[utoipa::path(post, path = "/endpoints/{id}/renew-secret", tag = "Endpoints", params(("id" = String, Path)), responses(
    (status = 200, body = Endpoint), (status = 404, body = Problem)))]
pub(super) async fn renew_secret(
    State(services): State<Services>,
    caller: Caller,
    Id(id): Id<EndpointId>,
) -> Result<Response, Problem> {
    let endpoint = endpoints::renew_secret(&services, &caller.actor, &caller.merchant, &id).await?;
    Ok(sealed(StatusCode::OK, whole(&services, &caller, endpoint)?))
}

/// Sends an event of the type `endpoint.test`; its delivery says what came of it.
#[utoipa::path(post, path = "/endpoints/{id}/test", tag = "Endpoints", params(("id" = String, Path)), responses(
    (status = 201, body = Delivery), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(super) async fn test(
    State(services): State<Services>,
    caller: Caller,
    Id(id): Id<EndpointId>,
) -> Result<(StatusCode, Json<Delivery>), Problem> {
    let sent = endpoints::test(&services, &caller.actor, &caller.merchant, &id).await?;
    let sent = endpoints::delivery(&services.db, &caller.merchant, &sent).await?;
    Ok((StatusCode::CREATED, Json(shown(sent))))
}
