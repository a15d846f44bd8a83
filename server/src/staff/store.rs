//! Every query of staff, sessions and the audit log.

use domain::{AuditId, MerchantId, Moment, StaffId};
use sea_orm::{
    ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, prelude::*, sea_query::Expr,
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

pub(crate) async fn insert_session(db: &impl ConnectionTrait, row: session::Model) -> Outcome<()> {
    session::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// Writes a session that is still there: one ended by a sign-out meanwhile does not come back.
pub(crate) async fn save_session(db: &impl ConnectionTrait, row: session::Model) -> Outcome<()> {
    use session::Column as C;
    session::Entity::update_many()
        .col_expr(C::MerchantId, Expr::value(row.merchant_id.map(String::from)))
        .col_expr(C::Data, Expr::value(row.data))
        .col_expr(C::ExpiresAt, Expr::value(row.expires_at.0))
        .filter(C::Id.eq(row.id))
        .exec(db)
        .await?;
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

/// Every session of a staff member: its data names them.
pub(crate) async fn delete_sessions_of(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    staff: &StaffId,
) -> Outcome<()> {
    session::Entity::delete_many()
        .filter(session::Column::MerchantId.eq(merchant.clone()))
        .filter(session::Column::Data.contains(staff.as_str()))
        .exec(db)
        .await?;
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

/// Lines of the past, all at once.
pub(crate) async fn insert_past_audit(db: &impl ConnectionTrait, rows: Vec<audit::Model>) -> Outcome<()> {
    audit::Entity::insert_many(rows.into_iter().map(IntoActiveModel::into_active_model))
        .exec_without_returning(db)
        .await?;
    Ok(())
}

pub(crate) async fn audit_log(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    before: Option<&AuditId>,
    limit: u64,
) -> Outcome<Vec<audit::Model>> {
    use audit::Column as C;
    let mut lines = audit::Entity::find().filter(C::MerchantId.eq(merchant.clone()));
    if let Some(before) = before {
        lines = lines.filter(C::Id.lt(before.clone()));
    }
    Ok(lines.order_by_desc(C::Id).limit(limit).all(db).await?)
}
