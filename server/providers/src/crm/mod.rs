//! CRMs: what a shop's deals are told of its orders. One port, an adapter for each CRM.
//!
//! No CRM knows an idempotency key, and all of them make duplicates: a deal bears the order's id in a field of its own and is
//! looked for by it before one is added. An answer that did not come is [`Fault::Unknown`].

mod amocrm;
mod bitrix24;

use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::{
    Money,
    deal::{CrmKind, Stage},
};
use reqwest::RequestBuilder;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{
    BadSettings, Secrets,
    http::{ANSWER_BYTES, text_of},
    outgoing::Outgoing,
};

/// A CRM, as one merchant is connected to it.
#[async_trait]
pub trait Crm: Send + Sync {
    /// What it offers to choose from; that it answers at all says that the keys are good.
    async fn offer(&self) -> Result<Offer, Fault>;

    /// Makes the field in which a deal bears its order's id, where the CRM has none of its own. Doing it again is harmless.
    async fn prepare(&self) -> Result<(), Fault>;

    /// The deal of this order, the oldest if there are several.
    async fn find(&self, order: &str) -> Result<Option<Deal>, Fault>;

    /// Adds a deal, with its contact. Never to be repeated blindly.
    async fn add(&self, deal: &NewDeal) -> Result<Deal, Fault>;

    /// Says how a deal stands. Saying it again changes nothing.
    async fn change(&self, id: &str, to: &Change) -> Result<(), Fault>;

    /// Where people look at a deal.
    fn link(&self, id: &str) -> String;
}

/// What is in a CRM for an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deal {
    pub id: String,
    pub contact: Option<String>,
}

#[derive(Clone, Debug)]
pub struct NewDeal {
    pub order: String,
    pub title: String,
    pub stage: Stage,
    pub amount: Money,
    /// What was ordered, line by line.
    pub words: String,
    pub person: Option<Person>,
}

#[derive(Clone, Debug)]
pub struct Person {
    /// Our id.
    pub key: String,
    /// The CRM's own id, where an earlier deal has told it.
    pub known: Option<String>,
    pub name: String,
    pub phone: Option<String>,
    pub email: Option<String>,
    pub telegram: Option<String>,
}

/// How a deal stands now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// `None`: it stays where people have put it.
    pub stage: Option<Stage>,
    pub amount: Money,
}

/// What a CRM offers to choose from, kept so that a page is drawn without asking it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    pub pipelines: Vec<Pipeline>,
    /// The currencies it counts in, where it tells them.
    pub currencies: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pipeline {
    pub id: String,
    pub name: String,
    pub stages: Vec<StageOffer>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageOffer {
    pub id: String,
    pub name: String,
    pub ends: Option<Ends>,
}

/// How a deal ends in a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ends {
    Won,
    Lost,
}

/// Why there is no answer. Texts hold no secrets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It never reached the CRM.
    #[error("the CRM cannot be reached: {0}")]
    NotSent(String),
    /// Too much was asked: nothing was done.
    #[error("the CRM asks to come again in {seconds} s")]
    Wait { seconds: u32 },
    /// Keys, rights or the account: the CRM takes nothing from us.
    #[error("the CRM takes nothing ({code}): {words}")]
    Keys { code: String, words: String },
    /// This deal is refused.
    #[error("the CRM refuses ({code}): {words}")]
    Refused { code: String, words: String },
    #[error("the CRM has no such deal")]
    Gone,
    /// Whether it was done is not known.
    #[error("what came of it is not known: {0}")]
    Unknown(String),
}

/// A connection as it is read from what a merchant typed.
#[derive(Clone)]
pub struct Typed {
    /// What is shown: the CRM's address without secrets.
    pub address: String,
    /// By name, to be sealed.
    pub secrets: BTreeMap<String, String>,
}

/// Reads the address of a CRM and the token, where it needs one.
///
/// # Errors
/// When they cannot be used; the text says what to type.
pub fn read(kind: CrmKind, address: &str, token: &str, outgoing: &Outgoing) -> Result<Typed, BadSettings> {
    match kind {
        CrmKind::Bitrix24 => bitrix24::read(address, outgoing),
        CrmKind::AmoCrm => amocrm::read(address, token, outgoing),
    }
}

/// Opens the adapter of a CRM.
///
/// # Errors
/// When a secret is missing.
pub fn open(kind: CrmKind, address: &str, secrets: &Secrets, outgoing: &Outgoing) -> Result<Box<dyn Crm>, BadSettings> {
    let missing = || BadSettings("the key is missing".to_owned());
    let http = outgoing.client();
    Ok(match kind {
        CrmKind::Bitrix24 => {
            let webhook = secrets.get("webhook").ok_or_else(missing)?;
            Box::new(bitrix24::Bitrix24::new(address, webhook, http))
        }
        CrmKind::AmoCrm => {
            let token = secrets.get("token").ok_or_else(missing)?;
            Box::new(amocrm::AmoCrm::new(address, token, http))
        }
    })
}

/// Sends; the status, and the body as far as it is read.
async fn ask(request: RequestBuilder) -> Result<(u16, Vec<u8>), Fault> {
    let mut answer = request.send().await.map_err(not_sent)?;
    let status = answer.status().as_u16();
    let mut body = Vec::new();
    let lost = |error: reqwest::Error| Fault::Unknown(error.without_url().to_string());
    while let Some(piece) = answer.chunk().await.map_err(lost)? {
        if body.len() + piece.len() > 4 * ANSWER_BYTES {
            return Err(Fault::Unknown("the answer is too long".to_owned()));
        }
        body.extend_from_slice(&piece);
    }
    Ok((status, body))
}

/// Where no connection was made, nothing was sent.
fn not_sent(error: reqwest::Error) -> Fault {
    let sent = !(error.is_connect() || error.is_builder());
    let words = error.without_url().to_string();
    if sent { Fault::Unknown(words) } else { Fault::NotSent(words) }
}

/// Of what the other side says, so much is kept.
fn few(words: &str) -> String {
    text_of(words.as_bytes())
}

/// A number of JSON, written digit by digit.
type Number = Box<RawValue>;

fn exact(amount: Money) -> Result<Number, Fault> {
    RawValue::from_string(amount.decimal()).map_err(|error| Fault::NotSent(error.to_string()))
}

/// An id, whether it is quoted or not.
fn id_of(value: &serde_json::Value) -> Option<String> {
    match value {
        serde_json::Value::Number(number) => Some(number.to_string()),
        serde_json::Value::String(text) if !text.is_empty() => Some(text.clone()),
        _ => None,
    }
}

/// An id that is a number, as it is sent.
fn number(id: &str) -> Result<u64, Fault> {
    id.parse().map_err(|_| Fault::Refused { code: "id".to_owned(), words: few(id) })
}

fn words_of(value: &serde_json::Value) -> String {
    few(value.as_str().unwrap_or_default())
}
