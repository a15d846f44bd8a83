//! Every query of invitations.

use domain::{InvitationId, MerchantId, Moment, StaffId};
use sea_orm::{
    ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    prelude::*,
    sea_query::{Expr, OnConflict},
};

use super::rows::invitation::{Column as C, Entity, Model};
use crate::failure::Outcome;

/// Whether it was written: not where the person is invited already.
pub(crate) async fn insert(db: &impl ConnectionTrait, row: Model) -> Outcome<bool> {
    let insert = Entity::insert(row.into_active_model()).on_conflict(OnConflict::new().do_nothing().to_owned());
    Ok(insert.exec_without_returning(db).await? > 0)
}

pub(crate) async fn lock(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    id: &InvitationId,
) -> Outcome<Option<Model>> {
    let one = Entity::find_by_id(id.clone()).filter(C::MerchantId.eq(merchant.clone()));
    Ok(one.lock_exclusive().one(db).await?)
}

/// By the hash alone: who has the word is let in by it, and the invitation names the merchant.
pub(crate) async fn by_hash(db: &impl ConnectionTrait, hash: &str) -> Outcome<Option<Model>> {
    Ok(Entity::find().filter(C::CodeHash.eq(hash)).one(db).await?)
}

pub(crate) async fn waiting(db: &impl ConnectionTrait, merchant: &MerchantId) -> Outcome<Vec<Model>> {
    let waiting = Entity::find().filter(C::MerchantId.eq(merchant.clone()));
    let waiting = waiting.filter(C::UsedAt.is_null()).filter(C::WithdrawnAt.is_null());
    Ok(waiting.order_by_desc(C::Id).all(db).await?)
}

pub(crate) async fn renew(
    db: &impl ConnectionTrait,
    id: &InvitationId,
    code_hash: &str,
    made_by: &str,
    expires_at: Moment,
) -> Outcome<()> {
    Entity::update_many()
        .col_expr(C::CodeHash, Expr::value(code_hash))
        .col_expr(C::MadeBy, Expr::value(made_by))
        .col_expr(C::ExpiresAt, Expr::value(expires_at.0))
        .filter(C::Id.eq(id.clone()))
        .exec(db)
        .await?;
    Ok(())
}

pub(crate) async fn used(db: &impl ConnectionTrait, id: &InvitationId, member: &StaffId, now: Moment) -> Outcome<()> {
    Entity::update_many()
        .col_expr(C::UsedAt, Expr::value(now.0))
        .col_expr(C::StaffId, Expr::value(member.as_str()))
        .filter(C::Id.eq(id.clone()))
        .exec(db)
        .await?;
    Ok(())
}

pub(crate) async fn withdraw(db: &impl ConnectionTrait, id: &InvitationId, now: Moment) -> Outcome<()> {
    let one = Entity::update_many().col_expr(C::WithdrawnAt, Expr::value(now.0)).filter(C::Id.eq(id.clone()));
    one.exec(db).await?;
    Ok(())
}

pub(crate) async fn withdraw_of(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    maker: &str,
    now: Moment,
) -> Outcome<()> {
    Entity::update_many()
        .col_expr(C::WithdrawnAt, Expr::value(now.0))
        .filter(C::MerchantId.eq(merchant.clone()))
        .filter(C::MadeBy.eq(maker))
        .filter(C::UsedAt.is_null())
        .filter(C::WithdrawnAt.is_null())
        .exec(db)
        .await?;
    Ok(())
}
