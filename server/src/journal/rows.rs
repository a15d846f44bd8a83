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
        /// Endpoints that are told of what is written: read with the head, so that nothing is asked where there are none.
        pub listeners: i64,
        /// The shop has a cash register: money that comes or goes owes a receipt.
        pub receipts: bool,
        /// Which entries deals in the shop's CRM follow (`crm::Follows`).
        pub deals: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub mod checkpoint {
    use serde::{Deserialize, Serialize};

    use super::*;

    /// A journal's head at some time, signed: whoever changes what lies before it must forge the signature too.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
    #[sea_orm(table_name = "journal_checkpoints")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub merchant_id: MerchantId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: i64,
        pub hash: String,
        pub at: Moment,
        pub signature: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub mod day_close {
    use super::*;

    /// A closed day: what the journal said of it, signed.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "day_closes")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub merchant_id: MerchantId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub day: String,
        pub from_at: Moment,
        pub until_at: Moment,
        /// Of the last entry up to the end of the day.
        pub number: i64,
        pub hash: String,
        /// JSON, as signed.
        pub summary: String,
        pub signature: String,
        pub closed_by: String,
        pub closed_at: Moment,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
