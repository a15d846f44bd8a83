//! Further pictures of a product: the first stands with the product itself.

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
    "CREATE TABLE product_photos (
        product_id TEXT NOT NULL REFERENCES products(id),
        file_id TEXT NOT NULL REFERENCES files(id),
        merchant_id TEXT NOT NULL REFERENCES merchants(id),
        position BIGINT NOT NULL,
        PRIMARY KEY (product_id, file_id)
    )",
    "CREATE INDEX product_photos_by_file ON product_photos (file_id)",
];
