//! The one HTTP server: pages, hooks, API, health. Every socket sends at once (TCP_NODELAY).

use std::{sync::Arc, time::Duration};

use app::{AppOptions, SiteNames};
use axum::{
    Router,
    extract::{Request, State},
    http::StatusCode,
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
    routing::get,
    serve::ListenerExt,
};
use server::services::Services;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::{CompressionLevel, catch_panic::CatchPanicLayer, compression::CompressionLayer};

use super::Settings;
use crate::site::Site;

/// A worker loop turns at least twice a second; ten silent seconds mean it hangs.
const BEAT_LIMIT: i64 = 10_000;

pub(super) fn routes(services: &Services, settings: &Settings, site: &Arc<Site>) -> Router {
    let names = site.clone();
    let options = AppOptions { demo: settings.demo, secure_cookies: settings.public_url.starts_with("https://") };
    Router::new()
        .merge(server::payments::hook_routes(services.clone()))
        .merge(bot::routes(services.clone()))
        .nest("/api", server::api::routes(services.clone()))
        .merge(pages(services, SiteNames::new(move |name| names.url(name).to_owned()), options))
        .merge(site.routes())
        .merge(health(services.clone()))
        .layer(from_fn(log_request))
        .layer(CatchPanicLayer::new())
}

/// Pages are mostly markup: packed as they leave, quickly rather than well. What lies packed already is left as it is.
fn pages(services: &Services, names: SiteNames, options: AppOptions) -> Router {
    app::routes(services.clone(), names, options).layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
}

fn health(services: Services) -> Router {
    Router::new().route("/healthz", get(|| async { "alive\n" })).route("/readyz", get(ready)).with_state(services)
}

/// Ready: the database answers, its schema is this program's, and the workers turn.
async fn ready(State(services): State<Services>) -> Response {
    let mut bad = Vec::new();
    match services.db.is_migrated().await {
        Ok(true) => {}
        Ok(false) => bad.push("the database schema is older than the program: run khanut migrate"),
        Err(_) => bad.push("the database does not answer"),
    }
    if services.beat.age(&services.clock) > BEAT_LIMIT {
        bad.push("the workers do not turn");
    }
    if bad.is_empty() {
        "ready\n".into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, format!("{}\n", bad.join("\n"))).into_response()
    }
}

/// One line a request, with its path but never its query: queries may carry what people typed. The word of an invitation
/// lets its reader in, so it is left out too.
async fn log_request(request: Request, next: Next) -> Response {
    let (method, path) = (request.method().clone(), logged(request.uri().path()).to_owned());
    let start = tokio::time::Instant::now();
    let response = next.run(request).await;
    let (status, took) = (response.status().as_u16(), start.elapsed());
    metrics::histogram!("khanut_http_seconds", "status" => status.to_string()).record(took);
    if response.status().is_server_error() {
        tracing::warn!(%method, path, status, ?took, "request");
    } else {
        tracing::debug!(%method, path, status, ?took, "request");
    }
    response
}

fn logged(path: &str) -> &str {
    if path.starts_with("/invitation/") { "/invitation/…" } else { path }
}

pub(super) async fn serve(listener: TcpListener, app: Router, stop: CancellationToken) {
    let listener = listener.tap_io(|socket| {
        if let Err(error) = socket.set_nodelay(true) {
            tracing::debug!(%error, "a socket refuses to send at once");
        }
    });
    let asked = stop.clone();
    let server = axum::serve(listener, app).with_graceful_shutdown(async move { asked.cancelled().await });
    // Live streams never end by themselves: after the grace they are cut.
    let cut = async {
        stop.cancelled().await;
        tokio::time::sleep(Duration::from_secs(5)).await;
    };
    tokio::select! {
        result = server => if let Err(error) = result {
            tracing::error!(%error, "the HTTP server ended");
        },
        () = cut => {}
    }
}
