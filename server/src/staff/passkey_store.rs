//! Every query of passkeys; how many a member has is written beside the member with each of them.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{MerchantId, Moment, PasskeyId, StaffId};
use sea_orm::{
    ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder,
    prelude::*,
    sea_query::{Condition, Expr},
};

use super::rows::{
    self,
    passkey::{Column, Entity, Model},
};
use crate::failure::Outcome;

/// As it is kept, and as browsers write it.
pub(super) fn credential_id(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) async fn of(db: &impl ConnectionTrait, merchant: &MerchantId, staff: &StaffId) -> Outcome<Vec<Model>> {
    let own = Entity::find().filter(Column::MerchantId.eq(merchant.clone())).filter(Column::StaffId.eq(staff.clone()));
    Ok(own.order_by_asc(Column::Id).all(db).await?)
}

/// By what the device calls the key, alone: the key names its merchant.
pub(crate) async fn by_credential(db: &impl ConnectionTrait, id: &str) -> Outcome<Option<Model>> {
    Ok(Entity::find().filter(Column::CredentialId.eq(id)).one(db).await?)
}

pub(crate) async fn insert(db: &impl ConnectionTrait, key: Model) -> Outcome<()> {
    let (merchant, staff) = (key.merchant_id.clone(), key.staff_id.clone());
    Entity::insert(key.into_active_model()).exec_without_returning(db).await?;
    count(db, &merchant, &staff).await?;
    Ok(())
}

pub(crate) async fn rename(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    id: &PasskeyId,
    name: &str,
) -> Outcome<()> {
    Entity::update_many()
        .col_expr(Column::Name, Expr::value(name))
        .filter(Column::MerchantId.eq(merchant.clone()))
        .filter(Column::Id.eq(id.clone()))
        .exec(db)
        .await?;
    Ok(())
}

/// One of the member's keys, or all of them; answers how many are left.
pub(crate) async fn remove(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    staff: &StaffId,
    one: Option<&PasskeyId>,
) -> Outcome<u64> {
    let mut own =
        Entity::delete_many().filter(Column::MerchantId.eq(merchant.clone())).filter(Column::StaffId.eq(staff.clone()));
    if let Some(id) = one {
        own = own.filter(Column::Id.eq(id.clone()));
    }
    own.exec(db).await?;
    count(db, merchant, staff).await
}

async fn count(db: &impl ConnectionTrait, merchant: &MerchantId, staff: &StaffId) -> Outcome<u64> {
    let own = Entity::find().filter(Column::MerchantId.eq(merchant.clone())).filter(Column::StaffId.eq(staff.clone()));
    let count = own.count(db).await?;
    rows::Entity::update_many()
        .col_expr(rows::Column::Passkeys, Expr::value(i64::try_from(count).unwrap_or(i64::MAX)))
        .filter(rows::Column::MerchantId.eq(merchant.clone()))
        .filter(rows::Column::Id.eq(staff.clone()))
        .exec(db)
        .await?;
    Ok(count)
}

/// Notes the use of a key, as it was looked at: no challenge is used twice, and no older counter is written over a newer one.
pub(crate) async fn used(
    db: &impl ConnectionTrait,
    key: &Model,
    after: &str,
    turn: &str,
    now: Moment,
) -> Outcome<bool> {
    let unused = Condition::any().add(Column::LastTurn.is_null()).add(Column::LastTurn.ne(turn));
    let noted = Entity::update_many()
        .col_expr(Column::Credential, Expr::value(after))
        .col_expr(Column::LastTurn, Expr::value(turn))
        .col_expr(Column::UsedAt, Expr::value(now.0))
        .filter(Column::MerchantId.eq(key.merchant_id.clone()))
        .filter(Column::Id.eq(key.id.clone()))
        .filter(Column::Credential.eq(key.credential.clone()))
        .filter(unused)
        .exec(db)
        .await?;
    Ok(noted.rows_affected > 0)
}
