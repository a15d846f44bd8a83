//! Every query of calls and their addresses.

use std::collections::BTreeSet;

use domain::{CallId, MerchantId, OrderId, ProductId, call::CallState};
use sea_orm::{
    ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, prelude::*, sea_query::OnConflict,
};

use super::rows::{Column, Entity, Model, target};
use crate::failure::Outcome;

pub(super) async fn target(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    product: &ProductId,
) -> Outcome<Option<target::Model>> {
    let one = target::Entity::find_by_id(product.clone()).filter(target::Column::MerchantId.eq(merchant.clone()));
    Ok(one.one(db).await?)
}

pub(super) async fn targets(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    products: BTreeSet<ProductId>,
) -> Outcome<Vec<target::Model>> {
    let own = target::Entity::find().filter(target::Column::MerchantId.eq(merchant.clone()));
    Ok(own.filter(target::Column::ProductId.is_in(products)).all(db).await?)
}

/// Whoever changes it is alone in it.
pub(super) async fn save_target(db: &impl ConnectionTrait, row: target::Model) -> Outcome<()> {
    let known = OnConflict::column(target::Column::ProductId)
        .update_columns([target::Column::Url, target::Column::Secret, target::Column::SecretBeforeUntil])
        .to_owned();
    target::Entity::insert(row.into_active_model()).on_conflict(known).exec_without_returning(db).await?;
    Ok(())
}

pub(crate) async fn remove_target(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    product: &ProductId,
) -> Outcome<()> {
    let own = target::Entity::delete_many().filter(target::Column::MerchantId.eq(merchant.clone()));
    own.filter(target::Column::ProductId.eq(product.clone())).exec(db).await?;
    Ok(())
}

pub(super) async fn get(db: &impl ConnectionTrait, merchant: &MerchantId, id: &CallId) -> Outcome<Option<Model>> {
    Ok(Entity::find_by_id(id.clone()).filter(Column::MerchantId.eq(merchant.clone())).one(db).await?)
}

pub(super) async fn of_orders(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    orders: Vec<OrderId>,
) -> Outcome<Vec<Model>> {
    let own = Entity::find().filter(Column::MerchantId.eq(merchant.clone())).filter(Column::OrderId.is_in(orders));
    Ok(own.order_by_asc(Column::OrderId).order_by_asc(Column::Position).all(db).await?)
}

/// Fails where a line of an order has its call already.
pub(super) async fn insert(db: &impl ConnectionTrait, rows: Vec<Model>) -> Outcome<()> {
    if !rows.is_empty() {
        let rows = rows.into_iter().map(IntoActiveModel::into_active_model);
        Entity::insert_many(rows).exec_without_returning(db).await?;
    }
    Ok(())
}

/// What came of a try. What was answered stays so, whatever a try that was under way says later.
pub(super) async fn note(db: &impl ConnectionTrait, call: Model) -> Outcome<()> {
    Entity::update_many()
        .col_expr(Column::State, Expr::value(call.state.as_str()))
        .col_expr(Column::Answer, Expr::value(call.answer))
        .col_expr(Column::Tries, Expr::value(call.tries))
        .col_expr(Column::LastStatus, Expr::value(call.last_status))
        .col_expr(Column::LastSaid, Expr::value(call.last_said))
        .col_expr(Column::TriedAt, Expr::value(call.tried_at.map(|at| at.0)))
        .filter(Column::MerchantId.eq(call.merchant_id))
        .filter(Column::Id.eq(call.id))
        .filter(Column::State.ne(CallState::Answered))
        .exec(db)
        .await?;
    Ok(())
}
