//! People: invitations by link, a second step at sign-in, and sessions that say whose they are and from what device.

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
    "ALTER TABLE staff ADD COLUMN seen_at BIGINT",
    "ALTER TABLE staff ADD COLUMN totp_sealed TEXT",
    "ALTER TABLE staff ADD COLUMN totp_on_at BIGINT",
    "ALTER TABLE staff ADD COLUMN totp_step BIGINT",
    "ALTER TABLE merchants ADD COLUMN two_factor_required BOOLEAN NOT NULL DEFAULT FALSE",
    // Sessions of before do not say whose they are: everybody signs in once more.
    "DELETE FROM sessions",
    "ALTER TABLE sessions ADD COLUMN staff_id TEXT REFERENCES staff(id)",
    "ALTER TABLE sessions ADD COLUMN device TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE sessions ADD COLUMN opened_at BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE sessions ADD COLUMN seen_at BIGINT NOT NULL DEFAULT 0",
    "CREATE INDEX sessions_by_staff ON sessions (staff_id)",
    "CREATE TABLE invitations (
        id TEXT PRIMARY KEY,
        merchant_id TEXT NOT NULL REFERENCES merchants(id),
        email TEXT NOT NULL,
        role TEXT NOT NULL,
        code_hash TEXT NOT NULL UNIQUE,
        made_by TEXT NOT NULL,
        made_at BIGINT NOT NULL,
        expires_at BIGINT NOT NULL,
        used_at BIGINT,
        withdrawn_at BIGINT,
        staff_id TEXT REFERENCES staff(id)
    )",
    // One open invitation of a shop for one person.
    "CREATE UNIQUE INDEX invitations_open ON invitations (merchant_id, email) WHERE used_at IS NULL AND withdrawn_at IS NULL",
    "CREATE TABLE recovery_codes (
        staff_id TEXT NOT NULL REFERENCES staff(id),
        merchant_id TEXT NOT NULL REFERENCES merchants(id),
        code_mac TEXT NOT NULL,
        used_at BIGINT,
        PRIMARY KEY (staff_id, code_mac)
    )",
];
