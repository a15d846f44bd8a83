//! The provider's API: sessions, look-up, capabilities, refunds. Errors are `{"error":{"code","message"}}`.

use axum::{
    Json, Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header::AUTHORIZATION},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};
use subtle::ConstantTimeEq;

use super::{
    Vpos,
    state::{Created, LIFETIME, Session, Status},
};
use crate::random_id;

pub(super) fn routes() -> Router<Vpos> {
    Router::new()
        .route("/v1/payment-sessions", post(create))
        .route("/v1/payment-sessions/{id}", get(look_up))
        .route("/v1/payment-sessions/{id}/refunds", post(refund))
        .route("/v1/capabilities", get(capabilities))
}

fn error(status: StatusCode, code: &str, message: &str) -> Response {
    (status, Json(json!({ "error": { "code": code, "message": message } }))).into_response()
}

fn allowed(vpos: &Vpos, headers: &HeaderMap) -> bool {
    let given =
        headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|v| v.strip_prefix("Bearer "));
    given.is_some_and(|token| bool::from(token.as_bytes().ct_eq(vpos.0.config.token.as_bytes())))
}

fn unauthorized() -> Response {
    error(StatusCode::UNAUTHORIZED, "unauthorized", "missing or invalid bearer token")
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Create {
    merchant_order_id: String,
    amount_minor: i64,
    currency: String,
    return_url: String,
}

async fn create(State(vpos): State<Vpos>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    if !allowed(&vpos, &headers) {
        return unauthorized();
    }
    let Ok(asked) = serde_json::from_value::<Create>(body.clone()) else {
        return error(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request", "a field is missing or of another type");
    };
    if asked.amount_minor <= 0 || asked.currency != "AMD" || asked.merchant_order_id.is_empty() {
        return error(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid_request",
            "amount, currency or order id is not accepted",
        );
    }
    let now = vpos.now();
    let session = Session {
        id: random_id("ps_"),
        merchant_order_id: asked.merchant_order_id,
        amount_minor: asked.amount_minor,
        currency: asked.currency,
        return_url: asked.return_url,
        status: Status::Pending,
        created_at: now,
        expires_at: now.plus(LIFETIME),
        paid_at: None,
        refunded_minor: 0,
    };
    let key = headers.get("idempotency-key").and_then(|value| value.to_str().ok());
    let answer =
        |status, session: &Session| (status, Json(session.to_json(&vpos.checkout_url(&session.id)))).into_response();
    match vpos.0.sessions.create(key, &body, session) {
        Created::New(session) => answer(StatusCode::CREATED, &session),
        Created::Known(session) => answer(StatusCode::OK, &session),
        Created::OtherBody => {
            error(StatusCode::CONFLICT, "idempotency_conflict", "the key was used for another request")
        }
    }
}

async fn look_up(State(vpos): State<Vpos>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    if !allowed(&vpos, &headers) {
        return unauthorized();
    }
    match vpos.session(&id) {
        Some(session) => Json(session.to_json(&vpos.checkout_url(&id))).into_response(),
        None => error(StatusCode::NOT_FOUND, "not_found", "no such payment session"),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Refund {
    amount_minor: i64,
}

async fn refund(
    State(vpos): State<Vpos>,
    headers: HeaderMap,
    Path(id): Path<String>,
    Json(body): Json<Refund>,
) -> Response {
    if !allowed(&vpos, &headers) {
        return unauthorized();
    }
    match vpos.0.sessions.refund(&id, body.amount_minor) {
        Some(session) => Json(session.to_json(&vpos.checkout_url(&id))).into_response(),
        None => error(StatusCode::UNPROCESSABLE_ENTITY, "not_refundable", "not so much money can be given back"),
    }
}

async fn capabilities(State(vpos): State<Vpos>, headers: HeaderMap) -> Response {
    if !allowed(&vpos, &headers) {
        return unauthorized();
    }
    let flags = json!({ "paylink": true, "qr": true, "refund": true, "fiscalization": false, "tokenization": false });
    Json(json!({ "providers": [{ "provider": "manual", "capabilities": flags }] })).into_response()
}
