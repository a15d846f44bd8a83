//! Products that the shop's own program gives, and what it was asked.

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
    "CREATE TABLE call_targets (
        product_id TEXT PRIMARY KEY REFERENCES products(id),
        merchant_id TEXT NOT NULL REFERENCES merchants(id),
        url TEXT NOT NULL,
        secret BIGINT NOT NULL,
        secret_before_until BIGINT
    )",
    // One line of an order is asked for under one id, whatever becomes of the tries.
    "CREATE TABLE calls (
        id TEXT PRIMARY KEY,
        merchant_id TEXT NOT NULL REFERENCES merchants(id),
        order_id TEXT NOT NULL REFERENCES orders(id),
        position INTEGER NOT NULL,
        product_id TEXT NOT NULL REFERENCES products(id),
        state TEXT NOT NULL,
        answer TEXT NOT NULL,
        tries BIGINT NOT NULL,
        last_status BIGINT,
        last_said TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        tried_at BIGINT,
        UNIQUE (order_id, position)
    )",
];
