//! Every query of fulfilments.

use domain::{FileId, MerchantId, OrderId};
use sea_orm::{
    ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, prelude::*,
    sea_query::OnConflict,
};

use super::rows::{Column, Entity, Model};
use crate::failure::Outcome;

/// What was given before is passed over.
pub(crate) async fn insert_once(db: &impl ConnectionTrait, given: Vec<Model>) -> Outcome<()> {
    if given.is_empty() {
        return Ok(());
    }
    let known = OnConflict::columns([Column::OrderId, Column::Position]).do_nothing().to_owned();
    let rows = given.into_iter().map(IntoActiveModel::into_active_model);
    Entity::insert_many(rows).on_conflict(known).exec_without_returning(db).await?;
    Ok(())
}

/// Whether somebody was given this file.
pub(crate) async fn names_file(db: &impl ConnectionTrait, merchant: &MerchantId, file: &FileId) -> Outcome<bool> {
    let own = Entity::find().select_only().column(Column::Id).filter(Column::MerchantId.eq(merchant.clone()));
    let one = own.filter(Column::FileId.eq(file.clone())).limit(1).into_tuple::<String>();
    Ok(one.one(db).await?.is_some())
}

pub(crate) async fn of_order(db: &impl ConnectionTrait, merchant: &MerchantId, order: &OrderId) -> Outcome<Vec<Model>> {
    let given = Entity::find()
        .filter(Column::MerchantId.eq(merchant.clone()))
        .filter(Column::OrderId.eq(order.clone()))
        .order_by_asc(Column::Position);
    Ok(given.all(db).await?)
}
