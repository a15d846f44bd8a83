//! The HTTP client for providers: short time-outs, no redirects, bounded answers, every packet at once.

use std::time::Duration;

use reqwest::Response;
use serde_json::Value;

use crate::Fault;

/// A larger answer is no answer about one payment.
pub(crate) const ANSWER_BYTES: usize = 256 * 1024;
/// Of a refusal's text, characters that are kept for the operator.
const TEXT_KEPT: usize = 200;
/// When a provider says "too many" but not for how long, and the longest wait that is believed, seconds.
const WAIT: u64 = 5;
const LONGEST_WAIT: u64 = 3_600;

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
pub(crate) async fn json(request: reqwest::RequestBuilder) -> Result<Value, Fault> {
    let response = request.send().await.map_err(unreachable)?;
    let status = response.status().as_u16();
    let wait = response.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
    let body = bounded(response).await?;
    match status {
        200..=299 => serde_json::from_slice(&body).map_err(|error| Fault::Unreadable(error.to_string())),
        404 => Err(Fault::NotFound),
        // 409 and 425: another request under this key may be under way, so what came of it is not known.
        408 | 409 | 425 | 500..=599 => Err(Fault::Unreachable(format!("HTTP {status}"))),
        429 => Err(Fault::RateLimited { seconds: wait.unwrap_or(WAIT).min(LONGEST_WAIT) }),
        _ => Err(Fault::Refused { status, text: text_of(&body) }),
    }
}

async fn bounded(mut response: Response) -> Result<Vec<u8>, Fault> {
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(unreachable)? {
        if body.len() + piece.len() > ANSWER_BYTES {
            return Err(Fault::Unreadable(format!("it is longer than {ANSWER_BYTES} bytes")));
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

/// The text of an answer that is not too long.
pub(crate) async fn whole(response: Response) -> Result<String, Fault> {
    // A text of PostgreSQL holds no NUL.
    Ok(String::from_utf8_lossy(&bounded(response).await?).replace('\0', ""))
}

/// The first characters of an answer's text; what cannot be read is nothing.
pub(crate) async fn beginning(mut response: Response) -> String {
    let mut body = Vec::new();
    while body.len() < TEXT_KEPT * 4
        && let Ok(Some(piece)) = response.chunk().await
    {
        body.extend_from_slice(&piece);
    }
    text_of(&body)
}

pub(crate) fn text_of(body: &[u8]) -> String {
    // A text of PostgreSQL holds no NUL.
    String::from_utf8_lossy(body).chars().filter(|sign| *sign != '\0').take(TEXT_KEPT).collect()
}

fn unreachable(error: reqwest::Error) -> Fault {
    Fault::Unreachable(error.without_url().to_string())
}
