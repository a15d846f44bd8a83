//! `/payments`.

use std::collections::HashMap;

use axum::{Json, extract::State};
use domain::{OrderId, PaymentId, payment::PaymentStatus, receipt::ReceiptKind, role::Permission};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    document::{page_limit, payment_statuses, receipt_states, review_reasons},
    guard::Caller,
    input::{Id, Params},
    problem::Problem,
    wire::{Amount, Page, limit, parsed, time, words},
};
use crate::{failure::Refusal, fiscal, orders, payments, services::Services};

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Payment {
    #[schema(example = "pay_01kb2y6m5d3q0w9v8r7t6s5e4x")]
    id: String,
    order_id: String,
    payment_link_id: Option<String>,
    external_order_id: Option<String>,
    #[schema(schema_with = payment_statuses)]
    status: &'static str,
    amount: Amount,
    refunded: Amount,
    provider_account_id: String,
    provider: String,
    provider_reference: Option<String>,
    merchant_order_id: String,
    checkout_url: Option<String>,
    needs_review: bool,
    #[schema(schema_with = review_reasons)]
    review_reason: Option<&'static str>,
    /// The fiscal receipt of the sale, where the shop has a cash register.
    receipt: Option<Receipt>,
    created_at: String,
    expires_at: String,
    paid_at: Option<String>,
}

/// A fiscal receipt.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Receipt {
    id: String,
    #[schema(schema_with = receipt_states)]
    state: &'static str,
    /// The register's own number, once it is registered.
    number: Option<i64>,
    fiscal: Option<String>,
    registered_at: Option<String>,
}

impl From<fiscal::Receipt> for Receipt {
    fn from(receipt: fiscal::Receipt) -> Self {
        Self {
            state: receipt.state.as_str(),
            number: receipt.number,
            registered_at: time(receipt.registered_at),
            fiscal: receipt.fiscal,
            id: receipt.id.into(),
        }
    }
}

fn render(payment: payments::Payment, external_order_id: Option<String>, receipt: Option<fiscal::Receipt>) -> Payment {
    Payment {
        amount: payment.amount().into(),
        refunded: Amount { amount_minor: payment.refunded_minor, currency: payment.currency },
        external_order_id,
        receipt: receipt.map(Receipt::from),
        id: payment.id.into(),
        order_id: payment.order_id.into(),
        payment_link_id: payment.link_id.map(Into::into),
        status: payment.status.as_str(),
        provider_account_id: payment.account_id.into(),
        provider: payment.provider,
        provider_reference: payment.reference,
        merchant_order_id: payment.merchant_order_id,
        checkout_url: payment.checkout_url,
        needs_review: payment.needs_review,
        review_reason: payment.review_reason.map(|reason| reason.as_str()),
        created_at: payment.created_at.rfc3339(),
        expires_at: payment.expires_at.rfc3339(),
        paid_at: time(payment.paid_at),
    }
}

async fn render_one(
    services: &Services,
    caller: &Caller,
    payment: payments::Payment,
) -> Result<Json<Payment>, Problem> {
    let order = orders::get(&services.db, &caller.merchant, &payment.order_id).await?.order;
    let receipt = sales(services, caller, vec![payment.id.clone()]).await?.remove(&payment.id);
    Ok(Json(render(payment, order.external_order_id, receipt)))
}

/// The receipts of the sales of these payments.
async fn sales(
    services: &Services,
    caller: &Caller,
    payments: Vec<PaymentId>,
) -> Result<HashMap<PaymentId, fiscal::Receipt>, Problem> {
    let all = fiscal::of_payments(&services.db, &caller.merchant, payments).await?;
    let sales = all.into_iter().filter(|receipt| receipt.kind == ReceiptKind::Sale);
    Ok(sales.map(|receipt| (receipt.payment_id.clone(), receipt)).collect())
}

fn see(caller: &Caller) -> Result<(), Problem> {
    if caller.actor.may(Permission::SeeMoney) { Ok(()) } else { Err(Refusal::forbidden().into()) }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct ListQuery {
    #[param(schema_with = payment_statuses)]
    status: Option<String>,
    needs_review: Option<bool>,
    /// An order's id.
    order: Option<String>,
    /// Our id, the order id at the provider, or the provider's reference, exactly.
    q: Option<String>,
    #[param(schema_with = page_limit)]
    limit: Option<u64>,
    cursor: Option<String>,
}

/// Payments, newest first.
#[utoipa::path(get, path = "/payments", tag = "Payments", params(ListQuery), responses(
    (status = 200, body = Page<Payment>), (status = 422, body = Problem)))]
pub(super) async fn list(
    State(services): State<Services>,
    caller: Caller,
    Params(query): Params<ListQuery>,
) -> Result<Json<Page<Payment>>, Problem> {
    see(&caller)?;
    let limit = limit(query.limit)?;
    let filter = payments::Filter {
        status: parsed::<PaymentStatus>("status", query.status.as_deref())?,
        needs_review: query.needs_review,
        orders: parsed::<OrderId>("order", query.order.as_deref())?.map(|order| vec![order]),
        any_id: words(query.q)?,
        from: None,
        before: parsed::<PaymentId>("cursor", query.cursor.as_deref())?,
    };
    let rows = payments::list(&services.db, &caller.merchant, &filter, limit + 1).await?;
    let ids = rows.iter().map(|payment| payment.order_id.clone()).collect();
    let orders = orders::by_ids(&services.db, &caller.merchant, ids).await?;
    let external: HashMap<_, _> =
        orders.into_iter().map(|whole| (whole.order.id, whole.order.external_order_id)).collect();
    let mut sales = sales(&services, &caller, rows.iter().map(|payment| payment.id.clone()).collect()).await?;
    let render = |payment: payments::Payment| {
        let id = external.get(&payment.order_id).cloned().flatten();
        let receipt = sales.remove(&payment.id);
        render(payment, id, receipt)
    };
    Ok(Json(Page::of(rows, limit, |payment| payment.id.to_string(), render)))
}

/// One payment.
#[utoipa::path(get, path = "/payments/{id}", tag = "Payments", params(("id" = String, Path)), responses(
    (status = 200, body = Payment), (status = 404, body = Problem)))]
pub(super) async fn get(
    State(services): State<Services>,
    caller: Caller,
    Id(id): Id<PaymentId>,
) -> Result<Json<Payment>, Problem> {
    see(&caller)?;
    let payment = payments::get(&services.db, &caller.merchant, &id).await?;
    render_one(&services, &caller, payment).await
}

/// Asks the provider now, and answers what is known after it.
#[utoipa::path(post, path = "/payments/{id}/check", tag = "Payments", params(("id" = String, Path)), responses(
    (status = 200, body = Payment), (status = 404, body = Problem), (status = 503, body = Problem)))]
pub(super) async fn check(
    State(services): State<Services>,
    caller: Caller,
    Id(id): Id<PaymentId>,
) -> Result<Json<Payment>, Problem> {
    let payment = payments::check(&services, &caller.actor, &caller.merchant, &id).await?;
    render_one(&services, &caller, payment).await
}
