//! Reminders and digests as the shop wants them, and money that the bank took back found quickly.

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

/// One statement each: SQLite adds one column at a time.
const STEPS: &[&str] = &[
    "CREATE INDEX journal_taking ON journal (merchant_id, payment_id, number)
        WHERE kind IN ('payment_reversed', 'payment_disputed')",
    "ALTER TABLE merchants ADD COLUMN remind_after_minutes INTEGER NOT NULL DEFAULT 20",
    "ALTER TABLE merchants ADD COLUMN remind_at_most INTEGER NOT NULL DEFAULT 1",
    "ALTER TABLE merchants ADD COLUMN digest_daily BOOLEAN NOT NULL DEFAULT TRUE",
    "ALTER TABLE merchants ADD COLUMN digest_weekly BOOLEAN NOT NULL DEFAULT TRUE",
    "ALTER TABLE merchants ADD COLUMN digest_hour INTEGER NOT NULL DEFAULT 9",
    "ALTER TABLE customers ADD COLUMN reminders_off_at BIGINT",
    "ALTER TABLE orders ADD COLUMN reminded INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE orders ADD COLUMN reminded_at BIGINT",
    "CREATE INDEX orders_unpaid ON orders (merchant_id, created_at)
        WHERE status = 'awaiting_payment' AND bot_id IS NOT NULL",
    "CREATE INDEX orders_reminded ON orders (merchant_id, reminded_at) WHERE reminded_at IS NOT NULL",
];
