//! `/refunds`.

use axum::{Json, extract::State, http::StatusCode};
use domain::{Money, PaymentId, RefundId, role::Permission};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    document::refund_statuses,
    guard::Caller,
    input::{Body, Id},
    problem::Problem,
    wire::{Amount, time},
};
use crate::{
    failure::Refusal,
    refunds::{self, NewRefund},
    services::Services,
};

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Refund {
    #[schema(example = "rfd_01kb2y6m5d3q0w9v8r7t6s5e4x")]
    id: String,
    payment_id: String,
    order_id: String,
    amount: Amount,
    reason: String,
    #[schema(schema_with = refund_statuses)]
    status: &'static str,
    /// Why it was rejected, failed, or needs a person.
    note: Option<String>,
    created_at: String,
    ended_at: Option<String>,
}

impl From<refunds::Refund> for Refund {
    fn from(refund: refunds::Refund) -> Self {
        Self {
            amount: refund.amount().into(),
            id: refund.id.into(),
            payment_id: refund.payment_id.into(),
            order_id: refund.order_id.into(),
            reason: refund.reason,
            status: refund.status.as_str(),
            note: refund.note,
            created_at: refund.asked_at.rfc3339(),
            ended_at: time(refund.ended_at),
        }
    }
}

/// Of a sum, of lines of the order, or, where neither is given, of all that is left.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct New {
    payment_id: String,
    amount: Option<Amount>,
    /// Positions of the order's lines; their sum is given back.
    #[serde(default)]
    lines: Vec<i32>,
    /// At most 300 characters; staff and the journal keep it.
    reason: String,
}

/// Asks for a refund. With the permission to approve, and up to the shop's limit, it is under way at once.
#[utoipa::path(post, path = "/refunds", tag = "Refunds", request_body = New, responses(
    (status = 201, body = Refund), (status = 404, body = Problem), (status = 409, body = Problem),
    (status = 422, body = Problem)))]
pub(super) async fn create(
    State(services): State<Services>,
    caller: Caller,
    Body(new): Body<New>,
) -> Result<(StatusCode, Json<Refund>), Problem> {
    let payment = PaymentId::parse(&new.payment_id).map_err(|_| Refusal::not_found())?;
    if new.amount.is_some() && !new.lines.is_empty() {
        return Err(Refusal::field("lines", "lines_or_amount").into());
    }
    let made_by = caller.cause.clone();
    let new = NewRefund { payment, amount: new.amount.map(Money::from), lines: new.lines, reason: new.reason, made_by };
    let refund = refunds::ask(&services, &caller.actor, &caller.merchant, new).await?;
    Ok((StatusCode::CREATED, Json(refund.into())))
}

/// One refund.
#[utoipa::path(get, path = "/refunds/{id}", tag = "Refunds", params(("id" = String, Path)), responses(
    (status = 200, body = Refund), (status = 404, body = Problem)))]
pub(super) async fn get(
    State(services): State<Services>,
    caller: Caller,
    Id(id): Id<RefundId>,
) -> Result<Json<Refund>, Problem> {
    if !caller.actor.may(Permission::SeeMoney) {
        return Err(Refusal::forbidden().into());
    }
    Ok(Json(refunds::get(&services.db, &caller.merchant, &id).await?.into()))
}
