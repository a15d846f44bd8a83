//! `/orders`.

use axum::{Json, extract::State};
use domain::{OrderId, order::OrderStatus, role::Permission};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    document::{handover_steps, handovers, order_statuses, page_limit, review_reasons},
    guard::Caller,
    input::{Id, Params},
    problem::Problem,
    wire::{Amount, Page, Texts, limit, parsed, time},
};
use crate::{
    failure::Refusal,
    orders::{self, Whole},
    services::Services,
};

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OrderLine {
    product_id: Option<String>,
    title: Texts,
    quantity: i64,
    unit_amount: Amount,
    /// The booked time, and when it begins.
    slot_id: Option<String>,
    slot_starts_at: Option<String>,
    variant_id: Option<String>,
    /// What a promo code took off all of its pieces together.
    discount: Amount,
}

/// What the customer answered to a question about what was bought.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Answer {
    question: Texts,
    answer: Texts,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Order {
    #[schema(example = "ord_01kb2y6m5d3q0w9v8r7t6s5e4x")]
    id: String,
    number: i64,
    #[schema(schema_with = order_statuses)]
    status: &'static str,
    amount: Amount,
    lines: Vec<OrderLine>,
    answers: Vec<Answer>,
    payment_link_id: Option<String>,
    external_order_id: Option<String>,
    telegram_user_id: Option<i64>,
    needs_review: bool,
    #[schema(schema_with = review_reasons)]
    review_reason: Option<&'static str>,
    /// How goods are handed over, where that was asked.
    #[schema(schema_with = handovers)]
    handover: Option<&'static str>,
    /// How far they have come since the order was paid; of an order whose goods are handed over.
    #[schema(schema_with = handover_steps)]
    handover_step: Option<&'static str>,
    /// Where they are brought.
    delivery_address: Option<String>,
    created_at: String,
    paid_at: Option<String>,
}

fn render(whole: Whole, answers: &[orders::Answer]) -> Order {
    let Whole { order, lines } = whole;
    let own = answers.iter().filter(|answer| answer.order_id == order.id).cloned();
    let answers = own.map(|own| Answer { question: own.question.into(), answer: own.answer.into() }).collect();
    let lines = lines.into_iter().map(|line| OrderLine {
        unit_amount: Amount { amount_minor: line.unit_minor, currency: order.currency },
        product_id: line.product_id.map(Into::into),
        title: line.title.into(),
        quantity: line.quantity,
        slot_id: line.slot_id.map(Into::into),
        slot_starts_at: time(line.slot_at),
        variant_id: line.variant_id.map(Into::into),
        discount: Amount { amount_minor: line.off_minor, currency: order.currency },
    });
    Order {
        lines: lines.collect(),
        answers,
        amount: order.amount().into(),
        id: order.id.into(),
        number: order.number,
        status: order.status.as_str(),
        payment_link_id: order.link_id.map(Into::into),
        external_order_id: order.external_order_id,
        telegram_user_id: order.telegram_user_id,
        needs_review: order.needs_review,
        review_reason: order.review_reason.map(|reason| reason.as_str()),
        handover: order.handover.map(|way| way.as_str()),
        handover_step: order.step.map(|step| step.as_str()),
        delivery_address: order.address,
        created_at: order.created_at.rfc3339(),
        paid_at: time(order.paid_at),
    }
}

fn see(caller: &Caller) -> Result<(), Problem> {
    if caller.actor.may(Permission::SeeMoney) { Ok(()) } else { Err(Refusal::forbidden().into()) }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct ListQuery {
    #[param(schema_with = order_statuses)]
    status: Option<String>,
    needs_review: Option<bool>,
    external_order_id: Option<String>,
    #[param(schema_with = page_limit)]
    limit: Option<u64>,
    cursor: Option<String>,
}

/// Orders, newest first.
#[utoipa::path(get, path = "/orders", tag = "Orders", params(ListQuery), responses(
    (status = 200, body = Page<Order>), (status = 422, body = Problem)))]
pub(super) async fn list(
    State(services): State<Services>,
    caller: Caller,
    Params(query): Params<ListQuery>,
) -> Result<Json<Page<Order>>, Problem> {
    see(&caller)?;
    let limit = limit(query.limit)?;
    let filter = orders::Filter {
        status: parsed::<OrderStatus>("status", query.status.as_deref())?,
        needs_review: query.needs_review,
        customer: None,
        external_order_id: query.external_order_id,
        search: None,
        before: parsed::<OrderId>("cursor", query.cursor.as_deref())?,
        ..orders::Filter::default()
    };
    let rows = orders::list(&services.db, &caller.merchant, &filter, limit + 1).await?;
    let ids = rows.iter().map(|whole| whole.order.id.clone()).collect();
    let answers = orders::answers(&services.db, &caller.merchant, ids).await?;
    Ok(Json(Page::of(rows, limit, |whole| whole.order.id.to_string(), |whole| render(whole, &answers))))
}

/// One order.
#[utoipa::path(get, path = "/orders/{id}", tag = "Orders", params(("id" = String, Path)), responses(
    (status = 200, body = Order), (status = 404, body = Problem)))]
pub(super) async fn get(
    State(services): State<Services>,
    caller: Caller,
    Id(id): Id<OrderId>,
) -> Result<Json<Order>, Problem> {
    see(&caller)?;
    let answers = orders::answers(&services.db, &caller.merchant, vec![id.clone()]).await?;
    Ok(Json(render(orders::get(&services.db, &caller.merchant, &id).await?, &answers)))
}
