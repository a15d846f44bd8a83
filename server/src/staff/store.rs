//! Every query of staff, sessions and the audit log.

use domain::{MerchantId, Moment, StaffId};
use sea_orm::{
    ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    prelude::*,
    sea_query::{Expr, OnConflict},
};

use super::rows::{Column, Entity, Model, audit, session};
use crate::failure::Outcome;

pub(crate) async fn insert(db: &impl ConnectionTrait, member: Model) -> Outcome<()> {
    Entity::insert(member.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// By e-mail alone: it names the staff member, and the member names the merchant.
pub(crate) async fn by_email(db: &impl ConnectionTrait, email: &str) -> Outcome<Option<Model>> {
    Ok(Entity::find().filter(Column::Email.eq(email)).one(db).await?)
}

pub(crate) async fn get(db: &impl ConnectionTrait, merchant: &MerchantId, id: &StaffId) -> Outcome<Option<Model>> {
    Ok(Entity::find_by_id(id.clone()).filter(Column::MerchantId.eq(merchant.clone())).one(db).await?)
}

pub(crate) async fn list(db: &impl ConnectionTrait, merchant: &MerchantId) -> Outcome<Vec<Model>> {
    let members = Entity::find().filter(Column::MerchantId.eq(merchant.clone()));
    Ok(members.order_by_asc(Column::Id).all(db).await?)
}

pub(crate) async fn set_password(db: &impl ConnectionTrait, id: &StaffId, hash: &str) -> Outcome<()> {
    Entity::update_many()
        .col_expr(Column::PasswordHash, Expr::value(hash))
        .filter(Column::Id.eq(id.clone()))
        .exec(db)
        .await?;
    Ok(())
}

pub(crate) async fn save_session(db: &impl ConnectionTrait, row: session::Model) -> Outcome<()> {
    use session::Column as C;
    let known = OnConflict::column(C::Id).update_columns([C::MerchantId, C::Data, C::ExpiresAt]).to_owned();
    session::Entity::insert(row.into_active_model()).on_conflict(known).exec_without_returning(db).await?;
    Ok(())
}

pub(crate) async fn session(db: &impl ConnectionTrait, id: &str, now: Moment) -> Outcome<Option<session::Model>> {
    let live = session::Entity::find_by_id(id.to_owned()).filter(session::Column::ExpiresAt.gt(now));
    Ok(live.one(db).await?)
}

pub(crate) async fn delete_session(db: &impl ConnectionTrait, id: &str) -> Outcome<()> {
    session::Entity::delete_by_id(id.to_owned()).exec(db).await?;
    Ok(())
}

pub(crate) async fn delete_expired_sessions(db: &impl ConnectionTrait, now: Moment) -> Outcome<()> {
    session::Entity::delete_many().filter(session::Column::ExpiresAt.lte(now)).exec(db).await?;
    Ok(())
}

pub(crate) async fn insert_audit(db: &impl ConnectionTrait, row: audit::Model) -> Outcome<()> {
    audit::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}
