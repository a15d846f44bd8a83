//! Customers: people of Telegram who wrote to a bot of the merchant.

use domain::{CustomerId, Lang, MerchantId, Moment};
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "customers")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CustomerId,
    pub merchant_id: MerchantId,
    pub telegram_user_id: i64,
    pub name: String,
    pub username: Option<String>,
    pub language: Lang,
    pub blocked_at: Option<Moment>,
    /// Wants no broadcasts since then.
    pub ads_stopped_at: Option<Moment>,
    /// Asked not to be reminded of unpaid orders.
    pub reminders_off_at: Option<Moment>,
    pub created_at: Moment,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub mod contact {
    use domain::{OrderId, contact::ContactKind};

    use super::*;

    /// A phone or an address that somebody gave.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "contacts")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub merchant_id: MerchantId,
        /// What is searched for.
        #[sea_orm(primary_key, auto_increment = false)]
        pub key: String,
        /// The order or the customer it was learnt with: told there once.
        #[sea_orm(primary_key, auto_increment = false)]
        pub source: String,
        pub kind: ContactKind,
        /// As it was written.
        pub value: String,
        pub order_id: Option<OrderId>,
        pub customer_id: Option<CustomerId>,
        pub at: Moment,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
