//! Promo codes, the orders that were made with them, and what was taken off each line.

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
    "CREATE TABLE promos (
        id TEXT PRIMARY KEY,
        merchant_id TEXT NOT NULL REFERENCES merchants(id),
        code TEXT NOT NULL,
        code_key TEXT NOT NULL,
        percent BIGINT CHECK (percent BETWEEN 1 AND 99),
        off_minor BIGINT CHECK (off_minor > 0),
        from_at BIGINT,
        until_at BIGINT,
        most_uses BIGINT CHECK (most_uses > 0),
        most_each BIGINT CHECK (most_each > 0),
        least_minor BIGINT NOT NULL CHECK (least_minor >= 0),
        products {json} NOT NULL,
        active BOOLEAN NOT NULL,
        used BIGINT NOT NULL CHECK (used >= 0 AND (most_uses IS NULL OR used <= most_uses)),
        created_at BIGINT NOT NULL,
        CHECK ((percent IS NULL) <> (off_minor IS NULL))
    )",
    "CREATE UNIQUE INDEX promos_by_key ON promos (merchant_id, code_key)",
    "CREATE INDEX promos_by_merchant ON promos (merchant_id, id)",
    "CREATE TABLE promo_uses (
        order_id TEXT PRIMARY KEY REFERENCES orders(id),
        merchant_id TEXT NOT NULL REFERENCES merchants(id),
        promo_id TEXT NOT NULL REFERENCES promos(id),
        customer_id TEXT NOT NULL REFERENCES customers(id),
        off_minor BIGINT NOT NULL CHECK (off_minor > 0),
        counted BOOLEAN NOT NULL
    )",
    "CREATE INDEX promo_uses_by_customer ON promo_uses (promo_id, customer_id)",
    "CREATE INDEX promo_uses_by_merchant ON promo_uses (merchant_id, promo_id)",
    "ALTER TABLE orders ADD COLUMN promo_id TEXT REFERENCES promos(id)",
    "ALTER TABLE order_lines ADD COLUMN off_minor BIGINT NOT NULL DEFAULT 0 CHECK (off_minor >= 0)",
];
