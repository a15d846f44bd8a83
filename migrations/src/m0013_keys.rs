//! Keys: passkeys of staff members, and when an API key was used last.

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
    "CREATE TABLE passkeys (
        id TEXT PRIMARY KEY,
        merchant_id TEXT NOT NULL REFERENCES merchants(id),
        staff_id TEXT NOT NULL REFERENCES staff(id),
        name TEXT NOT NULL,
        credential_id TEXT NOT NULL UNIQUE,
        credential TEXT NOT NULL,
        last_turn TEXT,
        used_at BIGINT,
        created_at BIGINT NOT NULL
    )",
    "CREATE INDEX passkeys_by_staff ON passkeys (staff_id, id)",
    // How many a member has: asked at every request, written with each of them.
    "ALTER TABLE staff ADD COLUMN passkeys BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE api_keys ADD COLUMN used_at BIGINT",
    "CREATE INDEX api_keys_by_merchant ON api_keys (merchant_id, id)",
];
