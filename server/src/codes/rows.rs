//! Codes, and the pools they stand in.

use domain::{CodeId, MerchantId, Moment, OrderId, ProductId};
use sea_orm::entity::prelude::*;

#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "codes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CodeId,
    pub merchant_id: MerchantId,
    pub product_id: ProductId,
    pub sealed: String,
    /// A signature of the code: two that are the same have the same.
    pub mark: String,
    pub added_at: Moment,
    /// Whom it was given to: a piece of a line of an order.
    pub order_id: Option<OrderId>,
    pub position: Option<i32>,
    pub piece: Option<i64>,
    pub taken_at: Option<Moment>,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Code").field("id", &self.id).finish_non_exhaustive()
    }
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub mod pool {
    use super::*;

    /// The codes of a product that are left, counted.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "code_pools")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub product_id: ProductId,
        pub merchant_id: MerchantId,
        pub remaining: i64,
        /// At so few staff are told.
        pub low_at: i64,
        /// How often codes were added: staff are told once after each.
        pub fills: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
