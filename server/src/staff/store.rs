//! Every query of staff and the audit log.

use domain::{AuditId, Lang, MerchantId, Moment, StaffId, role::Role};
use sea_orm::{
    ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, prelude::*, sea_query::Expr,
};

use super::{
    audit::Filter,
    rows::{Column, Entity, Model, audit},
};
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

/// The whole team, held until the transaction ends.
pub(crate) async fn lock_team(db: &impl ConnectionTrait, merchant: &MerchantId) -> Outcome<Vec<Model>> {
    let members = Entity::find().filter(Column::MerchantId.eq(merchant.clone()));
    Ok(members.order_by_asc(Column::Id).lock_exclusive().all(db).await?)
}

async fn set(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    id: &StaffId,
    values: impl IntoIterator<Item = (Column, Expr)>,
) -> Outcome<()> {
    let one = Entity::update_many().filter(Column::MerchantId.eq(merchant.clone())).filter(Column::Id.eq(id.clone()));
    let one = values.into_iter().fold(one, |one, (column, value)| one.col_expr(column, value));
    one.exec(db).await?;
    Ok(())
}

pub(crate) async fn set_password(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    id: &StaffId,
    hash: &str,
) -> Outcome<()> {
    set(db, merchant, id, [(Column::PasswordHash, Expr::value(hash))]).await
}

pub(crate) async fn set_role(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    id: &StaffId,
    role: Role,
) -> Outcome<()> {
    set(db, merchant, id, [(Column::Role, Expr::value(role.as_str()))]).await
}

pub(crate) async fn set_disabled(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    id: &StaffId,
    at: Option<Moment>,
) -> Outcome<()> {
    set(db, merchant, id, [(Column::DisabledAt, Expr::value(at.map(|at| at.0)))]).await
}

pub(crate) async fn set_profile(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    id: &StaffId,
    name: &str,
    language: Lang,
) -> Outcome<()> {
    let values = [(Column::Name, Expr::value(name)), (Column::Language, Expr::value(language.as_str()))];
    set(db, merchant, id, values).await
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

/// Ids begin with the time of their making, so a span of time is a range of every index.
pub(crate) async fn audit_log(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    filter: &Filter,
    limit: u64,
) -> Outcome<Vec<audit::Model>> {
    use audit::Column as C;
    let mut lines = audit::Entity::find().filter(C::MerchantId.eq(merchant.clone()));
    let exact = [(C::Actor, &filter.actor), (C::Action, &filter.action), (C::Subject, &filter.subject)];
    for (column, value) in exact {
        if let Some(value) = value {
            lines = lines.filter(column.eq(value.as_str()));
        }
    }
    if let Some((from, until)) = filter.within {
        lines = lines.filter(C::Id.gte(AuditId::first_of(from))).filter(C::Id.lt(AuditId::first_of(until)));
    }
    if let Some(before) = &filter.before {
        lines = lines.filter(C::Id.lt(before.clone()));
    }
    Ok(lines.order_by_desc(C::Id).limit(limit).all(db).await?)
}
