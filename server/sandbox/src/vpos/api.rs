//! The provider's API: sessions, look-up, capabilities, refunds. Errors are `{"error":{"code","message"}}`.

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Path, Request, State, rejection::JsonRejection},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};
use subtle::ConstantTimeEq;

use super::{
    Trouble, Vpos,
    state::{Created, LIFETIME, Refund, Refunded, Session, Status},
};

/// Longest request, order id, idempotency key and return address, bytes.
const REQUEST: usize = 16 * 1024;
const ORDER_ID: usize = 64;
const KEY: usize = 255;
const RETURN_URL: usize = 2_048;

pub(super) fn routes(vpos: &Vpos) -> Router<Vpos> {
    Router::new()
        .route("/v1/payment-sessions", post(create))
        .route("/v1/payment-sessions/{id}", get(look_up))
        .route("/v1/payment-sessions/{id}/refunds", post(refund))
        .route("/v1/capabilities", get(capabilities))
        .layer(DefaultBodyLimit::max(REQUEST))
        .layer(from_fn_with_state(vpos.clone(), guard))
}

/// `ErrorResponse` of the contract.
struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({ "error": { "code": self.code, "message": self.message } });
        (self.status, Json(body)).into_response()
    }
}

fn error(status: StatusCode, code: &'static str, message: &str) -> Refusal {
    Refusal { status, code, message: message.to_owned() }
}

fn invalid(message: &str) -> Refusal {
    error(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request", message)
}

/// The token first, then the trouble that a test asked for.
async fn guard(State(vpos): State<Vpos>, request: Request, next: Next) -> Response {
    if !allowed(&vpos, request.headers()) {
        return error(StatusCode::UNAUTHORIZED, "unauthorized", "missing or invalid bearer token").into_response();
    }
    match vpos.next_trouble() {
        None | Some(Trouble::Fine) => next.run(request).await,
        Some(Trouble::Answer(status)) => troubled(status),
        Some(Trouble::LoseAnswer) => {
            next.run(request).await;
            troubled(504)
        }
        Some(Trouble::TakeUp) => {
            let mut ids = request.uri().path().split('/').filter(|part| part.starts_with("ps_"));
            let known = ids.next().and_then(|id| vpos.session(id));
            known.map_or_else(|| not_found().into_response(), |session| vpos.shown(&session).into_response())
        }
        Some(Trouble::LeaveOutSum) => spoilt(next.run(request).await, |body| body["refundedMinor"] = Value::Null).await,
        Some(Trouble::OtherSum) => {
            let more =
                |body: &mut Value| body["amountMinor"] = (body["amountMinor"].as_i64().unwrap_or(0) + 100).into();
            spoilt(next.run(request).await, more).await
        }
    }
}

/// An answer that says something else than is true; an error stays as it is.
async fn spoilt(answer: Response, spoil: impl FnOnce(&mut Value)) -> Response {
    let status = answer.status();
    let Ok(bytes) = axum::body::to_bytes(answer.into_body(), REQUEST).await else { return troubled(500) };
    let Ok(mut body) = serde_json::from_slice::<Value>(&bytes) else { return troubled(500) };
    if status.is_success() {
        spoil(&mut body);
    }
    (status, Json(body)).into_response()
}

fn allowed(vpos: &Vpos, headers: &HeaderMap) -> bool {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given = given.and_then(|value| value.strip_prefix("Bearer "));
    given.is_some_and(|token| bool::from(token.as_bytes().ct_eq(vpos.0.config.token.as_bytes())))
}

fn troubled(status: u16) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = error(status, "on_demand", "this answer was asked for").into_response();
    if matches!(status.as_u16(), 429 | 503) {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
    }
    response
}

fn key_of(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let Some(key) = headers.get("idempotency-key") else { return Ok(None) };
    match key.to_str() {
        Ok(key) if (1..=KEY).contains(&key.len()) => Ok(Some(key.to_owned())),
        _ => Err(invalid("Idempotency-Key must have 1 to 255 plain characters")),
    }
}

fn other_body() -> Refusal {
    error(StatusCode::CONFLICT, "idempotency_conflict", "the key was used for another request")
}

fn not_found() -> Refusal {
    error(StatusCode::NOT_FOUND, "not_found", "no such payment session")
}

type Body = Result<Json<Value>, JsonRejection>;

fn body_of(body: Body) -> Result<Value, Refusal> {
    body.map(|Json(body)| body)
        .map_err(|rejection| error(rejection.status(), "invalid_request", &rejection.body_text()))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Create {
    merchant_order_id: String,
    amount_minor: i64,
    currency: String,
    return_url: String,
}

impl Create {
    fn read(body: &Value) -> Result<Self, Refusal> {
        let asked = Self::deserialize(body).map_err(|_| invalid("a field is missing or of another type"))?;
        let web = asked.return_url.starts_with("https://") || asked.return_url.starts_with("http://");
        if !(1..=ORDER_ID).contains(&asked.merchant_order_id.len()) {
            return Err(invalid("merchantOrderId must have 1 to 64 bytes"));
        }
        if asked.amount_minor <= 0 || asked.currency != "AMD" {
            return Err(invalid("amountMinor must be above zero, and currency AMD"));
        }
        if !web || asked.return_url.len() > RETURN_URL {
            return Err(invalid("returnUrl must be a web address of at most 2048 bytes"));
        }
        Ok(asked)
    }
}

async fn create(State(vpos): State<Vpos>, headers: HeaderMap, body: Body) -> Result<Response, Refusal> {
    let (key, body) = (key_of(&headers)?, body_of(body)?);
    let asked = Create::read(&body)?;
    let now = vpos.now();
    let session = Session {
        id: vpos.session_id(),
        merchant_order_id: asked.merchant_order_id,
        amount_minor: asked.amount_minor,
        currency: asked.currency,
        return_url: asked.return_url,
        status: Status::Pending,
        created_at: now,
        expires_at: now.plus(LIFETIME),
        paid_at: None,
        refunds: Vec::new(),
        key,
        asked: body,
    };
    Ok(match vpos.0.sessions.create(session) {
        Created::New(session) => (StatusCode::CREATED, vpos.shown(&session)).into_response(),
        Created::Known(session) => vpos.shown(&session).into_response(),
        Created::OtherBody => return Err(other_body()),
    })
}

async fn look_up(State(vpos): State<Vpos>, Path(id): Path<String>) -> Result<Json<Value>, Refusal> {
    vpos.session(&id).map(|session| vpos.shown(&session)).ok_or_else(not_found)
}

async fn refund(
    State(vpos): State<Vpos>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, Refusal> {
    let (key, body) = (key_of(&headers)?, body_of(body)?);
    let amount = body.get("amountMinor").and_then(Value::as_i64).ok_or_else(|| invalid("amountMinor is missing"))?;
    if body.get("currency").is_some_and(|currency| currency != "AMD") {
        return Err(invalid("currency must be that of the payment"));
    }
    match vpos.0.sessions.refund(&id, Refund { key, amount_minor: amount }) {
        Refunded::Done(session) => Ok(vpos.shown(&session)),
        Refunded::NoSession => Err(not_found()),
        Refunded::OtherBody => Err(other_body()),
        Refunded::TooMuch => {
            Err(error(StatusCode::UNPROCESSABLE_ENTITY, "not_refundable", "not so much money can be given back"))
        }
    }
}

async fn capabilities() -> Json<Value> {
    let flags = json!({ "paylink": true, "qr": true, "refund": true, "fiscalization": false, "tokenization": false });
    Json(json!({ "providers": [{ "provider": "manual", "capabilities": flags }] }))
}
