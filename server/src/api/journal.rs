//! `/journal`.

use axum::{Json, extract::State};
use domain::{Moment, OrderId, PaymentId, journal::EntryKind, role::Permission};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::{
    document::{entry_kinds, page_limit},
    guard::Caller,
    input::Params,
    problem::Problem,
    wire::{Amount, Page, limit, parsed},
};
use crate::{
    failure::Refusal,
    journal::{self, Filter, JournalEntry, Verdict},
    services::Services,
};

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Entry {
    #[schema(example = "jrn_01kb2y6m5d3q0w9v8r7t6s5e4x")]
    id: String,
    /// Without gaps per merchant, from 1.
    number: i64,
    #[schema(schema_with = entry_kinds)]
    kind: &'static str,
    order_id: Option<String>,
    payment_id: Option<String>,
    amount: Option<Amount>,
    actor: String,
    at: String,
    #[schema(value_type = Object)]
    data: Value,
    prev_hash: String,
    hash: String,
}

fn render(entry: JournalEntry) -> Entry {
    Entry {
        amount: entry.amount().map(Amount::from),
        id: entry.id.into(),
        number: entry.number,
        kind: entry.kind.as_str(),
        order_id: entry.order_id.map(Into::into),
        payment_id: entry.payment_id.map(Into::into),
        actor: entry.actor,
        at: entry.at.rfc3339(),
        data: serde_json::from_str(&entry.data).unwrap_or(Value::Null),
        prev_hash: entry.prev_hash,
        hash: entry.hash,
    }
}

fn see(caller: &Caller) -> Result<(), Problem> {
    if caller.actor.may(Permission::SeeMoney) { Ok(()) } else { Err(Refusal::forbidden().into()) }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct ListQuery {
    #[param(schema_with = entry_kinds)]
    kind: Option<String>,
    /// An order's id.
    order: Option<String>,
    /// A payment's id.
    payment: Option<String>,
    /// From this time on, RFC 3339.
    from: Option<String>,
    /// Before this time, RFC 3339.
    until: Option<String>,
    #[param(schema_with = page_limit)]
    limit: Option<u64>,
    cursor: Option<String>,
}

fn moment(field: &'static str, text: Option<&str>) -> Result<Option<Moment>, Problem> {
    text.map(Moment::parse).transpose().map_err(|_| Refusal::field(field, "time_unreadable").into())
}

/// The journal, newest first.
#[utoipa::path(get, path = "/journal", tag = "Journal", params(ListQuery), responses(
    (status = 200, body = Page<Entry>), (status = 422, body = Problem)))]
pub(super) async fn list(
    State(services): State<Services>,
    caller: Caller,
    Params(query): Params<ListQuery>,
) -> Result<Json<Page<Entry>>, Problem> {
    see(&caller)?;
    let limit = limit(query.limit)?;
    let filter = Filter {
        kind: parsed::<EntryKind>("kind", query.kind.as_deref())?,
        order: parsed::<OrderId>("order", query.order.as_deref())?,
        payment: parsed::<PaymentId>("payment", query.payment.as_deref())?,
        from: moment("from", query.from.as_deref())?,
        until: moment("until", query.until.as_deref())?,
        before: parsed::<i64>("cursor", query.cursor.as_deref())?,
    };
    let rows = journal::list(&services.db, &caller.merchant, &filter, limit + 1).await?;
    Ok(Json(Page::of(rows, limit, |entry| entry.number.to_string(), render)))
}

/// Whether the whole journal is unbroken.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(super) struct Verified {
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    entries: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    head: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_bad: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'static str>,
}

/// Proves that numbers have no gaps, every hash is right, and every signed checkpoint still holds.
#[utoipa::path(get, path = "/journal/verify", tag = "Journal", responses((status = 200, body = Verified)))]
pub(super) async fn verify(State(services): State<Services>, caller: Caller) -> Result<Json<Verified>, Problem> {
    see(&caller)?;
    let verdict = match journal::verify_signed(&services, &caller.merchant).await? {
        Verdict::Whole { entries, head } => {
            Verified { ok: true, entries: Some(entries), head: Some(head), ..Verified::default() }
        }
        Verdict::Broken { first_bad, why } => {
            Verified { ok: false, first_bad: Some(first_bad), why: Some(why), ..Verified::default() }
        }
    };
    Ok(Json(verdict))
}
