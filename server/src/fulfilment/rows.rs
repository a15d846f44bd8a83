//! What was given to customers.

use domain::{FileId, FulfilmentId, MerchantId, Moment, OrderId};
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "fulfilments")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: FulfilmentId,
    pub merchant_id: MerchantId,
    pub order_id: OrderId,
    pub position: i32,
    /// The text the customer got.
    pub given: String,
    /// The file the customer got, and its name.
    pub file_id: Option<FileId>,
    pub file_name: Option<String>,
    pub done_at: Moment,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
