//! Every query of the journal. Nothing here can change or delete an entry, and the database refuses it too.

use domain::{Day, MerchantId, Moment, OrderId, PaymentId, journal::EntryKind};
use sea_orm::{
    ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    prelude::*,
    sea_query::{Expr, OnConflict},
};

use super::rows::{Column, Entity, Model, checkpoint, day_close, head};
use crate::failure::Outcome;

pub(crate) async fn open(db: &impl ConnectionTrait, merchant: &MerchantId) -> Outcome<()> {
    let hash = domain::journal::GENESIS.to_owned();
    let first = head::Model { merchant_id: merchant.clone(), number: 0, hash, listeners: 0, receipts: false, deals: 0 };
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

pub(crate) async fn set_listeners(db: &impl ConnectionTrait, merchant: &MerchantId, count: i64) -> Outcome<()> {
    head::Entity::update_many()
        .col_expr(head::Column::Listeners, Expr::value(count))
        .filter(head::Column::MerchantId.eq(merchant.clone()))
        .exec(db)
        .await?;
    Ok(())
}

pub(crate) async fn set_receipts(db: &impl ConnectionTrait, merchant: &MerchantId, owed: bool) -> Outcome<()> {
    head::Entity::update_many()
        .col_expr(head::Column::Receipts, Expr::value(owed))
        .filter(head::Column::MerchantId.eq(merchant.clone()))
        .exec(db)
        .await?;
    Ok(())
}

pub(crate) async fn set_deals(db: &impl ConnectionTrait, merchant: &MerchantId, follows: i64) -> Outcome<()> {
    head::Entity::update_many()
        .col_expr(head::Column::Deals, Expr::value(follows))
        .filter(head::Column::MerchantId.eq(merchant.clone()))
        .exec(db)
        .await?;
    Ok(())
}

pub(crate) async fn entry(db: &impl ConnectionTrait, merchant: &MerchantId, number: i64) -> Outcome<Option<Model>> {
    Ok(Entity::find_by_id((merchant.clone(), number)).one(db).await?)
}

pub(crate) async fn head(db: &impl ConnectionTrait, merchant: &MerchantId) -> Outcome<Option<head::Model>> {
    Ok(head::Entity::find_by_id(merchant.clone()).one(db).await?)
}

pub(crate) async fn heads(db: &impl ConnectionTrait) -> Outcome<Vec<head::Model>> {
    Ok(head::Entity::find().order_by_asc(head::Column::MerchantId).all(db).await?)
}

/// A checkpoint of the same head by another instance is as good.
pub(crate) async fn insert_checkpoint(db: &impl ConnectionTrait, row: checkpoint::Model) -> Outcome<()> {
    let own = [checkpoint::Column::MerchantId, checkpoint::Column::Number];
    let known = OnConflict::columns(own).do_nothing().to_owned();
    checkpoint::Entity::insert(row.into_active_model()).on_conflict(known).exec_without_returning(db).await?;
    Ok(())
}

pub(crate) async fn has_checkpoint(db: &impl ConnectionTrait, merchant: &MerchantId, number: i64) -> Outcome<bool> {
    Ok(checkpoint::Entity::find_by_id((merchant.clone(), number)).one(db).await?.is_some())
}

pub(crate) async fn checkpoints(db: &impl ConnectionTrait, merchant: &MerchantId) -> Outcome<Vec<checkpoint::Model>> {
    let own = checkpoint::Entity::find().filter(checkpoint::Column::MerchantId.eq(merchant.clone()));
    Ok(own.order_by_asc(checkpoint::Column::Number).all(db).await?)
}

/// What was claimed of a payment and did not fit.
pub(crate) async fn mismatches(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    payment: &PaymentId,
) -> Outcome<Vec<Model>> {
    let told = Entity::find()
        .filter(Column::PaymentId.eq(payment.clone()))
        .filter(Column::MerchantId.eq(merchant.clone()))
        .filter(Column::Kind.eq(EntryKind::PaymentMismatch));
    Ok(told.all(db).await?)
}

/// The last entry before a time.
pub(crate) async fn last_before(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    until: Moment,
) -> Outcome<Option<Model>> {
    let own = Entity::find().filter(Column::MerchantId.eq(merchant.clone())).filter(Column::At.lt(until));
    Ok(own.order_by_desc(Column::Number).one(db).await?)
}

/// The hash that the entry `number` holds now.
pub(crate) async fn hash_at(db: &impl ConnectionTrait, merchant: &MerchantId, number: i64) -> Outcome<Option<String>> {
    let entry = Entity::find_by_id((merchant.clone(), number)).select_only().column(Column::Hash);
    Ok(entry.into_tuple().one(db).await?)
}

pub(crate) async fn insert_close(db: &impl ConnectionTrait, row: day_close::Model) -> Outcome<()> {
    day_close::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

pub(crate) async fn close_of(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    day: Day,
) -> Outcome<Option<day_close::Model>> {
    Ok(day_close::Entity::find_by_id((merchant.clone(), day.to_string())).one(db).await?)
}

/// The closes of these days and later, oldest first.
pub(crate) async fn closes_from(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    first: Day,
) -> Outcome<Vec<day_close::Model>> {
    let own = day_close::Entity::find()
        .filter(day_close::Column::MerchantId.eq(merchant.clone()))
        .filter(day_close::Column::Day.gte(first.to_string()));
    Ok(own.order_by_asc(day_close::Column::Day).all(db).await?)
}

/// Every close of the merchant, by its day.
pub(crate) async fn closes(db: &impl ConnectionTrait, merchant: &MerchantId) -> Outcome<Vec<day_close::Model>> {
    let own = day_close::Entity::find().filter(day_close::Column::MerchantId.eq(merchant.clone()));
    Ok(own.all(db).await?)
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

/// Entries after one number up to another, within a span of time, oldest first.
pub(crate) async fn between(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    (after, end): (i64, i64),
    (from, until): (Option<Moment>, Option<Moment>),
    limit: u64,
) -> Outcome<Vec<Model>> {
    let mut page = Entity::find()
        .filter(Column::MerchantId.eq(merchant.clone()))
        .filter(Column::Number.gt(after))
        .filter(Column::Number.lte(end));
    if let Some(from) = from {
        page = page.filter(Column::At.gte(from));
    }
    if let Some(until) = until {
        page = page.filter(Column::At.lt(until));
    }
    Ok(page.order_by_asc(Column::Number).limit(limit).all(db).await?)
}

/// What went back of each payment within a span of time.
pub(crate) async fn refunded_within(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    (from, until): (Moment, Moment),
) -> Outcome<Vec<(PaymentId, i64)>> {
    let sums = Entity::find()
        .select_only()
        .column(Column::PaymentId)
        .column_as(Expr::cust("CAST(COALESCE(SUM(amount_minor), 0) AS BIGINT)"), "back")
        .filter(Column::MerchantId.eq(merchant.clone()))
        .filter(Column::At.gte(from))
        .filter(Column::At.lt(until))
        .filter(Column::Kind.eq(EntryKind::PaymentRefunded))
        .filter(Column::PaymentId.is_not_null())
        .group_by(Column::PaymentId);
    Ok(sums.into_tuple().all(db).await?)
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
