//! Every query of categories.

use domain::{CategoryId, Localized, MerchantId};
use sea_orm::{
    ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, prelude::*, sea_query::Expr,
};

use super::rows::category::{Column, Entity, Model};
use crate::failure::Outcome;

fn own(merchant: &MerchantId) -> Select<Entity> {
    Entity::find().filter(Column::MerchantId.eq(merchant.clone()))
}

fn one(merchant: &MerchantId, id: &CategoryId) -> Select<Entity> {
    own(merchant).filter(Column::Id.eq(id.clone()))
}

pub(crate) async fn list(db: &impl ConnectionTrait, merchant: &MerchantId) -> Outcome<Vec<Model>> {
    Ok(own(merchant).order_by_asc(Column::Position).order_by_asc(Column::Id).all(db).await?)
}

pub(crate) async fn get(db: &impl ConnectionTrait, merchant: &MerchantId, id: &CategoryId) -> Outcome<Option<Model>> {
    Ok(one(merchant, id).one(db).await?)
}

pub(crate) async fn lock(db: &impl ConnectionTrait, merchant: &MerchantId, id: &CategoryId) -> Outcome<Option<Model>> {
    Ok(one(merchant, id).lock_exclusive().one(db).await?)
}

/// All in their order, and nobody else moves one before the transaction ends.
pub(crate) async fn lock_all(db: &impl ConnectionTrait, merchant: &MerchantId) -> Outcome<Vec<Model>> {
    own(merchant).order_by_asc(Column::Id).lock_exclusive().all(db).await?;
    list(db, merchant).await
}

pub(crate) async fn insert(db: &impl ConnectionTrait, category: Model) -> Outcome<()> {
    Entity::insert(category.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

pub(crate) async fn rename(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    id: &CategoryId,
    name: &Localized,
) -> Outcome<()> {
    Entity::update_many()
        .col_expr(Column::Name, Expr::value(sea_orm::Value::from(name.clone())))
        .filter(Column::MerchantId.eq(merchant.clone()))
        .filter(Column::Id.eq(id.clone()))
        .exec(db)
        .await?;
    Ok(())
}

pub(crate) async fn place(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    id: &CategoryId,
    position: i64,
) -> Outcome<()> {
    Entity::update_many()
        .col_expr(Column::Position, Expr::value(position))
        .filter(Column::MerchantId.eq(merchant.clone()))
        .filter(Column::Id.eq(id.clone()))
        .exec(db)
        .await?;
    Ok(())
}

pub(crate) async fn remove(db: &impl ConnectionTrait, merchant: &MerchantId, id: &CategoryId) -> Outcome<()> {
    Entity::delete_many()
        .filter(Column::MerchantId.eq(merchant.clone()))
        .filter(Column::Id.eq(id.clone()))
        .exec(db)
        .await?;
    Ok(())
}
