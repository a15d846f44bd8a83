//! Bots, their updates and conversations.

use domain::{BotId, Lang, MerchantId, Moment};
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "bots")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: BotId,
    pub merchant_id: MerchantId,
    pub username: String,
    pub name: String,
    /// Sealed.
    pub token: String,
    /// Sealed.
    pub webhook_secret: String,
    /// Long polling asks from here on.
    pub next_update_id: i64,
    pub active: bool,
    pub trouble: Option<String>,
    pub created_at: Moment,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub mod update {
    use super::*;

    /// A Bot API update, stored before it is acknowledged.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "telegram_updates")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub bot_id: BotId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub update_id: i64,
        pub merchant_id: MerchantId,
        pub body: String,
        pub received_at: Moment,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub mod conversation {
    use super::*;

    /// Where a chat stands in its dialogue. An unknown version means: start again.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "conversations")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub bot_id: BotId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub chat_id: i64,
        pub merchant_id: MerchantId,
        pub language: Option<Lang>,
        pub version: i32,
        pub state: String,
        pub updated_at: Moment,
        /// What brought the chat to this state.
        pub handled_update: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
