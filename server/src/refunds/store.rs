//! Every query of refunds.

use domain::{
    MerchantId, OrderId, PaymentId, RefundId,
    refund::{RefundStatus, Sums},
};
use sea_orm::{
    ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    prelude::*,
    sea_query::{Expr, ExprTrait},
};

use super::rows::{ActiveModel, Column, Entity, Model};
use crate::failure::Outcome;

pub(crate) async fn insert(db: &impl ConnectionTrait, refund: Model) -> Outcome<()> {
    Entity::insert(refund.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// Refunds of the past, all at once.
pub(crate) async fn insert_past(db: &impl ConnectionTrait, refunds: Vec<Model>) -> Outcome<()> {
    Entity::insert_many(refunds.into_iter().map(IntoActiveModel::into_active_model)).exec_without_returning(db).await?;
    Ok(())
}

/// Writes the whole row; only under the lock of its order.
pub(crate) async fn update(db: &impl ConnectionTrait, refund: Model) -> Outcome<()> {
    let row: ActiveModel = refund.into_active_model().reset_all();
    Entity::update(row).exec(db).await?;
    Ok(())
}

pub(crate) async fn get(db: &impl ConnectionTrait, merchant: &MerchantId, id: &RefundId) -> Outcome<Option<Model>> {
    Ok(Entity::find_by_id(id.clone()).filter(Column::MerchantId.eq(merchant.clone())).one(db).await?)
}

pub(crate) async fn by_ids(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    ids: Vec<RefundId>,
) -> Outcome<Vec<Model>> {
    let own = Entity::find().filter(Column::MerchantId.eq(merchant.clone()));
    Ok(own.filter(Column::Id.is_in(ids)).all(db).await?)
}

pub(crate) async fn made_by(db: &impl ConnectionTrait, merchant: &MerchantId, cause: &str) -> Outcome<Option<Model>> {
    let found = Entity::find().filter(Column::MerchantId.eq(merchant.clone())).filter(Column::MadeBy.eq(cause));
    Ok(found.one(db).await?)
}

/// Oldest first.
pub(crate) async fn of_payment(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    payment: &PaymentId,
) -> Outcome<Vec<Model>> {
    let all = Entity::find().filter(Column::MerchantId.eq(merchant.clone()));
    Ok(all.filter(Column::PaymentId.eq(payment.clone())).order_by_asc(Column::Id).all(db).await?)
}

/// The refunds of a payment in sums.
pub(crate) async fn sums(db: &impl ConnectionTrait, merchant: &MerchantId, payment: &PaymentId) -> Outcome<Sums> {
    let all = of_payment(db, merchant, payment).await?;
    let count = |sums: Sums, refund: &Model| sums.with(refund.status, refund.sent_at.is_some(), refund.amount_minor);
    Ok(all.iter().fold(Sums::default(), count))
}

/// Of a refund that is with the provider it is now known only by a higher sum that it was done: another one was.
pub(crate) async fn expect_more(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    payment: &PaymentId,
    amount_minor: i64,
) -> Outcome<()> {
    Entity::update_many()
        .col_expr(Column::BaseMinor, Expr::col(Column::BaseMinor).add(amount_minor))
        .filter(Column::MerchantId.eq(merchant.clone()))
        .filter(Column::PaymentId.eq(payment.clone()))
        .filter(Column::Status.eq(RefundStatus::Processing))
        .filter(Column::SentAt.is_not_null())
        .exec(db)
        .await?;
    Ok(())
}

pub(crate) async fn of_orders(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    orders: Vec<OrderId>,
) -> Outcome<Vec<Model>> {
    let own = Entity::find().filter(Column::MerchantId.eq(merchant.clone()));
    Ok(own.filter(Column::OrderId.is_in(orders)).all(db).await?)
}

/// What to look for among refunds.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub status: Option<RefundStatus>,
    /// Only those in which something is still to be done.
    pub open: bool,
    /// Refunds asked for before this one: the next page.
    pub before: Option<RefundId>,
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
    if filter.open {
        query = query.filter(Column::EndedAt.is_null());
    }
    if let Some(before) = &filter.before {
        query = query.filter(Column::Id.lt(before.clone()));
    }
    Ok(query.order_by_desc(Column::Id).limit(limit).all(db).await?)
}
