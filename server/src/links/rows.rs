//! Payment links.

use domain::{
    Currency, FileId, LinkId, MerchantId, Moment, Money, OrderId, ProductId,
    link::{LinkKind, LinkState},
};
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "links")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: LinkId,
    pub merchant_id: MerchantId,
    pub code: String,
    pub kind: LinkKind,
    pub label: String,
    pub active: bool,
    pub product_id: Option<ProductId>,
    pub order_id: Option<OrderId>,
    pub title: Option<String>,
    pub amount_minor: Option<i64>,
    pub currency: Currency,
    pub external_order_id: Option<String>,
    pub telegram_user_id: Option<i64>,
    pub expires_at: Option<Moment>,
    pub max_payments: Option<i64>,
    pub paid_count: i64,
    pub held_count: i64,
    pub opened_count: i64,
    /// What the paid orders of it came to; refunds are not taken off.
    pub received_minor: i64,
    pub metadata: Json,
    pub cancelled_at: Option<Moment>,
    pub created_by: String,
    pub created_at: Moment,
    /// The file it was made of, together with others.
    pub batch_id: Option<FileId>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub mod opening {
    use super::*;

    /// How often a link was opened on one day.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "link_openings")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub merchant_id: MerchantId,
        /// Of the shop's calendar, counted from the first of 1970.
        #[sea_orm(primary_key, auto_increment = false)]
        pub day: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub link_id: LinkId,
        pub count: i64,
        /// Of that day; openings of long ago have no times.
        pub first_at: Option<Moment>,
        pub last_at: Option<Moment>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl Model {
    #[must_use]
    pub fn amount(&self) -> Option<Money> {
        self.amount_minor.map(|minor| Money::new(minor, self.currency))
    }

    #[must_use]
    pub const fn state(&self) -> LinkState {
        LinkState {
            kind: self.kind,
            active: self.active,
            cancelled: self.cancelled_at.is_some(),
            expires_at: self.expires_at,
            max_payments: self.max_payments,
            paid: self.paid_count,
            held: self.held_count,
        }
    }
}
