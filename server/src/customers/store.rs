//! Every query of customers.

use domain::{CustomerId, Lang, MerchantId, Moment};
use sea_orm::{
    ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    prelude::*,
    sea_query::{Expr, OnConflict, SelectStatement},
};

use super::{
    Person, contacts,
    rows::{Column, Entity, Model},
};
use crate::{
    db::{few, highest},
    failure::Outcome,
    words,
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

/// Customers of the past, all at once.
pub(crate) async fn insert_past(db: &impl ConnectionTrait, customers: Vec<Model>) -> Outcome<()> {
    let Some(merchant) = customers.first().map(|customer| customer.merchant_id.clone()) else { return Ok(()) };
    let named = customers.iter().map(|customer| (customer.id.as_str(), names(customer)));
    words::store::name_new(db, &merchant, named).await?;
    Entity::insert_many(customers.into_iter().map(IntoActiveModel::into_active_model))
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// What a customer is called, to be found by.
pub(crate) fn names(customer: &Model) -> impl Iterator<Item = &str> {
    [Some(customer.name.as_str()), customer.username.as_deref()].into_iter().flatten()
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
    /// The beginnings of words of the name or user name, or the whole Telegram user id.
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
    if filter.blocked {
        query = query.filter(Column::BlockedAt.is_not_null());
    }
    if let Some(before) = &filter.before {
        query = query.filter(Column::Id.lt(before.clone()));
    }
    let page = |query: Select<Entity>| query.order_by_desc(Column::Id).limit(limit).all(db);
    let Some(words) = &filter.search else { return Ok(page(query).await?) };
    let mut found = Vec::new();
    if let Ok(person) = words.parse::<i64>() {
        found.extend(page(query.clone().filter(Column::TelegramUserId.eq(person))).await?);
    }
    if let Some((_, people)) = contacts::meant(db, merchant, words).await?.filter(|(_, people)| !people.is_empty()) {
        found.extend(page(query.clone().filter(Column::Id.is_in(people))).await?);
    }
    if let Some(called) = ids_called(merchant, words) {
        found.extend(page(query.filter(Column::Id.in_subquery(called))).await?);
    }
    Ok(highest(found, limit, |customer| customer.id.clone()))
}

/// The ids of those who can be written to and did not ask for silence.
pub(crate) fn ids_to_remind(merchant: &MerchantId) -> SelectStatement {
    let own = Entity::find().select_only().column(Column::Id).filter(Column::MerchantId.eq(merchant.clone()));
    own.filter(Column::BlockedAt.is_null()).filter(Column::RemindersOffAt.is_null()).into_query()
}

/// The ids of those who can be written to and want neither silence nor no news.
pub(crate) fn ids_to_win_back(merchant: &MerchantId) -> SelectStatement {
    let own = Entity::find().select_only().column(Column::Id).filter(Column::MerchantId.eq(merchant.clone()));
    let own = own.filter(Column::BlockedAt.is_null()).filter(Column::RemindersOffAt.is_null());
    own.filter(Column::AdsStoppedAt.is_null()).into_query()
}

/// The ids of those called so, for a query of something else.
pub(crate) fn ids_called(merchant: &MerchantId, typed: &str) -> Option<SelectStatement> {
    words::store::beginning(merchant, CustomerId::PREFIX, typed)
}

/// So many people are worth looking for one by one among orders; of more, most pages of orders show some anyway.
const FEW: u64 = 100;

/// Those called so, as what their orders are looked for by.
pub(crate) enum Called {
    /// Their ids.
    Few(Vec<CustomerId>),
    /// A query of their ids.
    Many(Box<SelectStatement>),
}

pub(crate) async fn called(db: &impl ConnectionTrait, merchant: &MerchantId, typed: &str) -> Outcome<Option<Called>> {
    match ids_called(merchant, typed) {
        Some(ids) => Ok(Some(counted(db, ids).await?)),
        None => Ok(None),
    }
}

/// Those who are called so, or in whose conversation it was written; each typed word may be of either.
pub(crate) async fn called_or_written(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    typed: &str,
) -> Outcome<Option<Called>> {
    match words::store::among(merchant, &[CustomerId::PREFIX, words::store::SAID], typed) {
        Some(ids) => Ok(Some(counted(db, ids).await?)),
        None => Ok(None),
    }
}

/// A query of people's ids, or the ids where they are few.
async fn counted(db: &impl ConnectionTrait, ids: SelectStatement) -> Outcome<Called> {
    Ok(few(db, &ids, FEW).await?.map_or_else(|| Called::Many(Box::new(ids)), Called::Few))
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
