//! The HTTP client for providers: short time-outs, no redirects, every packet at once.

use std::time::Duration;

use crate::Fault;

/// A client for provider calls.
#[must_use]
pub fn http_client() -> reqwest::Client {
    let client = reqwest::Client::builder()
        .tcp_nodelay(true)
        .connect_timeout(Duration::from_secs(5))
        .timeout(Duration::from_secs(15))
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("khanut/", env!("CARGO_PKG_VERSION")));
    // Building fails only when the TLS library cannot start, and then no call could be made anyway.
    client.build().unwrap_or_default()
}

/// Sends, and reads an answer of 2xx as JSON; anything else becomes the right [`Fault`].
pub(crate) async fn json(request: reqwest::RequestBuilder) -> Result<serde_json::Value, Fault> {
    let unreachable = |error: reqwest::Error| Fault::Unreachable(error.without_url().to_string());
    let response = request.send().await.map_err(unreachable)?;
    let status = response.status().as_u16();
    let wait = response.headers().get("retry-after").and_then(|v| v.to_str().ok()?.parse().ok());
    let body = response.text().await.map_err(unreachable)?;
    match status {
        200..=299 => serde_json::from_str(&body).map_err(|error| Fault::Unreadable(error.to_string())),
        404 => Err(Fault::NotFound),
        408 | 500..=599 => Err(Fault::Unreachable(format!("HTTP {status}"))),
        429 => Err(Fault::RateLimited { seconds: wait.unwrap_or(5) }),
        _ => Err(Fault::Refused { status, text: body.chars().take(200).collect() }),
    }
}
