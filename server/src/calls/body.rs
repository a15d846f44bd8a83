//! What the merchant's program is told: the order by its numbers, and the line that it is to give.
//!
//! Made of what never changes, so it is the same at each try.

use serde_json::{Value, json};

use super::Call;
use crate::{
    failure::{Outcome, Refusal},
    orders::{Answer, Whole},
};

/// The type of the message.
const DELIVER: &str = "order.deliver";

/// # Errors
/// `not_found` where the order has no such line.
pub(super) fn written(call: &Call, whole: &Whole, answers: &[Answer]) -> Outcome<String> {
    let order = &whole.order;
    let line = whole.lines.iter().find(|line| line.position == call.position).ok_or_else(Refusal::not_found)?;
    let own = answers.iter().filter(|answer| answer.line == line.position);
    let answers: Vec<Value> = own.map(|own| json!({ "question": own.question, "answer": own.answer })).collect();
    let data = json!({
        "delivery_id": call.id,
        "order": {
            "id": order.id,
            "number": order.number,
            "amount": { "amount_minor": order.amount_minor, "currency": order.currency },
            "external_order_id": order.external_order_id,
            "payment_link_id": order.link_id,
            "telegram_user_id": order.telegram_user_id,
            "language": order.language,
        },
        "line": {
            "position": line.position,
            "product_id": line.product_id,
            "variant_id": line.variant_id,
            "title": line.title,
            "quantity": line.quantity,
            "unit_amount": { "amount_minor": line.unit_minor, "currency": order.currency },
            "discount": { "amount_minor": line.off_minor, "currency": order.currency },
            "amount": line.sum(order),
            "slot_id": line.slot_id,
            "slot_starts_at": line.slot_at.map(|at| at.rfc3339()),
        },
        "answers": answers,
    });
    Ok(json!({ "type": DELIVER, "timestamp": call.created_at.rfc3339(), "data": data }).to_string())
}
