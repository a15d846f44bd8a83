//! Every query of broadcasts and their receivers.

use domain::{
    BroadcastId, CustomerId, Lang, MerchantId, Moment,
    broadcast::{Receipt, Segment, Who},
    moment::DAY,
};
use sea_orm::{
    ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    prelude::*,
    sea_query::{Expr, ExprTrait, Func, JoinType, LockBehavior, LockType, OnConflict, Query, SelectStatement},
};

use super::rows::{Column, Entity, Model, receiver};
use crate::failure::Outcome;

pub(super) async fn insert(db: &impl ConnectionTrait, row: Model) -> Outcome<()> {
    Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

pub(super) async fn save(db: &impl ConnectionTrait, row: &Model) -> Outcome<()> {
    Entity::update_many()
        .col_expr(Column::State, Expr::value(row.state.as_str()))
        .col_expr(Column::StartedAt, Expr::value(row.started_at.map(|at| at.0)))
        .col_expr(Column::EndedAt, Expr::value(row.ended_at.map(|at| at.0)))
        .filter(Column::MerchantId.eq(row.merchant_id.clone()))
        .filter(Column::Id.eq(row.id.clone()))
        .exec(db)
        .await?;
    Ok(())
}

fn of(merchant: &MerchantId, id: &BroadcastId) -> Select<Entity> {
    Entity::find_by_id(id.clone()).filter(Column::MerchantId.eq(merchant.clone()))
}

pub(super) async fn get(db: &impl ConnectionTrait, merchant: &MerchantId, id: &BroadcastId) -> Outcome<Option<Model>> {
    Ok(of(merchant, id).one(db).await?)
}

pub(super) async fn lock(db: &impl ConnectionTrait, merchant: &MerchantId, id: &BroadcastId) -> Outcome<Option<Model>> {
    Ok(of(merchant, id).lock_exclusive().one(db).await?)
}

pub(super) async fn made_by(db: &impl ConnectionTrait, merchant: &MerchantId, once: &str) -> Outcome<Option<Model>> {
    let own = Entity::find().filter(Column::MerchantId.eq(merchant.clone())).filter(Column::OnceKey.eq(once));
    Ok(own.one(db).await?)
}

pub(crate) async fn list(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    before: Option<&BroadcastId>,
    limit: u64,
) -> Outcome<Vec<Model>> {
    let mut query = Entity::find().filter(Column::MerchantId.eq(merchant.clone()));
    if let Some(before) = before {
        query = query.filter(Column::Id.lt(before.clone()));
    }
    Ok(query.order_by_desc(Column::Id).limit(limit).all(db).await?)
}

const CUSTOMER: &str = "c";
const ORDER: &str = "o";
const LINE: &str = "l";
const THREAD: &str = "t";

fn col(table: &'static str, column: &'static str) -> Expr {
    Expr::col((table, column))
}

/// Customers of the segment who may be written to.
fn meant(merchant: &MerchantId, segment: &Segment, now: Moment) -> SelectStatement {
    let mut select = Query::select();
    select
        .from_as("customers", CUSTOMER)
        .and_where(col(CUSTOMER, "merchant_id").eq(merchant.as_str()))
        .and_where(col(CUSTOMER, "blocked_at").is_null())
        .and_where(col(CUSTOMER, "ads_stopped_at").is_null());
    if let Some(language) = segment.language {
        select.and_where(col(CUSTOMER, "language").eq(language.as_str()));
    }
    let since = |days: i64| now.plus(-days.saturating_mul(DAY));
    match &segment.who {
        Who::All => {}
        Who::Bought(product) => {
            let mut bought = paid(merchant);
            let of_order = col(LINE, "order_id").equals((ORDER, "id"));
            bought
                .join_as(JoinType::InnerJoin, "order_lines", LINE, of_order)
                .and_where(col(LINE, "product_id").eq(product.as_str()));
            select.and_where(Expr::exists(bought));
        }
        Who::BoughtWithin { days } => {
            select.and_where(Expr::exists(paid_since(merchant, since(*days))));
        }
        Who::NotBoughtFor { days } => {
            select
                .and_where(Expr::exists(paid(merchant)))
                .and_where(Expr::exists(paid_since(merchant, since(*days))).not());
        }
        Who::NeverPaid => {
            let wrote = Query::select()
                .expr(Expr::val(1))
                .from_as("threads", THREAD)
                .and_where(col(THREAD, "customer_id").equals((CUSTOMER, "id")))
                .to_owned();
            let asked = Expr::exists(orders(merchant)).or(Expr::exists(wrote));
            select.and_where(asked).and_where(Expr::exists(paid(merchant)).not());
        }
    }
    select
}

/// Orders of the customer at hand.
fn orders(merchant: &MerchantId) -> SelectStatement {
    Query::select()
        .expr(Expr::val(1))
        .from_as("orders", ORDER)
        .and_where(col(ORDER, "customer_id").equals((CUSTOMER, "id")))
        .and_where(col(ORDER, "merchant_id").eq(merchant.as_str()))
        .to_owned()
}

fn paid(merchant: &MerchantId) -> SelectStatement {
    orders(merchant).and_where(col(ORDER, "paid_at").is_not_null()).to_owned()
}

fn paid_since(merchant: &MerchantId, since: Moment) -> SelectStatement {
    orders(merchant).and_where(col(ORDER, "paid_at").gte(since.0)).to_owned()
}

/// The number a count came to; PostgreSQL would make a decimal of a sum.
fn whole(expr: impl Into<Expr>) -> Expr {
    Func::coalesce([expr.into().cast_as("BIGINT"), Expr::val(0_i64)]).into()
}

pub(super) async fn count(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    segment: &Segment,
    now: Moment,
) -> Outcome<Vec<(Lang, i64)>> {
    let mut select = meant(merchant, segment, now);
    select
        .expr_as(col(CUSTOMER, "language"), "language")
        .expr_as(whole(col(CUSTOMER, "id").count()), "count")
        .group_by_col((CUSTOMER, "language"));
    let rows = db.query_all(&select).await?;
    Ok(rows
        .iter()
        .map(|row| Ok((row.try_get("", "language")?, row.try_get("", "count")?)))
        .collect::<Result<_, DbErr>>()?)
}

/// Writes down who receives it.
pub(super) async fn fix_receivers(db: &impl ConnectionTrait, row: &Model, now: Moment) -> Outcome<()> {
    let mut select = meant(&row.merchant_id, &row.segment, now);
    select
        .expr(Expr::val(row.id.as_str()))
        .expr(col(CUSTOMER, "id"))
        .expr(col(CUSTOMER, "merchant_id"))
        .expr(Expr::val(Receipt::Queued.as_str()));
    let mut insert = Query::insert();
    insert.into_table("broadcast_receivers").columns(["broadcast_id", "customer_id", "merchant_id", "state"]);
    insert.select_from(select).map_err(|error| anyhow::anyhow!("the receivers cannot be written down: {error}"))?;
    let known = OnConflict::columns(["broadcast_id", "customer_id"]).do_nothing().to_owned();
    // SQLite reads "ON" after a SELECT without WHERE as a join; this one always has a WHERE.
    insert.on_conflict(known);
    db.execute(&insert).await?;
    Ok(())
}

fn receivers(row: &Model) -> Select<receiver::Entity> {
    use receiver::Column as C;
    receiver::Entity::find().filter(C::MerchantId.eq(row.merchant_id.clone())).filter(C::BroadcastId.eq(row.id.clone()))
}

/// Receivers who have not been written to.
pub(super) async fn next(db: &impl ConnectionTrait, row: &Model, limit: u64) -> Outcome<Vec<CustomerId>> {
    use receiver::Column as C;
    let queued = receivers(row)
        .filter(C::State.eq(Receipt::Queued))
        .order_by_asc(C::CustomerId)
        .limit(limit)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
    Ok(queued.all(db).await?.into_iter().map(|receiver| receiver.customer_id).collect())
}

pub(super) async fn note(
    db: &impl ConnectionTrait,
    row: &Model,
    customers: Vec<CustomerId>,
    receipt: Receipt,
    now: Moment,
) -> Outcome<()> {
    use receiver::Column as C;
    if customers.is_empty() {
        return Ok(());
    }
    receiver::Entity::update_many()
        .col_expr(C::State, Expr::value(receipt.as_str()))
        .col_expr(C::At, Expr::value(now.0))
        .filter(C::MerchantId.eq(row.merchant_id.clone()))
        .filter(C::BroadcastId.eq(row.id.clone()))
        .filter(C::CustomerId.is_in(customers))
        // What was written to stays so: an answer that comes late only says more of what was unknown.
        .filter(C::State.is_in([Receipt::Queued, Receipt::Sending, Receipt::Unknown]))
        .exec(db)
        .await?;
    Ok(())
}

/// Every receiver of one state comes into another.
pub(super) async fn note_all(
    db: &impl ConnectionTrait,
    row: &Model,
    from: Receipt,
    to: Receipt,
    now: Moment,
) -> Outcome<()> {
    use receiver::Column as C;
    receiver::Entity::update_many()
        .col_expr(C::State, Expr::value(to.as_str()))
        .col_expr(C::At, Expr::value(now.0))
        .filter(C::MerchantId.eq(row.merchant_id.clone()))
        .filter(C::BroadcastId.eq(row.id.clone()))
        .filter(C::State.eq(from))
        .exec(db)
        .await?;
    Ok(())
}

/// True once in a while.
pub(super) async fn tell_now_and_then(
    db: &impl ConnectionTrait,
    row: &Model,
    now: Moment,
    every: i64,
) -> Outcome<bool> {
    let told = Entity::update_many()
        .col_expr(Column::ToldAt, Expr::value(now.0))
        .filter(Column::MerchantId.eq(row.merchant_id.clone()))
        .filter(Column::Id.eq(row.id.clone()))
        .filter(Column::ToldAt.lte(now.plus(-every)))
        .exec(db)
        .await?;
    Ok(told.rows_affected == 1)
}

pub(super) async fn results(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    ids: Vec<BroadcastId>,
) -> Outcome<Vec<(BroadcastId, Receipt, i64)>> {
    use receiver::Column as C;
    let counted = receiver::Entity::find()
        .select_only()
        .column(C::BroadcastId)
        .column(C::State)
        .column_as(C::CustomerId.count(), "count")
        .filter(C::MerchantId.eq(merchant.clone()))
        .filter(C::BroadcastId.is_in(ids))
        .group_by(C::BroadcastId)
        .group_by(C::State);
    Ok(counted.into_tuple().all(db).await?)
}

pub(super) async fn orders_after(db: &impl ConnectionTrait, merchant: &MerchantId, id: &BroadcastId) -> Outcome<i64> {
    const RECEIVER: &str = "r";
    let own = col(ORDER, "customer_id").equals((RECEIVER, "customer_id"));
    let after = col(ORDER, "created_at").gte(col(RECEIVER, "at"));
    let soon = col(ORDER, "created_at").lt(col(RECEIVER, "at").add(7 * DAY));
    let select = Query::select()
        .expr_as(whole(col(ORDER, "id").count()), "count")
        .from_as("broadcast_receivers", RECEIVER)
        .join_as(JoinType::InnerJoin, "orders", ORDER, own.and(after).and(soon))
        .and_where(col(RECEIVER, "merchant_id").eq(merchant.as_str()))
        .and_where(col(RECEIVER, "broadcast_id").eq(id.as_str()))
        .and_where(col(RECEIVER, "state").eq(Receipt::Sent.as_str()))
        .and_where(col(ORDER, "paid_at").is_not_null())
        .to_owned();
    let row = db.query_one(&select).await?.ok_or_else(|| anyhow::anyhow!("a count has no row"))?;
    Ok(row.try_get("", "count")?)
}
