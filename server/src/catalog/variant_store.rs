//! Every query of variants.

use std::collections::BTreeSet;

use domain::{MerchantId, ProductId, VariantId};
use sea_orm::{
    ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    prelude::*,
    sea_query::{Expr, ExprTrait},
};

use super::rows::variant::{Column, Entity, Model};
use crate::{
    failure::Outcome,
    sabotage::{Defence, broken},
};

fn own(merchant: &MerchantId) -> Select<Entity> {
    Entity::find().filter(Column::MerchantId.eq(merchant.clone()))
}

pub(crate) async fn get(db: &impl ConnectionTrait, merchant: &MerchantId, id: &VariantId) -> Outcome<Option<Model>> {
    Ok(own(merchant).filter(Column::Id.eq(id.clone())).one(db).await?)
}

pub(crate) async fn by_ids(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    ids: Vec<VariantId>,
) -> Outcome<Vec<Model>> {
    Ok(own(merchant).filter(Column::Id.is_in(ids)).all(db).await?)
}

/// In the merchant's order, hidden ones too.
pub(crate) async fn of_products(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    products: BTreeSet<ProductId>,
) -> Outcome<Vec<Model>> {
    let found = own(merchant).filter(Column::ProductId.is_in(products));
    Ok(found.order_by_asc(Column::ProductId).order_by_asc(Column::Position).order_by_asc(Column::Id).all(db).await?)
}

pub(crate) async fn of_product(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    product: &ProductId,
) -> Outcome<Vec<Model>> {
    of_products(db, merchant, BTreeSet::from([product.clone()])).await
}

/// As [`of_product`], and nobody else changes them or takes of their stock before the transaction ends.
pub(crate) async fn lock_of_product(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    product: &ProductId,
) -> Outcome<Vec<Model>> {
    let found = own(merchant).filter(Column::ProductId.eq(product.clone()));
    let mut found = found.order_by_asc(Column::Id).lock_exclusive().all(db).await?;
    found.sort_by(|a, b| (a.position, &a.id).cmp(&(b.position, &b.id)));
    Ok(found)
}

pub(crate) async fn insert(db: &impl ConnectionTrait, variant: Model) -> Outcome<()> {
    Entity::insert(variant.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// Writes every field of the variant, which the caller has locked as the merchant's.
pub(crate) async fn save(db: &impl ConnectionTrait, variant: Model) -> Outcome<()> {
    Entity::update(variant.into_active_model().reset_all()).exec(db).await?;
    Ok(())
}

pub(crate) async fn remove(db: &impl ConnectionTrait, merchant: &MerchantId, id: &VariantId) -> Outcome<()> {
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

/// Takes `quantity` from the stock; false when there is not enough. What is not counted is always enough.
pub(crate) async fn take(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    id: &VariantId,
    quantity: i64,
) -> Outcome<bool> {
    if broken(Defence::StockCondition) {
        return Ok(true);
    }
    let taken = Entity::update_many()
        .col_expr(Column::Stock, Expr::col(Column::Stock).sub(quantity))
        .filter(Column::MerchantId.eq(merchant.clone()))
        .filter(Column::Id.eq(id.clone()))
        .filter(Column::Stock.is_null().or(Column::Stock.gte(quantity)))
        .exec(db)
        .await?;
    Ok(taken.rows_affected == 1)
}

pub(crate) async fn give_back(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    id: &VariantId,
    quantity: i64,
) -> Outcome<()> {
    Entity::update_many()
        .col_expr(Column::Stock, Expr::col(Column::Stock).add(quantity))
        .filter(Column::MerchantId.eq(merchant.clone()))
        .filter(Column::Id.eq(id.clone()))
        .exec(db)
        .await?;
    Ok(())
}
