//! Every query of endpoints and deliveries.

use domain::{DeliveryId, EndpointId, MerchantId, Moment, OrderId, endpoint::DeliveryState};
use sea_orm::{
    ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    prelude::*,
    sea_query::{Expr, ExprTrait},
};

use super::rows::{Column, Entity, Model, delivery};
use crate::failure::Outcome;

/// Rows of one statement: far below what a statement may hold.
const AT_ONCE: usize = 500;

fn kept(merchant: &MerchantId) -> Select<Entity> {
    Entity::find().filter(Column::MerchantId.eq(merchant.clone())).filter(Column::RemovedAt.is_null())
}

pub(super) async fn list(db: &impl ConnectionTrait, merchant: &MerchantId) -> Outcome<Vec<Model>> {
    Ok(kept(merchant).order_by_asc(Column::Id).all(db).await?)
}

pub(crate) async fn page(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    before: Option<&EndpointId>,
    limit: u64,
) -> Outcome<Vec<Model>> {
    let mut query = kept(merchant);
    if let Some(before) = before {
        query = query.filter(Column::Id.lt(before.clone()));
    }
    Ok(query.order_by_desc(Column::Id).limit(limit).all(db).await?)
}

pub(super) async fn get(db: &impl ConnectionTrait, merchant: &MerchantId, id: &EndpointId) -> Outcome<Option<Model>> {
    Ok(kept(merchant).filter(Column::Id.eq(id.clone())).one(db).await?)
}

/// Those that are told, of several merchants.
pub(super) async fn active(db: &impl ConnectionTrait, merchants: Vec<MerchantId>) -> Outcome<Vec<Model>> {
    let told = Entity::find()
        .filter(Column::MerchantId.is_in(merchants))
        .filter(Column::RemovedAt.is_null())
        .filter(Column::Active.eq(true));
    Ok(told.order_by_asc(Column::Id).all(db).await?)
}

/// How many there are, and how many of them are told.
pub(super) async fn counts(db: &impl ConnectionTrait, merchant: &MerchantId) -> Outcome<(u64, u64)> {
    Ok((kept(merchant).count(db).await?, kept(merchant).filter(Column::Active.eq(true)).count(db).await?))
}

pub(super) async fn insert(db: &impl ConnectionTrait, row: Model) -> Outcome<()> {
    Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// Writes all that may change of an endpoint; whoever does is alone in it.
pub(super) async fn change(db: &impl ConnectionTrait, to: &Model) -> Outcome<()> {
    Entity::update_many()
        .col_expr(Column::Url, Expr::value(to.url.clone()))
        .col_expr(Column::Label, Expr::value(to.label.clone()))
        .col_expr(Column::Events, Expr::value(to.events.clone()))
        .col_expr(Column::Active, Expr::value(to.active))
        .col_expr(Column::Secret, Expr::value(to.secret))
        .col_expr(Column::SecretBeforeUntil, Expr::value(to.secret_before_until))
        .col_expr(Column::RemovedAt, Expr::value(to.removed_at))
        .filter(Column::MerchantId.eq(to.merchant_id.clone()))
        .filter(Column::Id.eq(to.id.clone()))
        .exec(db)
        .await?;
    Ok(())
}

pub(super) async fn insert_deliveries(db: &impl ConnectionTrait, rows: Vec<delivery::Model>) -> Outcome<()> {
    let mut rows = rows.into_iter().map(IntoActiveModel::into_active_model).peekable();
    while rows.peek().is_some() {
        let some: Vec<_> = rows.by_ref().take(AT_ONCE).collect();
        delivery::Entity::insert_many(some).exec_without_returning(db).await?;
    }
    Ok(())
}

/// What to look for among deliveries.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub endpoint: Option<EndpointId>,
    pub order: Option<OrderId>,
    pub state: Option<DeliveryState>,
    /// Those made before this one: the next page.
    pub before: Option<DeliveryId>,
}

pub(crate) async fn deliveries(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    filter: &Filter,
    limit: u64,
) -> Outcome<Vec<delivery::Model>> {
    use delivery::Column as C;
    let mut query = delivery::Entity::find().filter(C::MerchantId.eq(merchant.clone()));
    if let Some(endpoint) = &filter.endpoint {
        query = query.filter(C::EndpointId.eq(endpoint.clone()));
    }
    if let Some(order) = &filter.order {
        query = query.filter(C::OrderId.eq(order.clone()));
    }
    query = match filter.state {
        // In the words of the partial indexes: a bound value would hide that they fit.
        Some(DeliveryState::Failed) => query.filter(Expr::cust("state = 'failed'")),
        Some(DeliveryState::Waiting) => query.filter(Expr::cust("state = 'waiting'")),
        Some(state) => query.filter(C::State.eq(state)),
        None => query,
    };
    if let Some(before) = &filter.before {
        query = query.filter(C::Id.lt(before.clone()));
    }
    Ok(query.order_by_desc(C::Id).limit(limit).all(db).await?)
}

pub(super) async fn delivery(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    id: &DeliveryId,
) -> Outcome<Option<delivery::Model>> {
    let own = delivery::Entity::find_by_id(id.clone()).filter(delivery::Column::MerchantId.eq(merchant.clone()));
    Ok(own.one(db).await?)
}

/// What came of a try.
pub(super) struct Tried {
    pub(super) state: DeliveryState,
    pub(super) status: Option<u16>,
    pub(super) said: String,
    pub(super) at: Moment,
}

pub(super) async fn note_try(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    id: &DeliveryId,
    tried: &Tried,
) -> Outcome<()> {
    use delivery::Column as C;
    let mut update = delivery::Entity::update_many()
        .col_expr(C::State, Expr::value(tried.state.as_str()))
        .col_expr(C::Tries, Expr::col(C::Tries).add(1))
        .col_expr(C::LastStatus, Expr::value(tried.status.map(i64::from)))
        .col_expr(C::LastSaid, Expr::value(tried.said.clone()))
        .col_expr(C::TriedAt, Expr::value(tried.at.0));
    if tried.state == DeliveryState::Delivered {
        update = update.col_expr(C::DeliveredAt, Expr::value(tried.at.0));
    }
    update.filter(C::MerchantId.eq(merchant.clone())).filter(C::Id.eq(id.clone())).exec(db).await?;
    Ok(())
}

/// It is to be sent once more.
pub(super) async fn wait_again(db: &impl ConnectionTrait, merchant: &MerchantId, id: &DeliveryId) -> Outcome<()> {
    use delivery::Column as C;
    delivery::Entity::update_many()
        .col_expr(C::State, Expr::value(DeliveryState::Waiting.as_str()))
        .filter(C::MerchantId.eq(merchant.clone()))
        .filter(C::Id.eq(id.clone()))
        .exec(db)
        .await?;
    Ok(())
}
