//! The journal and its heads.

use domain::{Currency, EntryId, MerchantId, Moment, OrderId, PaymentId, journal::EntryKind};
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "journal")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub merchant_id: MerchantId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    pub id: EntryId,
    pub kind: EntryKind,
    pub order_id: Option<OrderId>,
    pub payment_id: Option<PaymentId>,
    pub amount_minor: Option<i64>,
    pub currency: Option<Currency>,
    pub actor: String,
    pub at: Moment,
    pub data: String,
    pub prev_hash: String,
    pub hash: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub(crate) mod head {
    use super::*;

    /// The last number and hash of a merchant's journal; its row lock gives out numbers without gaps.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "journal_heads")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub merchant_id: MerchantId,
        pub number: i64,
        pub hash: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
