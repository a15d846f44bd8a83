//! Lists that staff members keep.

use domain::{MerchantId, Moment, StaffId, ViewId};
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "saved_views")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ViewId,
    pub merchant_id: MerchantId,
    pub staff_id: StaffId,
    pub room: String,
    pub name: String,
    /// The list's address after the question mark.
    pub query: String,
    pub created_at: Moment,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
