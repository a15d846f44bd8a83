//! The customers' pages: plain HTML in one round trip, working without scripts, with none of the dashboard's code.
//!
//! What they show is the journal's word. Coming back from the provider proves nothing: it only makes us ask.

mod back;
pub(crate) mod choose;
mod page;
pub(crate) mod view;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use domain::{Lang, Moment, PaymentId, moment::SECOND};
use leptos::prelude::*;
use serde::Deserialize;

use crate::web::{Faces, asked_language, nonce, standalone, with_policy};

pub(crate) fn routes() -> Router<Faces> {
    Router::new()
        .route("/pay/{code}", get(page::show).post(page::pay))
        .route("/pay/{code}/return", get(back::show))
        .route("/pay/{code}/state", get(back::state))
}

/// What the address of a page may say.
#[derive(Default, Deserialize)]
struct Asked {
    lang: Option<String>,
    /// The payment one comes back from.
    p: Option<String>,
    /// A suggested sum that was pressed.
    sum: Option<String>,
}

impl Asked {
    /// The language asked for in the address, else the order's, else the browser's, else Armenian.
    fn language(&self, order: Option<Lang>, headers: &HeaderMap) -> Lang {
        let chosen = self.lang.as_deref().and_then(|lang| lang.parse().ok());
        chosen.or(order).or_else(|| asked_language(headers)).unwrap_or(Lang::Hy)
    }
}

/// A customer who waits may make us ask the provider, but not more often than this for one payment.
const PAUSE: i64 = 3 * SECOND;
/// More payments than can be waited for at once.
const MOST: usize = 10_000;

/// When which payment was last looked up for its customer.
#[derive(Clone, Default)]
pub(crate) struct LookedUp(Arc<Mutex<HashMap<PaymentId, Moment>>>);

impl LookedUp {
    fn may_ask(&self, id: &PaymentId, now: Moment) -> bool {
        let mut asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if asked.len() >= MOST {
            asked.retain(|_, last| now.since(*last) < PAUSE);
        }
        let may = asked.get(id).is_none_or(|last| now.since(*last) >= PAUSE);
        if may {
            asked.insert(id.clone(), now);
        }
        may
    }
}

/// The page around `body`; `more` stands in its head.
fn document(
    faces: &Faces,
    lang: Lang,
    status: StatusCode,
    title: String,
    make: impl FnOnce(&str) -> (AnyView, AnyView),
) -> Response {
    let nonce = nonce();
    let html = Owner::new().with(|| {
        provide_context(lang);
        let (more, body) = make(&nonce);
        standalone(&faces.names, lang, "", title, "pay.css", more, body)
    });
    let mut response = (status, [(header::CACHE_CONTROL, "no-store")], Html(html)).into_response();
    let headers = response.headers_mut();
    // The form's answer leads on to the provider's page, wherever that is.
    with_policy(headers, &nonce, "'self' https: http:");
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("strict-origin"));
    headers.insert(HeaderName::from_static("vary"), HeaderValue::from_static("Accept-Language, Cookie"));
    response
}

/// An address that leads to no link, or a moment when the shop cannot answer.
fn sorry(faces: &Faces, lang: Lang, failure: &server::failure::Failure) -> Response {
    use server::failure::{Failure, RefusalKind};
    let (status, title, text) = match failure {
        Failure::Refused(refusal) if refusal.kind == RefusalKind::NotFound => {
            (StatusCode::NOT_FOUND, "pay.unknown_title", "pay.unknown_text")
        }
        failure => {
            tracing::error!(%failure, "a customer's page cannot be shown");
            (StatusCode::SERVICE_UNAVAILABLE, "pay.trouble_title", "pay.trouble_text")
        }
    };
    document(faces, lang, status, crate::texts::say(lang, title), |_| (().into_any(), view::sorry(title, text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_customer_makes_us_ask_at_most_every_three_seconds() {
        let looked_up = LookedUp::default();
        let (id, now) = (PaymentId::make(1, [1; 10]), Moment(1_000_000));
        assert!(looked_up.may_ask(&id, now));
        assert!(!looked_up.may_ask(&id, now.plus(PAUSE - 1)));
        assert!(looked_up.may_ask(&PaymentId::make(1, [2; 10]), now));
        assert!(looked_up.may_ask(&id, now.plus(PAUSE)));
    }

    #[test]
    fn the_address_names_the_language_first() {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static("en-GB"));
        let asked = |lang: Option<&str>| Asked { lang: lang.map(str::to_owned), ..Asked::default() };
        assert_eq!(asked(Some("ru")).language(Some(Lang::Hy), &headers), Lang::Ru);
        assert_eq!(asked(Some("de")).language(Some(Lang::Hy), &headers), Lang::Hy);
        assert_eq!(asked(None).language(None, &headers), Lang::En);
        assert_eq!(asked(None).language(None, &HeaderMap::new()), Lang::Hy);
    }
}
