//! Logs on stderr (text or JSON) and Prometheus metrics on an address of their own.

use std::net::SocketAddr;

use anyhow::Context;
use axum::{Router, routing::get};
use metrics_exporter_prometheus::PrometheusBuilder;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

/// Starts logging; `filter` is in tracing's directive language, `info` if it cannot be read.
pub(super) fn start_logs(filter: &str, json: bool) {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second start in one process (tests) keeps the first.
    let _ = if json { logs.json().try_init() } else { logs.try_init() };
}

/// Serves `/metrics` on `address` until `stop`.
pub(super) async fn serve_metrics(address: SocketAddr, stop: CancellationToken) -> anyhow::Result<()> {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).context("metrics were started twice")?;
    let listener = tokio::net::TcpListener::bind(address)
        .await
        .with_context(|| format!("KHANUT_METRICS_LISTEN: {address} cannot be listened on"))?;
    let app = Router::new().route("/metrics", get(move || async move { handle.render() }));
    tokio::spawn(super::http::serve(listener, app, stop));
    Ok(())
}
