//! Connections to CRMs, and deals.

use domain::{
    Currency, CustomerId, MerchantId, Moment, Money, OrderId,
    deal::{CrmKind, DealState},
};
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "deals")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub merchant_id: MerchantId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub order_id: OrderId,
    pub state: DealState,
    /// Of the CRM that it is owed to.
    pub address: String,
    /// The CRM's own id, and where people look at it.
    pub external_id: Option<String>,
    pub url: Option<String>,
    pub customer_id: Option<CustomerId>,
    pub contact_id: Option<String>,
    /// The step, stage and sum that it was told last.
    pub put: Option<String>,
    pub amount_minor: i64,
    pub currency: Currency,
    /// How often the CRM was asked since it last said yes.
    pub tries: i64,
    /// When it was to be added, while it is not known whether it was.
    pub sent_at: Option<Moment>,
    /// Why a person has to look, and what the CRM said.
    pub problem: Option<String>,
    pub problem_words: Option<String>,
    pub created_at: Moment,
    pub synced_at: Option<Moment>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    #[must_use]
    pub const fn amount(&self) -> Money {
        Money::new(self.amount_minor, self.currency)
    }
}

pub mod crm {
    use super::*;

    /// A merchant's CRM. Its keys are sealed.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "crms")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub merchant_id: MerchantId,
        pub kind: CrmKind,
        /// Without secrets.
        pub address: String,
        pub secrets: String,
        /// What there is to choose from, as the CRM told it.
        pub offered: Json,
        /// Once they are chosen, deals are made.
        pub stages: Option<Json>,
        /// Why it takes nothing now.
        pub trouble: Option<String>,
        pub trouble_words: Option<String>,
        pub trouble_at: Option<Moment>,
        pub created_at: Moment,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
