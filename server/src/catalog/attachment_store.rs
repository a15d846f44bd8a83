//! Every query of the files that products are delivered as.

use std::collections::BTreeSet;

use domain::{MerchantId, ProductId};
use sea_orm::{ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, prelude::*};

use super::rows::attachment::{Column, Entity, Model};
use crate::failure::Outcome;

pub(crate) async fn get(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    product: &ProductId,
) -> Outcome<Option<Model>> {
    Ok(Entity::find_by_id(product.clone()).filter(Column::MerchantId.eq(merchant.clone())).one(db).await?)
}

pub(crate) async fn of_products(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    products: BTreeSet<ProductId>,
) -> Outcome<Vec<Model>> {
    let own = Entity::find().filter(Column::MerchantId.eq(merchant.clone()));
    Ok(own.filter(Column::ProductId.is_in(products)).all(db).await?)
}

pub(super) async fn insert(db: &impl ConnectionTrait, row: Model) -> Outcome<()> {
    Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

pub(super) async fn remove(db: &impl ConnectionTrait, merchant: &MerchantId, product: &ProductId) -> Outcome<()> {
    let own = Entity::delete_many().filter(Column::MerchantId.eq(merchant.clone()));
    own.filter(Column::ProductId.eq(product.clone())).exec(db).await?;
    Ok(())
}
