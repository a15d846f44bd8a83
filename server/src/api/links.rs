//! `/payment-links`.

use axum::{Json, extract::State, http::StatusCode};
use domain::{LinkId, Moment, Money, ProductId, SlotId, VariantId, link::LinkKind, role::Permission};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::{
    document::{link_kinds, page_limit},
    guard::Caller,
    input::{Body, Id, Params},
    problem::Problem,
    wire::{Amount, Page, limit, parsed, time, words},
};
use crate::{
    failure::Refusal,
    links::{self, Link, NewLink, Patch, What},
    services::Services,
    shop,
};

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PaymentLink {
    #[schema(example = "lnk_01kb2y6m5d3q0w9v8r7t6s5e4x")]
    id: String,
    code: String,
    url: String,
    #[schema(schema_with = link_kinds)]
    kind: &'static str,
    label: String,
    active: bool,
    cancelled: bool,
    product_id: Option<String>,
    title: Option<String>,
    /// Null while the customer or the product names the sum.
    amount: Option<Amount>,
    order_id: Option<String>,
    external_order_id: Option<String>,
    telegram_user_id: Option<i64>,
    expires_at: Option<String>,
    max_payments: Option<i64>,
    paid_count: i64,
    opened_count: i64,
    #[schema(value_type = Object)]
    metadata: Value,
    created_at: String,
}

fn render(services: &Services, link: Link) -> PaymentLink {
    PaymentLink {
        url: link.url(services),
        amount: link.amount().map(Amount::from),
        id: link.id.into(),
        code: link.code,
        kind: link.kind.as_str(),
        label: link.label,
        active: link.active && link.cancelled_at.is_none(),
        cancelled: link.cancelled_at.is_some(),
        product_id: link.product_id.map(Into::into),
        title: link.title,
        order_id: link.order_id.map(Into::into),
        external_order_id: link.external_order_id,
        telegram_user_id: link.telegram_user_id,
        expires_at: time(link.expires_at),
        max_payments: link.max_payments,
        paid_count: link.paid_count,
        opened_count: link.opened_count,
        metadata: link.metadata,
        created_at: link.created_at.rfc3339(),
    }
}

fn see(caller: &Caller) -> Result<(), Problem> {
    if caller.actor.may(Permission::SeeMoney) { Ok(()) } else { Err(Refusal::forbidden().into()) }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct ListQuery {
    /// Part of the label, title, code or external order id.
    q: Option<String>,
    #[param(schema_with = link_kinds)]
    kind: Option<String>,
    active: Option<bool>,
    external_order_id: Option<String>,
    #[param(schema_with = page_limit)]
    limit: Option<u64>,
    cursor: Option<String>,
}

/// Payment links, newest first.
#[utoipa::path(get, path = "/payment-links", tag = "Payment links", params(ListQuery), responses(
    (status = 200, body = Page<PaymentLink>), (status = 422, body = Problem)))]
pub(super) async fn list(
    State(services): State<Services>,
    caller: Caller,
    Params(query): Params<ListQuery>,
) -> Result<Json<Page<PaymentLink>>, Problem> {
    see(&caller)?;
    let limit = limit(query.limit)?;
    let filter = links::Filter {
        kind: parsed::<LinkKind>("kind", query.kind.as_deref())?,
        active: query.active,
        search: words(query.q)?,
        external_order_id: query.external_order_id,
        label: None,
        before: parsed::<LinkId>("cursor", query.cursor.as_deref())?,
    };
    let rows = links::list(&services.db, &caller.merchant, &filter, limit + 1).await?;
    Ok(Json(Page::of(rows, limit, |link| link.id.to_string(), |link| render(&services, link))))
}

/// One payment link.
#[utoipa::path(get, path = "/payment-links/{id}", tag = "Payment links", params(("id" = String, Path)), responses(
    (status = 200, body = PaymentLink), (status = 404, body = Problem)))]
pub(super) async fn get(
    State(services): State<Services>,
    caller: Caller,
    Id(id): Id<LinkId>,
) -> Result<Json<PaymentLink>, Problem> {
    see(&caller)?;
    Ok(Json(render(&services, links::get(&services.db, &caller.merchant, &id).await?)))
}

/// A link to be made: for a product, or for a title and an amount.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "kind": "dynamic",
    "title": "Lesson on Friday",
    "amount": { "amount_minor": 1_500_000, "currency": "AMD" },
    "external_order_id": "A-1042",
    "telegram_user_id": 123_456_789,
}))]
pub(super) struct NewPaymentLink {
    /// fixed: reusable, every checkout makes its own order; dynamic: for one order, paid at most once.
    #[schema(schema_with = link_kinds)]
    kind: String,
    product_id: Option<String>,
    /// The booked time, with the `product_id` of a booking on a dynamic link; without it the time is agreed in person.
    slot_id: Option<String>,
    /// The variant, with the `product_id` of a product that has any on a dynamic link.
    variant_id: Option<String>,
    /// With `title`; with `product_id` only for a dynamic link of a donation.
    amount: Option<Amount>,
    title: Option<String>,
    #[serde(default)]
    label: String,
    telegram_user_id: Option<i64>,
    external_order_id: Option<String>,
    /// RFC 3339. A dynamic link without it lives as long as the shop gives customers to pay.
    expires_at: Option<String>,
    max_payments: Option<i64>,
    #[serde(default)]
    #[schema(value_type = Object)]
    metadata: Value,
}

fn what(new: &NewPaymentLink) -> Result<What, Problem> {
    match (&new.product_id, new.amount, &new.title) {
        (Some(id), _, None) => {
            let id: ProductId = id.parse().map_err(|_| Refusal::field("product_id", "product_gone"))?;
            Ok(What::Product(id))
        }
        (None, Some(amount), Some(title)) => Ok(What::Free { title: title.clone(), amount: Money::from(amount) }),
        (None, None, _) => Err(Refusal::field("amount", "required").into()),
        (None, Some(_), None) => Err(Refusal::field("title", "required").into()),
        (Some(_), _, Some(_)) => Err(Refusal::field("title", "title_or_product").into()),
    }
}

/// The sum named for a product: a donation's, on a dynamic link. A fixed link asks each customer, or the product says it.
async fn sum(
    services: &Services,
    caller: &Caller,
    kind: LinkKind,
    new: &NewPaymentLink,
) -> Result<Option<i64>, Problem> {
    let (Some(_), Some(amount)) = (&new.product_id, new.amount) else { return Ok(None) };
    if kind == LinkKind::Fixed {
        return Err(Refusal::field("amount", "amount_is_fixed").into());
    }
    let currency = shop::get(&services.db, &caller.merchant).await?.currency;
    if amount.currency != currency {
        return Err(Refusal::field("amount", "currency_not_accepted").with("currency", currency).into());
    }
    Ok(Some(amount.amount_minor))
}

fn slot(kind: LinkKind, new: &NewPaymentLink) -> Result<Option<SlotId>, Problem> {
    match (&new.slot_id, kind, &new.product_id) {
        (None, ..) => Ok(None),
        (Some(id), LinkKind::Dynamic, Some(_)) => {
            Ok(Some(id.parse().map_err(|_| Refusal::field("slot_id", "slot_taken"))?))
        }
        (Some(_), ..) => Err(Refusal::field("slot_id", "slots_only_for_bookings").into()),
    }
}

fn variant(kind: LinkKind, new: &NewPaymentLink) -> Result<Option<VariantId>, Problem> {
    match (&new.variant_id, kind, &new.product_id) {
        (None, ..) => Ok(None),
        (Some(id), LinkKind::Dynamic, Some(_)) => {
            Ok(Some(id.parse().map_err(|_| Refusal::field("variant_id", "variant_gone"))?))
        }
        (Some(_), ..) => Err(Refusal::field("variant_id", "variant_only_for_one_order").into()),
    }
}

/// Makes a payment link.
#[utoipa::path(post, path = "/payment-links", tag = "Payment links", request_body = NewPaymentLink,
    responses(
    (status = 201, body = PaymentLink), (status = 403, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn create(
    State(services): State<Services>,
    caller: Caller,
    Body(new): Body<NewPaymentLink>,
) -> Result<(StatusCode, Json<PaymentLink>), Problem> {
    let kind: LinkKind = new.kind.parse().map_err(|_| Refusal::field("kind", "kind_unknown"))?;
    let expires_at = new.expires_at.as_deref().map(Moment::parse).transpose();
    let link = NewLink {
        kind,
        what: what(&new)?,
        sum_minor: sum(&services, &caller, kind, &new).await?,
        slot: slot(kind, &new)?,
        variant: variant(kind, &new)?,
        label: new.label,
        telegram_user_id: new.telegram_user_id,
        external_order_id: new.external_order_id,
        expires_at: expires_at.map_err(|_| Refusal::field("expires_at", "time_unreadable"))?,
        max_payments: new.max_payments,
        metadata: new.metadata,
        made_by: caller.cause.clone(),
    };
    let link = links::create(&services, &caller.actor, &caller.merchant, link).await?;
    Ok((StatusCode::CREATED, Json(render(&services, link))))
}

/// What may be changed; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "active": false }))]
pub(super) struct LinkPatch {
    active: Option<bool>,
    label: Option<String>,
}

/// Relabels a link, or switches it on or off.
#[utoipa::path(patch, path = "/payment-links/{id}", tag = "Payment links", params(("id" = String, Path)),
    request_body = LinkPatch, responses(
    (status = 200, body = PaymentLink), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn patch(
    State(services): State<Services>,
    caller: Caller,
    Id(id): Id<LinkId>,
    Body(patch): Body<LinkPatch>,
) -> Result<Json<PaymentLink>, Problem> {
    let patch = Patch { label: patch.label, active: patch.active };
    Ok(Json(render(&services, links::patch(&services, &caller.actor, &caller.merchant, &id, patch).await?)))
}

/// Cancels an unpaid link.
#[utoipa::path(post, path = "/payment-links/{id}/cancel", tag = "Payment links", params(("id" = String, Path)), responses(
    (status = 200, body = PaymentLink), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(super) async fn cancel(
    State(services): State<Services>,
    caller: Caller,
    Id(id): Id<LinkId>,
) -> Result<Json<PaymentLink>, Problem> {
    Ok(Json(render(&services, links::cancel(&services, &caller.actor, &caller.merchant, &id).await?)))
}
