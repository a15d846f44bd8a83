//! Every query of a product's further pictures.

use domain::{FileId, MerchantId, ProductId};
use sea_orm::{ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, prelude::*};

use super::rows::photo::{Column, Entity, Model};
use crate::failure::Outcome;

/// In the merchant's order.
pub(crate) async fn of_product(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    product: &ProductId,
) -> Outcome<Vec<FileId>> {
    let own = Entity::find().filter(Column::MerchantId.eq(merchant.clone()));
    let own = own.filter(Column::ProductId.eq(product.clone())).order_by_asc(Column::Position);
    Ok(own.select_only().column(Column::FileId).into_tuple().all(db).await?)
}

/// Of several products; those of one in the merchant's order.
pub(crate) async fn of_products(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    products: Vec<ProductId>,
) -> Outcome<Vec<(ProductId, FileId)>> {
    let own = Entity::find().filter(Column::MerchantId.eq(merchant.clone()));
    let own = own.filter(Column::ProductId.is_in(products)).order_by_asc(Column::Position);
    Ok(own.select_only().columns([Column::ProductId, Column::FileId]).into_tuple().all(db).await?)
}

/// These and no others, in this order; the caller holds the product's lock.
pub(crate) async fn replace(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    product: &ProductId,
    photos: &[FileId],
) -> Outcome<()> {
    let own = Entity::delete_many().filter(Column::MerchantId.eq(merchant.clone()));
    own.filter(Column::ProductId.eq(product.clone())).exec(db).await?;
    if photos.is_empty() {
        return Ok(());
    }
    let row = |(position, file): (i64, &FileId)| Model {
        product_id: product.clone(),
        file_id: file.clone(),
        merchant_id: merchant.clone(),
        position,
    };
    let rows = (1..).zip(photos).map(row).map(IntoActiveModel::into_active_model);
    Entity::insert_many(rows).exec_without_returning(db).await?;
    Ok(())
}

/// Whether a product shows the picture beside its first one.
pub(crate) async fn shows(db: &impl ConnectionTrait, merchant: &MerchantId, file: &FileId) -> Outcome<bool> {
    let own = Entity::find().filter(Column::MerchantId.eq(merchant.clone())).filter(Column::FileId.eq(file.clone()));
    Ok(own.limit(1).one(db).await?.is_some())
}
