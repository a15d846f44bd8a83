//! Which update brought a chat to where it stands: it is not handled a second time.

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

const STEPS: &[&str] = &["ALTER TABLE conversations ADD COLUMN handled_update BIGINT"];
