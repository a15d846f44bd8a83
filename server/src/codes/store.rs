//! Every query of codes and their pools.

use std::collections::{BTreeSet, HashSet};

use domain::{CodeId, MerchantId, Moment, OrderId, ProductId};
use sea_orm::{
    ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    prelude::*,
    sea_query::{Expr, OnConflict},
};

use super::rows::{Column, Entity, Model, pool};
use crate::failure::Outcome;

/// Rows of one statement: below what either database binds at most.
const ROWS: usize = 500;

pub(crate) async fn pool(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    product: &ProductId,
) -> Outcome<Option<pool::Model>> {
    let one = pool::Entity::find_by_id(product.clone()).filter(pool::Column::MerchantId.eq(merchant.clone()));
    Ok(one.one(db).await?)
}

/// The pools among these products, in the order in which all lock them; nobody takes of them before the transaction ends.
pub(super) async fn lock_pools(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    products: BTreeSet<ProductId>,
) -> Outcome<Vec<pool::Model>> {
    let own = pool::Entity::find().filter(pool::Column::MerchantId.eq(merchant.clone()));
    let own = own.filter(pool::Column::ProductId.is_in(products)).order_by_asc(pool::Column::ProductId);
    Ok(own.lock_exclusive().all(db).await?)
}

/// A pool with nothing in it, unless there is one.
pub(super) async fn open_pool(db: &impl ConnectionTrait, pool: pool::Model) -> Outcome<()> {
    let known = OnConflict::column(pool::Column::ProductId).do_nothing().to_owned();
    let one = [pool.into_active_model()];
    pool::Entity::insert_many(one).on_conflict(known).exec_without_returning(db).await?;
    Ok(())
}

/// Writes a pool that the caller has locked as the merchant's.
pub(super) async fn save_pool(db: &impl ConnectionTrait, pool: pool::Model) -> Outcome<()> {
    pool::Entity::update(pool.into_active_model().reset_all()).exec(db).await?;
    Ok(())
}

/// Which of these marks the product has already, given or not.
pub(super) async fn known(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    product: &ProductId,
    marks: &[String],
) -> Outcome<HashSet<String>> {
    let mut found = HashSet::new();
    for some in marks.chunks(ROWS) {
        let own = Entity::find().select_only().column(Column::Mark).filter(Column::MerchantId.eq(merchant.clone()));
        let own = own.filter(Column::ProductId.eq(product.clone())).filter(Column::Mark.is_in(some.iter().cloned()));
        found.extend(own.into_tuple::<String>().all(db).await?);
    }
    Ok(found)
}

pub(super) async fn insert(db: &impl ConnectionTrait, codes: Vec<Model>) -> Outcome<()> {
    for some in codes.chunks(ROWS) {
        let some = some.iter().cloned().map(IntoActiveModel::into_active_model);
        Entity::insert_many(some).exec_without_returning(db).await?;
    }
    Ok(())
}

/// The next codes that nobody has: those of earlier fills first.
pub(super) async fn left(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    product: &ProductId,
    at_most: u64,
) -> Outcome<Vec<CodeId>> {
    let own = Entity::find().select_only().column(Column::Id).filter(Column::MerchantId.eq(merchant.clone()));
    let own = own.filter(Column::ProductId.eq(product.clone())).filter(Column::OrderId.is_null());
    Ok(own.order_by_asc(Column::Id).limit(at_most).into_tuple().all(db).await?)
}

/// Gives a code to a piece of an order; false where somebody has it.
pub(super) async fn give(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    code: &CodeId,
    (order, position, piece): (&OrderId, i32, i64),
    now: Moment,
) -> Outcome<bool> {
    let given = Entity::update_many()
        .col_expr(Column::OrderId, Expr::value(order.as_str()))
        .col_expr(Column::Position, Expr::value(position))
        .col_expr(Column::Piece, Expr::value(piece))
        .col_expr(Column::TakenAt, Expr::value(now.0))
        .filter(Column::MerchantId.eq(merchant.clone()))
        .filter(Column::Id.eq(code.clone()))
        .filter(Column::OrderId.is_null())
        .exec(db)
        .await?;
    Ok(given.rows_affected == 1)
}

pub(super) async fn of_order(db: &impl ConnectionTrait, merchant: &MerchantId, order: &OrderId) -> Outcome<Vec<Model>> {
    let own = Entity::find().filter(Column::MerchantId.eq(merchant.clone()));
    let own = own.filter(Column::OrderId.eq(order.clone()));
    Ok(own.order_by_asc(Column::Position).order_by_asc(Column::Piece).all(db).await?)
}

pub(crate) async fn any_of_order(db: &impl ConnectionTrait, merchant: &MerchantId, order: &OrderId) -> Outcome<bool> {
    let own = Entity::find().select_only().column(Column::Id).filter(Column::MerchantId.eq(merchant.clone()));
    let one = own.filter(Column::OrderId.eq(order.clone())).limit(1).into_tuple::<CodeId>();
    Ok(one.one(db).await?.is_some())
}

pub(super) async fn given(db: &impl ConnectionTrait, merchant: &MerchantId, product: &ProductId) -> Outcome<u64> {
    let own = Entity::find().filter(Column::MerchantId.eq(merchant.clone()));
    Ok(own.filter(Column::ProductId.eq(product.clone())).filter(Column::OrderId.is_not_null()).count(db).await?)
}

/// Removes the codes of a product that nobody has, and its pool; answers how many.
pub(crate) async fn remove_left(db: &impl ConnectionTrait, merchant: &MerchantId, product: &ProductId) -> Outcome<u64> {
    let own = Entity::delete_many().filter(Column::MerchantId.eq(merchant.clone()));
    let gone = own.filter(Column::ProductId.eq(product.clone())).filter(Column::OrderId.is_null()).exec(db).await?;
    let own = pool::Entity::delete_many().filter(pool::Column::MerchantId.eq(merchant.clone()));
    own.filter(pool::Column::ProductId.eq(product.clone())).exec(db).await?;
    Ok(gone.rows_affected)
}
