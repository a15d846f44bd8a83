//! The page of an address that leads nowhere.

use axum::{
    Extension,
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use leptos::prelude::*;

use super::{Faces, visitor::Visitor};
use crate::{said::not_found, texts::say};

/// Any address that leads nowhere.
pub(super) async fn lost(
    State(faces): State<Faces>,
    visitor: Option<Extension<Visitor>>,
    request: Request,
) -> Response {
    let wants_page = request
        .headers()
        .get(header::ACCEPT)
        .is_some_and(|accept| accept.to_str().is_ok_and(|accept| accept.contains("text/html")));
    if !wants_page {
        return (StatusCode::NOT_FOUND, "There is nothing here.\n").into_response();
    }
    let (lang, theme) = visitor.map_or((domain::Lang::Hy, ""), |Extension(visitor)| (visitor.lang, visitor.theme));
    let html = Owner::new().with(|| {
        provide_context(lang);
        let body = view! { <main class="main">{not_found()}</main> }.into_any();
        let title = say(lang, "not_found.title");
        super::standalone(&faces.names, lang, theme, title, "main.css", ().into_any(), body)
    });
    let mut response = (StatusCode::NOT_FOUND, axum::response::Html(html)).into_response();
    super::with_policy(response.headers_mut(), &super::nonce(), "'self'");
    response
}
