//! Every query of customers.

use domain::{CustomerId, Lang, MerchantId, Moment};
use sea_orm::{
    Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    prelude::*,
    sea_query::{Expr, ExprTrait, LikeExpr, OnConflict, SelectStatement},
};

use super::{
    Person,
    rows::{Column, Entity, Model},
};
use crate::{
    failure::Outcome,
    reports::{escape_as_typed, spellings},
};

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
        ads_stopped_at: None,
        reminders_off_at: None,
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

pub(crate) async fn by_ids(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    ids: Vec<CustomerId>,
) -> Outcome<Vec<Model>> {
    let own = Entity::find().filter(Column::MerchantId.eq(merchant.clone()));
    Ok(own.filter(Column::Id.is_in(ids)).all(db).await?)
}

/// What to look for among customers.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Part of the name or user name, or the whole Telegram user id.
    pub search: Option<String>,
    /// Only those who blocked the bot.
    pub blocked: bool,
    /// Customers met before this one: the next page.
    pub before: Option<CustomerId>,
}

/// Newest first.
pub(crate) async fn list(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    filter: &Filter,
    limit: u64,
) -> Outcome<Vec<Model>> {
    let mut query = Entity::find().filter(Column::MerchantId.eq(merchant.clone()));
    if let Some(words) = &filter.search {
        query = query.filter(called(words));
    }
    if filter.blocked {
        query = query.filter(Column::BlockedAt.is_not_null());
    }
    if let Some(before) = &filter.before {
        query = query.filter(Column::Id.lt(before.clone()));
    }
    Ok(query.order_by_desc(Column::Id).limit(limit).all(db).await?)
}

/// Whose name holds the words, in the spellings worth trying: no database here folds Armenian letters.
pub(crate) fn called(words: &str) -> Condition {
    let bare = words.trim_start_matches('@');
    let mut any = spellings(bare).iter().fold(Condition::any(), |any, part| {
        let like = || LikeExpr::new(["%", &escape_as_typed(part), "%"].concat()).escape('\\');
        any.add(Expr::col(Column::Name).like(like())).add(Expr::col(Column::Username).like(like()))
    });
    if let Ok(person) = bare.parse::<i64>() {
        any = any.add(Column::TelegramUserId.eq(person));
    }
    any
}

/// The ids of those who can be written to and did not ask for silence.
pub(crate) fn ids_to_remind(merchant: &MerchantId) -> SelectStatement {
    let own = Entity::find().select_only().column(Column::Id).filter(Column::MerchantId.eq(merchant.clone()));
    own.filter(Column::BlockedAt.is_null()).filter(Column::RemindersOffAt.is_null()).into_query()
}

/// The ids of those called so, for a query of something else.
pub(crate) fn ids_called(merchant: &MerchantId, words: &str) -> SelectStatement {
    let own = Entity::find().select_only().column(Column::Id).filter(Column::MerchantId.eq(merchant.clone()));
    own.filter(called(words)).into_query()
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

pub(crate) async fn set_reminders_off(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    telegram_user_id: i64,
    at: Option<Moment>,
) -> Outcome<()> {
    change(db, merchant, telegram_user_id, Column::RemindersOffAt, Expr::value(at.map(|m| m.0))).await
}

pub(crate) async fn set_ads_stopped(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    telegram_user_id: i64,
    at: Option<Moment>,
) -> Outcome<()> {
    change(db, merchant, telegram_user_id, Column::AdsStoppedAt, Expr::value(at.map(|m| m.0))).await
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
