//! Every query of the news.

use domain::MerchantId;
use sea_orm::{
    ConnectionTrait, EntityTrait, IntoActiveModel,
    sea_query::{Expr, ExprTrait, OnConflict},
};

use super::rows::{Column, Entity, Model};
use crate::failure::Outcome;

pub(super) async fn grow(db: &impl ConnectionTrait, merchant: &MerchantId) -> Outcome<()> {
    let grown = Expr::col((Entity, Column::Number)).add(1);
    let known = OnConflict::column(Column::MerchantId).value(Column::Number, grown).to_owned();
    let first = Model { merchant_id: merchant.clone(), number: 1 };
    Entity::insert(first.into_active_model()).on_conflict(known).exec_without_returning(db).await?;
    Ok(())
}

pub(super) async fn number(db: &impl ConnectionTrait, merchant: &MerchantId) -> Outcome<i64> {
    Ok(Entity::find_by_id(merchant.clone()).one(db).await?.map_or(0, |news| news.number))
}
