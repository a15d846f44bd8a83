//! amoCRM (Kommo) by a long-lived token. A deal bears its order's id in a field of its own, which is made when the CRM is
//! connected; a search for it may find more than that, so what is found is compared.

use async_trait::async_trait;
use domain::deal::Stage;
use reqwest::{Client, Method};
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    Change, Crm, Deal, Ends, Fault, NewDeal, Offer, Person, Pipeline, StageOffer, Typed, ask, few, id_of, number,
    words_of,
};
use crate::{BadSettings, outgoing::Outgoing};

/// The code of the field that holds the order's id.
const FIELD: &str = "KHANUT_ORDER";
/// Its name, as people see it.
const FIELD_NAME: &str = "Khanut";
/// The same in every pipeline.
const WON: &str = "142";
const LOST: &str = "143";
/// The stage of incoming requests, where no deal begins.
const INCOMING: i64 = 1;
/// Where it says "too many" and not for how long; and the longest wait that is believed.
const TOO_MANY: u32 = 5;
const LONGEST: u32 = 3_600;

pub(super) struct AmoCrm {
    address: String,
    token: String,
    http: Client,
}

/// `https://tea.amocrm.ru`, whatever page of it was copied.
pub(super) fn read(address: &str, token: &str, outgoing: &Outgoing) -> Result<Typed, BadSettings> {
    let bad = |text: &str| BadSettings(text.to_owned());
    let url = outgoing.read(address).map_err(|_| bad("https://….amocrm.ru"))?;
    let token = token.trim();
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(bad("the token"));
    }
    let at = url.path().trim_end_matches('/');
    // A stand-in lies within a path of its own; the CRM does not.
    let path = if at.starts_with("/sandbox/") { at } else { "" };
    let address = [&url.origin().ascii_serialization(), path].concat();
    Ok(Typed { address, secrets: [("token".to_owned(), token.to_owned())].into() })
}

#[async_trait]
impl Crm for AmoCrm {
    async fn offer(&self) -> Result<Offer, Fault> {
        let account = self.call(Method::GET, "/account", &()).await?;
        let listed = self.call(Method::GET, "/leads/pipelines", &()).await?;
        let rows = listed["_embedded"]["pipelines"].as_array();
        let open = rows.into_iter().flatten().filter(|row| row["is_archive"] != Value::Bool(true));
        let pipelines = open.filter_map(|row| {
            let stages = row["_embedded"]["statuses"].as_array();
            let stages = stages.into_iter().flatten().filter(|stage| stage["type"].as_i64() != Some(INCOMING));
            Some(Pipeline {
                id: id_of(&row["id"])?,
                name: words_of(&row["name"]),
                stages: stages.filter_map(stage).collect(),
            })
        });
        Ok(Offer { pipelines: pipelines.collect(), currencies: id_of(&account["currency"]).into_iter().collect() })
    }

    async fn prepare(&self) -> Result<(), Fault> {
        let known = self.call(Method::GET, "/leads/custom_fields?limit=250", &()).await?;
        let rows = known["_embedded"]["custom_fields"].as_array();
        if rows.into_iter().flatten().any(|field| field["code"] == FIELD) {
            return Ok(());
        }
        let field = json!([{ "name": FIELD_NAME, "type": "text", "code": FIELD, "is_api_only": true }]);
        self.call(Method::POST, "/leads/custom_fields", &field).await.map(drop)
    }

    async fn find(&self, order: &str) -> Result<Option<Deal>, Fault> {
        let asked = format!("/leads?query={order}&with=contacts&limit=250&order[id]=asc");
        let found = self.call(Method::GET, &asked, &()).await?;
        let mut ours = found["_embedded"]["leads"].as_array().into_iter().flatten().filter(|lead| bears(lead, order));
        Ok(ours.find_map(|lead| {
            let contact = id_of(&lead["_embedded"]["contacts"][0]["id"]);
            Some(Deal { id: id_of(&lead["id"])?, contact })
        }))
    }

    async fn add(&self, deal: &NewDeal) -> Result<Deal, Fault> {
        let mut lead = place(&deal.stage)?;
        lead["name"] = deal.title.as_str().into();
        lead["price"] = whole(deal.amount)?.into();
        lead["custom_fields_values"] = json!([{ "field_code": FIELD, "values": [{ "value": deal.order }] }]);
        lead["request_id"] = deal.order.as_str().into();
        let no_id = || Fault::Unknown("the answer says yes, and no id".to_owned());
        // Whom the CRM knows is joined; anybody else is added in the same breath.
        if let Some(known) = deal.person.as_ref().and_then(|person| person.known.as_ref()) {
            lead["_embedded"] = json!({ "contacts": [{ "id": number(known)? }] });
            let made = self.call(Method::POST, "/leads", &json!([lead])).await?;
            let id = id_of(&made["_embedded"]["leads"][0]["id"]).ok_or_else(no_id)?;
            return Ok(Deal { id, contact: Some(known.clone()) });
        }
        if let Some(person) = &deal.person {
            lead["_embedded"] = json!({ "contacts": [contact(person)] });
        }
        let made = self.call(Method::POST, "/leads/complex", &json!([lead])).await?;
        let id = id_of(&made[0]["id"]).ok_or_else(no_id)?;
        Ok(Deal { id, contact: id_of(&made[0]["contact_id"]) })
    }

    async fn change(&self, id: &str, to: &Change) -> Result<(), Fault> {
        let mut lead = match &to.stage {
            Some(stage) => place(stage)?,
            None => json!({}),
        };
        lead["price"] = whole(to.amount)?.into();
        self.call(Method::PATCH, &format!("/leads/{id}"), &lead).await.map(drop)
    }

    fn link(&self, id: &str) -> String {
        format!("{}/leads/detail/{id}", self.address)
    }
}

fn stage(row: &Value) -> Option<StageOffer> {
    let id = id_of(&row["id"])?;
    let ends = match id.as_str() {
        WON => Some(Ends::Won),
        LOST => Some(Ends::Lost),
        _ => None,
    };
    Some(StageOffer { name: words_of(&row["name"]), id, ends })
}

fn bears(lead: &Value, order: &str) -> bool {
    let fields = lead["custom_fields_values"].as_array();
    let own = fields.into_iter().flatten().filter(|field| field["field_code"] == FIELD);
    own.flat_map(|field| field["values"].as_array().into_iter().flatten()).any(|value| value["value"] == order)
}

/// The last stages are the same in every pipeline, so it is always named.
fn place(stage: &Stage) -> Result<Value, Fault> {
    Ok(json!({ "pipeline_id": number(&stage.pipeline)?, "status_id": number(&stage.stage)? }))
}

/// Prices are whole.
fn whole(amount: domain::Money) -> Result<i64, Fault> {
    let base = 10_i64.pow(amount.currency.exponent());
    let odd = || Fault::Refused { code: "price".to_owned(), words: amount.decimal() };
    if amount.amount_minor % base == 0 { Ok(amount.amount_minor / base) } else { Err(odd()) }
}

fn contact(person: &Person) -> Value {
    let field = |code: &str, kind: &str, value: &String| json!({ "field_code": code, "values": [{ "value": value, "enum_code": kind }] });
    let fields = [
        person.phone.as_ref().map(|phone| field("PHONE", "MOB", phone)),
        person.email.as_ref().map(|email| field("EMAIL", "WORK", email)),
    ];
    let fields: Vec<Value> = fields.into_iter().flatten().collect();
    let mut contact = json!({ "name": person.name });
    if !fields.is_empty() {
        contact["custom_fields_values"] = fields.into();
    }
    contact
}

impl AmoCrm {
    pub(super) fn new(address: &str, token: &str, http: Client) -> Self {
        Self { address: address.to_owned(), token: token.to_owned(), http }
    }

    /// An empty list has no body.
    async fn call<B: Serialize + Sync>(&self, method: Method, path: &str, body: &B) -> Result<Value, Fault> {
        let url = format!("{}/api/v4{path}", self.address);
        let asked = self.http.request(method.clone(), url).bearer_auth(&self.token);
        let (status, text) = ask(if method == Method::GET { asked } else { asked.json(body) }).await?;
        // What comes with "too many" may be no JSON at all.
        let answer = serde_json::from_slice::<Value>(&text);
        match (status, answer) {
            (204, _) => Ok(Value::Null),
            (200..=299, Ok(answer)) => Ok(answer),
            (_, answer) => Err(fault(status, &answer.unwrap_or_default())),
        }
    }
}

fn fault(status: u16, answer: &Value) -> Fault {
    let code = status.to_string();
    match status {
        429 => {
            let told = answer["retry_after"].as_u64().and_then(|seconds| u32::try_from(seconds).ok());
            Fault::Wait { seconds: told.unwrap_or(TOO_MANY).clamp(1, LONGEST) }
        }
        404 if answer["status"].as_u64() == Some(404) => Fault::Gone,
        300..=399 | 401..=404 => Fault::Keys { code, words: why(answer) },
        400..=499 => Fault::Refused { code, words: why(answer) },
        _ => Fault::Unknown(format!("HTTP {status}")),
    }
}

/// The first thing that is wrong, and where.
fn why(answer: &Value) -> String {
    let first = &answer["validation-errors"][0]["errors"][0];
    let words = [&first["path"], &first["detail"]].map(|part| part.as_str().unwrap_or_default()).join(" ");
    let words = words.trim();
    if words.is_empty() { words_of(&answer["detail"]) } else { few(words) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_lead_to_what_is_done_about_them() {
        let wrong =
            json!({ "validation-errors": [{ "errors": [{ "path": "0.status_id", "detail": "No such status" }] }] });
        assert_eq!(
            fault(400, &wrong),
            Fault::Refused { code: "400".to_owned(), words: "0.status_id No such status".to_owned() }
        );
        let keys = |status| matches!(fault(status, &Value::Null), Fault::Keys { .. });
        assert!(keys(401) && keys(402) && keys(403) && keys(302) && keys(404));
        assert_eq!(fault(404, &json!({ "status": 404 })), Fault::Gone);
        assert_eq!(fault(429, &Value::Null), Fault::Wait { seconds: TOO_MANY });
        assert_eq!(fault(429, &json!({ "retry_after": 300 })), Fault::Wait { seconds: 300 });
        assert!(matches!(fault(504, &Value::Null), Fault::Unknown(_)));
        assert!(matches!(fault(200, &Value::Null), Fault::Unknown(_)));
    }

    #[test]
    fn a_price_is_whole_or_refused_and_only_the_very_order_is_found() {
        let amd = domain::Money::amd;
        assert_eq!([whole(amd(1_500_000)).ok(), whole(amd(150)).ok()], [Some(15_000), None]);
        let lead = json!({ "custom_fields_values": [{ "field_code": FIELD, "values": [{ "value": "ord_1" }] }] });
        assert!(bears(&lead, "ord_1") && !bears(&lead, "ord_2"));
        assert!(!bears(&json!({ "custom_fields_values": null, "name": "ord_1" }), "ord_1"));
    }

    #[test]
    fn an_address_is_read_whatever_page_was_copied() {
        let read = |text: &str, token: &str| read(text, token, &Outgoing::new(false)).ok().map(|typed| typed.address);
        let known = Some("https://tea.amocrm.ru".to_owned());
        assert_eq!(read("https://tea.amocrm.ru/leads/pipeline/", " t0ken "), known);
        assert_eq!(
            [read("tea.amocrm.ru", "t"), read("https://tea.amocrm.ru", ""), read("https://127.0.0.1", "t")],
            [None, None, None]
        );
    }
}
