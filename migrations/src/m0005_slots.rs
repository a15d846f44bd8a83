//! Bookable times, and the one that an order's line has taken.

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
    "CREATE TABLE slots (
        id TEXT PRIMARY KEY,
        merchant_id TEXT NOT NULL REFERENCES merchants(id),
        product_id TEXT NOT NULL REFERENCES products(id),
        starts_at BIGINT NOT NULL,
        minutes BIGINT NOT NULL CHECK (minutes > 0),
        places BIGINT NOT NULL CHECK (places > 0),
        taken BIGINT NOT NULL DEFAULT 0 CHECK (taken BETWEEN 0 AND places),
        UNIQUE (product_id, starts_at)
    )",
    // The time stands on the line too: what was bought is known even when the slot is gone.
    "ALTER TABLE order_lines ADD COLUMN slot_id TEXT",
    "ALTER TABLE order_lines ADD COLUMN slot_at BIGINT",
];
