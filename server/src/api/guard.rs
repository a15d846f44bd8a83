//! What stands before every request of the API: the key, the pace, and the answer to a repeated request.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use axum::{
    body::{Body, to_bytes},
    extract::{FromRequestParts, Request, State},
    http::{HeaderValue, Method, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use domain::{MerchantId, limits, moment::HOUR, role::Actor};
use sha2::{Digest, Sha256};

use super::problem::Problem;
use crate::{
    api_keys::{
        self, KnownKeys,
        idempotency::{self, Claim, Kept},
    },
    failure::Failure,
    journal::hex,
    pace::Pace,
    services::Services,
};

const ANSWER_BYTES: usize = 4 * 1024 * 1024;

/// Who calls.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub(super) merchant: MerchantId,
    pub(super) actor: Actor,
    /// The request under its idempotency key, if it has one: the cause of what is made.
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

/// Requests a key may make at once, and how many come back each second.
const BURST: i64 = 200;
const PER_SECOND: i64 = 50;

#[derive(Clone)]
pub(super) struct Guard {
    services: Services,
    known: KnownKeys,
    pace: Pace,
    /// When old answers were last forgotten.
    tidied: Arc<AtomicI64>,
}

impl Guard {
    pub(super) fn new(services: Services) -> Self {
        Self { services, known: KnownKeys::default(), pace: Pace::of(BURST, PER_SECOND), tidied: Arc::default() }
    }

    /// Once an hour, beside the work.
    fn tidy(&self) {
        let (now, last) = (self.services.clock.now().0, self.tidied.load(Ordering::Relaxed));
        let due = now - last >= HOUR;
        if !due || self.tidied.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed).is_err() {
            return;
        }
        let services = self.services.clone();
        tokio::spawn(async move {
            if let Err(error) = idempotency::forget_old(&services).await {
                tracing::warn!(%error, "old answers of the API could not be forgotten; it is tried again in an hour");
            }
        });
    }
}

pub(super) async fn guard(State(guard): State<Guard>, mut request: Request, next: Next) -> Response {
    let header = request.headers().get(header::AUTHORIZATION).cloned();
    let (merchant, actor) = match admit(&guard, header).await {
        Ok(who) => who,
        Err(problem) => return problem.into_response(),
    };
    let key = match idempotency_key(&request) {
        Ok(key) => key,
        Err(problem) => return problem.into_response(),
    };
    request.extensions_mut().insert(Caller { merchant: merchant.clone(), actor, cause: None });
    // A client that hangs up does not stop what it asked for half-way.
    let work = tokio::spawn(async move {
        match key {
            Some(key) => {
                guard.tidy();
                once(&guard.services, &merchant, &key, request, next).await.unwrap_or_else(IntoResponse::into_response)
            }
            None => next.run(request).await,
        }
    });
    work.await.unwrap_or_else(|panic| Problem::from(Failure::Internal(panic.into())).into_response())
}

/// Whose key it is, if it has not been too quick.
async fn admit(guard: &Guard, header: Option<HeaderValue>) -> Result<(MerchantId, Actor), Problem> {
    let header = header.as_ref().and_then(|value| value.to_str().ok());
    let who = api_keys::authenticate(&guard.services, &guard.known, header).await?;
    let (merchant, actor) = who.ok_or_else(unauthorized)?;
    if guard.pace.may_pass(&actor.label(), guard.services.clock.now()) {
        return Ok((merchant, actor));
    }
    let detail = "Too many requests with this key; wait as many seconds as Retry-After says.";
    Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", detail).retry_after(1))
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
    let (mut parts, body) = request.into_parts();
    let too_large = |_| Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "The body is larger than 64 KiB.");
    let body = to_bytes(body, limits::API_BODY_BYTES).await.map_err(too_large)?;
    // Of who asks too: a key with fewer rights never reads the answer another one was given.
    let who = parts.extensions.get::<Caller>().map(|caller| caller.actor.label()).unwrap_or_default();
    let mut print = Sha256::new();
    for part in
        [who.as_bytes(), b" ", parts.method.as_str().as_bytes(), b" ", parts.uri.path().as_bytes(), b"\n", &body]
    {
        print.update(part);
    }
    let print = hex(&print.finalize());
    // Of the request too, not of its key alone: a key is forgotten some day, and may then come with another request.
    let cause = format!("api:{merchant}:{key}:{print}");
    let answer = match idempotency::claim(services, merchant, key, print).await? {
        Claim::Again(kept) => kept,
        Claim::Work => {
            if let Some(caller) = parts.extensions.get_mut::<Caller>() {
                caller.cause = Some(cause);
            }
            let response = next.run(Request::from_parts(parts, Body::from(body))).await;
            if response.status().is_server_error() {
                // Not an answer to keep: the same request may be tried again.
                idempotency::release(services, merchant, key).await?;
                return Ok(response);
            }
            idempotency::keep(services, merchant, key, read(response).await?).await?
        }
    };
    Ok(render(answer))
}

/// Of an answer (an extension): what is kept of it is sealed.
#[derive(Clone, Copy)]
pub(super) struct HoldsSecret;

async fn read(response: Response) -> Result<Kept, Problem> {
    let (parts, body) = response.into_parts();
    let content_type =
        parts.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("application/json");
    let content_type = content_type.to_owned();
    let secret = parts.extensions.get::<HoldsSecret>().is_some();
    let body = to_bytes(body, ANSWER_BYTES).await.map_err(|error| Failure::Internal(error.into()))?;
    Ok(Kept { status: parts.status.as_u16(), content_type, body: body.to_vec(), secret })
}

fn render(kept: Kept) -> Response {
    let status = StatusCode::from_u16(kept.status).unwrap_or(StatusCode::OK);
    let mut response = (status, kept.body).into_response();
    if let Ok(value) = HeaderValue::from_str(&kept.content_type) {
        response.headers_mut().insert(header::CONTENT_TYPE, value);
    }
    response
}
