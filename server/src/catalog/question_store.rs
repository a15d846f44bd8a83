//! Every query of questions.

use std::collections::BTreeSet;

use domain::{MerchantId, ProductId, QuestionId};
use sea_orm::{ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, prelude::*};

use super::rows::question::{Column, Entity, Model};
use crate::failure::Outcome;

/// By product, in the order in which they are asked.
pub(crate) async fn of_products(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    products: BTreeSet<ProductId>,
) -> Outcome<Vec<Model>> {
    let own = Entity::find().filter(Column::MerchantId.eq(merchant.clone()));
    let found = own.filter(Column::ProductId.is_in(products)).order_by_asc(Column::ProductId);
    Ok(found.order_by_asc(Column::Position).order_by_asc(Column::Id).all(db).await?)
}

/// In the order in which they are asked.
pub(crate) async fn of_product(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    product: &ProductId,
) -> Outcome<Vec<Model>> {
    let own = Entity::find().filter(Column::MerchantId.eq(merchant.clone()));
    let found = own.filter(Column::ProductId.eq(product.clone()));
    Ok(found.order_by_asc(Column::Position).order_by_asc(Column::Id).all(db).await?)
}

pub(crate) async fn by_ids(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    ids: Vec<QuestionId>,
) -> Outcome<Vec<Model>> {
    let own = Entity::find().filter(Column::MerchantId.eq(merchant.clone()));
    Ok(own.filter(Column::Id.is_in(ids)).all(db).await?)
}

pub(crate) async fn insert(db: &impl ConnectionTrait, question: Model) -> Outcome<()> {
    Entity::insert(question.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// Writes every field of the question, which the caller has read as the merchant's, its product locked.
pub(crate) async fn save(db: &impl ConnectionTrait, question: Model) -> Outcome<()> {
    Entity::update(question.into_active_model().reset_all()).exec(db).await?;
    Ok(())
}

pub(crate) async fn remove(db: &impl ConnectionTrait, merchant: &MerchantId, id: &QuestionId) -> Outcome<()> {
    Entity::delete_many()
        .filter(Column::MerchantId.eq(merchant.clone()))
        .filter(Column::Id.eq(id.clone()))
        .exec(db)
        .await?;
    Ok(())
}

pub(crate) async fn remove_of_product(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    product: &ProductId,
) -> Outcome<()> {
    let own = Entity::delete_many().filter(Column::MerchantId.eq(merchant.clone()));
    own.filter(Column::ProductId.eq(product.clone())).exec(db).await?;
    Ok(())
}
