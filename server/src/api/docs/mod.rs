//! `/api/docs`: the same document for people, rendered once at start-up, without scripts or strangers.

mod sample;

use axum::{Router, http::header, response::Html, routing::get};
use domain::html::escape;
use serde_json::{Map, Value};
use utoipa::openapi::OpenApi;

const CSS: &str = include_str!("docs.css");

/// `address`: of the API as its callers write it.
pub(super) fn routes(document: &OpenApi, address: &str) -> Router {
    let page = render(&serde_json::to_value(document).unwrap_or_default(), address);
    Router::new()
        .route("/docs", get(move || async move { Html(page) }))
        .route("/docs.css", get(|| async { ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], CSS) }))
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The fields of an object; of anything else none.
fn fields(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

struct Operation<'a> {
    path: &'a str,
    method: &'a str,
    said: &'a Value,
}

/// Operations by tag, in the order in which the tags first come.
fn groups(document: &Value) -> Vec<(&str, Vec<Operation<'_>>)> {
    let mut groups: Vec<(&str, Vec<Operation>)> = Vec::new();
    for (path, methods) in fields(&document["paths"]) {
        for (method, said) in fields(methods) {
            let (tag, operation) = (text(said, "/tags/0"), Operation { path, method, said });
            match groups.iter_mut().find(|(name, _)| *name == tag) {
                Some((_, all)) => all.push(operation),
                None => groups.push((tag, vec![operation])),
            }
        }
    }
    groups
}

fn render(document: &Value, address: &str) -> String {
    let groups = groups(document);
    let link = |name: &str| format!("<li><a href=\"#{}\">{}</a></li>", anchor(name), escape(name));
    let contents: String = groups.iter().map(|(tag, _)| link(tag)).collect();
    let mut body = format!(
        "<h1>{}</h1><p>{}</p><p>Address: <code>{}</code>. Key: <code>Authorization: Bearer kh_…</code>. \
         Every <code>POST</code> takes <code>Idempotency-Key</code>. Errors are \
         <a href=\"#Problem\">problems</a> with a stable <code>code</code>. Machine-readable: \
         <a href=\"/api/v1/openapi.json\">openapi.json</a>.</p><nav><ul>{contents}{}</ul></nav>",
        escape(text(document, "/info/title")),
        escape(text(document, "/info/description")),
        escape(address),
        link("Objects"),
    );
    for (tag, operations) in groups {
        body.push_str(&format!("<h2 id=\"{}\">{}</h2>", anchor(tag), escape(tag)));
        for operation in operations {
            body.push_str(&operation_html(document, address, &operation));
        }
    }
    body.push_str("<h2 id=\"objects\">Objects</h2>");
    for (name, schema) in fields(&document["components"]["schemas"]) {
        body.push_str(&schema_html(name, schema));
    }
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>Khanut API</title>\
         <link rel=\"stylesheet\" href=\"/api/docs.css\"></head><body><main>{body}</main></body></html>"
    )
}

fn anchor(name: &str) -> String {
    name.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "-")
}

fn operation_html(document: &Value, address: &str, operation: &Operation) -> String {
    let Operation { path, method, said } = operation;
    let mut html = format!(
        "<section><h3><span class=\"method\">{}</span> <code>{}</code></h3><p>{}</p>",
        method.to_uppercase(),
        escape(path),
        escape(text(said, "/summary"))
    );
    html.push_str(&parameters_html(&said["parameters"]));
    let body = said.pointer("/requestBody/content/application~1json/schema");
    if let Some(schema) = body {
        html.push_str(&format!("<p>Body: {}</p>", kind(schema)));
    }
    let body = body.map(|schema| sample::of(document, schema));
    let request = sample::curl(address, path, method, body.as_ref());
    html.push_str(&format!("<pre><code>{}</code></pre>", escape(&request)));
    for (status, answer) in fields(&said["responses"]) {
        html.push_str(&answer_html(document, status, answer));
    }
    html.push_str("</section>");
    html
}

fn parameters_html(parameters: &Value) -> String {
    let parameters = parameters.as_array().map(Vec::as_slice).unwrap_or_default();
    let line = |parameter: &Value| {
        let (name, place, said) = (text(parameter, "/name"), text(parameter, "/in"), text(parameter, "/description"));
        let (name, said, kind) = (escape(name), escape(said), kind(&parameter["schema"]));
        format!("<dt><code>{name}</code> <small>{place}</small></dt><dd>{kind} {said}</dd>")
    };
    if parameters.is_empty() {
        return String::new();
    }
    format!("<dl>{}</dl>", parameters.iter().map(line).collect::<String>())
}

/// A good answer with an example; of the others the name and when they come.
fn answer_html(document: &Value, status: &str, answer: &Value) -> String {
    let (status, said) = (escape(status), escape(text(answer, "/description")));
    let Some(schema) = answer.pointer("/content/application~1json/schema") else {
        return format!("<p class=\"answer\"><strong>{status}</strong> {said}</p>");
    };
    let example = serde_json::to_string_pretty(&sample::of(document, schema)).unwrap_or_default();
    format!(
        "<details><summary><strong>{status}</strong> {}</summary><pre><code>{}</code></pre></details>",
        kind(schema),
        escape(&example)
    )
}

fn schema_html(name: &str, schema: &Value) -> String {
    let id = escape(name);
    let required: Vec<_> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let mut html = format!("<section id=\"{id}\"><h3>{id}</h3><p>{}</p><dl>", escape(text(schema, "/description")));
    for (field, of) in fields(&schema["properties"]) {
        let must = if required.contains(&field.as_str()) { " · always" } else { "" };
        let (name, said) = (escape(field), escape(text(of, "/description")));
        html.push_str(&format!("<dt><code>{name}</code> <small>{}{must}</small></dt><dd>{said}</dd>", kind(of)));
    }
    html.push_str("</dl></section>");
    html
}

/// The type of a schema in a few words, linked where it has a name.
fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|r| r.rsplit('/').next()) {
        return format!("<a href=\"#{0}\">{0}</a>", escape(name));
    }
    if let Some(words) = schema["enum"].as_array() {
        let words = words.iter().map(|word| escape(word.as_str().unwrap_or("null")));
        return words.collect::<Vec<_>>().join(" | ");
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
    fn every_path_and_object_is_on_the_page_and_every_link_leads_somewhere() {
        let document = serde_json::to_value(crate::api::openapi()).unwrap();
        let page = render(&document, "https://shop.am/api/v1");
        for (path, methods) in fields(&document["paths"]) {
            assert!(page.contains(&format!("<code>{path}</code>")), "{path}");
            for (method, _) in fields(methods) {
                let flag = if method == "get" { String::new() } else { format!("-X {} ", method.to_uppercase()) };
                assert!(page.contains(&format!("curl {flag}'https://shop.am/api/v1{path}'")), "{method} {path}");
            }
        }
        for (name, _) in fields(&document["components"]["schemas"]) {
            assert!(page.contains(&format!("<section id=\"{name}\">")), "{name}");
        }
        for target in page.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(page.contains(&format!("id=\"{target}\"")), "{target}");
        }
        assert!(!page.contains(" style=") && !page.contains("<script"), "the page keeps to the policy");
    }
}
