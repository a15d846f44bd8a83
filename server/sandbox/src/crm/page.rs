//! A deal as a page, for the links that lead to it.

use axum::{
    http::StatusCode,
    response::{Html, IntoResponse, Response},
};
use domain::html::escape;

use super::Crm;

pub(super) fn deal(crm: &Crm, name: &str, id: u64) -> Response {
    let Some(deal) = crm.deals().into_iter().find(|deal| deal.id == id) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let contact = crm.contacts().into_iter().find(|contact| Some(contact.id) == deal.contact);
    let contact = contact.map(|contact| contact.name).unwrap_or_default();
    let facts = [("Stage", &deal.stage), ("Sum", &deal.sum), ("Contact", &contact), ("Khanut", &deal.origin)];
    let facts: String =
        facts.iter().map(|(label, value)| format!("<dt>{label}</dt><dd>{}</dd>", escape(value))).collect();
    let [title, words] = [escape(&deal.title), escape(&deal.words)];
    Html(format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><link rel=\"icon\" href=\"data:,\"><title>{title} · {name} (sandbox)</title><main><p>{name} (sandbox), no. {id}</p><h1>{title}</h1><dl>{facts}</dl><pre>{words}</pre></main></html>"
    ))
    .into_response()
}
