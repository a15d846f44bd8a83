//! The merchant's own program, as a stand-in: takes outgoing webhooks and shows what came, newest first;
//! and gives what it is asked for.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::{get, post},
};
use serde::Serialize;
use serde_json::{Value, json};

const SHOWN: usize = 100;

#[derive(Clone, Serialize)]
struct Came {
    webhook_id: String,
    body: String,
}

/// What came last.
#[derive(Clone, Default)]
pub struct Receiver(Arc<Mutex<VecDeque<Came>>>);

impl Receiver {
    /// To be nested where the demo's endpoint points.
    pub fn routes(self) -> Router {
        Router::new().route("/", get(all).post(take)).route("/give", post(give)).with_state(self)
    }
}

async fn all(State(receiver): State<Receiver>) -> Json<Vec<Came>> {
    let came = receiver.0.lock().unwrap_or_else(PoisonError::into_inner);
    Json(came.iter().cloned().collect())
}

async fn take(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> StatusCode {
    keep(&receiver, &headers, &body);
    StatusCode::NO_CONTENT
}

/// Gives what was bought: for one id the same, however often it is asked.
async fn give(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> Json<Value> {
    let id = keep(&receiver, &headers, &body);
    let end = id.get(id.len().saturating_sub(8)..).unwrap_or_default().to_uppercase();
    let text = ["Your licence: KH-", &*end].concat();
    Json(json!({ "text": text }))
}

fn keep(receiver: &Receiver, headers: &HeaderMap, body: &Bytes) -> String {
    let id = headers.get("webhook-id").and_then(|id| id.to_str().ok()).unwrap_or_default().to_owned();
    let mut came = receiver.0.lock().unwrap_or_else(PoisonError::into_inner);
    came.push_front(Came { webhook_id: id.clone(), body: String::from_utf8_lossy(body).into_owned() });
    came.truncate(SHOWN);
    id
}
