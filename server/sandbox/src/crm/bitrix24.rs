//! The stand-in for Bitrix24: an inbound webhook, the methods that are called, their envelopes and their errors.

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};

use super::{Contact, Crm, Deal, Held, Pipelines, locked, page};

const REQUEST: usize = 64 * 1024;
const DEAL: i64 = 2;
const CONTACT: i64 = 3;

const PIPELINES: &Pipelines = &[
    (
        "0",
        "Продажи",
        &[
            ("NEW", "Новая", None),
            ("PREPARATION", "Подготовка документов", None),
            ("EXECUTING", "В работе", None),
            ("WON", "Сделка успешна", Some("S")),
            ("LOSE", "Сделка провалена", Some("F")),
        ],
    ),
    (
        "1",
        "Занятия",
        &[("C1:NEW", "Заявка", None), ("C1:WON", "Проведено", Some("S")), ("C1:LOSE", "Возврат", Some("F"))],
    ),
];

/// A refusal: status, code, words.
struct No(u16, &'static str, &'static str);

pub(super) fn routes(crm: Crm) -> Router {
    Router::new()
        .route("/rest/{user}/{secret}/{method}", post(call))
        .route("/crm/deal/details/{id}/", get(deal))
        .layer(DefaultBodyLimit::max(REQUEST))
        .with_state(crm)
}

async fn deal(State(crm): State<Crm>, Path(id): Path<u64>) -> Response {
    page::deal(&crm, "Bitrix24", id)
}

async fn call(
    State(crm): State<Crm>,
    Path((_, secret, method)): Path<(String, String, String)>,
    Json(body): Json<Value>,
) -> Response {
    let method = method.trim_end_matches(".json");
    if !crm.opens(&secret) {
        return said(Err(No(401, "NO_AUTH_FOUND", "Wrong authorization data")));
    }
    crm.play(
        method,
        [
            &|| said(answer(&crm, method, &body)),
            &|| said(Err(No(503, "QUERY_LIMIT_EXCEEDED", "Too many requests"))),
            &|| said(Err(No(401, "expired_token", "The webhook has expired"))),
            &|| said(Err(No(400, "CRM_FIELD_ERROR_VALUE_NOT_VALID", "Invalid value of the field \"Stage\""))),
        ],
    )
}

fn said(answer: Result<Value, No>) -> Response {
    match answer {
        Ok(result) => Json(json!({ "result": result, "time": { "operating": 0.1 } })).into_response(),
        Err(No(status, code, words)) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
            (status, Json(json!({ "error": code, "error_description": words }))).into_response()
        }
    }
}

fn answer(crm: &Crm, method: &str, body: &Value) -> Result<Value, No> {
    let mut held = crm.held();
    match method {
        "crm.category.list" => {
            let all =
                PIPELINES.iter().map(|(id, name, _)| json!({ "id": id.parse::<u64>().unwrap_or(0), "name": name }));
            Ok(json!({ "categories": all.collect::<Vec<_>>() }))
        }
        "crm.status.list" => Ok(stages(body["filter"]["ENTITY_ID"].as_str().unwrap_or_default())),
        "crm.currency.list" => {
            let all = locked(&crm.0.currencies).iter().map(|code| json!({ "CURRENCY": code })).collect::<Vec<_>>();
            Ok(json!(all))
        }
        "crm.item.list" => list(&held, body),
        "crm.item.add" => add(crm, &mut held, body),
        "crm.item.update" => update(&mut held, body),
        "crm.duplicate.findbycomm" => Ok(by_phone(&held, body)),
        _ => Err(No(404, "ERROR_METHOD_NOT_FOUND", "Method not found!")),
    }
}

fn stages(list: &str) -> Value {
    let id = list.strip_prefix("DEAL_STAGE_").unwrap_or("0");
    let stages = PIPELINES.iter().find(|(known, ..)| *known == id).map_or(&[][..], |(.., stages)| stages);
    stages.iter().map(|(id, name, ends)| json!({ "STATUS_ID": id, "NAME": name, "SEMANTICS": ends })).collect()
}

fn list(held: &Held, body: &Value) -> Result<Value, No> {
    let origin = body["filter"]["=originId"].as_str().ok_or(No(400, "INVALID_ARG_VALUE", "filter"))?;
    let items: Vec<Value> = match body["entityTypeId"].as_i64() {
        Some(DEAL) => {
            let deals = held.deals.iter().filter(|deal| deal.origin == origin);
            deals.map(|deal| json!({ "id": deal.id, "contactId": deal.contact.unwrap_or(0) })).collect()
        }
        Some(CONTACT) => {
            let contacts = held.contacts.iter().filter(|contact| contact.origin == origin);
            contacts.map(|contact| json!({ "id": contact.id })).collect()
        }
        _ => return Err(No(400, "NOT_FOUND", "entityTypeId")),
    };
    Ok(json!({ "items": items }))
}

fn by_phone(held: &Held, body: &Value) -> Value {
    let wanted = body["values"][0].as_str().unwrap_or_default();
    let known = held.contacts.iter().filter(|contact| contact.phones.iter().any(|phone| phone == wanted));
    let ids: Vec<u64> = known.map(|contact| contact.id).collect();
    // PHP says an empty map so.
    if ids.is_empty() { json!([]) } else { json!({ "CONTACT": ids }) }
}

fn add(crm: &Crm, held: &mut Held, body: &Value) -> Result<Value, No> {
    let fields = &body["fields"];
    let text = |name: &str| fields[name].as_str().unwrap_or_default().to_owned();
    if body["entityTypeId"].as_i64() == Some(CONTACT) {
        let phones = fields["fm"].as_array().into_iter().flatten().filter(|one| one["typeId"] == "PHONE");
        let phones = phones.filter_map(|one| one["value"].as_str().map(str::to_owned)).collect();
        let id = held.add_contact(Contact { id: 0, name: text("name"), phones, origin: text("originId") });
        return Ok(json!({ "item": { "id": id } }));
    }
    let currency = text("currencyId");
    if !locked(&crm.0.currencies).contains(&currency) {
        return Err(No(400, "CRM_FIELD_ERROR_VALUE_NOT_VALID", "Invalid value of the field \"Currency\""));
    }
    let mut deal = Deal {
        id: held.next_deal(),
        title: text("title"),
        origin: text("originId"),
        contact: fields["contactIds"][0].as_u64(),
        ..Deal::default()
    };
    write(&mut deal, fields)?;
    held.deals.push(deal.clone());
    Ok(json!({ "item": { "id": deal.id } }))
}

fn update(held: &mut Held, body: &Value) -> Result<Value, No> {
    let id = body["id"].as_u64();
    let deal = held.deals.iter_mut().find(|deal| Some(deal.id) == id).ok_or(No(400, "NOT_FOUND", "Not found"))?;
    write(deal, &body["fields"])?;
    Ok(json!({ "item": { "id": deal.id } }))
}

/// A stage must be of its pipeline, and a sum stays only where it is said to be set by hand.
fn write(deal: &mut Deal, fields: &Value) -> Result<(), No> {
    if let Some(stage) = fields["stageId"].as_str() {
        let pipeline = fields["categoryId"].as_u64().unwrap_or(0).to_string();
        let known = PIPELINES.iter().find(|(id, ..)| *id == pipeline);
        let fits = known.is_some_and(|(.., stages)| stages.iter().any(|(id, ..)| *id == stage));
        if !fits {
            return Err(No(400, "CRM_FIELD_ERROR_VALUE_NOT_VALID", "Invalid value of the field \"Stage\""));
        }
        (deal.pipeline, deal.stage) = (pipeline, stage.to_owned());
    }
    let by_hand = fields["isManualOpportunity"] == "Y";
    deal.sum = if by_hand { fields["opportunity"].to_string() } else { "0".to_owned() };
    if let Some(words) = fields["comments"].as_str() {
        words.clone_into(&mut deal.words);
    }
    Ok(())
}
