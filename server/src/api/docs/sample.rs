//! Examples made from the document itself: a body that a schema describes, and the request that is sent with it.

use serde_json::{Map, Value, json};

/// Deeper objects are left out: nothing in this API nests so far.
const DEPTH: usize = 6;

/// A value that `schema` describes: its own example, or one put together of its parts.
pub(super) fn of(document: &Value, schema: &Value) -> Value {
    build(document, schema, DEPTH)
}

fn build(document: &Value, schema: &Value, depth: usize) -> Value {
    if let Some(example) = schema.get("example") {
        return example.clone();
    }
    let Some(depth) = depth.checked_sub(1) else { return Value::Null };
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return build(document, &document["components"]["schemas"][name], depth);
    }
    let choices = schema["oneOf"].as_array().or_else(|| schema["anyOf"].as_array());
    if let Some(choice) = choices.and_then(|all| all.iter().find(|choice| choice["type"] != "null")) {
        return build(document, choice, depth);
    }
    if let Some(word) = schema["enum"].as_array().and_then(|words| words.first()) {
        return word.clone();
    }
    if let Some(fields) = schema["properties"].as_object() {
        return fields
            .iter()
            .map(|(name, of)| (name.clone(), build(document, of, depth)))
            .collect::<Map<_, _>>()
            .into();
    }
    match kind(schema) {
        "array" => json!([build(document, &schema["items"], depth)]),
        "object" => json!({}),
        "integer" => json!(1),
        "boolean" => json!(true),
        "string" => json!("…"),
        _ => Value::Null,
    }
}

/// What it is when it is not null.
fn kind(schema: &Value) -> &str {
    let all = schema["type"].as_array().map_or(std::slice::from_ref(&schema["type"]), Vec::as_slice);
    all.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or_default()
}

/// The request as one would type it at a shell.
pub(super) fn curl(address: &str, path: &str, method: &str, body: Option<&Value>) -> String {
    let method = method.to_uppercase();
    let mut lines = vec![if method == "GET" { "curl".to_owned() } else { format!("curl -X {method}") }];
    lines[0].push_str(&format!(" '{address}{path}'"));
    lines.push("-H 'Authorization: Bearer kh_…'".to_owned());
    if method == "POST" {
        lines.push("-H 'Idempotency-Key: 7f0c1d9e'".to_owned());
    }
    if let Some(body) = body {
        lines.push("-H 'Content-Type: application/json'".to_owned());
        lines.push(format!("-d '{}'", body.to_string().replace('\'', "'\\''")));
    }
    lines.join(" \\\n  ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_are_put_together_of_their_parts() {
        let document = json!({ "components": { "schemas": {
            "Amount": { "type": "object", "properties": {
                "amount_minor": { "type": "integer", "example": 1_500_000 },
                "currency": { "type": "string", "example": "AMD" },
            } },
            "Loop": { "type": "object", "properties": { "next": { "$ref": "#/components/schemas/Loop" } } },
        } } });
        let schema = json!({ "type": "object", "properties": {
            "price": { "oneOf": [{ "type": "null" }, { "$ref": "#/components/schemas/Amount" }] },
            "kind": { "type": "string", "enum": ["fixed", "dynamic"] },
            "names": { "type": "array", "items": { "type": ["string", "null"] } },
        } });
        let wanted =
            json!({ "price": { "amount_minor": 1_500_000, "currency": "AMD" }, "kind": "fixed", "names": ["…"] });
        assert_eq!(of(&document, &schema), wanted);
        assert!(of(&document, &json!({ "$ref": "#/components/schemas/Loop" })).is_object(), "it ends");
    }

    #[test]
    fn requests_can_be_pasted_into_a_shell() {
        let text = curl("https://shop.am/api/v1", "/orders", "post", Some(&json!({ "title": "it's" })));
        assert!(text.starts_with("curl -X POST 'https://shop.am/api/v1/orders' \\\n  -H 'Authorization"), "{text}");
        assert!(text.ends_with(r#"-d '{"title":"it'\''s"}'"#), "{text}");
        assert!(!curl("", "/orders", "get", None).contains("Idempotency"));
    }
}
