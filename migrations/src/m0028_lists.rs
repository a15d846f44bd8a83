//! Lists that had no index of their own: no page of them reads more than it shows.

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
    "CREATE INDEX receipts_by_kind ON receipts (merchant_id, kind, id)",
    "CREATE INDEX receipts_by_kind_and_state ON receipts (merchant_id, kind, state, id)",
    "CREATE INDEX deliveries_failed_of_endpoint ON deliveries (endpoint_id, id) WHERE state = 'failed'",
    "CREATE INDEX deliveries_waiting_of_endpoint ON deliveries (endpoint_id, id) WHERE state = 'waiting'",
    "CREATE INDEX memberships_by_end ON memberships (merchant_id, until_at, id) WHERE NOT exempt",
    "CREATE INDEX memberships_exempt ON memberships (merchant_id, id) WHERE exempt",
    // Nothing asks for the open exceptions of a whole shop.
    "DROP INDEX exceptions_open",
    "CREATE INDEX exceptions_open ON reconciliation_exceptions (reconciliation_id, id) WHERE resolved_at IS NULL",
    "CREATE INDEX exceptions_by_kind ON reconciliation_exceptions (reconciliation_id, kind, id)",
    "CREATE INDEX exceptions_open_by_kind ON reconciliation_exceptions (reconciliation_id, kind, id)
        WHERE resolved_at IS NULL",
    "CREATE INDEX products_by_kind ON products (merchant_id, kind, position, id)",
    "CREATE INDEX products_hidden ON products (merchant_id, position, id) WHERE NOT visible",
];
