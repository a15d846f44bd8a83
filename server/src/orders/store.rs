//! Every query of orders and their lines.

use domain::{CustomerId, MerchantId, Moment, OrderId, order::OrderStatus, payment::ReviewReason};
use sea_orm::{
    Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, prelude::*,
    sea_query::Expr,
};

use super::rows::{Column, Entity, Model, line};
use crate::{
    customers,
    failure::Outcome,
    sabotage::{Defence, broken},
};

pub(crate) async fn insert(db: &impl ConnectionTrait, order: Model, lines: Vec<line::Model>) -> Outcome<()> {
    Entity::insert(order.into_active_model()).exec_without_returning(db).await?;
    line::Entity::insert_many(lines.into_iter().map(IntoActiveModel::into_active_model))
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// Locks the orders, always in the order of ids: whoever changes an order or its payments comes through here.
pub(crate) async fn lock(db: &impl ConnectionTrait, ids: Vec<OrderId>) -> Outcome<Vec<Model>> {
    Ok(Entity::find().filter(Column::Id.is_in(ids)).order_by_asc(Column::Id).lock_exclusive().all(db).await?)
}

pub(crate) async fn get(db: &impl ConnectionTrait, merchant: &MerchantId, id: &OrderId) -> Outcome<Option<Model>> {
    if broken(Defence::MerchantWall) {
        return Ok(Entity::find_by_id(id.clone()).one(db).await?);
    }
    Ok(Entity::find_by_id(id.clone()).filter(Column::MerchantId.eq(merchant.clone())).one(db).await?)
}

pub(crate) async fn by_ids(db: &impl ConnectionTrait, merchant: &MerchantId, ids: Vec<OrderId>) -> Outcome<Vec<Model>> {
    let orders = Entity::find().filter(Column::MerchantId.eq(merchant.clone())).filter(Column::Id.is_in(ids));
    Ok(orders.all(db).await?)
}

pub(crate) async fn made_by(db: &impl ConnectionTrait, merchant: &MerchantId, cause: &str) -> Outcome<Option<Model>> {
    let order = Entity::find().filter(Column::MerchantId.eq(merchant.clone())).filter(Column::MadeBy.eq(cause));
    Ok(order.one(db).await?)
}

pub(crate) async fn lines(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    orders: Vec<OrderId>,
) -> Outcome<Vec<line::Model>> {
    let lines = line::Entity::find()
        .filter(line::Column::MerchantId.eq(merchant.clone()))
        .filter(line::Column::OrderId.is_in(orders))
        .order_by_asc(line::Column::OrderId)
        .order_by_asc(line::Column::Position);
    Ok(lines.all(db).await?)
}

/// The fields that life changes; orders with the same new values are written by one statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Change {
    pub(crate) status: OrderStatus,
    pub(crate) needs_review: bool,
    pub(crate) review_reason: Option<ReviewReason>,
    pub(crate) holds_stock: bool,
    pub(crate) holds_link: bool,
    pub(crate) paid_at: Option<Moment>,
    pub(crate) fulfilled_at: Option<Moment>,
}

impl From<&Model> for Change {
    fn from(order: &Model) -> Self {
        Self {
            status: order.status,
            needs_review: order.needs_review,
            review_reason: order.review_reason,
            holds_stock: order.holds_stock,
            holds_link: order.holds_link,
            paid_at: order.paid_at,
            fulfilled_at: order.fulfilled_at,
        }
    }
}

pub(crate) async fn change(db: &impl ConnectionTrait, ids: Vec<OrderId>, to: Change) -> Outcome<()> {
    Entity::update_many()
        .col_expr(Column::Status, Expr::value(to.status.as_str()))
        .col_expr(Column::NeedsReview, Expr::value(to.needs_review))
        .col_expr(Column::ReviewReason, Expr::value(to.review_reason.map(ReviewReason::as_str)))
        .col_expr(Column::HoldsStock, Expr::value(to.holds_stock))
        .col_expr(Column::HoldsLink, Expr::value(to.holds_link))
        .col_expr(Column::PaidAt, Expr::value(to.paid_at.map(|at| at.0)))
        .col_expr(Column::FulfilledAt, Expr::value(to.fulfilled_at.map(|at| at.0)))
        .filter(Column::Id.is_in(ids))
        .exec(db)
        .await?;
    Ok(())
}

/// Delivered. Partly refunded it stays what it is; the rest was delivered all the same.
pub(crate) async fn set_fulfilled(db: &impl ConnectionTrait, ids: Vec<OrderId>, at: Moment) -> Outcome<()> {
    let paid = Column::Status.eq(OrderStatus::Paid);
    let status = Expr::case(paid, Expr::value(OrderStatus::Fulfilled.as_str())).finally(Expr::col(Column::Status));
    Entity::update_many()
        .col_expr(Column::Status, status.into())
        .col_expr(Column::FulfilledAt, Expr::value(at.0))
        .filter(Column::Id.is_in(ids))
        .exec(db)
        .await?;
    Ok(())
}

/// Paid before `limit`, not delivered and not in review, oldest first.
pub(crate) async fn undelivered(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    limit: Moment,
    at_most: u64,
) -> Outcome<Vec<Model>> {
    Ok(hanging(merchant, limit).order_by_asc(Column::PaidAt).limit(at_most).all(db).await?)
}

pub(crate) async fn undelivered_count(db: &impl ConnectionTrait, merchant: &MerchantId, limit: Moment) -> Outcome<u64> {
    Ok(hanging(merchant, limit).count(db).await?)
}

fn hanging(merchant: &MerchantId, limit: Moment) -> Select<Entity> {
    Entity::find()
        .filter(Column::MerchantId.eq(merchant.clone()))
        // In the words of the partial index: a bound value would hide that it fits.
        .filter(Expr::cust("fulfilled_at IS NULL AND status IN ('paid', 'partially_refunded')"))
        .filter(Column::NeedsReview.eq(false))
        .filter(Column::PaidAt.lt(limit))
}

/// What to look for among orders.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub status: Option<OrderStatus>,
    pub needs_review: Option<bool>,
    pub customer: Option<CustomerId>,
    pub external_order_id: Option<String>,
    /// A number, an id (ours or the integrator's), a sum of digits that is a Telegram user, or part of a customer's name.
    pub search: Option<String>,
    /// Orders made before this one: the next page.
    pub before: Option<OrderId>,
}

/// Newest first.
pub(crate) async fn list(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    filter: &Filter,
    limit: u64,
) -> Outcome<Vec<Model>> {
    let mut query = Entity::find().filter(Column::MerchantId.eq(merchant.clone()));
    if let Some(status) = filter.status {
        query = query.filter(Column::Status.eq(status));
    }
    if let Some(flag) = filter.needs_review {
        query = query.filter(Column::NeedsReview.eq(flag));
    }
    if let Some(customer) = &filter.customer {
        query = query.filter(Column::CustomerId.eq(customer.clone()));
    }
    if let Some(external) = &filter.external_order_id {
        query = query.filter(Column::ExternalOrderId.eq(external.clone()));
    }
    if let Some(words) = &filter.search {
        query = query.filter(found_by(merchant, words));
    }
    if let Some(before) = &filter.before {
        query = query.filter(Column::Id.lt(before.clone()));
    }
    Ok(query.order_by_desc(Column::Id).limit(limit).all(db).await?)
}

fn found_by(merchant: &MerchantId, words: &str) -> Condition {
    let any = Condition::any().add(Column::Id.eq(words)).add(Column::ExternalOrderId.eq(words));
    if let Ok(number) = words.trim_start_matches(['#', '№', ' ']).parse::<i64>() {
        return any.add(Column::Number.eq(number)).add(Column::TelegramUserId.eq(number));
    }
    any.add(Column::CustomerId.in_subquery(customers::store::ids_called(merchant, words)))
}

pub(crate) async fn set_link(db: &impl ConnectionTrait, id: &OrderId, link: &domain::LinkId) -> Outcome<()> {
    Entity::update_many()
        .col_expr(Column::LinkId, Expr::value(link.as_str()))
        .filter(Column::Id.eq(id.clone()))
        .exec(db)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::testing::{plan, shops};

    #[tokio::test]
    async fn what_hangs_is_found_without_reading_every_order() {
        for shop in shops().await {
            let Some(steps) = plan(&shop, &hanging(&shop.merchant, Moment(1))).await else { continue };
            assert!(steps.iter().any(|step| step.contains("USING INDEX orders_undelivered")), "{steps:?}");
        }
    }
}
