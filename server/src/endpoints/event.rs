//! What an endpoint is told: the journal's entry, with the numbers by which the merchant knows the order.
//!
//! Made of what never changes, so it is the same at each try, and is kept nowhere a second time.

use domain::{Moment, Money};
use serde_json::{Value, json};

use super::Delivery;
use crate::{db::Db, failure::Outcome, journal, orders};

/// The `webhook-id` of a delivery, and its body.
///
/// # Errors
/// When the database does not answer.
pub async fn body(db: &Db, delivery: &Delivery) -> Outcome<(String, String)> {
    let Some(number) = delivery.entry_number else {
        let data = json!({ "endpoint_id": delivery.endpoint_id });
        return Ok((delivery.id.to_string(), whole(&delivery.event_type, delivery.created_at, data)));
    };
    let merchant = &delivery.merchant_id;
    let missing = || anyhow::anyhow!("the journal of {merchant} has no entry {number}");
    let entry = journal::store::entry(db.read(), merchant, number).await?.ok_or_else(missing)?;
    let order = match &entry.order_id {
        Some(order) => orders::store::get(db.read(), merchant, order).await?,
        None => None,
    };
    let data = json!({
        "entry_id": entry.id,
        "number": entry.number,
        "order": order.map(|order| json!({
            "id": order.id,
            "number": order.number,
            "amount": amount(order.amount()),
            "external_order_id": order.external_order_id,
            "payment_link_id": order.link_id,
            "telegram_user_id": order.telegram_user_id,
        })),
        "payment_id": entry.payment_id,
        "amount": entry.amount().map(amount),
        "details": serde_json::from_str::<Value>(&entry.data)?,
    });
    Ok((entry.id.to_string(), whole(&delivery.event_type, entry.at, data)))
}

fn whole(event_type: &str, at: Moment, data: Value) -> String {
    json!({ "type": event_type, "timestamp": at.rfc3339(), "data": data }).to_string()
}

/// As the API writes sums.
fn amount(money: Money) -> Value {
    json!({ "amount_minor": money.amount_minor, "currency": money.currency })
}
