//! The merchant API, version 1: parse, call a verb, render. The OpenAPI document is made from the same code.

mod deliveries;
mod docs;
mod document;
mod endpoints;
mod guard;
mod input;
mod journal;
mod links;
mod orders;
mod payments;
mod problem;
mod products;
mod refunds;
mod slots;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod variants;
mod webhooks;
mod wire;

use axum::{Router, extract::DefaultBodyLimit, middleware::from_fn_with_state, routing::get};
use domain::limits;
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::services::Services;

fn described() -> OpenApiRouter<Services> {
    OpenApiRouter::with_openapi(document::Document::openapi())
        .routes(routes!(products::list, products::create))
        .routes(routes!(products::get, products::patch))
        .routes(routes!(variants::create))
        .routes(routes!(slots::list, slots::create))
        .routes(routes!(slots::remove))
        .routes(routes!(links::list, links::create))
        .routes(routes!(links::get, links::patch))
        .routes(routes!(links::cancel))
        .routes(routes!(orders::list))
        .routes(routes!(orders::get))
        .routes(routes!(payments::list))
        .routes(routes!(payments::get))
        .routes(routes!(payments::check))
        .routes(routes!(refunds::create))
        .routes(routes!(refunds::get))
        .routes(routes!(journal::list))
        .routes(routes!(journal::verify))
        .routes(routes!(webhooks::list))
        .routes(routes!(webhooks::replay))
        .routes(routes!(endpoints::list, endpoints::create))
        .routes(routes!(endpoints::get, endpoints::patch))
        .routes(routes!(endpoints::remove))
        .routes(routes!(endpoints::renew_secret))
        .routes(routes!(endpoints::test))
        .routes(routes!(deliveries::list))
        .routes(routes!(deliveries::get))
        .routes(routes!(deliveries::resend))
}

/// The OpenAPI document.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    document::completed(described().split_for_parts().1)
}

/// To be nested under `/api`.
pub fn routes(services: Services) -> Router {
    let (api, document) = described().split_for_parts();
    let document = document::completed(document);
    let json = document.to_json().unwrap_or_default();
    let docs = docs::routes(&document, &services.url("/api/v1"));
    let guarded = api
        .method_not_allowed_fallback(|| async { problem::method_not_allowed() })
        .layer(from_fn_with_state(guard::Guard::new(services.clone()), guard::guard))
        .layer(DefaultBodyLimit::max(limits::API_BODY_BYTES))
        .with_state(services);
    Router::new()
        .route("/v1/openapi.json", get(move || async move { ([("content-type", "application/json")], json) }))
        .nest("/v1", guarded)
        .merge(docs)
        .fallback(|| async { problem::not_found() })
}
