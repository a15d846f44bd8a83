//! Endpoints, and deliveries to them.

use domain::{DeliveryId, EndpointId, MerchantId, Moment, OrderId, PaymentId, endpoint::DeliveryState};
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "endpoints")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: EndpointId,
    pub merchant_id: MerchantId,
    pub url: String,
    pub label: String,
    /// The types of events it wants; none named: all.
    pub events: Json,
    pub active: bool,
    /// How often its secret was made anew.
    pub secret: i64,
    /// Until then what is sent is signed with the secret before, too.
    pub secret_before_until: Option<Moment>,
    pub created_at: Moment,
    pub removed_at: Option<Moment>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub mod delivery {
    use super::*;

    /// One event for one endpoint.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "deliveries")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: DeliveryId,
        pub merchant_id: MerchantId,
        pub endpoint_id: EndpointId,
        pub event_type: String,
        /// The entry it tells of; none for a test.
        pub entry_number: Option<i64>,
        pub order_id: Option<OrderId>,
        pub payment_id: Option<PaymentId>,
        pub state: DeliveryState,
        pub tries: i64,
        /// What the last try was answered with: the status, and the beginning of the text or why there was none.
        pub last_status: Option<i64>,
        pub last_said: Option<String>,
        pub tried_at: Option<Moment>,
        pub delivered_at: Option<Moment>,
        pub created_at: Moment,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
