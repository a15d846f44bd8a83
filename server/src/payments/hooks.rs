//! `POST /hooks/pay/{account}`: a provider's webhook, kept raw, answered after the commit (contract: "Webhook").

use axum::{
    Router,
    body::Bytes,
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
    routing::post,
};
use domain::{
    AccountId, EventId, MerchantId, limits,
    payment::Decision,
    role::{Actor, Permission},
};
use http_body_util::{BodyExt, Limited};
use providers::{RawHttp, Refused};

use super::{
    accounts::OpenAccount,
    intake::{Delivery, Receipt, Replay},
    store,
};
use crate::{
    failure::{Outcome, Refusal, RefusalKind},
    pace::Pace,
    services::Services,
};

/// Refused deliveries of one account that are kept at once, and how many more each second: whoever knows the address may
/// send anything, but not fill the disk.
const REFUSED_BURST: i64 = 200;
const REFUSED_PER_SECOND: i64 = 1;
/// Of a refused body so much is kept.
const REFUSED_BYTES: usize = 8 * 1024;

#[derive(Clone)]
struct Gate {
    services: Services,
    refused: Pace,
}

/// The routes of providers' webhooks.
pub fn routes(services: Services) -> Router {
    let gate = Gate { services, refused: Pace::of(REFUSED_BURST, REFUSED_PER_SECOND) };
    Router::new().route("/hooks/pay/{account}", post(receive)).with_state(gate)
}

async fn receive(State(gate): State<Gate>, Path(account): Path<String>, request: Request) -> Response {
    let Gate { services, refused } = gate;
    let Ok(id) = AccountId::parse(&account) else { return StatusCode::NOT_FOUND.into_response() };
    let account = match services.accounts.get(&services, &id).await {
        Ok(Some(account)) => account,
        Ok(None) => return StatusCode::NOT_FOUND.into_response(),
        Err(failure) => {
            tracing::error!(account = %id, %failure, "a webhook came for an account that cannot be opened");
            return come_again();
        }
    };
    let (parts, body) = request.into_parts();
    let read = Limited::new(body, limits::WEBHOOK_BYTES).collect().await;
    let delivery = match read {
        Ok(body) => read_delivery(&services, &account, &parts.headers, body.to_bytes()),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => too_large(&services, &account, &parts.headers),
        // The sender broke off: there is nobody to answer and nothing whole to keep.
        Err(_) => return StatusCode::BAD_REQUEST.into_response(),
    };
    if let Err((decision, _)) = &delivery.read
        && !refused.may_pass(id.as_ref(), services.clock.now())
    {
        tracing::warn!(account = %id, %decision, "refused deliveries come faster than they are kept");
        return counted(*decision).into_response();
    }
    match services.intake.accept(delivery).await {
        Some(receipt) => answer(&receipt),
        None => come_again(),
    }
}

fn come_again() -> Response {
    let mut response = StatusCode::SERVICE_UNAVAILABLE.into_response();
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("2"));
    response
}

fn answer(receipt: &Receipt) -> Response {
    let body = serde_json::json!({ "event": receipt.event, "decision": receipt.decision });
    (counted(receipt.decision), axum::Json(body)).into_response()
}

fn counted(decision: Decision) -> StatusCode {
    metrics::counter!("khanut_webhooks_total", "decision" => decision.as_str()).increment(1);
    match decision {
        Decision::BadSignature | Decision::StaleTimestamp => StatusCode::UNAUTHORIZED,
        Decision::Unreadable => StatusCode::BAD_REQUEST,
        Decision::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        _ => StatusCode::OK,
    }
}

/// Checks the signature over the raw bytes, then reads.
fn read_delivery(services: &Services, account: &OpenAccount, headers: &HeaderMap, body: Bytes) -> Delivery {
    let now = services.clock.now();
    let pairs: Vec<(&str, &str)> =
        headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))).collect();
    let raw = RawHttp { headers: &pairs, body: &body };
    let read = account.provider.read_callback(&raw, now).map(providers::Verified::into_inner).map_err(refusal);
    match read {
        Err((decision, reason)) if body.len() > REFUSED_BYTES => {
            let reason = format!("{reason}; of its {} bytes the first {REFUSED_BYTES} are kept", body.len());
            delivery(account, headers, body.slice(..REFUSED_BYTES), now, Err((decision, reason)))
        }
        read => delivery(account, headers, body, now, read),
    }
}

fn refusal(refused: Refused) -> (Decision, String) {
    let decision = match &refused {
        Refused::BadSignature(_) => Decision::BadSignature,
        Refused::StaleTimestamp(_) => Decision::StaleTimestamp,
        Refused::Unreadable(_) => Decision::Unreadable,
    };
    (decision, refused.to_string())
}

fn too_large(services: &Services, account: &OpenAccount, headers: &HeaderMap) -> Delivery {
    let reason = format!("larger than {} bytes; the body is not kept", limits::WEBHOOK_BYTES);
    delivery(account, headers, Bytes::new(), services.clock.now(), Err((Decision::TooLarge, reason)))
}

fn delivery(
    account: &OpenAccount,
    headers: &HeaderMap,
    body: Bytes,
    received_at: domain::Moment,
    read: Result<providers::Callback, (Decision, String)>,
) -> Delivery {
    Delivery {
        merchant: account.merchant.clone(),
        account: account.id.clone(),
        headers: kept_headers(headers),
        body,
        received_at,
        read,
        replay: None,
    }
}

/// The headers worth keeping: those of the signature, and what the body is. Never `Authorization` or cookies.
fn kept_headers(headers: &HeaderMap) -> String {
    let kept = |name: &str| name.starts_with("webhook-") || matches!(name, "content-type" | "user-agent");
    let pairs = headers.iter().filter(|(name, _)| kept(name.as_str()));
    let map: serde_json::Map<String, serde_json::Value> =
        pairs.map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into())).collect();
    serde_json::Value::Object(map).to_string()
}

/// Weighs a kept delivery again, as it was received then: for deliveries that came before their payment was known.
///
/// # Errors
/// `forbidden`, `not_found`, `not_replayable` for a refused delivery.
pub async fn replay(services: &Services, actor: &Actor, merchant: &MerchantId, id: &EventId) -> Outcome<Receipt> {
    if !actor.may(Permission::ReplayWebhooks) {
        return Err(Refusal::forbidden().into());
    }
    let event = store::event(services.db.read(), merchant, id).await?.ok_or_else(Refusal::not_found)?;
    let account = services.accounts.get(services, &event.account_id).await?.ok_or_else(Refusal::not_found)?;
    let headers: std::collections::BTreeMap<String, String> = serde_json::from_str(&event.headers)?;
    let pairs: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let raw = RawHttp { headers: &pairs, body: &event.body };
    // The clock of its arrival: an honest delivery of last week is honest today, and a forged one stays forged.
    let read = account.provider.read_callback(&raw, event.received_at).map(providers::Verified::into_inner);
    let read = read.map_err(|_| Refusal::new(RefusalKind::Conflict, "not_replayable"))?;
    let delivery = Delivery {
        merchant: merchant.clone(),
        account: account.id.clone(),
        headers: event.headers,
        body: event.body.into(),
        received_at: services.clock.now(),
        read: Ok(read),
        replay: Some(Replay { by: actor.clone(), event: id.clone(), decision: event.decision }),
    };
    let full = || Refusal::new(RefusalKind::Unavailable, "try_again");
    Ok(services.intake.accept(delivery).await.ok_or_else(full)?)
}
