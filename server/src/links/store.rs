//! Every query of payment links.

use std::collections::{BTreeSet, HashMap};

use domain::{FileId, LinkId, MerchantId, Moment, OrderId, link::LinkKind};
use sea_orm::{
    ConnectionTrait, DbBackend, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    prelude::*,
    sea_query::{Expr, ExprTrait, LikeExpr, Query},
};

use super::rows::{Column, Entity, Model};
use crate::{
    failure::Outcome,
    orders::{OrderColumn, OrderEntity},
};

pub(crate) async fn insert(db: &impl ConnectionTrait, link: Model) -> Outcome<()> {
    Entity::insert(link.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// When these links end, of those that do.
pub(crate) async fn expiries(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    ids: impl Iterator<Item = LinkId>,
) -> Outcome<HashMap<LinkId, Moment>> {
    let own = Entity::find().filter(Column::MerchantId.eq(merchant.clone())).filter(Column::Id.is_in(ids));
    let ends = own.filter(Column::ExpiresAt.is_not_null()).select_only().column(Column::Id).column(Column::ExpiresAt);
    Ok(ends.into_tuple::<(LinkId, Moment)>().all(db).await?.into_iter().collect())
}

pub(crate) async fn get(db: &impl ConnectionTrait, merchant: &MerchantId, id: &LinkId) -> Outcome<Option<Model>> {
    Ok(Entity::find_by_id(id.clone()).filter(Column::MerchantId.eq(merchant.clone())).one(db).await?)
}

/// A code is public and unique over all merchants: it is what names the merchant.
pub(crate) async fn by_code(db: &impl ConnectionTrait, code: &str) -> Outcome<Option<Model>> {
    Ok(Entity::find().filter(Column::Code.eq(code)).one(db).await?)
}

pub(crate) async fn lock(db: &impl ConnectionTrait, id: &LinkId) -> Outcome<Option<Model>> {
    Ok(Entity::find_by_id(id.clone()).lock_exclusive().one(db).await?)
}

/// Locks the links of these orders that may still be counted for them, before the orders are locked: whoever starts a
/// payment locks in the same order. SQLite has one writer, and needs none of it.
pub(crate) async fn lock_of_unpaid(db: &impl ConnectionTrait, orders: &BTreeSet<OrderId>) -> Outcome<()> {
    if db.get_database_backend() == DbBackend::Sqlite || orders.is_empty() {
        return Ok(());
    }
    let unpaid = Query::select()
        .column(OrderColumn::LinkId)
        .from(OrderEntity)
        .and_where(OrderColumn::Id.is_in(orders.iter().cloned()))
        .and_where(OrderColumn::PaidAt.is_null())
        .to_owned();
    let links = Entity::find().select_only().column(Column::Id).filter(Column::Id.in_subquery(unpaid));
    links.order_by_asc(Column::Id).lock_exclusive().into_tuple::<LinkId>().all(db).await?;
    Ok(())
}

pub(crate) async fn of_order(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    order: &OrderId,
) -> Outcome<Option<Model>> {
    let link = Entity::find().filter(Column::MerchantId.eq(merchant.clone())).filter(Column::OrderId.eq(order.clone()));
    Ok(link.one(db).await?)
}

/// In the order of the file.
pub(crate) async fn of_batch(db: &impl ConnectionTrait, merchant: &MerchantId, batch: &FileId) -> Outcome<Vec<Model>> {
    let own = Entity::find().filter(Column::MerchantId.eq(merchant.clone()));
    Ok(own.filter(Column::BatchId.eq(batch.clone())).order_by_asc(Column::Id).all(db).await?)
}

pub(crate) async fn by_ids(db: &impl ConnectionTrait, merchant: &MerchantId, ids: Vec<LinkId>) -> Outcome<Vec<Model>> {
    let own = Entity::find().filter(Column::MerchantId.eq(merchant.clone()));
    Ok(own.filter(Column::Id.is_in(ids)).order_by_desc(Column::Id).all(db).await?)
}

pub(crate) async fn count_opening(db: &impl ConnectionTrait, id: &LinkId) -> Outcome<()> {
    add(db, id, Column::OpenedCount, 1).await
}

/// Counts payments and held uses up or down.
pub(crate) async fn count(db: &impl ConnectionTrait, id: &LinkId, paid: i64, held: i64) -> Outcome<()> {
    if paid != 0 {
        add(db, id, Column::PaidCount, paid).await?;
    }
    if held != 0 {
        add(db, id, Column::HeldCount, held).await?;
    }
    Ok(())
}

async fn add(db: &impl ConnectionTrait, id: &LinkId, column: Column, by: i64) -> Outcome<()> {
    Entity::update_many()
        .col_expr(column, Expr::col(column).add(by))
        .filter(Column::Id.eq(id.clone()))
        .exec(db)
        .await?;
    Ok(())
}

/// What staff may change of a link; `None` leaves it.
#[derive(Clone, Debug, Default)]
pub struct Patch {
    pub label: Option<String>,
    pub active: Option<bool>,
}

pub(crate) async fn patch(db: &impl ConnectionTrait, id: &LinkId, patch: &Patch) -> Outcome<()> {
    let mut update = Entity::update_many().filter(Column::Id.eq(id.clone()));
    if let Some(label) = &patch.label {
        update = update.col_expr(Column::Label, Expr::value(label.clone()));
    }
    if let Some(active) = patch.active {
        update = update.col_expr(Column::Active, Expr::value(active));
    }
    if patch.label.is_some() || patch.active.is_some() {
        update.exec(db).await?;
    }
    Ok(())
}

pub(crate) async fn cancel(db: &impl ConnectionTrait, id: &LinkId, now: Moment) -> Outcome<()> {
    Entity::update_many()
        .col_expr(Column::CancelledAt, Expr::value(now.0))
        .filter(Column::Id.eq(id.clone()))
        .exec(db)
        .await?;
    Ok(())
}

/// What to look for among links.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub kind: Option<LinkKind>,
    pub active: Option<bool>,
    /// Part of the label, the title, the code or the external order id.
    pub search: Option<String>,
    pub external_order_id: Option<String>,
    /// The whole label.
    pub label: Option<String>,
    /// Links made before this one: the next page.
    pub before: Option<LinkId>,
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
    if let Some(active) = filter.active {
        query = query.filter(Column::Active.eq(active));
    }
    if let Some(words) = &filter.search {
        let like = || LikeExpr::new(format!("%{}%", escape_like(words))).escape('\\');
        let lower = |column: Column| Expr::expr(sea_orm::sea_query::Func::lower(Expr::col(column)));
        let found = [Column::Label, Column::Title, Column::Code, Column::ExternalOrderId]
            .into_iter()
            .fold(sea_orm::Condition::any(), |any, column| any.add(lower(column).like(like())));
        query = query.filter(found);
    }
    if let Some(external) = &filter.external_order_id {
        query = query.filter(Column::ExternalOrderId.eq(external.clone()));
    }
    if let Some(label) = &filter.label {
        query = query.filter(Column::Label.eq(label.clone()));
    }
    if let Some(before) = &filter.before {
        query = query.filter(Column::Id.lt(before.clone()));
    }
    Ok(query.order_by_desc(Column::Id).limit(limit).all(db).await?)
}

/// Lower case, with LIKE's own signs taken literally.
pub(crate) fn escape_like(words: &str) -> String {
    words.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}
