//! When somebody of a shop took note of Telegram's rule about Stars, and who.

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

const STEPS: &[&str] =
    &["ALTER TABLE merchants ADD COLUMN stars_known_at BIGINT", "ALTER TABLE merchants ADD COLUMN stars_known_by TEXT"];
