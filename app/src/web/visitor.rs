//! Who visits: the staff member of the session, and the language and theme of their pages.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use domain::Lang;
use server::{
    failure::Failure,
    staff::{self, StaffMember, sessions},
};
use tower_sessions::Session;

use super::Faces;

#[derive(Clone)]
pub(super) struct Visitor {
    pub(super) who: Option<Arc<StaffMember>>,
    pub(super) lang: Lang,
    /// `light`, `dark`, or empty: as the system says.
    pub(super) theme: &'static str,
}

/// Puts the [`Visitor`] beside the request.
pub(super) async fn meet(State(faces): State<Faces>, session: Session, mut request: Request, next: Next) -> Response {
    match find(&faces, &session).await {
        Ok(who) => {
            let headers = request.headers();
            let own = who.as_ref().map(|member| member.language);
            let lang = chosen_language(headers).or(own).or_else(|| accepted_language(headers));
            let visitor = Visitor { who, lang: lang.unwrap_or(Lang::Hy), theme: theme(headers) };
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

/// A session of a member who is gone or disabled is nobody's.
async fn find(faces: &Faces, session: &Session) -> anyhow::Result<Option<Arc<StaffMember>>> {
    let Some(signed_in) = sessions::signed_in(session).await? else { return Ok(None) };
    let (db, merchant, id) = (&faces.services.db, &signed_in.merchant, &signed_in.staff);
    match db.latest((merchant, "member", id), staff::get(db, merchant, id)).await {
        Ok(member) => {
            sessions::touch(session, faces.services.clock.now()).await?;
            Ok(Some(member))
        }
        Err(Failure::Refused(_)) => Ok(None),
        Err(Failure::Internal(error)) => Err(error),
    }
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
