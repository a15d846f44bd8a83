//! `/api/docs`: the same document for people, rendered once at start-up, without scripts or strangers.

use axum::{Router, http::header, response::Html, routing::get};
use serde_json::Value;
use utoipa::openapi::OpenApi;

const CSS: &str = include_str!("docs.css");

pub(super) fn routes(document: OpenApi) -> Router {
    let page = render(&serde_json::to_value(document).unwrap_or_default());
    Router::new()
        .route("/docs", get(move || async move { Html(page) }))
        .route("/docs.css", get(|| async { ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], CSS) }))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn render(document: &Value) -> String {
    let mut body = format!(
        "<h1>{}</h1><p>{}</p><p>Address: <code>/api/v1</code>. Key: <code>Authorization: Bearer kh_…</code>. \
         Every <code>POST</code> takes <code>Idempotency-Key</code>. Machine-readable: \
         <a href=\"/api/v1/openapi.json\">openapi.json</a>.</p>",
        escape(text(document, "/info/title")),
        escape(text(document, "/info/description"))
    );
    let no_paths = serde_json::Map::new();
    for (path, methods) in document["paths"].as_object().unwrap_or(&no_paths) {
        for (method, operation) in methods.as_object().unwrap_or(&no_paths) {
            body.push_str(&operation_html(path, method, operation));
        }
    }
    body.push_str("<h2>Objects</h2>");
    for (name, schema) in document.pointer("/components/schemas").and_then(Value::as_object).unwrap_or(&no_paths) {
        body.push_str(&schema_html(name, schema));
    }
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>Khanut API</title>\
         <link rel=\"stylesheet\" href=\"/api/docs.css\"></head><body><main>{body}</main></body></html>"
    )
}

fn operation_html(path: &str, method: &str, operation: &Value) -> String {
    let mut html = format!(
        "<section><h3><span class=\"method {method}\">{}</span> <code>{}</code></h3><p>{}</p>",
        method.to_uppercase(),
        escape(path),
        escape(text(operation, "/summary"))
    );
    let parameters = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
    if !parameters.is_empty() {
        html.push_str("<dl>");
        for parameter in parameters {
            let (name, place, said) =
                (text(parameter, "/name"), text(parameter, "/in"), text(parameter, "/description"));
            html.push_str(&format!(
                "<dt><code>{}</code> <small>{place}</small></dt><dd>{}</dd>",
                escape(name),
                escape(said)
            ));
        }
        html.push_str("</dl>");
    }
    if let Some(body) = operation.pointer("/requestBody/content/application~1json/schema") {
        html.push_str(&format!("<p>Body: {}</p>", kind(body)));
    }
    let none = serde_json::Map::new();
    for (status, response) in operation["responses"].as_object().unwrap_or(&none) {
        let schema = response.pointer("/content/application~1json/schema").map(kind).unwrap_or_default();
        html.push_str(&format!("<p class=\"answer\"><strong>{}</strong> {schema}</p>", escape(status)));
    }
    html.push_str("</section>");
    html
}

fn schema_html(name: &str, schema: &Value) -> String {
    let id = escape(name);
    let mut html = format!("<section id=\"{id}\"><h3>{id}</h3><p>{}</p><dl>", escape(text(schema, "/description")));
    let none = serde_json::Map::new();
    for (field, of) in schema["properties"].as_object().unwrap_or(&none) {
        let said = escape(text(of, "/description"));
        html.push_str(&format!("<dt><code>{}</code> <small>{}</small></dt><dd>{said}</dd>", escape(field), kind(of)));
    }
    html.push_str("</dl></section>");
    html
}

/// The type of a schema in a few words, linked where it has a name.
fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|r| r.rsplit('/').next()) {
        return format!("<a href=\"#{0}\">{0}</a>", escape(name));
    }
    if let Some(items) = schema.get("items") {
        return format!("list of {}", kind(items));
    }
    if let Some(any) = schema["oneOf"].as_array().or_else(|| schema["anyOf"].as_array()) {
        return any.iter().map(kind).collect::<Vec<_>>().join(" or ");
    }
    match &schema["type"] {
        Value::String(name) => escape(name),
        Value::Array(names) => names.iter().filter_map(Value::as_str).map(escape).collect::<Vec<_>>().join(" or "),
        _ => "any".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_and_object_is_on_the_page() {
        let document = serde_json::to_value(crate::api::openapi()).unwrap();
        let page = render(&document);
        for path in document["paths"].as_object().unwrap().keys() {
            assert!(page.contains(&format!("<code>{path}</code>")), "{path}");
        }
        for name in document.pointer("/components/schemas").unwrap().as_object().unwrap().keys() {
            assert!(page.contains(&format!("<section id=\"{name}\">")), "{name}");
        }
    }
}
