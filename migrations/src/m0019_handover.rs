//! How goods are handed over: what a shop offers, and what an order chose; and the way to pay that was chosen in the chat.

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
    "ALTER TABLE merchants ADD COLUMN pickup BOOLEAN NOT NULL DEFAULT FALSE",
    "ALTER TABLE merchants ADD COLUMN pickup_address {json} NOT NULL DEFAULT '{}'",
    "ALTER TABLE merchants ADD COLUMN delivery BOOLEAN NOT NULL DEFAULT FALSE",
    "ALTER TABLE merchants ADD COLUMN delivery_minor BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE merchants ADD COLUMN delivery_free_from_minor BIGINT",
    "ALTER TABLE merchants ADD COLUMN delivery_note {json} NOT NULL DEFAULT '{}'",
    "ALTER TABLE orders ADD COLUMN handover TEXT",
    "ALTER TABLE orders ADD COLUMN address TEXT",
    "ALTER TABLE orders ADD COLUMN account_id TEXT REFERENCES provider_accounts(id)",
];
