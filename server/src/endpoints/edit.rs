//! Endpoints added, changed, removed; their secrets.

use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{
    EndpointId, MerchantId,
    endpoint::kind_of,
    limits,
    moment::DAY,
    role::{Actor, Permission},
};
use providers::outgoing::BadAddress;
use serde_json::{Value, json};

use super::{Endpoint, must, store};
use crate::{
    causes,
    db::Tx,
    failure::{Outcome, Refusal, RefusalKind, text},
    journal,
    services::Services,
    staff::audit,
};

/// For so long both secrets sign what is sent: the receiver has time to change.
const BOTH: i64 = DAY;

/// An endpoint to be added.
#[derive(Clone, Debug, Default)]
pub struct NewEndpoint {
    pub url: String,
    pub label: String,
    /// Types of events such as `payment.paid`; none: all.
    pub events: Vec<String>,
    /// The cause of its making, such as an idempotency key: one cause makes one endpoint.
    pub made_by: Option<String>,
}

/// What is to change; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    pub url: Option<String>,
    pub label: Option<String>,
    pub events: Option<Vec<String>>,
    pub active: Option<bool>,
}

/// Adds an endpoint; from now on it is told.
///
/// # Errors
/// `forbidden`; `endpoint_unreadable`, `endpoint_not_secure`, `endpoint_private`, `too_long`, `event_unknown`, `endpoints_enough`.
pub async fn create(services: &Services, actor: &Actor, merchant: &MerchantId, new: NewEndpoint) -> Outcome<Endpoint> {
    must(actor, Permission::EditEndpoints)?;
    let now = services.clock.now();
    let row = Endpoint {
        id: services.clock.id(),
        merchant_id: merchant.clone(),
        url: address(services, &new.url)?,
        label: text("label", &new.label, limits::LABEL)?,
        events: events(&new.events)?,
        active: true,
        secret: 1,
        secret_before_until: None,
        created_at: now,
        removed_at: None,
    };
    let (own, actor, cause) = (services.clone(), actor.clone(), new.made_by);
    services.db.write(move |tx| async move { add(&tx, &own, &actor, row, cause.as_deref()).await }).await
}

async fn add(tx: &Tx, services: &Services, actor: &Actor, row: Endpoint, cause: Option<&str>) -> Outcome<Endpoint> {
    let merchant = &row.merchant_id;
    tx.alone(&["endpoints:", merchant.as_str()].concat()).await?;
    if let Some(first) = causes::made(tx, merchant, cause).await?
        && let Some(first) = store::get(&**tx, merchant, &first).await?
    {
        return Ok(first);
    }
    if store::counts(&**tx, merchant).await?.0 >= limits::ENDPOINTS {
        return Err(Refusal::new(RefusalKind::Conflict, "endpoints_enough").with("max", limits::ENDPOINTS).into());
    }
    store::insert(&**tx, row.clone()).await?;
    causes::note(tx, merchant, cause, row.id.as_str()).await?;
    written(tx, services, actor, "endpoint_created", None, &row).await?;
    Ok(row)
}

/// What the journal reads beside its head, and the line of the audit log.
async fn written(
    tx: &Tx,
    services: &Services,
    actor: &Actor,
    action: &str,
    before: Option<Value>,
    row: &Endpoint,
) -> Outcome<()> {
    let told = store::counts(&**tx, &row.merchant_id).await?.1;
    journal::set_listeners(tx, &row.merchant_id, told).await?;
    let after = row.removed_at.is_none().then(|| shown(row));
    let (merchant, id) = (&row.merchant_id, row.id.as_str());
    audit::record(tx, &services.clock, merchant, actor, action, id, before, after).await
}

/// For the audit log. What stands after the path of an address may be a word that opens something.
fn shown(row: &Endpoint) -> Value {
    let url = row.url.split(['?', '#']).next().unwrap_or_default();
    json!({ "url": url, "label": row.label, "events": row.events, "active": row.active })
}

/// Changes an endpoint. What was promised to it goes to the new address.
///
/// # Errors
/// As [`create`]; `not_found`.
pub async fn change(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    id: &EndpointId,
    to: Changes,
) -> Outcome<Endpoint> {
    must(actor, Permission::EditEndpoints)?;
    let url = to.url.map(|url| address(services, &url)).transpose()?;
    let label = to.label.map(|label| text("label", &label, limits::LABEL)).transpose()?;
    let wanted = to.events.map(|types| events(&types)).transpose()?;
    edit(services, actor, merchant, id, "endpoint_changed", move |row| {
        row.url = url.unwrap_or_else(|| row.url.clone());
        row.label = label.unwrap_or_else(|| row.label.clone());
        row.events = wanted.unwrap_or_else(|| row.events.clone());
        row.active = to.active.unwrap_or(row.active);
    })
    .await
}

/// Removes an endpoint: what waits for it is not sent any more.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn remove(services: &Services, actor: &Actor, merchant: &MerchantId, id: &EndpointId) -> Outcome<Endpoint> {
    must(actor, Permission::EditEndpoints)?;
    let now = services.clock.now();
    edit(services, actor, merchant, id, "endpoint_removed", move |row| {
        row.removed_at = Some(now);
        row.active = false;
    })
    .await
}

/// Makes the signing secret anew. For a day what is sent is signed with the one before, too.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn renew_secret(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    id: &EndpointId,
) -> Outcome<Endpoint> {
    must(actor, Permission::EditEndpoints)?;
    let until = services.clock.now().plus(BOTH);
    edit(services, actor, merchant, id, "endpoint_secret_renewed", move |row| {
        row.secret += 1;
        row.secret_before_until = Some(until);
    })
    .await
}

pub(super) async fn edit(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    id: &EndpointId,
    action: &'static str,
    by: impl FnOnce(&mut Endpoint) + Send + 'static,
) -> Outcome<Endpoint> {
    let (own, actor, merchant, id) = (services.clone(), actor.clone(), merchant.clone(), id.clone());
    services
        .db
        .write(move |tx| async move {
            tx.alone(&["endpoints:", merchant.as_str()].concat()).await?;
            // Its row is not locked: whoever writes the journal refers to it, holding the head that is asked for next.
            let mut row = store::get(&*tx, &merchant, &id).await?.ok_or_else(Refusal::not_found)?;
            let before = shown(&row);
            by(&mut row);
            store::change(&*tx, &row).await?;
            written(&tx, &own, &actor, action, Some(before), &row).await?;
            Ok(row)
        })
        .await
}

/// An address of the merchant as it is kept.
pub(crate) fn address(services: &Services, url: &str) -> Result<String, Refusal> {
    let url = text("url", url, limits::ENDPOINT_URL)?;
    services.outgoing.read(&url).map(String::from).map_err(|bad| match bad {
        BadAddress::Unreadable => Refusal::field("url", "endpoint_unreadable"),
        BadAddress::NotSecure => Refusal::field("url", "endpoint_not_secure"),
        BadAddress::Private => Refusal::field("url", "endpoint_private"),
    })
}

/// Each once, in the order of the journal's words.
fn events(types: &[String]) -> Result<Value, Refusal> {
    let mut kinds = types
        .iter()
        .map(|name| kind_of(name).ok_or_else(|| Refusal::field("events", "event_unknown").with("event", name)))
        .collect::<Result<Vec<_>, _>>()?;
    kinds.sort_unstable();
    kinds.dedup();
    Ok(kinds.into_iter().map(domain::endpoint::event_type).collect())
}

/// The secret that signs what is sent to `endpoint`, as its receiver enters it.
///
/// # Errors
/// `forbidden`.
pub fn secret(services: &Services, actor: &Actor, endpoint: &Endpoint) -> Outcome<String> {
    must(actor, Permission::EditEndpoints)?;
    nth_secret(services, endpoint, endpoint.secret)
}

pub(super) fn nth_secret(services: &Services, endpoint: &Endpoint, nth: i64) -> Outcome<String> {
    let named = format!("{}:{nth}", endpoint.id);
    Ok(format!("whsec_{}", STANDARD.encode(services.sealer.derive("endpoint", named.as_bytes())?)))
}
