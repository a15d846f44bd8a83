//! What went back without a refund of ours is kept apart, so that it is never taken for one of ours, nor one of ours for it.

use sea_orm_migration::prelude::*;

use crate::run_each;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run_each(manager, STEPS).await
    }
}

const STEPS: &[&str] = &[
    "ALTER TABLE payments ADD COLUMN refunded_outside_minor BIGINT NOT NULL DEFAULT 0 CHECK (refunded_outside_minor >= 0 AND refunded_outside_minor <= refunded_minor)",
    // Until now: whatever is back beyond the refunds that are done.
    "UPDATE payments SET refunded_outside_minor = refunded_minor - COALESCE((SELECT SUM(amount_minor) FROM refunds WHERE refunds.payment_id = payments.id AND refunds.status IN ('succeeded', 'manual_done')), 0)
     WHERE refunded_minor > COALESCE((SELECT SUM(amount_minor) FROM refunds WHERE refunds.payment_id = payments.id AND refunds.status IN ('succeeded', 'manual_done')), 0)",
];
