//! Every query of payment links.

use std::collections::{BTreeSet, HashMap};

use domain::{Day, FileId, LinkId, MerchantId, Moment, OrderId, ProductId, link::LinkKind};
use sea_orm::{
    Condition, ConnectionTrait, DbBackend, EntityTrait, FromQueryResult, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
    prelude::*,
    sea_query::{Expr, ExprTrait, OnConflict, Query, SelectStatement},
};

use super::rows::{Column, Entity, Model, opening};
use crate::{
    db::few,
    failure::Outcome,
    orders::{OrderColumn, OrderEntity},
    words,
};

/// Rows of one statement: below what either database binds at most.
const ROWS: usize = 500;

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

/// Links of one merchant, all at once.
pub(crate) async fn insert_all(db: &impl ConnectionTrait, links: Vec<Model>) -> Outcome<()> {
    let Some(merchant) = links.first().map(|link| link.merchant_id.clone()) else { return Ok(()) };
    words::store::name_new(db, &merchant, links.iter().map(|link| (link.id.as_str(), names(link)))).await?;
    for some in links.chunks(ROWS) {
        let some = some.iter().cloned().map(IntoActiveModel::into_active_model);
        Entity::insert_many(some).exec_without_returning(db).await?;
    }
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

/// The merchant's links of these ids, locked in the order of ids.
pub(crate) async fn lock_many(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    ids: Vec<LinkId>,
) -> Outcome<Vec<Model>> {
    let own = Entity::find().filter(Column::MerchantId.eq(merchant.clone()));
    Ok(own.filter(Column::Id.is_in(ids)).order_by_asc(Column::Id).lock_exclusive().all(db).await?)
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
    count(db, &link.id, Uses { opened: 1, ..Uses::default() }).await
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

/// The files that links were made of.
pub(crate) fn batches(merchant: &MerchantId) -> SelectStatement {
    let own = Entity::find().select_only().column(Column::BatchId).filter(Column::MerchantId.eq(merchant.clone()));
    own.filter(Column::BatchId.is_not_null()).into_query()
}

/// Whether a link leads to the product.
pub(crate) async fn names_product(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    product: &ProductId,
) -> Outcome<bool> {
    let own = Entity::find().filter(Column::MerchantId.eq(merchant.clone()));
    Ok(own.filter(Column::ProductId.eq(product.clone())).limit(1).one(db).await?.is_some())
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

/// What is counted of a link, up or down.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Uses {
    pub(crate) opened: i64,
    pub(crate) paid: i64,
    pub(crate) held: i64,
    /// What was paid, in minor units.
    pub(crate) received_minor: i64,
}

pub(crate) async fn count(db: &impl ConnectionTrait, id: &LinkId, uses: Uses) -> Outcome<()> {
    let Uses { opened, paid, held, received_minor } = uses;
    let all = [
        (Column::OpenedCount, opened),
        (Column::PaidCount, paid),
        (Column::HeldCount, held),
        (Column::ReceivedMinor, received_minor),
    ];
    let mut update = Entity::update_many().filter(Column::Id.eq(id.clone()));
    for (column, by) in all.into_iter().filter(|(_, by)| *by != 0) {
        update = update.col_expr(column, Expr::col(column).add(by));
    }
    if opened != 0 || paid != 0 || held != 0 || received_minor != 0 {
        update.exec(db).await?;
    }
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

/// A label, with what stands under it.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Labelled {
    pub label: String,
    pub links: i64,
    pub paid: i64,
    /// What was paid through them, in minor units; refunds are not taken off.
    pub received_minor: i64,
}

/// The labels in use, in the order of letters.
pub(crate) async fn labels(db: &impl ConnectionTrait, merchant: &MerchantId, limit: u64) -> Outcome<Vec<Labelled>> {
    let own = Entity::find().filter(Column::MerchantId.eq(merchant.clone())).filter(Expr::cust("label <> ''"));
    let all = own
        .select_only()
        .column(Column::Label)
        .column_as(Expr::cust("COUNT(*)"), "links")
        .column_as(Expr::cust("CAST(SUM(paid_count) AS BIGINT)"), "paid")
        .column_as(Expr::cust("CAST(SUM(received_minor) AS BIGINT)"), "received_minor")
        .group_by(Column::Label)
        .order_by_asc(Column::Label)
        .limit(limit);
    Ok(all.into_model().all(db).await?)
}

/// As `domain::link::open` says it of a fixed link; uses that are held may come back.
fn selling(now: Moment) -> Condition {
    Condition::all()
        .add(Column::Active.eq(true))
        .add(Column::CancelledAt.is_null())
        .add(Column::ExpiresAt.is_null().or(Column::ExpiresAt.gt(now)))
        .add(Column::MaxPayments.is_null().or(Expr::col(Column::PaidCount).lt(Expr::col(Column::MaxPayments))))
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
    /// Those that may still be paid at this moment.
    pub selling: Option<Moment>,
    /// Links made before this one: the next page.
    pub before: Option<LinkId>,
}

/// So many links are found one by one; more are met often enough on the way through all.
const FEW: u64 = if cfg!(test) { 50 } else { 500 };

/// Those that this query of ids tells. Few are read first, or PostgreSQL may walk through all links in search of them.
async fn among(db: &impl ConnectionTrait, ids: SelectStatement) -> Outcome<Expr> {
    Ok(match few::<LinkId>(db, &ids, FEW).await? {
        Some(few) => Column::Id.is_in(few),
        None => Column::Id.in_subquery(ids),
    })
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
        query = query.filter(among(db, called).await?);
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
        // In the words of the partial index.
        query = query.filter(Column::Label.eq(label.clone())).filter(Expr::cust("label <> ''"));
    }
    if let Some(now) = filter.selling {
        query = query.filter(selling(now));
    }
    if let Some(before) = &filter.before {
        query = query.filter(Column::Id.lt(before.clone()));
    }
    Ok(query.order_by_desc(Column::Id).limit(limit).all(db).await?)
}
