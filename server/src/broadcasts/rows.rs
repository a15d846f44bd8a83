//! Broadcasts and their receivers.

use domain::{
    BotId, BroadcastId, CustomerId, Localized, MerchantId, Moment,
    broadcast::{BroadcastState, Receipt, Segment},
};
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "broadcasts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: BroadcastId,
    pub merchant_id: MerchantId,
    pub bot_id: BotId,
    pub texts: Localized,
    pub segment: Segment,
    pub state: BroadcastState,
    pub starts_at: Moment,
    pub started_at: Option<Moment>,
    pub ended_at: Option<Moment>,
    /// When open pages were last told how far it is.
    pub told_at: Moment,
    pub once_key: Option<String>,
    pub made_by: String,
    pub made_at: Moment,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub mod receiver {
    use super::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "broadcast_receivers")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub broadcast_id: BroadcastId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub customer_id: CustomerId,
        pub merchant_id: MerchantId,
        pub state: Receipt,
        pub at: Option<Moment>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
