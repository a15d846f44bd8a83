//! Conversations and what was written in them.

use domain::{
    BotId, CustomerId, MerchantId, Moment, OrderId, StaffId,
    message::{Content, Delivery, NotSent, ThreadState},
};
use sea_orm::entity::prelude::*;

/// A conversation: as a row of the list, so that the list reads no messages.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "threads")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub customer_id: CustomerId,
    pub merchant_id: MerchantId,
    /// The bot that the customer wrote to last: answers go through it.
    pub bot_id: BotId,
    pub state: ThreadState,
    /// Who has taken it.
    pub owner_id: Option<StaffId>,
    pub last_message_id: i64,
    pub last_author: String,
    pub last_content: Content,
    pub last_words: String,
    pub last_at: Moment,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub mod message {
    use super::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "messages")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub merchant_id: MerchantId,
        pub customer_id: CustomerId,
        pub bot_id: BotId,
        /// `customer`, or who of the shop.
        pub author: String,
        pub content: Content,
        /// The text, or what stands under a picture.
        pub words: String,
        /// Of a picture, in Telegram's words.
        pub file_id: Option<String>,
        /// The order it is about.
        pub order_id: Option<OrderId>,
        pub once_key: Option<String>,
        /// Of a message of the shop.
        pub delivery: Option<Delivery>,
        pub not_sent: Option<NotSent>,
        pub at: Moment,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
