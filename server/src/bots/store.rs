//! Every query of bots, their updates and conversations.

use domain::{BotId, MerchantId};
use sea_orm::{
    ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QueryResult, QueryTrait,
    prelude::*,
    sea_query::{Expr, OnConflict, Query},
};

use super::rows::{Column, Entity, Model, conversation, update};
use crate::failure::Outcome;

pub(crate) async fn insert(db: &impl ConnectionTrait, bot: Model) -> Outcome<()> {
    Entity::insert(bot.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// By id alone: the address of a bot's webhook names the bot, and the bot its merchant.
pub(crate) async fn get(db: &impl ConnectionTrait, id: &BotId) -> Outcome<Option<Model>> {
    Ok(Entity::find_by_id(id.clone()).one(db).await?)
}

pub(crate) async fn active(db: &impl ConnectionTrait) -> Outcome<Vec<Model>> {
    Ok(Entity::find().filter(Column::Active.eq(true)).order_by_asc(Column::Id).all(db).await?)
}

pub(crate) async fn of_merchant(db: &impl ConnectionTrait, merchant: &MerchantId) -> Outcome<Vec<Model>> {
    let own = Entity::find().filter(Column::MerchantId.eq(merchant.clone()));
    Ok(own.order_by_asc(Column::Id).all(db).await?)
}

pub(crate) async fn set_trouble(db: &impl ConnectionTrait, id: &BotId, trouble: Option<String>) -> Outcome<()> {
    Entity::update_many()
        .col_expr(Column::Trouble, Expr::value(trouble))
        .filter(Column::Id.eq(id.clone()))
        .exec(db)
        .await?;
    Ok(())
}

/// Another token is another bot: its updates are counted anew.
pub(crate) async fn set_token(db: &impl ConnectionTrait, id: &BotId, username: &str, sealed: &str) -> Outcome<()> {
    Entity::update_many()
        .col_expr(Column::Username, Expr::value(username))
        .col_expr(Column::Token, Expr::value(sealed))
        .col_expr(Column::NextUpdateId, Expr::value(0_i64))
        .filter(Column::Id.eq(id.clone()))
        .exec(db)
        .await?;
    Ok(())
}

/// Another token of the same bot: its updates go on.
pub(crate) async fn renew_token(db: &impl ConnectionTrait, id: &BotId, sealed: &str) -> Outcome<()> {
    Entity::update_many()
        .col_expr(Column::Token, Expr::value(sealed))
        .col_expr(Column::Trouble, Expr::value(None::<String>))
        .filter(Column::Id.eq(id.clone()))
        .exec(db)
        .await?;
    Ok(())
}

pub(crate) async fn switch_off(db: &impl ConnectionTrait, merchant: &MerchantId, id: &BotId) -> Outcome<()> {
    Entity::update_many()
        .col_expr(Column::Active, Expr::value(false))
        .filter(Column::Id.eq(id.clone()))
        .filter(Column::MerchantId.eq(merchant.clone()))
        .exec(db)
        .await?;
    Ok(())
}

pub(crate) async fn set_next_update(db: &impl ConnectionTrait, id: &BotId, next: i64) -> Outcome<()> {
    Entity::update_many()
        .col_expr(Column::NextUpdateId, Expr::value(next))
        .filter(Column::Id.eq(id.clone()))
        .filter(Column::NextUpdateId.lt(next))
        .exec(db)
        .await?;
    Ok(())
}

/// Those that were new.
pub(crate) async fn insert_updates(db: &impl ConnectionTrait, rows: Vec<update::Model>) -> Outcome<Vec<(BotId, i64)>> {
    use update::Column as C;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let known = OnConflict::columns([C::BotId, C::UpdateId]).do_nothing().to_owned();
    let rows = rows.into_iter().map(IntoActiveModel::into_active_model);
    let mut insert = update::Entity::insert_many(rows).on_conflict(known).into_query();
    insert.returning(Query::returning().columns([C::BotId, C::UpdateId]));
    let written = db.query_all(&insert).await?;
    let key = |row: &QueryResult| Ok((row.try_get("", "bot_id")?, row.try_get("", "update_id")?));
    Ok(written.iter().map(key).collect::<Result<_, DbErr>>()?)
}

pub(crate) async fn update(db: &impl ConnectionTrait, bot: &BotId, update_id: i64) -> Outcome<Option<update::Model>> {
    Ok(update::Entity::find_by_id((bot.clone(), update_id)).one(db).await?)
}

pub(crate) async fn conversation(
    db: &impl ConnectionTrait,
    bot: &BotId,
    chat_id: i64,
) -> Outcome<Option<conversation::Model>> {
    Ok(conversation::Entity::find_by_id((bot.clone(), chat_id)).one(db).await?)
}

pub(crate) async fn save_conversation(db: &impl ConnectionTrait, row: conversation::Model) -> Outcome<()> {
    use conversation::Column as C;
    let known = OnConflict::columns([C::BotId, C::ChatId])
        .update_columns([C::Language, C::Version, C::State, C::UpdatedAt, C::HandledUpdate])
        .to_owned();
    conversation::Entity::insert(row.into_active_model()).on_conflict(known).exec_without_returning(db).await?;
    Ok(())
}
