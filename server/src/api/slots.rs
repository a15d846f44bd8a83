//! `/products/{id}/slots`: the bookable times of a booking.

use axum::{Json, extract::State, http::StatusCode};
use domain::{Moment, ProductId, SlotId, role::Permission};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    guard::Caller,
    input::{Body, Id},
    problem::Problem,
};
use crate::{
    catalog::{
        self,
        slots::{self, NewSlots},
    },
    failure::Refusal,
    services::Services,
};

/// More times than a shop offers ahead.
const MOST: u64 = 2_000;

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Slot {
    #[schema(example = "slt_01kb2y6m5d3q0w9v8r7t6s5e4x")]
    id: String,
    product_id: String,
    starts_at: String,
    minutes: i64,
    /// For how many people.
    places: i64,
    /// Places of orders that are paid or being paid.
    taken: i64,
}

impl From<slots::Slot> for Slot {
    fn from(slot: slots::Slot) -> Self {
        Self {
            id: slot.id.into(),
            product_id: slot.product_id.into(),
            starts_at: slot.starts_at.rfc3339(),
            minutes: slot.minutes,
            places: slot.places,
            taken: slot.taken,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Slots {
    items: Vec<Slot>,
}

async fn ahead(services: &Services, caller: &Caller, product: &ProductId) -> Result<Json<Slots>, Problem> {
    let now = services.clock.now();
    let found = slots::list(&services.db, &caller.merchant, product, now, MOST).await?;
    Ok(Json(Slots { items: found.into_iter().map(Slot::from).collect() }))
}

/// The times ahead, first come first.
#[utoipa::path(get, path = "/products/{id}/slots", tag = "Products", params(("id" = String, Path)), responses(
    (status = 200, body = Slots), (status = 404, body = Problem)))]
pub(super) async fn list(
    State(services): State<Services>,
    caller: Caller,
    Id(id): Id<ProductId>,
) -> Result<Json<Slots>, Problem> {
    if !caller.actor.may(Permission::SeeCatalog) {
        return Err(Refusal::forbidden().into());
    }
    let product = catalog::get(&services.db, &caller.merchant, &id).await?;
    ahead(&services, &caller, &product.id).await
}

/// Times of one length and with as many places.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "starts_at": ["2027-01-15T10:00:00Z", "2027-01-15T12:00:00Z"], "minutes": 60, "places": 4 }))]
pub(super) struct New {
    /// RFC 3339; those offered already stay as they are.
    starts_at: Vec<String>,
    minutes: i64,
    places: i64,
}

/// Offers times of a booking; answers all that lie ahead.
#[utoipa::path(post, path = "/products/{id}/slots", tag = "Products", params(("id" = String, Path)), request_body = New,
    responses(
    (status = 201, body = Slots), (status = 403, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn create(
    State(services): State<Services>,
    caller: Caller,
    Id(id): Id<ProductId>,
    Body(new): Body<New>,
) -> Result<(StatusCode, Json<Slots>), Problem> {
    let starts_at: Result<Vec<_>, _> = new.starts_at.iter().map(|text| Moment::parse(text)).collect();
    let starts_at = starts_at.map_err(|_| Refusal::field("starts_at", "time_unreadable"))?;
    let new = NewSlots { starts_at, minutes: new.minutes, places: new.places };
    slots::add(&services, &caller.actor, &caller.merchant, &id, new).await?;
    Ok((StatusCode::CREATED, ahead(&services, &caller, &id).await?))
}

/// Takes back a time that nobody has booked.
#[utoipa::path(post, path = "/slots/{id}/remove", tag = "Products", params(("id" = String, Path)), responses(
    (status = 200, body = Slot), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(super) async fn remove(
    State(services): State<Services>,
    caller: Caller,
    Id(id): Id<SlotId>,
) -> Result<Json<Slot>, Problem> {
    Ok(Json(slots::remove(&services, &caller.actor, &caller.merchant, &id).await?.into()))
}
