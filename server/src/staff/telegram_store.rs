//! Every query of members' Telegram accounts.

use domain::{MerchantId, Moment, StaffId};
use sea_orm::{
    ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
    prelude::*,
    sea_query::{Expr, OnConflict},
};

use super::rows::telegram::{Column, Entity, Model};
use crate::failure::Outcome;

pub(super) async fn of(db: &impl ConnectionTrait, merchant: &MerchantId, staff: &StaffId) -> Outcome<Option<Model>> {
    Ok(Entity::find_by_id(staff.clone()).filter(Column::MerchantId.eq(merchant.clone())).one(db).await?)
}

pub(super) async fn by_person(db: &impl ConnectionTrait, merchant: &MerchantId, person: i64) -> Outcome<Option<Model>> {
    let own = Entity::find().filter(Column::MerchantId.eq(merchant.clone()));
    Ok(own.filter(Column::TelegramUserId.eq(person)).one(db).await?)
}

pub(super) async fn by_code(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    code_hash: &str,
    now: Moment,
) -> Outcome<Option<Model>> {
    let own = Entity::find().filter(Column::MerchantId.eq(merchant.clone()));
    Ok(own.filter(Column::CodeHash.eq(code_hash)).filter(Column::CodeUntil.gt(now)).one(db).await?)
}

/// Another code for a member; the account they have stays until it is said.
pub(super) async fn invite(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    staff: &StaffId,
    code_hash: &str,
    until: Moment,
) -> Outcome<()> {
    let row = Model {
        staff_id: staff.clone(),
        merchant_id: merchant.clone(),
        telegram_user_id: None,
        name: None,
        bound_at: None,
        code_hash: Some(code_hash.to_owned()),
        code_until: Some(until),
    };
    let known = OnConflict::column(Column::StaffId).update_columns([Column::CodeHash, Column::CodeUntil]).to_owned();
    Entity::insert(row.into_active_model()).on_conflict(known).exec_without_returning(db).await?;
    Ok(())
}

/// False: the code was used by somebody else meanwhile.
pub(super) async fn bind(
    db: &impl ConnectionTrait,
    bond: &Model,
    person: i64,
    name: &str,
    now: Moment,
) -> Outcome<bool> {
    let bound = Entity::update_many()
        .col_expr(Column::TelegramUserId, Expr::value(person))
        .col_expr(Column::Name, Expr::value(name))
        .col_expr(Column::BoundAt, Expr::value(now.0))
        .col_expr(Column::CodeHash, Expr::value(None::<String>))
        .col_expr(Column::CodeUntil, Expr::value(None::<i64>))
        .filter(Column::MerchantId.eq(bond.merchant_id.clone()))
        .filter(Column::StaffId.eq(bond.staff_id.clone()))
        .filter(Column::CodeHash.eq(bond.code_hash.clone()))
        .exec(db)
        .await?;
    Ok(bound.rows_affected == 1)
}

pub(super) async fn remove(db: &impl ConnectionTrait, merchant: &MerchantId, staff: &StaffId) -> Outcome<()> {
    let own = Entity::delete_many().filter(Column::MerchantId.eq(merchant.clone()));
    own.filter(Column::StaffId.eq(staff.clone())).exec(db).await?;
    Ok(())
}
