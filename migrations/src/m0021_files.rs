//! Files that digital products are delivered as; what was given names the file it was.

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
    "CREATE TABLE attachments (
        product_id TEXT PRIMARY KEY REFERENCES products(id),
        merchant_id TEXT NOT NULL REFERENCES merchants(id),
        file_id TEXT NOT NULL REFERENCES files(id),
        name TEXT NOT NULL,
        bytes BIGINT NOT NULL
    )",
    "CREATE INDEX attachments_by_file ON attachments (file_id)",
    "ALTER TABLE fulfilments ADD COLUMN file_id TEXT REFERENCES files(id)",
    "ALTER TABLE fulfilments ADD COLUMN file_name TEXT",
    "CREATE INDEX fulfilments_by_file ON fulfilments (file_id) WHERE file_id IS NOT NULL",
];
