//! Refunds.

use domain::{Currency, FileId, MerchantId, Moment, Money, OrderId, PaymentId, RefundId, refund::RefundStatus};
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "refunds")]
pub struct Model {
    /// Also the idempotency key at the provider.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RefundId,
    pub merchant_id: MerchantId,
    pub payment_id: PaymentId,
    pub order_id: OrderId,
    pub amount_minor: i64,
    pub currency: Currency,
    /// The lines of the order it is for, by position; none: a sum of its own.
    pub positions: Json,
    pub reason: String,
    pub status: RefundStatus,
    /// Why it was rejected, failed, or needs a person.
    pub note: Option<String>,
    pub made_by: Option<String>,
    pub asked_by: String,
    pub asked_at: Moment,
    pub decided_by: Option<String>,
    pub decided_at: Option<Moment>,
    /// What the payment had given back, minor units, when the provider was asked: its answer is read against it.
    pub base_minor: Option<i64>,
    /// When the provider was asked; what became of it may be unknown.
    pub sent_at: Option<Moment>,
    pub proof_text: Option<String>,
    pub proof_file_id: Option<FileId>,
    pub ended_at: Option<Moment>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    #[must_use]
    pub const fn amount(&self) -> Money {
        Money::new(self.amount_minor, self.currency)
    }

    /// Done or still to be done.
    #[must_use]
    pub const fn stands(&self) -> bool {
        !matches!(self.status, RefundStatus::Failed | RefundStatus::Rejected)
    }

    /// The lines of the order it is for, by position.
    #[must_use]
    pub fn lines(&self) -> Vec<i32> {
        serde_json::from_value(self.positions.clone()).unwrap_or_default()
    }
}
