//! Orders and their lines.

use domain::{
    AccountId, BotId, Currency, CustomerId, Lang, LinkId, Localized, MerchantId, Moment, Money, OrderId, ProductId,
    PromoId, SlotId, VariantId,
    handover::{Step, Way},
    order::OrderStatus,
    payment::ReviewReason,
};
use sea_orm::entity::prelude::*;

use crate::payments::Payment;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "orders")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OrderId,
    pub merchant_id: MerchantId,
    pub number: i64,
    pub status: OrderStatus,
    pub amount_minor: i64,
    pub currency: Currency,
    pub link_id: Option<LinkId>,
    pub customer_id: Option<CustomerId>,
    pub bot_id: Option<BotId>,
    pub telegram_user_id: Option<i64>,
    pub language: Lang,
    pub external_order_id: Option<String>,
    pub needs_review: bool,
    pub review_reason: Option<ReviewReason>,
    /// Stock was taken for it and not given back.
    pub holds_stock: bool,
    /// It holds one of the uses of a limited link while its payment is open.
    pub holds_link: bool,
    /// The unique cause of its making: the same press of a button never makes two orders.
    pub made_by: Option<String>,
    pub created_at: Moment,
    pub paid_at: Option<Moment>,
    pub fulfilled_at: Option<Moment>,
    /// Reminders of it that were promised, and when the last one was.
    pub reminded: i32,
    pub reminded_at: Option<Moment>,
    /// How its goods are handed over, where that was asked, and where they are brought.
    pub handover: Option<Way>,
    pub address: Option<String>,
    /// The way to pay that was chosen beforehand: offered first.
    pub account_id: Option<AccountId>,
    /// The code that took something off its lines.
    pub promo_id: Option<PromoId>,
    /// How far its goods have come since it was given, and since when.
    pub step: Option<Step>,
    pub step_at: Option<Moment>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    #[must_use]
    pub const fn amount(&self) -> Money {
        Money::new(self.amount_minor, self.currency)
    }

    /// Given, and still the customer's.
    #[must_use]
    pub const fn may_be_received(&self) -> bool {
        let kept = matches!(self.status, OrderStatus::Fulfilled | OrderStatus::PartiallyRefunded);
        kept && self.fulfilled_at.is_some()
    }

    /// Paid for, not given yet, and of one of its `payments` the money is still with the shop: a dispute or a reversal stays
    /// one when its review is closed. What had run out waits until staff have decided.
    #[must_use]
    pub fn is_to_be_delivered(&self, payments: &[Payment]) -> bool {
        matches!(self.status, OrderStatus::Paid | OrderStatus::PartiallyRefunded)
            && self.fulfilled_at.is_none()
            && self.review_reason != Some(ReviewReason::LateUndeliverable)
            && payments.iter().any(|payment| payment.order_id == self.id && payment.status.is_kept())
    }
}

pub mod line {
    use super::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "order_lines")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub order_id: OrderId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub position: i32,
        pub merchant_id: MerchantId,
        pub product_id: Option<ProductId>,
        pub title: Localized,
        pub quantity: i64,
        pub unit_minor: i64,
        /// The time that was booked, and when it begins.
        pub slot_id: Option<SlotId>,
        pub slot_at: Option<Moment>,
        pub variant_id: Option<VariantId>,
        /// What a promo code took off all its pieces together.
        pub off_minor: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub mod answer {
    use super::*;

    /// What the customer answered to a question about a line, beside what was asked.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "answers")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub order_id: OrderId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub position: i32,
        pub merchant_id: MerchantId,
        pub line: i32,
        pub question: Localized,
        pub answer: Localized,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
