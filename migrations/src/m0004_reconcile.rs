//! Reconciliation: what a provider or a bank says, beside what we know, and what came of each difference.

use sea_orm_migration::prelude::*;

use crate::{run, run_each};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run_each(manager, &["ALTER TABLE provider_accounts ADD COLUMN file_mapping {json}"]).await?;
        run(manager, TABLES).await
    }
}

const TABLES: &str = r"
CREATE TABLE reconciliations (
    id TEXT PRIMARY KEY,
    merchant_id TEXT NOT NULL REFERENCES merchants(id),
    account_id TEXT NOT NULL REFERENCES provider_accounts(id),
    source TEXT NOT NULL,
    file_name TEXT,
    file_id TEXT REFERENCES files(id),
    mapping {json},
    from_ms BIGINT NOT NULL,
    until_ms BIGINT NOT NULL,
    state TEXT NOT NULL,
    matched BIGINT NOT NULL,
    reached TEXT,
    trouble TEXT,
    made_by TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    done_at BIGINT
);
CREATE INDEX reconciliations_by_merchant ON reconciliations (merchant_id, id);
CREATE TABLE reconciliation_exceptions (
    id {serial},
    merchant_id TEXT NOT NULL REFERENCES merchants(id),
    reconciliation_id TEXT NOT NULL REFERENCES reconciliations(id),
    kind TEXT NOT NULL,
    payment_id TEXT REFERENCES payments(id),
    theirs {json} NOT NULL,
    owner_id TEXT REFERENCES staff(id),
    comment TEXT,
    resolution TEXT,
    resolved_by TEXT,
    resolved_at BIGINT
);
CREATE INDEX exceptions_by_reconciliation ON reconciliation_exceptions (reconciliation_id, id);
CREATE INDEX exceptions_open ON reconciliation_exceptions (merchant_id, id) WHERE resolved_at IS NULL;
";
