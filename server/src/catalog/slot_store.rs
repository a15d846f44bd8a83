//! Every query of bookable times.

use domain::{MerchantId, Moment, ProductId, SlotId};
use sea_orm::{
    ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    prelude::*,
    sea_query::{Expr, ExprTrait, OnConflict},
};

use super::rows::slot::{Column, Entity, Model};
use crate::{
    failure::Outcome,
    sabotage::{Defence, broken},
};

pub(crate) async fn get(db: &impl ConnectionTrait, merchant: &MerchantId, id: &SlotId) -> Outcome<Option<Model>> {
    Ok(Entity::find_by_id(id.clone()).filter(Column::MerchantId.eq(merchant.clone())).one(db).await?)
}

/// Writes those whose time is not offered yet; answers how many.
pub(crate) async fn insert_new(db: &impl ConnectionTrait, slots: Vec<Model>) -> Outcome<u64> {
    let known = OnConflict::columns([Column::ProductId, Column::StartsAt]).do_nothing().to_owned();
    let rows = slots.into_iter().map(IntoActiveModel::into_active_model);
    Ok(Entity::insert_many(rows).on_conflict(known).exec_without_returning(db).await?)
}

/// False when it is booked.
pub(crate) async fn remove_unbooked(db: &impl ConnectionTrait, merchant: &MerchantId, id: &SlotId) -> Outcome<bool> {
    let removed = Entity::delete_many()
        .filter(Column::MerchantId.eq(merchant.clone()))
        .filter(Column::Id.eq(id.clone()))
        .filter(Column::Taken.eq(0))
        .exec(db)
        .await?;
    Ok(removed.rows_affected == 1)
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

/// Another length and as many places; false when more are taken already.
pub(crate) async fn change(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    id: &SlotId,
    (minutes, places): (i64, i64),
) -> Outcome<bool> {
    let changed = Entity::update_many()
        .col_expr(Column::Minutes, Expr::value(minutes))
        .col_expr(Column::Places, Expr::value(places))
        .filter(Column::MerchantId.eq(merchant.clone()))
        .filter(Column::Id.eq(id.clone()))
        .filter(Column::Taken.lte(places))
        .exec(db)
        .await?;
    Ok(changed.rows_affected == 1)
}

/// Whether the product has, or had, times.
pub(crate) async fn any(db: &impl ConnectionTrait, merchant: &MerchantId, product: &ProductId) -> Outcome<bool> {
    let of_product = Entity::find()
        .filter(Column::MerchantId.eq(merchant.clone()))
        .filter(Column::ProductId.eq(product.clone()))
        .limit(1);
    Ok(of_product.one(db).await?.is_some())
}

pub(crate) async fn list(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    product: &ProductId,
    from: Moment,
    free_only: bool,
    limit: u64,
) -> Outcome<Vec<Model>> {
    let mut slots = Entity::find()
        .filter(Column::MerchantId.eq(merchant.clone()))
        .filter(Column::ProductId.eq(product.clone()))
        .filter(Column::StartsAt.gte(from));
    if free_only {
        slots = slots.filter(Expr::col(Column::Taken).lt(Expr::col(Column::Places)));
    }
    Ok(slots.order_by_asc(Column::StartsAt).limit(limit).all(db).await?)
}

/// Takes `quantity` places of a time that is still ahead; false when there are not as many.
pub(crate) async fn take(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    id: &SlotId,
    quantity: i64,
    now: Moment,
) -> Outcome<bool> {
    if broken(Defence::StockCondition) {
        return Ok(true);
    }
    let taken = Entity::update_many()
        .col_expr(Column::Taken, Expr::col(Column::Taken).add(quantity))
        .filter(Column::MerchantId.eq(merchant.clone()))
        .filter(Column::Id.eq(id.clone()))
        .filter(Column::StartsAt.gt(now))
        .filter(Expr::col(Column::Taken).add(quantity).lte(Expr::col(Column::Places)))
        .exec(db)
        .await?;
    Ok(taken.rows_affected == 1)
}

pub(crate) async fn give_back(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    id: &SlotId,
    quantity: i64,
) -> Outcome<()> {
    Entity::update_many()
        .col_expr(Column::Taken, Expr::col(Column::Taken).sub(quantity))
        .filter(Column::MerchantId.eq(merchant.clone()))
        .filter(Column::Id.eq(id.clone()))
        .exec(db)
        .await?;
    Ok(())
}
