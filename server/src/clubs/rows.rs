//! Clubs, their members, and what each order added.

use domain::{BotId, CustomerId, MembershipId, MerchantId, Moment, OrderId, ProductId};
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "memberships")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MembershipId,
    pub merchant_id: MerchantId,
    pub product_id: ProductId,
    pub bot_id: BotId,
    pub chat_id: i64,
    pub customer_id: CustomerId,
    pub telegram_user_id: i64,
    /// The last purchase of it: the line of an order.
    pub order_id: OrderId,
    pub position: i32,
    pub from_at: Moment,
    /// None: for ever.
    pub until_at: Option<Moment>,
    /// Reminders of this end that were promised.
    pub reminded: i32,
    /// Never removed, whatever the clock says, and why.
    pub exempt: bool,
    pub exempt_reason: String,
    pub joined_at: Option<Moment>,
    /// When its time was over, and the member had to leave.
    pub ended_at: Option<Moment>,
    /// Since that end so often asked to come back, and when the last time, of this end or a former one.
    pub asked_back: i32,
    pub asked_back_at: Option<Moment>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub mod club {
    use super::*;

    /// The chat that a product lets into, and for how long.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "clubs")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub product_id: ProductId,
        pub merchant_id: MerchantId,
        pub bot_id: BotId,
        pub chat_id: i64,
        pub chat_title: String,
        /// None: for ever.
        pub days: Option<i64>,
        pub grace_days: i64,
        /// What the bot lacks, as in the texts: `club_trouble.no_admin`.
        pub trouble: Option<String>,
        pub checked_at: Moment,
        /// How those who left are asked to come back; none at most: they are not.
        pub back_after_days: i64,
        pub back_at_most: i32,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub mod term {
    use super::*;

    /// What one line of an order added to a membership.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "membership_terms")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub order_id: OrderId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub position: i32,
        pub merchant_id: MerchantId,
        pub membership_id: MembershipId,
        pub until_at: Option<Moment>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
