//! Bitrix24 by an inbound webhook: the secret stands in its address, which is never shown, logged or said.

use async_trait::async_trait;
use domain::deal::Stage;
use reqwest::Client;
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    Change, Crm, Deal, Ends, Fault, NewDeal, Number, Offer, Person, Pipeline, StageOffer, Typed, ask, exact, few,
    id_of, number, words_of,
};
use crate::{BadSettings, outgoing::Outgoing};

/// What deals and contacts of ours name as their source.
const ORIGIN: &str = "khanut";
const DEAL: u8 = 2;
const CONTACT: u8 = 3;
/// A method that has worked for too long is closed for this time, where the answer does not say until when.
const CLOSED: u32 = 600;
/// Requests leave the store of fifty at two a second.
const TOO_MANY: u32 = 5;

pub(super) struct Bitrix24 {
    address: String,
    webhook: String,
    http: Client,
}

/// `https://portal/rest/1/secret/`, as the portal shows it, with or without a method at its end.
pub(super) fn read(webhook: &str, outgoing: &Outgoing) -> Result<Typed, BadSettings> {
    let bad = || BadSettings("https://….bitrix24.ru/rest/1/…/".to_owned());
    let url = outgoing.read(webhook).map_err(|_| bad())?;
    let path: Vec<&str> = url.path().split('/').filter(|part| !part.is_empty()).collect();
    let rest = path.iter().position(|part| *part == "rest").ok_or_else(bad)?;
    let [user, secret] = [path.get(rest + 1), path.get(rest + 2)].map(|part| part.copied().unwrap_or_default());
    let is_plain = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !user.bytes().all(|byte| byte.is_ascii_digit()) || !is_plain(user) || !is_plain(secret) {
        return Err(bad());
    }
    let before = path[..rest].iter().fold(String::new(), |path, part| [&path, "/", part].concat());
    let address = [&url.origin().ascii_serialization(), before.as_str()].concat();
    let webhook = format!("{address}/rest/{user}/{secret}");
    Ok(Typed { address, secrets: [("webhook".to_owned(), webhook)].into() })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Item<F> {
    entity_type_id: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<u64>,
    fields: F,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DealFields<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    #[serde(flatten)]
    place: Option<PlaceFields<'a>>,
    currency_id: &'a str,
    opportunity: Number,
    /// Ours is the sum, not that of product rows.
    is_manual_opportunity: &'static str,
    /// Said once: afterwards it is the people's of the shop.
    #[serde(skip_serializing_if = "Option::is_none")]
    comments: Option<&'a str>,
    #[serde(flatten)]
    new: Option<NewFields<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PlaceFields<'a> {
    category_id: u64,
    stage_id: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NewFields<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    contact_ids: Vec<u64>,
    originator_id: &'a str,
    origin_id: &'a str,
}

fn place(stage: &Stage) -> Result<PlaceFields<'_>, Fault> {
    Ok(PlaceFields { category_id: number(&stage.pipeline)?, stage_id: &stage.stage })
}

#[async_trait]
impl Crm for Bitrix24 {
    async fn offer(&self) -> Result<Offer, Fault> {
        let asked = self.call("crm.category.list", &json!({ "entityTypeId": DEAL })).await?;
        let mut pipelines = Vec::new();
        for row in asked["categories"].as_array().into_iter().flatten() {
            let Some(id) = id_of(&row["id"]) else { continue };
            pipelines.push(Pipeline { stages: self.stages(&id).await?, name: words_of(&row["name"]), id });
        }
        let known = self.call("crm.currency.list", &json!({})).await?;
        let currencies = known.as_array().into_iter().flatten().filter_map(|row| id_of(&row["CURRENCY"]));
        Ok(Offer { pipelines, currencies: currencies.collect() })
    }

    /// Deals have `originId`.
    async fn prepare(&self) -> Result<(), Fault> {
        Ok(())
    }

    async fn find(&self, order: &str) -> Result<Option<Deal>, Fault> {
        let found = self.by_origin(DEAL, order).await?;
        Ok(found.map(|item| {
            let contact = id_of(&item["contactId"]).filter(|id| id != "0");
            Deal { id: id_of(&item["id"]).unwrap_or_default(), contact }
        }))
    }

    async fn add(&self, deal: &NewDeal) -> Result<Deal, Fault> {
        let contact = match &deal.person {
            Some(person) => Some(self.contact(person).await?),
            None => None,
        };
        let contact_ids = contact.iter().map(|id| number(id)).collect::<Result<_, _>>()?;
        let new = NewFields { contact_ids, originator_id: ORIGIN, origin_id: &deal.order };
        let fields = DealFields {
            title: Some(&deal.title),
            place: Some(place(&deal.stage)?),
            currency_id: deal.amount.currency.as_str(),
            opportunity: exact(deal.amount)?,
            is_manual_opportunity: "Y",
            comments: Some(&deal.words),
            new: Some(new),
        };
        let id = self.made(&Item { entity_type_id: DEAL, id: None, fields }).await?;
        Ok(Deal { id, contact })
    }

    async fn change(&self, id: &str, to: &Change) -> Result<(), Fault> {
        let fields = DealFields {
            title: None,
            place: to.stage.as_ref().map(place).transpose()?,
            currency_id: to.amount.currency.as_str(),
            opportunity: exact(to.amount)?,
            is_manual_opportunity: "Y",
            comments: None,
            new: None,
        };
        let item = Item { entity_type_id: DEAL, id: Some(number(id)?), fields };
        self.call("crm.item.update", &item).await.map(drop)
    }

    fn link(&self, id: &str) -> String {
        format!("{}/crm/deal/details/{id}/", self.address)
    }
}

impl Bitrix24 {
    pub(super) fn new(address: &str, webhook: &str, http: Client) -> Self {
        Self { address: address.to_owned(), webhook: webhook.to_owned(), http }
    }

    async fn stages(&self, pipeline: &str) -> Result<Vec<StageOffer>, Fault> {
        let list = if pipeline == "0" { "DEAL_STAGE".to_owned() } else { format!("DEAL_STAGE_{pipeline}") };
        let asked = json!({ "order": { "SORT": "ASC" }, "filter": { "ENTITY_ID": list } });
        let rows = self.call("crm.status.list", &asked).await?;
        let stage = |row: &Value| {
            let ends = match row["SEMANTICS"].as_str() {
                Some("S") => Some(Ends::Won),
                Some("F") => Some(Ends::Lost),
                _ => None,
            };
            Some(StageOffer { id: id_of(&row["STATUS_ID"])?, name: words_of(&row["NAME"]), ends })
        };
        Ok(rows.as_array().into_iter().flatten().filter_map(stage).collect())
    }

    /// The oldest of our items with this id.
    async fn by_origin(&self, kind: u8, origin: &str) -> Result<Option<Value>, Fault> {
        let asked = json!({
            "entityTypeId": kind,
            "filter": { "=originatorId": ORIGIN, "=originId": origin },
            "order": { "id": "ASC" },
            "select": if kind == DEAL { json!(["id", "contactId"]) } else { json!(["id"]) },
        });
        let found = self.call("crm.item.list", &asked).await?;
        // Anything but a list is no answer: what was not found must not be made twice.
        let items = found["items"].as_array().ok_or_else(|| Fault::Unknown("the answer holds no list".to_owned()))?;
        Ok(items.iter().find(|item| id_of(&item["id"]).is_some()).cloned())
    }

    /// Ours by its id, or one that people have made with this phone, or a new one.
    async fn contact(&self, person: &Person) -> Result<String, Fault> {
        if let Some(known) = &person.known {
            return Ok(known.clone());
        }
        if let Some(id) = self.by_origin(CONTACT, &person.key).await?.and_then(|item| id_of(&item["id"])) {
            return Ok(id);
        }
        if let Some(phone) = &person.phone {
            let asked = json!({ "type": "PHONE", "values": [phone], "entity_type": "CONTACT" });
            let found = self.call("crm.duplicate.findbycomm", &asked).await?;
            if let Some(id) = found["CONTACT"].as_array().and_then(|all| all.iter().find_map(id_of)) {
                return Ok(id);
            }
        }
        let value = |kind: &str, value_type: &str, value: &String| json!({ "typeId": kind, "valueType": value_type, "value": value });
        let values = [
            person.phone.as_ref().map(|phone| value("PHONE", "MOBILE", phone)),
            person.email.as_ref().map(|email| value("EMAIL", "WORK", email)),
            person.telegram.as_ref().map(|name| value("IM", "TELEGRAM", name)),
        ];
        let fields = json!({
            "name": person.name,
            "fm": values.into_iter().flatten().collect::<Vec<_>>(),
            "originatorId": ORIGIN,
            "originId": person.key,
        });
        self.made(&Item { entity_type_id: CONTACT, id: None, fields }).await
    }

    async fn made<F: Serialize + Sync>(&self, item: &Item<F>) -> Result<String, Fault> {
        let made = self.call("crm.item.add", item).await?;
        id_of(&made["item"]["id"]).ok_or_else(|| Fault::Unknown("the answer says yes, and no id".to_owned()))
    }

    async fn call<B: Serialize + Sync>(&self, method: &str, body: &B) -> Result<Value, Fault> {
        let url = format!("{}/{method}.json", self.webhook);
        let (status, body) = ask(self.http.post(url).json(body)).await?;
        let mut answer = serde_json::from_slice::<Value>(&body).unwrap_or_default();
        // Some errors come with an empty code, and some with a status of success.
        if answer.get("error").is_none() && (200..300).contains(&status) {
            return match answer.get_mut("result") {
                Some(result) => Ok(result.take()),
                None => Err(Fault::Unknown(format!("HTTP {status} without a result"))),
            };
        }
        let code = id_of(&answer["error"]).unwrap_or_default();
        Err(fault(status, &few(&code), words_of(&answer["error_description"])))
    }
}

fn fault(status: u16, code: &str, words: String) -> Fault {
    let named = |code: &str| if code.is_empty() { format!("HTTP {status}") } else { code.to_owned() };
    match (status, code) {
        (_, "QUERY_LIMIT_EXCEEDED") => Fault::Wait { seconds: TOO_MANY },
        (429, _) => Fault::Wait { seconds: CLOSED },
        (_, "OVERLOAD_LIMIT" | "PORTAL_DELETED") | (300..=399 | 401 | 403, _) => {
            Fault::Keys { code: named(code), words }
        }
        (_, "INVALID_REQUEST") => Fault::Keys { code: named(code), words },
        (400, "NOT_FOUND") => Fault::Gone,
        (404, _) if code.is_empty() => Fault::Keys { code: named(code), words },
        (400..=499, _) => Fault::Refused { code: named(code), words },
        _ => Fault::Unknown(format!("{} {words}", named(code)).trim_end().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(status: u16, code: &str) -> &'static str {
        match fault(status, code, String::new()) {
            Fault::NotSent(_) => "not sent",
            Fault::Wait { .. } => "wait",
            Fault::Keys { .. } => "keys",
            Fault::Refused { .. } => "refused",
            Fault::Gone => "gone",
            Fault::Unknown(_) => "unknown",
        }
    }

    #[test]
    fn codes_lead_to_what_is_done_about_them() {
        let known = [
            (503, "QUERY_LIMIT_EXCEEDED", "wait"),
            (429, "OPERATION_TIME_LIMIT", "wait"),
            (503, "OVERLOAD_LIMIT", "keys"),
            (500, "PORTAL_DELETED", "keys"),
            (500, "INTERNAL_SERVER_ERROR", "unknown"),
            (502, "", "unknown"),
            (200, "", "unknown"),
            (401, "NO_AUTH_FOUND", "keys"),
            (403, "insufficient_scope", "keys"),
            (302, "", "keys"),
            (404, "", "keys"),
            (400, "INVALID_REQUEST", "keys"),
            (400, "NOT_FOUND", "gone"),
            (400, "CRM_FIELD_ERROR_VALUE_NOT_VALID", "refused"),
            (400, "", "refused"),
        ];
        for (status, code, wanted) in known {
            assert_eq!(kind(status, code), wanted, "{status} {code}");
        }
    }

    #[test]
    fn the_address_of_a_webhook_is_read_and_its_secret_is_kept_apart() {
        let read = |text: &str| read(text, &Outgoing::new(false)).ok();
        for text in ["https://tea.bitrix24.ru/rest/1/abc9/", " https://tea.bitrix24.ru/rest/1/abc9/profile.json"] {
            let typed = read(text).unwrap();
            assert_eq!(typed.address, "https://tea.bitrix24.ru");
            assert_eq!(typed.secrets["webhook"], "https://tea.bitrix24.ru/rest/1/abc9");
        }
        let wrong = ["", "tea.bitrix24.ru", "https://tea.bitrix24.ru/", "https://tea.bitrix24.ru/rest/x/abc/"];
        for text in [wrong.as_slice(), &["http://tea.bitrix24.ru/rest/1/abc/", "https://10.0.0.1/rest/1/abc/"]].concat()
        {
            assert!(read(text).is_none(), "{text}");
        }
    }
}
