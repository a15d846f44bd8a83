//! Merchants.

use domain::{Currency, FileId, Lang, Localized, MerchantId, Moment};
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "merchants")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MerchantId,
    pub name: Localized,
    pub about: Localized,
    pub policy: Localized,
    pub currency: Currency,
    pub utc_offset_minutes: i32,
    pub language: Lang,
    pub picture_id: Option<FileId>,
    /// How long a customer has to pay an order.
    pub checkout_minutes: i32,
    pub next_order_number: i64,
    pub created_at: Moment,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
