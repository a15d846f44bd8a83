//! Whether a link was opened on certain days is asked link by link.

use sea_orm_migration::prelude::*;

use crate::run_each;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run_each(manager, &["CREATE INDEX link_openings_of ON link_openings (link_id, day)"]).await
    }
}
