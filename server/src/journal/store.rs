//! Every query of the journal. Nothing here can change or delete an entry, and the database refuses it too.

use domain::{MerchantId, Moment, OrderId, PaymentId, journal::EntryKind};
use sea_orm::{
    ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, prelude::*, sea_query::Expr,
};

use super::rows::{Column, Entity, Model, head};
use crate::failure::Outcome;

pub(crate) async fn open(db: &impl ConnectionTrait, merchant: &MerchantId) -> Outcome<()> {
    let first = head::Model { merchant_id: merchant.clone(), number: 0, hash: domain::journal::GENESIS.to_owned() };
    head::Entity::insert(first.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// Locks the heads, always in the order of ids.
pub(crate) async fn lock_heads(db: &impl ConnectionTrait, merchants: Vec<MerchantId>) -> Outcome<Vec<head::Model>> {
    let heads = head::Entity::find()
        .filter(head::Column::MerchantId.is_in(merchants))
        .order_by_asc(head::Column::MerchantId)
        .lock_exclusive();
    Ok(heads.all(db).await?)
}

pub(crate) async fn insert(db: &impl ConnectionTrait, entries: Vec<Model>) -> Outcome<()> {
    Entity::insert_many(entries.into_iter().map(IntoActiveModel::into_active_model)).exec_without_returning(db).await?;
    Ok(())
}

pub(crate) async fn move_head(db: &impl ConnectionTrait, head: &head::Model) -> Outcome<()> {
    head::Entity::update_many()
        .col_expr(head::Column::Number, Expr::value(head.number))
        .col_expr(head::Column::Hash, Expr::value(head.hash.clone()))
        .filter(head::Column::MerchantId.eq(head.merchant_id.clone()))
        .exec(db)
        .await?;
    Ok(())
}

pub(crate) async fn head(db: &impl ConnectionTrait, merchant: &MerchantId) -> Outcome<Option<head::Model>> {
    Ok(head::Entity::find_by_id(merchant.clone()).one(db).await?)
}

pub(crate) async fn heads(db: &impl ConnectionTrait) -> Outcome<Vec<head::Model>> {
    Ok(head::Entity::find().order_by_asc(head::Column::MerchantId).all(db).await?)
}

/// Entries after `number`, oldest first.
pub(crate) async fn after(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    number: i64,
    limit: u64,
) -> Outcome<Vec<Model>> {
    let page = Entity::find()
        .filter(Column::MerchantId.eq(merchant.clone()))
        .filter(Column::Number.gt(number))
        .order_by_asc(Column::Number)
        .limit(limit);
    Ok(page.all(db).await?)
}

/// What to look for in the journal.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub kind: Option<EntryKind>,
    pub order: Option<OrderId>,
    pub payment: Option<PaymentId>,
    /// From this time on.
    pub from: Option<Moment>,
    /// Before this time.
    pub until: Option<Moment>,
    /// Entries with a smaller number: the next page.
    pub before: Option<i64>,
}

/// Newest first.
pub(crate) async fn list(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    filter: &Filter,
    limit: u64,
) -> Outcome<Vec<Model>> {
    let mut query = Entity::find().filter(Column::MerchantId.eq(merchant.clone()));
    if let Some(kind) = filter.kind {
        query = query.filter(Column::Kind.eq(kind));
    }
    if let Some(order) = &filter.order {
        query = query.filter(Column::OrderId.eq(order.clone()));
    }
    if let Some(payment) = &filter.payment {
        query = query.filter(Column::PaymentId.eq(payment.clone()));
    }
    if let Some(from) = filter.from {
        query = query.filter(Column::At.gte(from));
    }
    if let Some(until) = filter.until {
        query = query.filter(Column::At.lt(until));
    }
    if let Some(before) = filter.before {
        query = query.filter(Column::Number.lt(before));
    }
    Ok(query.order_by_desc(Column::Number).limit(limit).all(db).await?)
}
