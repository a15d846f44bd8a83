//! Every query of payment links.

use std::collections::{BTreeSet, HashMap};

use domain::{Day, FileId, LinkId, MerchantId, Moment, OrderId, link::LinkKind};
use sea_orm::{
    ConnectionTrait, DbBackend, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    prelude::*,
    sea_query::{Expr, ExprTrait, OnConflict, Query},
};

use super::rows::{Column, Entity, Model, opening};
use crate::{
    failure::Outcome,
    orders::{OrderColumn, OrderEntity},
    words,
};

pub(crate) async fn insert(db: &impl ConnectionTrait, link: Model) -> Outcome<()> {
    words::store::name_new(db, &link.merchant_id, [(link.id.as_str(), names(&link))]).await?;
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

/// Links of the past, all at once.
pub(crate) async fn insert_past(db: &impl ConnectionTrait, links: Vec<Model>) -> Outcome<()> {
    let Some(merchant) = links.first().map(|link| link.merchant_id.clone()) else { return Ok(()) };
    words::store::name_new(db, &merchant, links.iter().map(|link| (link.id.as_str(), names(link)))).await?;
    Entity::insert_many(links.into_iter().map(IntoActiveModel::into_active_model)).exec_without_returning(db).await?;
    Ok(())
}

/// What a link is called, to be found by.
fn names(link: &Model) -> impl Iterator<Item = &str> {
    let more = [link.title.as_deref(), link.external_order_id.as_deref()];
    [link.label.as_str(), link.code.as_str()].into_iter().chain(more.into_iter().flatten())
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

/// Counts an opening, in all and on its day.
pub(crate) async fn count_opening(db: &impl ConnectionTrait, link: &Model, day: Day, now: Moment) -> Outcome<()> {
    use opening::Column as C;
    let row = opening::Model {
        merchant_id: link.merchant_id.clone(),
        day: day.number(),
        link_id: link.id.clone(),
        count: 1,
        first_at: Some(now),
        last_at: Some(now),
    };
    let again = OnConflict::columns([C::MerchantId, C::Day, C::LinkId])
        .value(C::Count, Expr::col((opening::Entity, C::Count)).add(1))
        .value(C::LastAt, now.0)
        .to_owned();
    opening::Entity::insert(row.into_active_model()).on_conflict(again).exec_without_returning(db).await?;
    add(db, &link.id, Column::OpenedCount, 1).await
}

/// The days on which a link was opened, the first ones first.
pub(crate) async fn openings(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    id: &LinkId,
    at_most: u64,
) -> Outcome<Vec<opening::Model>> {
    use opening::Column as C;
    let days = opening::Entity::find().filter(C::LinkId.eq(id.clone())).filter(C::MerchantId.eq(merchant.clone()));
    Ok(days.order_by_asc(C::Day).limit(at_most).all(db).await?)
}

/// Openings of past days, all at once.
pub(crate) async fn insert_past_openings(db: &impl ConnectionTrait, rows: Vec<opening::Model>) -> Outcome<()> {
    let rows = rows.into_iter().map(IntoActiveModel::into_active_model);
    opening::Entity::insert_many(rows).exec_without_returning(db).await?;
    Ok(())
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

/// What a past without counting of its own has added up to.
pub(crate) async fn count_past(db: &impl ConnectionTrait, id: &LinkId, opened: i64, paid: i64) -> Outcome<()> {
    add(db, id, Column::OpenedCount, opened).await?;
    add(db, id, Column::PaidCount, paid).await
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

/// `link` as it was before.
pub(crate) async fn patch(db: &impl ConnectionTrait, link: &Model, patch: &Patch) -> Outcome<()> {
    let id = &link.id;
    let mut update = Entity::update_many().filter(Column::Id.eq(id.clone()));
    if let Some(label) = &patch.label {
        update = update.col_expr(Column::Label, Expr::value(label.clone()));
        let now = Model { label: label.clone(), ..link.clone() };
        words::store::rename(db, &link.merchant_id, id.as_str(), names(&now)).await?;
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
    /// The beginnings of words of the label, the title, the code or the external order id.
    pub search: Option<String>,
    pub external_order_id: Option<String>,
    /// Opened on one of these days, both included.
    pub opened: Option<(Day, Day)>,
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
    query = match filter.active {
        Some(true) => query.filter(Column::Active.eq(true)),
        // In the words of the partial index: a bound value would hide that it fits.
        Some(false) => query.filter(Expr::cust("NOT active")),
        None => query,
    };
    if let Some(called) = filter.search.as_deref().map(|typed| words::store::beginning(merchant, LinkId::PREFIX, typed))
    {
        // What has no letter is no link's word.
        let Some(called) = called else { return Ok(Vec::new()) };
        query = query.filter(Column::Id.in_subquery(called));
    }
    if let Some(external) = &filter.external_order_id {
        query = query.filter(Column::ExternalOrderId.eq(external.clone()));
    }
    if let Some((first, last)) = filter.opened {
        use opening::Column as C;
        let own = Expr::col((opening::Entity, C::LinkId)).equals((Entity, Column::Id));
        let within = opening::Entity::find().select_only().column(C::LinkId).filter(own);
        let within = within.filter(C::Day.gte(first.number())).filter(C::Day.lte(last.number()));
        query = query.filter(Expr::exists(within.into_query()));
    }
    if let Some(label) = &filter.label {
        query = query.filter(Column::Label.eq(label.clone()));
    }
    if let Some(before) = &filter.before {
        query = query.filter(Column::Id.lt(before.clone()));
    }
    Ok(query.order_by_desc(Column::Id).limit(limit).all(db).await?)
}
