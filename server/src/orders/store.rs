//! Every query of orders and their lines.

use domain::{
    CustomerId, MerchantId, Moment, OrderId, ProductId, VariantId, handover::Step, moment::MINUTE, order::OrderStatus,
    payment::ReviewReason, schedule::Reminders,
};
use sea_orm::{
    ConnectionTrait, EntityTrait, FromQueryResult, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    Statement,
    prelude::*,
    sea_query::{Alias, Expr, ExprTrait, Query},
};

use super::{
    Reminded, Sold,
    rows::{Column, Entity, Model, answer, line},
};
use crate::{
    customers,
    failure::Outcome,
    payments,
    sabotage::{Defence, broken},
};

pub(crate) async fn insert(db: &impl ConnectionTrait, order: Model, lines: Vec<line::Model>) -> Outcome<()> {
    Entity::insert(order.into_active_model()).exec_without_returning(db).await?;
    line::Entity::insert_many(lines.into_iter().map(IntoActiveModel::into_active_model))
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// Orders of the past with their lines, all at once.
pub(crate) async fn insert_past(db: &impl ConnectionTrait, orders: Vec<Model>, lines: Vec<line::Model>) -> Outcome<()> {
    Entity::insert_many(orders.into_iter().map(IntoActiveModel::into_active_model)).exec_without_returning(db).await?;
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

pub(crate) async fn insert_answers(db: &impl ConnectionTrait, answers: Vec<answer::Model>) -> Outcome<()> {
    if !answers.is_empty() {
        let rows = answers.into_iter().map(IntoActiveModel::into_active_model);
        answer::Entity::insert_many(rows).exec_without_returning(db).await?;
    }
    Ok(())
}

pub(crate) async fn answers(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    orders: Vec<OrderId>,
) -> Outcome<Vec<answer::Model>> {
    let answers = answer::Entity::find()
        .filter(answer::Column::MerchantId.eq(merchant.clone()))
        .filter(answer::Column::OrderId.is_in(orders))
        .order_by_asc(answer::Column::OrderId)
        .order_by_asc(answer::Column::Position);
    Ok(answers.all(db).await?)
}

pub(crate) async fn last_address(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    customer: &CustomerId,
) -> Outcome<Option<String>> {
    let orders = Entity::find()
        .select_only()
        .column(Column::Address)
        .filter(Column::MerchantId.eq(merchant.clone()))
        .filter(Column::CustomerId.eq(customer.clone()))
        .filter(Column::Address.is_not_null())
        .order_by_desc(Column::Id)
        .limit(1);
    Ok(orders.into_tuple::<Option<String>>().one(db).await?.flatten())
}

/// Whether somebody has ordered it.
pub(crate) async fn names_variant(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    variant: &VariantId,
) -> Outcome<bool> {
    let lines = line::Entity::find()
        .filter(line::Column::MerchantId.eq(merchant.clone()))
        .filter(line::Column::VariantId.eq(variant.clone()))
        .limit(1);
    Ok(lines.one(db).await?.is_some())
}

/// As [`names_variant`], of a product.
pub(crate) async fn names_product(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    product: &ProductId,
) -> Outcome<bool> {
    let lines = line::Entity::find()
        .filter(line::Column::MerchantId.eq(merchant.clone()))
        .filter(line::Column::ProductId.eq(product.clone()))
        .limit(1);
    Ok(lines.one(db).await?.is_some())
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
    let goods = || Column::Handover.is_not_null();
    let step = Expr::case(goods(), Expr::value(Step::ToPack.as_str())).finally(Expr::col(Column::Step));
    let since = Expr::case(goods(), Expr::value(at.0)).finally(Expr::col(Column::StepAt));
    Entity::update_many()
        .col_expr(Column::Status, status.into())
        .col_expr(Column::FulfilledAt, Expr::value(at.0))
        .col_expr(Column::Step, step.into())
        .col_expr(Column::StepAt, since.into())
        .filter(Column::Id.is_in(ids))
        .exec(db)
        .await?;
    Ok(())
}

/// Locked by the caller.
pub(super) async fn set_step(db: &impl ConnectionTrait, order: &Model, to: Step, at: Moment) -> Outcome<()> {
    Entity::update_many()
        .col_expr(Column::Step, Expr::value(to.as_str()))
        .col_expr(Column::StepAt, Expr::value(at.0))
        .filter(Column::MerchantId.eq(order.merchant_id.clone()))
        .filter(Column::Id.eq(order.id.clone()))
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

/// Orders with this product that are paid, not delivered and not in review.
pub(crate) async fn undelivered_of(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    product: &ProductId,
) -> Outcome<Vec<OrderId>> {
    let lines = line::Entity::find().select_only().column(line::Column::OrderId);
    let lines = lines.filter(line::Column::MerchantId.eq(merchant.clone()));
    let lines = lines.filter(line::Column::ProductId.eq(product.clone())).into_query();
    let own = hanging(merchant, Moment(i64::MAX)).filter(Column::Id.in_subquery(lines));
    Ok(own.select_only().column(Column::Id).into_tuple().all(db).await?)
}

fn hanging(merchant: &MerchantId, limit: Moment) -> Select<Entity> {
    Entity::find()
        .filter(Column::MerchantId.eq(merchant.clone()))
        // In the words of the partial index: a bound value would hide that it fits.
        .filter(Expr::cust("fulfilled_at IS NULL AND status IN ('paid', 'partially_refunded')"))
        .filter(Column::NeedsReview.eq(false))
        .filter(Column::PaidAt.lt(limit))
        .filter(Expr::exists(payments::store::kept_of_order(merchant, Column::Id.into_expr())))
}

/// Orders from a bot that wait for money and may be reminded of, newest first: not of those who blocked the bot or asked
/// for silence, and not where the customer has ordered again since.
pub(crate) async fn unpaid(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    rule: Reminders,
    now: Moment,
    at_most: u64,
) -> Outcome<Vec<Model>> {
    let later = Alias::new("later");
    let again = Query::select()
        .expr(Expr::val(1))
        .from_as(Entity, later.clone())
        .and_where(Expr::col((later.clone(), Column::MerchantId)).equals((Entity, Column::MerchantId)))
        .and_where(Expr::col((later.clone(), Column::CustomerId)).equals((Entity, Column::CustomerId)))
        .and_where(Expr::col((later.clone(), Column::Number)).gt(Expr::col((Entity, Column::Number))))
        .to_owned();
    let silent_since = now.plus(-i64::from(rule.after_minutes) * MINUTE);
    let orders = Entity::find()
        .filter(Column::MerchantId.eq(merchant.clone()))
        // In the words of the partial index: a bound value would hide that it fits.
        .filter(Expr::cust("status = 'awaiting_payment' AND bot_id IS NOT NULL"))
        .filter(Column::NeedsReview.eq(false))
        .filter(Column::Reminded.lt(rule.at_most))
        .filter(Column::CreatedAt.lte(silent_since))
        .filter(Column::CustomerId.in_subquery(customers::store::ids_to_remind(merchant)))
        .filter(Expr::exists(again).not());
    Ok(orders.order_by_desc(Column::CreatedAt).limit(at_most).all(db).await?)
}

pub(crate) async fn count_reminder(db: &impl ConnectionTrait, ids: Vec<OrderId>, at: Moment) -> Outcome<()> {
    Entity::update_many()
        .col_expr(Column::Reminded, Expr::col(Column::Reminded).add(1))
        .col_expr(Column::RemindedAt, Expr::value(at.0))
        .filter(Column::Id.is_in(ids))
        .exec(db)
        .await?;
    Ok(())
}

pub(crate) async fn reminded(db: &impl ConnectionTrait, merchant: &MerchantId, since: Moment) -> Outcome<Reminded> {
    let sql = "SELECT COUNT(*) AS orders, CAST(COALESCE(SUM(CASE WHEN paid_at >= reminded_at THEN 1 ELSE 0 END), 0) AS BIGINT) AS paid
        FROM orders WHERE merchant_id = $1 AND reminded_at >= $2";
    let values = [merchant.as_str().into(), since.0.into()];
    let sums = Reminded::find_by_statement(Statement::from_sql_and_values(db.get_database_backend(), sql, values));
    Ok(sums.one(db).await?.unwrap_or_default())
}

/// What was sold how often in orders paid within a span, the most first; free sums are not counted.
pub(crate) async fn most_sold(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    (from, until): (Moment, Moment),
    at_most: u64,
) -> Outcome<Vec<Sold>> {
    let sql = "SELECT p.name AS title, s.quantity FROM (
            SELECT l.product_id, CAST(SUM(l.quantity) AS BIGINT) AS quantity
            FROM orders o JOIN order_lines l ON l.order_id = o.id
            WHERE o.merchant_id = $1 AND o.paid_at >= $2 AND o.paid_at < $3
            GROUP BY l.product_id
        ) s JOIN products p ON p.id = s.product_id AND p.merchant_id = $1
        ORDER BY s.quantity DESC, p.id LIMIT $4";
    let values = [merchant.as_str().into(), from.0.into(), until.0.into(), at_most.cast_signed().into()];
    Ok(Sold::find_by_statement(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).all(db).await?)
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
