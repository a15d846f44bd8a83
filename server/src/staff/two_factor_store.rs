//! Every query of the second step: a member's secret, the newest step used, and their recovery codes.

use domain::{MerchantId, Moment, StaffId};
use sea_orm::{
    ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    prelude::*,
    sea_query::{Condition, Expr},
};

use super::rows::{Column, Entity, recovery};
use crate::failure::Outcome;

/// A secret that is being set up; one that is on stays as it is.
pub(crate) async fn begin(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    id: &StaffId,
    sealed: &str,
) -> Outcome<bool> {
    let begun = Entity::update_many()
        .col_expr(Column::TotpSealed, Expr::value(sealed))
        .col_expr(Column::TotpStep, Expr::value(None::<i64>))
        .filter(Column::MerchantId.eq(merchant.clone()))
        .filter(Column::Id.eq(id.clone()))
        .filter(Column::TotpOnAt.is_null())
        .exec(db)
        .await?;
    Ok(begun.rows_affected > 0)
}

/// Turns on what was set up as `sealed`, unless it is on.
pub(crate) async fn turn_on(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    id: &StaffId,
    sealed: &str,
    step: i64,
    now: Moment,
) -> Outcome<bool> {
    let on = Entity::update_many()
        .col_expr(Column::TotpOnAt, Expr::value(now.0))
        .col_expr(Column::TotpStep, Expr::value(step))
        .filter(Column::MerchantId.eq(merchant.clone()))
        .filter(Column::Id.eq(id.clone()))
        .filter(Column::TotpSealed.eq(sealed))
        .filter(Column::TotpOnAt.is_null())
        .exec(db)
        .await?;
    Ok(on.rows_affected > 0)
}

/// Uses the step up, once, with all before it: the database's own condition decides between two at once.
pub(crate) async fn use_step(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    id: &StaffId,
    step: i64,
) -> Outcome<bool> {
    let before = Condition::any().add(Column::TotpStep.is_null()).add(Column::TotpStep.lt(step));
    let used = Entity::update_many()
        .col_expr(Column::TotpStep, Expr::value(step))
        .filter(Column::MerchantId.eq(merchant.clone()))
        .filter(Column::Id.eq(id.clone()))
        .filter(Column::TotpOnAt.is_not_null())
        .filter(before)
        .exec(db)
        .await?;
    Ok(used.rows_affected > 0)
}

/// Whether it was on or being set up; recovery codes stay.
pub(crate) async fn turn_off(db: &impl ConnectionTrait, merchant: &MerchantId, id: &StaffId) -> Outcome<()> {
    Entity::update_many()
        .col_expr(Column::TotpSealed, Expr::value(None::<String>))
        .col_expr(Column::TotpOnAt, Expr::value(None::<i64>))
        .col_expr(Column::TotpStep, Expr::value(None::<i64>))
        .filter(Column::MerchantId.eq(merchant.clone()))
        .filter(Column::Id.eq(id.clone()))
        .exec(db)
        .await?;
    Ok(())
}

/// These recovery codes and no others.
pub(crate) async fn replace_recovery(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    id: &StaffId,
    macs: Vec<String>,
) -> Outcome<()> {
    use recovery::Column as R;
    let own = recovery::Entity::delete_many().filter(R::MerchantId.eq(merchant.clone()));
    own.filter(R::StaffId.eq(id.clone())).exec(db).await?;
    if macs.is_empty() {
        return Ok(());
    }
    let row =
        |code_mac| recovery::Model { staff_id: id.clone(), merchant_id: merchant.clone(), code_mac, used_at: None };
    let rows = macs.into_iter().map(|mac| row(mac).into_active_model());
    recovery::Entity::insert_many(rows).exec_without_returning(db).await?;
    Ok(())
}

/// Uses a recovery code up, once.
pub(crate) async fn use_recovery(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    id: &StaffId,
    mac: &str,
    now: Moment,
) -> Outcome<bool> {
    use recovery::Column as R;
    let used = recovery::Entity::update_many()
        .col_expr(R::UsedAt, Expr::value(now.0))
        .filter(R::MerchantId.eq(merchant.clone()))
        .filter(R::StaffId.eq(id.clone()))
        .filter(R::CodeMac.eq(mac))
        .filter(R::UsedAt.is_null())
        .exec(db)
        .await?;
    Ok(used.rows_affected > 0)
}

pub(crate) async fn recovery_left(db: &impl ConnectionTrait, merchant: &MerchantId, id: &StaffId) -> Outcome<u64> {
    use recovery::Column as R;
    let own = recovery::Entity::find().filter(R::MerchantId.eq(merchant.clone())).filter(R::StaffId.eq(id.clone()));
    Ok(own.filter(R::UsedAt.is_null()).count(db).await?)
}
