//! The merchant API, version 1: parse, call a verb, render. The OpenAPI document is made from the same code.

mod docs;
mod guard;
mod input;
mod journal;
mod links;
mod orders;
mod payments;
mod problem;
mod products;
mod webhooks;
mod wire;

use axum::{Router, extract::DefaultBodyLimit, middleware::from_fn_with_state, routing::get};
use domain::limits;
use utoipa::{
    Modify, OpenApi,
    openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::services::Services;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Khanut merchant API",
        version = "1",
        description = "Payment links, orders, payments and the journal of one merchant. Money is an integer of minor units with an ISO 4217 currency; times are RFC 3339 in UTC; lists are keyset pages.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    servers((url = "/api/v1")),
    modifiers(&Bearer),
    security(("api_key" = [])),
)]
struct Document;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("An API key of the merchant: `Authorization: Bearer kh_…`"))
            .build();
        let components = document.components.get_or_insert_with(Default::default);
        components.add_security_scheme("api_key", SecurityScheme::Http(scheme));
    }
}

fn described() -> OpenApiRouter<Services> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(products::list, products::create))
        .routes(routes!(products::get, products::patch))
        .routes(routes!(links::list, links::create))
        .routes(routes!(links::get, links::patch))
        .routes(routes!(links::cancel))
        .routes(routes!(orders::list))
        .routes(routes!(orders::get))
        .routes(routes!(payments::list))
        .routes(routes!(payments::get))
        .routes(routes!(payments::check))
        .routes(routes!(journal::list))
        .routes(routes!(journal::verify))
        .routes(routes!(webhooks::list))
        .routes(routes!(webhooks::replay))
}

/// The OpenAPI document.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    described().split_for_parts().1
}

/// To be nested under `/api`.
pub fn routes(services: Services) -> Router {
    let (api, document) = described().split_for_parts();
    let json = document.to_json().unwrap_or_default();
    let guarded = api
        .method_not_allowed_fallback(|| async { problem::method_not_allowed() })
        .layer(from_fn_with_state(guard::Guard::new(services.clone()), guard::guard))
        .layer(DefaultBodyLimit::max(limits::API_BODY_BYTES))
        .with_state(services);
    Router::new()
        .route("/v1/openapi.json", get(move || async move { ([("content-type", "application/json")], json) }))
        .nest("/v1", guarded)
        .merge(docs::routes(document))
        .fallback(|| async { problem::not_found() })
}
