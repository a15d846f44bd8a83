//! Members' own Telegram accounts, and since when the staff chat is lost.

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
    // Without a person: only a code waits to be said.
    "CREATE TABLE staff_telegram (
        staff_id TEXT PRIMARY KEY REFERENCES staff(id),
        merchant_id TEXT NOT NULL REFERENCES merchants(id),
        telegram_user_id BIGINT,
        name TEXT,
        bound_at BIGINT,
        code_hash TEXT,
        code_until BIGINT,
        CHECK ((telegram_user_id IS NULL) = (bound_at IS NULL)),
        CHECK ((code_hash IS NULL) = (code_until IS NULL))
    )",
    // Who presses is one member, or none.
    "CREATE UNIQUE INDEX staff_telegram_by_person ON staff_telegram (merchant_id, telegram_user_id)
        WHERE telegram_user_id IS NOT NULL",
    "CREATE UNIQUE INDEX staff_telegram_by_code ON staff_telegram (code_hash) WHERE code_hash IS NOT NULL",
    "ALTER TABLE merchants ADD COLUMN staff_chat_lost_at BIGINT",
];
