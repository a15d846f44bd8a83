//! What the shop's own program gives, and what it was asked.

use domain::{CallId, MerchantId, Moment, OrderId, ProductId, call::CallState};
use sea_orm::entity::prelude::*;

/// One line of an order, asked for until there is an answer.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "calls")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CallId,
    pub merchant_id: MerchantId,
    pub order_id: OrderId,
    pub position: i32,
    pub product_id: ProductId,
    pub state: CallState,
    /// The text for the customer that was answered.
    pub answer: String,
    pub tries: i64,
    pub last_status: Option<i64>,
    /// The beginning of what was said last, or why nothing was.
    pub last_said: String,
    pub created_at: Moment,
    pub tried_at: Option<Moment>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub mod target {
    use super::*;

    /// The address that gives a product.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "call_targets")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub product_id: ProductId,
        pub merchant_id: MerchantId,
        pub url: String,
        /// How often the signing secret was made anew; the secret itself stands in no table.
        pub secret: i64,
        pub secret_before_until: Option<Moment>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
