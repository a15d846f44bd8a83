//! Every query of customers.

use domain::{CustomerId, Lang, MerchantId, Moment};
use sea_orm::{
    ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
    prelude::*,
    sea_query::{Expr, OnConflict},
};

use super::{
    Person,
    rows::{Column, Entity, Model},
};
use crate::failure::Outcome;

pub(crate) async fn upsert(
    db: &impl ConnectionTrait,
    id: CustomerId,
    merchant: &MerchantId,
    person: &Person,
    now: Moment,
) -> Outcome<()> {
    let row = Model {
        id,
        merchant_id: merchant.clone(),
        telegram_user_id: person.telegram_user_id,
        name: person.name.clone(),
        username: person.username.clone(),
        language: person.language,
        blocked_at: None,
        created_at: now,
    };
    let known = OnConflict::columns([Column::MerchantId, Column::TelegramUserId])
        .update_columns([Column::Name, Column::Username, Column::BlockedAt])
        .to_owned();
    Entity::insert(row.into_active_model()).on_conflict(known).exec_without_returning(db).await?;
    Ok(())
}

pub(crate) async fn by_telegram(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    telegram_user_id: i64,
) -> Outcome<Option<Model>> {
    let customer = Entity::find()
        .filter(Column::MerchantId.eq(merchant.clone()))
        .filter(Column::TelegramUserId.eq(telegram_user_id));
    Ok(customer.one(db).await?)
}

pub(crate) async fn set_language(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    telegram_user_id: i64,
    language: Lang,
) -> Outcome<()> {
    change(db, merchant, telegram_user_id, Column::Language, Expr::value(language.as_str())).await
}

pub(crate) async fn set_blocked(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    telegram_user_id: i64,
    at: Option<Moment>,
) -> Outcome<()> {
    change(db, merchant, telegram_user_id, Column::BlockedAt, Expr::value(at.map(|m| m.0))).await
}

async fn change(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    telegram_user_id: i64,
    column: Column,
    value: Expr,
) -> Outcome<()> {
    Entity::update_many()
        .col_expr(column, value)
        .filter(Column::MerchantId.eq(merchant.clone()))
        .filter(Column::TelegramUserId.eq(telegram_user_id))
        .exec(db)
        .await?;
    Ok(())
}
