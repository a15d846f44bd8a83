//! What came in through each link, counted as it comes; links by their label and by their product.

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
    "ALTER TABLE links ADD COLUMN received_minor BIGINT NOT NULL DEFAULT 0",
    "UPDATE links SET received_minor = (
        SELECT CAST(COALESCE(SUM(orders.amount_minor), 0) AS BIGINT) FROM orders
        WHERE orders.merchant_id = links.merchant_id AND orders.link_id = links.id AND orders.paid_at IS NOT NULL
    ) WHERE paid_count > 0",
    "CREATE INDEX links_by_label ON links (merchant_id, label, id) WHERE label <> ''",
    "CREATE INDEX links_by_product ON links (product_id) WHERE product_id IS NOT NULL",
];
