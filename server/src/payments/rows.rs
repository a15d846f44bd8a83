//! Payments, provider accounts and the deliveries providers sent.

use domain::{
    AccountId, Currency, EventId, LinkId, MerchantId, Moment, Money, OrderId, PaymentId,
    payment::{Decision, PaymentStatus, ReviewReason, Standing},
};
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payments")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PaymentId,
    pub merchant_id: MerchantId,
    pub order_id: OrderId,
    pub link_id: Option<LinkId>,
    pub account_id: AccountId,
    pub provider: String,
    /// What the provider knows the payment by on our side.
    pub merchant_order_id: String,
    /// What the provider itself calls it.
    pub reference: Option<String>,
    pub checkout_url: Option<String>,
    pub status: PaymentStatus,
    pub amount_minor: i64,
    pub currency: Currency,
    /// Given back, as far as is proven.
    pub refunded_minor: i64,
    /// Asked for and not yet given back. The database keeps both together below the amount.
    pub refund_held_minor: i64,
    /// Of what was given back, what no refund of ours explains.
    pub refunded_outside_minor: i64,
    pub needs_review: bool,
    pub review_reason: Option<ReviewReason>,
    pub created_at: Moment,
    pub expires_at: Moment,
    pub paid_at: Option<Moment>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    #[must_use]
    pub const fn amount(&self) -> Money {
        Money::new(self.amount_minor, self.currency)
    }

    /// What may still be asked back, minor units.
    #[must_use]
    pub const fn refundable_minor(&self) -> i64 {
        self.amount_minor - self.refunded_minor - self.refund_held_minor
    }

    pub(crate) const fn standing(&self) -> Standing {
        Standing { status: self.status, refunded_minor: self.refunded_minor }
    }
}

pub mod account {
    use super::*;

    /// One contract of a merchant with a provider. `secrets` is sealed.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "provider_accounts")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: AccountId,
        pub merchant_id: MerchantId,
        pub provider: String,
        pub name: String,
        pub settings: Json,
        pub secrets: String,
        pub active: bool,
        /// The columns of this provider's files, as they were named last.
        pub file_mapping: Option<Json>,
        pub created_at: Moment,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub mod event {
    use super::*;

    /// One delivery from a provider, raw, whatever became of it.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "webhook_events")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: EventId,
        pub merchant_id: MerchantId,
        pub account_id: AccountId,
        pub external_id: Option<String>,
        /// Set on the first accepted delivery of an event, so that the database itself refuses a second first.
        pub once_key: Option<String>,
        pub signature_ok: bool,
        pub decision: Decision,
        pub reason: String,
        pub payment_id: Option<PaymentId>,
        pub headers: String,
        pub body: Vec<u8>,
        pub received_at: Moment,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub mod look_up {
    use super::*;

    /// Look-ups of a payment that said nothing new, counted by who asked and what was said.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "look_ups")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub payment_id: PaymentId,
        /// As in the journal: a member, a customer, the program itself.
        #[sea_orm(primary_key, auto_increment = false)]
        pub asked_by: String,
        /// What was decided about the answer; or `silent`, where there was none, and `not_known`.
        #[sea_orm(primary_key, auto_increment = false)]
        pub outcome: String,
        /// The provider's word.
        #[sea_orm(primary_key, auto_increment = false)]
        pub word: String,
        pub merchant_id: MerchantId,
        pub count: i64,
        pub first_at: Moment,
        pub last_at: Moment,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
