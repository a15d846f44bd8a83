//! What customers have put aside to buy together: one cart each.

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

/// The lines name products without holding them: what is put aside keeps nothing on the shelf.
const STEPS: &[&str] = &["CREATE TABLE carts (
        customer_id TEXT PRIMARY KEY REFERENCES customers(id),
        merchant_id TEXT NOT NULL REFERENCES merchants(id),
        version BIGINT NOT NULL,
        next_line BIGINT NOT NULL,
        lines {json} NOT NULL,
        cause TEXT,
        updated_at BIGINT NOT NULL
    )"];
