//! What stands before every request of the API: the key, the pace, and the answer to a repeated request.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    body::{Body, to_bytes},
    extract::{FromRequestParts, Request, State},
    http::{HeaderValue, Method, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use domain::{MerchantId, Moment, limits, role::Actor};
use sha2::{Digest, Sha256};

use super::problem::Problem;
use crate::{
    api_keys::{
        self,
        idempotency::{self, Claim, Kept},
    },
    failure::Failure,
    journal::hex,
    services::Services,
};

/// Requests a merchant may make at once, and how many come back each second.
const BURST: i64 = 200;
const PER_SECOND: i64 = 50;
const ANSWER_BYTES: usize = 4 * 1024 * 1024;

/// Who calls.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub(super) merchant: MerchantId,
    pub(super) actor: Actor,
    /// The idempotency key, if one was given: the cause of what is made.
    pub(super) cause: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(unauthorized)
    }
}

fn unauthorized() -> Problem {
    let detail = "Send the header Authorization: Bearer kh_… with a valid API key.";
    Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
}

#[derive(Clone)]
pub(super) struct Guard {
    services: Services,
    /// Thousandths of a request left to each merchant, and when that was.
    buckets: Arc<Mutex<HashMap<MerchantId, (i64, Moment)>>>,
}

impl Guard {
    pub(super) fn new(services: Services) -> Self {
        Self { services, buckets: Arc::default() }
    }

    fn may_pass(&self, merchant: &MerchantId) -> bool {
        let now = self.services.clock.now();
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let (left, at) = buckets.entry(merchant.clone()).or_insert((BURST * 1_000, now));
        *left = (*left + now.since(*at).max(0).saturating_mul(PER_SECOND)).min(BURST * 1_000);
        *at = now;
        let pass = *left >= 1_000;
        *left -= if pass { 1_000 } else { 0 };
        pass
    }
}

pub(super) async fn guard(State(guard): State<Guard>, mut request: Request, next: Next) -> Response {
    let header = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let (merchant, actor) = match api_keys::authenticate(&guard.services, header).await {
        Ok(Some(who)) => who,
        Ok(None) => return unauthorized().into_response(),
        Err(failure) => return Problem::from(failure).into_response(),
    };
    if !guard.may_pass(&merchant) {
        let detail = "Too many requests; wait as long as Retry-After says.";
        return Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", detail).retry_after(1).into_response();
    }
    let key = match idempotency_key(&request) {
        Ok(key) => key,
        Err(problem) => return problem.into_response(),
    };
    let cause = key.as_ref().map(|key| format!("api:{merchant}:{key}"));
    request.extensions_mut().insert(Caller { merchant: merchant.clone(), actor, cause });
    // A client that hangs up does not stop what it asked for half-way.
    let work = tokio::spawn(async move {
        match key {
            Some(key) => {
                once(&guard.services, &merchant, &key, request, next).await.unwrap_or_else(IntoResponse::into_response)
            }
            None => next.run(request).await,
        }
    });
    work.await.unwrap_or_else(|panic| Problem::from(Failure::Internal(panic.into())).into_response())
}

fn idempotency_key(request: &Request) -> Result<Option<String>, Problem> {
    let Some(value) = request.headers().get("idempotency-key").filter(|_| request.method() == Method::POST) else {
        return Ok(None);
    };
    let key = value.to_str().ok().filter(|key| !key.is_empty() && key.len() <= limits::IDEMPOTENCY_KEY);
    let wrong = || {
        let detail = format!("Idempotency-Key must have 1 to {} visible ASCII characters.", limits::IDEMPOTENCY_KEY);
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_wrong", detail)
    };
    key.map(|key| Some(key.to_owned())).ok_or_else(wrong)
}

/// Does the request under its key, or gives the first answer again.
async fn once(
    services: &Services,
    merchant: &MerchantId,
    key: &str,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let too_large = |_| Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "The body is larger than 64 KiB.");
    let body = to_bytes(body, limits::API_BODY_BYTES).await.map_err(too_large)?;
    let mut print = Sha256::new();
    for part in [parts.method.as_str().as_bytes(), b" ", parts.uri.path().as_bytes(), b"\n", &body] {
        print.update(part);
    }
    let answer = match idempotency::claim(services, merchant, key, hex(&print.finalize())).await? {
        Claim::Again(kept) => kept,
        Claim::Work => {
            let response = next.run(Request::from_parts(parts, Body::from(body))).await;
            let answer = read(response).await?;
            idempotency::keep(services, merchant, key, answer.clone()).await?;
            answer
        }
    };
    Ok(render(answer))
}

async fn read(response: Response) -> Result<Kept, Problem> {
    let (parts, body) = response.into_parts();
    let content_type =
        parts.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("application/json");
    let content_type = content_type.to_owned();
    let body = to_bytes(body, ANSWER_BYTES).await.map_err(|error| Failure::Internal(error.into()))?;
    Ok(Kept { status: parts.status.as_u16(), content_type, body: body.to_vec() })
}

fn render(kept: Kept) -> Response {
    let status = StatusCode::from_u16(kept.status).unwrap_or(StatusCode::OK);
    let mut response = (status, kept.body).into_response();
    if let Ok(value) = HeaderValue::from_str(&kept.content_type) {
        response.headers_mut().insert(header::CONTENT_TYPE, value);
    }
    response
}
