//! Clubs ask those who left to come back: how often and when, and to whom it was said.

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
    // Never, unless the shop says so.
    "ALTER TABLE clubs ADD COLUMN back_after_days BIGINT NOT NULL DEFAULT 7",
    "ALTER TABLE clubs ADD COLUMN back_at_most INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE memberships ADD COLUMN asked_back INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE memberships ADD COLUMN asked_back_at BIGINT",
    "CREATE INDEX memberships_ended ON memberships (product_id, ended_at) WHERE ended_at IS NOT NULL",
    "CREATE INDEX memberships_asked_back ON memberships (merchant_id, asked_back_at) WHERE asked_back_at IS NOT NULL",
    "CREATE INDEX membership_terms_of_one ON membership_terms (membership_id)",
];
