//! Access codes: a pool for each product, and whom each code was given to.

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
    "CREATE TABLE code_pools (
        product_id TEXT PRIMARY KEY REFERENCES products(id),
        merchant_id TEXT NOT NULL REFERENCES merchants(id),
        remaining BIGINT NOT NULL CHECK (remaining >= 0),
        low_at BIGINT NOT NULL,
        fills BIGINT NOT NULL
    )",
    // The mark is a signature of the code: the same code is known again without being readable.
    "CREATE TABLE codes (
        id TEXT PRIMARY KEY,
        merchant_id TEXT NOT NULL REFERENCES merchants(id),
        product_id TEXT NOT NULL REFERENCES products(id),
        sealed TEXT NOT NULL,
        mark TEXT NOT NULL,
        added_at BIGINT NOT NULL,
        order_id TEXT REFERENCES orders(id),
        position INTEGER,
        piece BIGINT,
        taken_at BIGINT,
        CHECK ((order_id IS NULL) = (taken_at IS NULL)),
        CHECK ((order_id IS NULL) = (piece IS NULL))
    )",
    "CREATE UNIQUE INDEX codes_by_mark ON codes (product_id, mark)",
    "CREATE INDEX codes_left ON codes (product_id, id) WHERE order_id IS NULL",
    // A piece of an order gets one code, whoever gives it.
    "CREATE UNIQUE INDEX codes_by_piece ON codes (order_id, position, piece) WHERE order_id IS NOT NULL",
];
