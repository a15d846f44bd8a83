//! Who visits: the staff member of the session with their shop, and the language and theme of their pages.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use domain::{Lang, Moment, moment::SECOND};
use server::{
    failure::Outcome,
    reports::{self, Around},
    services::Services,
    shop::Merchant,
    staff::sessions::{self, Visit},
};
use tower_sessions::Session;

use super::Faces;

#[derive(Clone)]
pub(super) struct Visitor {
    pub(super) who: Option<Visit>,
    /// What stands around the page they ask for. Read before anything that it shows: news that come in between are news to
    /// that page.
    pub(super) around: Option<Around>,
    pub(super) lang: Lang,
    /// `light`, `dark`, or empty: as the system says.
    pub(super) theme: &'static str,
}

/// Puts the [`Visitor`] beside the request.
pub(super) async fn meet(State(faces): State<Faces>, session: Session, mut request: Request, next: Next) -> Response {
    match find(&faces.services, &session, request.method() == Method::GET).await {
        Ok((who, around)) => {
            let headers = request.headers();
            let own = who.as_ref().map(|visit| visit.member.language);
            let lang = chosen_language(headers).or(own).or_else(|| accepted_language(headers));
            let visitor = Visitor { who, around, lang: lang.unwrap_or(Lang::Hy), theme: theme(headers) };
            request.extensions_mut().insert(visitor);
            next.run(request).await
        }
        Err(error) => {
            tracing::error!(%error, "the session of a visitor cannot be read");
            (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "2")], "Please try again in a moment.\n")
                .into_response()
        }
    }
}

/// Who visits, and what stands around the page, if it is one: one question, so that a crowd waits for one reading.
async fn find(services: &Services, session: &Session, page: bool) -> Outcome<(Option<Visit>, Option<Around>)> {
    let Some(id) = session.id() else { return Ok((None, None)) };
    let now = services.clock.now();
    let second = page.then_some(whole_second(now));
    let read = async {
        let Some(visit) = sessions::visit(services, id).await? else { return Ok(None) };
        let around = if page { Some(around(services, &visit.shop).await?) } else { None };
        Ok(Some((visit, around)))
    };
    let found = services.db.latest(("visit", id, second), read).await?;
    match found.as_ref() {
        Some((visit, around)) if !visit.is_over(now) => {
            sessions::touch(session, visit, now).await?;
            Ok((Some(visit.clone()), *around))
        }
        _ => {
            sessions::let_go(session).await?;
            Ok((None, None))
        }
    }
}

/// What stands around every page of the shop now.
pub(super) async fn around(services: &Services, shop: &Merchant) -> Outcome<Around> {
    let (db, second) = (&services.db, whole_second(services.clock.now()));
    Ok(*db.latest((&shop.id, "around", second, shop.stuck_minutes), reports::around(db, shop, second)).await?)
}

/// What waits is told to the second.
const fn whole_second(now: Moment) -> Moment {
    Moment(now.0 / SECOND * SECOND)
}

/// What a browser keeps for this host alone, set by an answer of its own over https.
const HOST: &str = "__Host-";

/// The value of a cookie; where there are two, of the one that only this host can have set.
pub(super) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let named = |name: &str| {
        let all = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
        all.flat_map(|line| line.split(';')).find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
    };
    named(&[HOST, name].concat()).or_else(|| named(name))
}

/// Sets a cookie that no script reads and no other site sends along with a form. `secure`: served by https.
pub(super) fn set_cookie(headers: &mut HeaderMap, secure: bool, name: &str, value: &str, seconds: &str) {
    let (before, after) = if secure { (HOST, "; Secure") } else { ("", "") };
    let cookie = [before, name, "=", value, "; Path=/; HttpOnly; SameSite=Lax; Max-Age=", seconds, after].concat();
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        headers.append(header::SET_COOKIE, cookie);
    }
}

fn chosen_language(headers: &HeaderMap) -> Option<Lang> {
    cookie(headers, "lang")?.parse().ok()
}

fn accepted_language(headers: &HeaderMap) -> Option<Lang> {
    Lang::from_accept_language(headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?)
}

/// The language a stranger's browser asks for.
pub(crate) fn asked_language(headers: &HeaderMap) -> Option<Lang> {
    chosen_language(headers).or_else(|| accepted_language(headers))
}

fn theme(headers: &HeaderMap) -> &'static str {
    match cookie(headers, "theme") {
        Some("light") => "light",
        Some("dark") => "dark",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_found_by_their_whole_name() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, "xlang=en; lang=ru; theme=dark".parse().unwrap());
        assert_eq!(cookie(&headers, "lang"), Some("ru"));
        assert_eq!(cookie(&headers, "the"), None);
        headers.append(header::COOKIE, "__Host-lang=hy".parse().unwrap());
        assert_eq!(cookie(&headers, "lang"), Some("hy"), "what only this host can have set counts");
        assert_eq!(theme(&headers), "dark");
        assert_eq!(asked_language(&headers), Some(Lang::Hy));
    }
}
