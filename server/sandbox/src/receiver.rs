//! The merchant's own program, as a stand-in: takes outgoing webhooks and shows what came, newest first.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::get,
};
use serde::Serialize;

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
        Router::new().route("/", get(all).post(take)).with_state(self)
    }
}

async fn all(State(receiver): State<Receiver>) -> Json<Vec<Came>> {
    let came = receiver.0.lock().unwrap_or_else(PoisonError::into_inner);
    Json(came.iter().cloned().collect())
}

async fn take(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let id = headers.get("webhook-id").and_then(|id| id.to_str().ok()).unwrap_or_default().to_owned();
    let mut came = receiver.0.lock().unwrap_or_else(PoisonError::into_inner);
    came.push_front(Came { webhook_id: id, body: String::from_utf8_lossy(&body).into_owned() });
    came.truncate(SHOWN);
    StatusCode::NO_CONTENT
}
