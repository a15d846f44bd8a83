//! Every query of API keys and kept answers.

use domain::{ApiKeyId, MerchantId, Moment};
use sea_orm::{
    ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    prelude::*,
    sea_query::{Expr, OnConflict},
};

use super::{
    idempotency::Kept,
    rows::{Column, Entity, Model, idempotency},
};
use crate::failure::Outcome;

/// Of keys that are shown; a shop has a few.
const MOST: u64 = 200;

pub(crate) async fn insert(db: &impl ConnectionTrait, key: Model) -> Outcome<()> {
    Entity::insert(key.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// By hash alone: the key names its merchant.
pub(crate) async fn by_hash(db: &impl ConnectionTrait, hash: &str) -> Outcome<Option<Model>> {
    Ok(Entity::find().filter(Column::KeyHash.eq(hash)).filter(Column::RevokedAt.is_null()).one(db).await?)
}

/// Newest first, those that work before those that were revoked.
pub(crate) async fn list(db: &impl ConnectionTrait, merchant: &MerchantId) -> Outcome<Vec<Model>> {
    let own = Entity::find().filter(Column::MerchantId.eq(merchant.clone()));
    let own = own.order_by_asc(Column::RevokedAt.is_not_null()).order_by_desc(Column::Id);
    Ok(own.limit(MOST).all(db).await?)
}

pub(crate) async fn get(db: &impl ConnectionTrait, merchant: &MerchantId, id: &ApiKeyId) -> Outcome<Option<Model>> {
    Ok(Entity::find_by_id(id.clone()).filter(Column::MerchantId.eq(merchant.clone())).one(db).await?)
}

/// Whether it worked until now.
pub(crate) async fn revoke(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    id: &ApiKeyId,
    now: Moment,
) -> Outcome<bool> {
    let revoked = Entity::update_many()
        .col_expr(Column::RevokedAt, Expr::value(now.0))
        .filter(Column::MerchantId.eq(merchant.clone()))
        .filter(Column::Id.eq(id.clone()))
        .filter(Column::RevokedAt.is_null())
        .exec(db)
        .await?;
    Ok(revoked.rows_affected > 0)
}

pub(crate) async fn used(db: &impl ConnectionTrait, merchant: &MerchantId, id: &ApiKeyId, now: Moment) -> Outcome<()> {
    Entity::update_many()
        .col_expr(Column::UsedAt, Expr::value(now.0))
        .filter(Column::MerchantId.eq(merchant.clone()))
        .filter(Column::Id.eq(id.clone()))
        .exec(db)
        .await?;
    Ok(())
}

/// Whether the key was free until now.
pub(crate) async fn claim(db: &impl ConnectionTrait, row: idempotency::Model) -> Outcome<bool> {
    use idempotency::Column as C;
    let known = OnConflict::columns([C::MerchantId, C::Key]).do_nothing().to_owned();
    let written =
        idempotency::Entity::insert(row.into_active_model()).on_conflict(known).exec_without_returning(db).await?;
    Ok(written > 0)
}

pub(crate) async fn kept(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    key: &str,
) -> Outcome<Option<idempotency::Model>> {
    Ok(idempotency::Entity::find_by_id((merchant.clone(), key.to_owned())).one(db).await?)
}

/// Keeps an answer; false when there is one already.
pub(crate) async fn keep(db: &impl ConnectionTrait, merchant: &MerchantId, key: &str, answer: Kept) -> Outcome<bool> {
    use idempotency::Column as C;
    let written = idempotency::Entity::update_many()
        .col_expr(C::Status, Expr::value(i32::from(answer.status)))
        .col_expr(C::ContentType, Expr::value(answer.content_type))
        .col_expr(C::Body, Expr::value(answer.body))
        .col_expr(C::Sealed, Expr::value(answer.secret))
        .filter(C::MerchantId.eq(merchant.clone()))
        .filter(C::Key.eq(key))
        .filter(C::Status.is_null())
        .exec(db)
        .await?;
    Ok(written.rows_affected == 1)
}

/// A request that failed on our side may be tried again under its key.
pub(crate) async fn release(db: &impl ConnectionTrait, merchant: &MerchantId, key: &str) -> Outcome<()> {
    use idempotency::Column as C;
    idempotency::Entity::delete_many()
        .filter(C::MerchantId.eq(merchant.clone()))
        .filter(C::Key.eq(key))
        .filter(C::Status.is_null())
        .exec(db)
        .await?;
    Ok(())
}

/// Takes over a claim whose process died before it answered; whether it was ours to take.
pub(crate) async fn take_over(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    key: &str,
    older_than: Moment,
    now: Moment,
) -> Outcome<bool> {
    use idempotency::Column as C;
    let taken = idempotency::Entity::update_many()
        .col_expr(C::CreatedAt, Expr::value(now.0))
        .filter(C::MerchantId.eq(merchant.clone()))
        .filter(C::Key.eq(key))
        .filter(C::Status.is_null())
        .filter(C::CreatedAt.lt(older_than))
        .exec(db)
        .await?;
    Ok(taken.rows_affected == 1)
}

/// The keys of rows from before `limit`, of all merchants.
pub(crate) async fn older_than(
    db: &impl ConnectionTrait,
    limit: Moment,
    at_most: u64,
) -> Outcome<Vec<(MerchantId, String)>> {
    use idempotency::Column as C;
    let old = idempotency::Entity::find().select_only().column(C::MerchantId).column(C::Key);
    Ok(old.filter(C::CreatedAt.lt(limit)).limit(at_most).into_tuple().all(db).await?)
}

/// Deletes these rows, but for those that were claimed anew meanwhile.
pub(crate) async fn forget(db: &impl ConnectionTrait, keys: Vec<(MerchantId, String)>, limit: Moment) -> Outcome<()> {
    use idempotency::Column as C;
    for (merchant, key) in keys {
        idempotency::Entity::delete_many()
            .filter(C::MerchantId.eq(merchant))
            .filter(C::Key.eq(key))
            .filter(C::CreatedAt.lt(limit))
            .exec(db)
            .await?;
    }
    Ok(())
}
