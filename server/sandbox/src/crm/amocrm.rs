//! The stand-in for amoCRM: a bearer token, the addresses that are called, their lists and their problems.

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Path, Query, State},
    http::{HeaderMap, Method, StatusCode, Uri},
    response::{IntoResponse, Response},
    routing::{any, get},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Contact, Crm, Deal, Held, Pipelines, locked, page};

const REQUEST: usize = 64 * 1024;

const PIPELINES: &Pipelines = &[(
    "7100",
    "Продажи",
    &[
        ("7101", "Неразобранное", Some("incoming")),
        ("7102", "Первичный контакт", None),
        ("7103", "Оплачено", None),
        ("142", "Успешно реализовано", None),
        ("143", "Закрыто и не реализовано", None),
    ],
)];

/// A problem: status, and what is wrong where.
struct No(u16, &'static str, &'static str);

pub(super) fn routes(crm: Crm) -> Router {
    Router::new()
        .route("/api/v4/{*path}", any(call))
        .route("/leads/detail/{id}", get(deal))
        .layer(DefaultBodyLimit::max(REQUEST))
        .with_state(crm)
}

async fn deal(State(crm): State<Crm>, Path(id): Path<u64>) -> Response {
    page::deal(&crm, "amoCRM", id)
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    query: String,
}

async fn call(
    State(crm): State<Crm>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    Path(path): Path<String>,
    body: axum::body::Bytes,
) -> Response {
    let key = headers.get("authorization").and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    if !key.is_some_and(|key| crm.opens(key)) {
        return said(Err(No(401, "", "Unauthorized")));
    }
    let body = serde_json::from_slice::<Value>(&body).unwrap_or_default();
    let query = Query::<Asked>::try_from_uri(&uri).map(|asked| asked.0.query.clone()).unwrap_or_default();
    let what = format!("{method} {path}");
    crm.play(
        &what,
        [
            &|| said(answer(&crm, &method, &path, &query, &body)),
            // No JSON, as the real one does.
            &|| (StatusCode::TOO_MANY_REQUESTS, "<html>Too many requests</html>").into_response(),
            &|| said(Err(No(401, "", "Unauthorized"))),
            &|| said(Err(No(400, "0.status_id", "The status is not supported"))),
        ],
    )
}

fn said(answer: Result<Value, No>) -> Response {
    let (status, body) = match answer {
        Ok(Value::Null) => return StatusCode::NO_CONTENT.into_response(),
        Ok(body) => return Json(body).into_response(),
        Err(No(status @ 400, path, detail)) => {
            let errors = json!([{ "code": "NotSupportedChoice", "path": path, "detail": detail }]);
            let wrong = json!([{ "request_id": "0", "errors": errors }]);
            (status, json!({ "validation-errors": wrong, "title": "Bad Request", "status": status }))
        }
        Err(No(status, _, detail)) => (status, json!({ "title": detail, "status": status, "detail": detail })),
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    (status, [("content-type", "application/problem+json")], body.to_string()).into_response()
}

fn answer(crm: &Crm, method: &Method, path: &str, query: &str, body: &Value) -> Result<Value, No> {
    let mut held = crm.held();
    match (method.as_str(), path) {
        ("GET", "account") => Ok(json!({ "id": 1, "currency": locked(&crm.0.currencies).first() })),
        ("GET", "leads/pipelines") => Ok(pipelines()),
        ("GET", "leads/custom_fields") if held.fields.is_empty() => Ok(Value::Null),
        ("GET", "leads/custom_fields") => {
            let fields: Vec<Value> = held.fields.iter().map(|code| json!({ "id": 1, "code": code })).collect();
            Ok(json!({ "_embedded": { "custom_fields": fields } }))
        }
        ("POST", "leads/custom_fields") => {
            held.fields.push(body[0]["code"].as_str().unwrap_or_default().to_owned());
            Ok(json!({ "_embedded": { "custom_fields": [{ "id": 1 }] } }))
        }
        ("GET", "leads") => Ok(search(&held, query)),
        ("POST", "leads/complex") => {
            let deal = add(&mut held, &body[0])?;
            let request = &body[0]["request_id"];
            Ok(json!([{ "id": deal.id, "contact_id": deal.contact, "request_id": [request], "merged": false }]))
        }
        ("POST", "leads") => {
            let deal = add(&mut held, &body[0])?;
            Ok(json!({ "_embedded": { "leads": [{ "id": deal.id, "request_id": body[0]["request_id"] }] } }))
        }
        ("PATCH", path) => {
            let id = path.strip_prefix("leads/").and_then(|id| id.parse::<u64>().ok());
            let deal = held.deals.iter_mut().find(|deal| Some(deal.id) == id).ok_or(No(404, "", "Not found"))?;
            write(deal, body)?;
            Ok(json!({ "id": deal.id, "updated_at": 1 }))
        }
        _ => Err(No(404, "", "Not found")),
    }
}

fn pipelines() -> Value {
    let status = |(id, name, kind): &(&str, &str, Option<&str>)| json!({ "id": id.parse::<u64>().unwrap_or(0), "name": name, "type": i32::from(kind.is_some()) });
    let all = PIPELINES.iter().map(|(id, name, stages)| {
        let stages: Vec<Value> = stages.iter().map(status).collect();
        json!({ "id": id.parse::<u64>().unwrap_or(0), "name": name, "is_archive": false, "_embedded": { "statuses": stages } })
    });
    json!({ "_embedded": { "pipelines": all.collect::<Vec<_>>() } })
}

/// Whatever holds the words, in its name too.
fn search(held: &Held, query: &str) -> Value {
    let found = held.deals.iter().filter(|deal| deal.origin.contains(query) || deal.title.contains(query));
    let found: Vec<Value> = found
        .map(|deal| {
            let own = json!([{ "field_id": 1, "field_code": "KHANUT_ORDER", "values": [{ "value": deal.origin }] }]);
            let contacts: Vec<Value> = deal.contact.iter().map(|id| json!({ "id": id })).collect();
            json!({ "id": deal.id, "name": deal.title, "custom_fields_values": own, "_embedded": { "contacts": contacts } })
        })
        .collect();
    if found.is_empty() { Value::Null } else { json!({ "_embedded": { "leads": found } }) }
}

fn add(held: &mut Held, lead: &Value) -> Result<Deal, No> {
    let own = &lead["custom_fields_values"][0];
    if !held.fields.iter().any(|code| own["field_code"] == code.as_str()) {
        return Err(No(400, "custom_fields_values.0.field_code", "The field does not exist"));
    }
    let mut deal = Deal {
        id: held.next_deal(),
        title: lead["name"].as_str().unwrap_or_default().to_owned(),
        origin: own["values"][0]["value"].as_str().unwrap_or_default().to_owned(),
        ..Deal::default()
    };
    write(&mut deal, lead)?;
    let contact = &lead["_embedded"]["contacts"][0];
    if let Some(id) = contact["id"].as_u64() {
        let known = held.contacts.iter().any(|contact| contact.id == id);
        deal.contact = Some(id).filter(|_| known);
    } else if let Some(name) = contact["name"].as_str() {
        let fields = contact["custom_fields_values"].as_array().into_iter().flatten();
        let phones = fields.filter(|field| field["field_code"] == "PHONE");
        let phones = phones.filter_map(|field| field["values"][0]["value"].as_str().map(str::to_owned)).collect();
        deal.contact = Some(held.add_contact(Contact { name: name.to_owned(), phones, ..Contact::default() }));
    }
    held.deals.push(deal.clone());
    Ok(deal)
}

fn write(deal: &mut Deal, lead: &Value) -> Result<(), No> {
    if let Some(stage) = lead["status_id"].as_u64() {
        let stage = stage.to_string();
        let pipeline = lead["pipeline_id"].as_u64().unwrap_or(0).to_string();
        let known = PIPELINES.iter().find(|(id, ..)| *id == pipeline);
        if !known.is_some_and(|(.., stages)| stages.iter().any(|(id, ..)| *id == stage)) {
            return Err(No(400, "0.status_id", "The status is not supported"));
        }
        (deal.pipeline, deal.stage) = (pipeline, stage);
    }
    if let Some(price) = lead.get("price") {
        deal.sum = price.as_i64().ok_or(No(400, "0.price", "A whole number is needed"))?.to_string();
    }
    Ok(())
}
