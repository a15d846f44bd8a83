//! The outbox table.

use domain::{MerchantId, Moment, OrderId, PaymentId};
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "jobs")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub merchant_id: MerchantId,
    pub kind: String,
    pub payload: String,
    pub lane: Option<String>,
    pub once_key: Option<String>,
    pub order_id: Option<OrderId>,
    pub payment_id: Option<PaymentId>,
    pub state: JobState,
    pub attempts: i32,
    pub run_at: Moment,
    pub lease_until: Option<Moment>,
    pub last_error: Option<String>,
    pub created_at: Moment,
    pub done_at: Option<Moment>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub use domain::job::JobState;
