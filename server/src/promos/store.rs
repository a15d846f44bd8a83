//! Every query of promo codes and their uses.

use std::collections::BTreeMap;

use domain::{CustomerId, MerchantId, Moment, OrderId, PromoId};
use sea_orm::{
    ConnectionTrait, EntityTrait, ExprTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, Statement,
    prelude::*,
    sea_query::{Cond, Expr},
};

use super::{
    Done,
    rows::{Column, Entity, Model, promo_use},
};
use crate::failure::Outcome;

pub(crate) async fn of_merchant(db: &impl ConnectionTrait, merchant: &MerchantId) -> Outcome<Vec<Model>> {
    let own = Entity::find().filter(Column::MerchantId.eq(merchant.clone()));
    Ok(own.order_by_desc(Column::Id).all(db).await?)
}

pub(super) async fn any(db: &impl ConnectionTrait, merchant: &MerchantId, now: Moment) -> Outcome<bool> {
    let before = Cond::any().add(Column::FromAt.is_null()).add(Column::FromAt.lte(now));
    let after = Cond::any().add(Column::UntilAt.is_null()).add(Column::UntilAt.gt(now));
    let own = Entity::find().filter(Column::MerchantId.eq(merchant.clone())).filter(Column::Active.eq(true));
    Ok(own.filter(before).filter(after).one(db).await?.is_some())
}

pub(super) async fn count(db: &impl ConnectionTrait, merchant: &MerchantId) -> Outcome<u64> {
    Ok(Entity::find().filter(Column::MerchantId.eq(merchant.clone())).count(db).await?)
}

pub(super) async fn get(db: &impl ConnectionTrait, merchant: &MerchantId, id: &PromoId) -> Outcome<Option<Model>> {
    Ok(Entity::find_by_id(id.clone()).filter(Column::MerchantId.eq(merchant.clone())).one(db).await?)
}

pub(super) async fn by_key(db: &impl ConnectionTrait, merchant: &MerchantId, key: &str) -> Outcome<Option<Model>> {
    let own = Entity::find().filter(Column::MerchantId.eq(merchant.clone()));
    Ok(own.filter(Column::CodeKey.eq(key)).one(db).await?)
}

pub(super) async fn insert(db: &impl ConnectionTrait, promo: Model) -> Outcome<()> {
    Entity::insert(promo.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

pub(super) async fn set_active(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    id: &PromoId,
    active: bool,
) -> Outcome<()> {
    Entity::update_many()
        .col_expr(Column::Active, Expr::value(active))
        .filter(Column::Id.eq(id.clone()))
        .filter(Column::MerchantId.eq(merchant.clone()))
        .exec(db)
        .await?;
    Ok(())
}

/// Takes one use, if one is left: the database's own condition decides between two that come together.
pub(super) async fn take(db: &impl ConnectionTrait, merchant: &MerchantId, id: &PromoId) -> Outcome<bool> {
    let left = Cond::any().add(Column::MostUses.is_null()).add(Expr::col(Column::Used).lt(Expr::col(Column::MostUses)));
    let taken = Entity::update_many()
        .col_expr(Column::Used, Expr::col(Column::Used).add(1))
        .filter(Column::Id.eq(id.clone()))
        .filter(Column::MerchantId.eq(merchant.clone()))
        .filter(left)
        .exec(db)
        .await?;
    Ok(taken.rows_affected == 1)
}

pub(super) async fn give_back(db: &impl ConnectionTrait, merchant: &MerchantId, id: &PromoId) -> Outcome<()> {
    Entity::update_many()
        .col_expr(Column::Used, Expr::col(Column::Used).sub(1))
        .filter(Column::Id.eq(id.clone()))
        .filter(Column::MerchantId.eq(merchant.clone()))
        .exec(db)
        .await?;
    Ok(())
}

pub(crate) async fn insert_use(db: &impl ConnectionTrait, one: promo_use::Model) -> Outcome<()> {
    promo_use::Entity::insert(one.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

pub(super) async fn of_order(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    order: &OrderId,
) -> Outcome<Option<promo_use::Model>> {
    let one = promo_use::Entity::find_by_id(order.clone());
    Ok(one.filter(promo_use::Column::MerchantId.eq(merchant.clone())).one(db).await?)
}

pub(super) async fn set_counted(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    order: &OrderId,
    counted: bool,
) -> Outcome<()> {
    promo_use::Entity::update_many()
        .col_expr(promo_use::Column::Counted, Expr::value(counted))
        .filter(promo_use::Column::OrderId.eq(order.clone()))
        .filter(promo_use::Column::MerchantId.eq(merchant.clone()))
        .exec(db)
        .await?;
    Ok(())
}

/// How often a customer's use counts.
pub(super) async fn counted(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    id: &PromoId,
    customer: &CustomerId,
) -> Outcome<i64> {
    let own = promo_use::Entity::find()
        .filter(promo_use::Column::PromoId.eq(id.clone()))
        .filter(promo_use::Column::CustomerId.eq(customer.clone()))
        .filter(promo_use::Column::MerchantId.eq(merchant.clone()))
        .filter(promo_use::Column::Counted.eq(true));
    Ok(i64::try_from(own.count(db).await?).unwrap_or(i64::MAX))
}

/// How every code has done: by the orders that were paid.
pub(super) async fn done(db: &impl ConnectionTrait, merchant: &MerchantId) -> Outcome<BTreeMap<PromoId, Done>> {
    let sql = "SELECT u.promo_id AS promo, COUNT(*) AS paid, CAST(SUM(o.amount_minor) AS BIGINT) AS received,
            CAST(SUM(u.off_minor) AS BIGINT) AS off
        FROM promo_uses u JOIN orders o ON o.id = u.order_id
        WHERE u.merchant_id = $1 AND o.paid_at IS NOT NULL GROUP BY u.promo_id";
    let values = [merchant.as_str().into()];
    let found = db.query_all_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await?;
    let row = |row: &sea_orm::QueryResult| {
        let done = Done {
            paid: row.try_get("", "paid")?,
            received_minor: row.try_get("", "received")?,
            off_minor: row.try_get("", "off")?,
        };
        Ok((row.try_get("", "promo")?, done))
    };
    Ok(found.iter().map(row).collect::<Result<_, DbErr>>()?)
}
