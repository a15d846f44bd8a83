//! What every request must show, and what every answer carries.
//!
//! A form sent by another site is refused by the browser's own word about where it came from; no token is needed. A request
//! without that word does not come from a browser, so nobody's session can be abused by it.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use leptos::nonce::Nonce;

use super::AppOptions;

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const COOP: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// Refuses what changes something and was sent by a page of another site.
pub(super) async fn same_site(request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if safe || is_own(request.headers()) {
        next.run(request).await
    } else {
        (StatusCode::FORBIDDEN, "This was sent by a page of another site, so it was not done.\n").into_response()
    }
}

fn is_own(headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    match (text(FETCH_SITE), text(header::ORIGIN)) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => {
            let host = origin.split_once("://").map(|(_, host)| host);
            host.is_some() && host == text(header::HOST)
        }
        (None, None) => true,
    }
}

/// Security headers; a page that needs scripts has set its own policy already.
pub(super) async fn headers(State(options): State<AppOptions>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(header::CONTENT_SECURITY_POLICY, "default-src 'none'; base-uri 'none'; frame-ancestors 'none'");
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "same-origin");
    set(COOP, "same-origin");
    if options.secure_cookies {
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    response
}

/// A number used once, for the scripts of one page.
pub(crate) fn nonce() -> String {
    Nonce::new().as_inner().to_string()
}

/// The policy of a page: only our own files, and only scripts with the nonce. `form_action`: where its forms may lead in the end.
pub(crate) fn with_policy(headers: &mut HeaderMap, nonce: &str, form_action: &str) {
    with_policy_within(headers, nonce, form_action, "'none'");
}

/// As [`with_policy`], for a page that `ancestors` may show within their own.
pub(crate) fn with_policy_within(headers: &mut HeaderMap, nonce: &str, form_action: &str, ancestors: &str) {
    if let Ok(policy) = HeaderValue::from_str(&policy(nonce, form_action, ancestors)) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
}

fn policy(nonce: &str, form_action: &str, ancestors: &str) -> String {
    [
        "default-src 'self'; script-src 'nonce-",
        nonce,
        "' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; connect-src 'self'; ",
        "frame-ancestors ",
        ancestors,
        "; base-uri 'none'; object-src 'none'; form-action ",
        form_action,
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers_of(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn only_own_pages_may_send_forms() {
        assert!(is_own(&headers_of(&[("sec-fetch-site", "same-origin")])));
        assert!(is_own(&headers_of(&[("origin", "https://shop.am"), ("host", "shop.am")])));
        assert!(is_own(&headers_of(&[("host", "shop.am")])));
        assert!(!is_own(&headers_of(&[("sec-fetch-site", "cross-site")])));
        assert!(!is_own(&headers_of(&[("sec-fetch-site", "same-site"), ("origin", "https://a.shop.am")])));
        assert!(!is_own(&headers_of(&[("origin", "https://evil.am"), ("host", "shop.am")])));
        assert!(!is_own(&headers_of(&[("origin", "null"), ("host", "shop.am")])));
    }
}
