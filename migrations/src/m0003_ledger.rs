//! Proofs beside the journal: signed checkpoints of its heads and signed closes of its days, neither ever changed.

use sea_orm_migration::{
    prelude::*,
    sea_orm::{ConnectionTrait, DbBackend},
};

use crate::run;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, TABLES).await?;
        let guard = match manager.get_connection().get_database_backend() {
            DbBackend::Postgres => GUARD_POSTGRES,
            _ => GUARD_SQLITE,
        };
        run(manager, guard).await
    }
}

/// A checkpoint has no other key than what it proves: two instances cannot both write one.
const TABLES: &str = r"
CREATE TABLE journal_checkpoints (
    merchant_id TEXT NOT NULL REFERENCES merchants(id),
    number BIGINT NOT NULL,
    hash TEXT NOT NULL,
    at BIGINT NOT NULL,
    signature TEXT NOT NULL,
    PRIMARY KEY (merchant_id, number)
);
CREATE TABLE day_closes (
    merchant_id TEXT NOT NULL REFERENCES merchants(id),
    day TEXT NOT NULL,
    from_at BIGINT NOT NULL,
    until_at BIGINT NOT NULL,
    number BIGINT NOT NULL,
    hash TEXT NOT NULL,
    summary TEXT NOT NULL,
    signature TEXT NOT NULL,
    closed_by TEXT NOT NULL,
    closed_at BIGINT NOT NULL,
    PRIMARY KEY (merchant_id, day)
);
CREATE INDEX journal_by_time ON journal (merchant_id, at);
";

const GUARD_SQLITE: &str = r"
CREATE TRIGGER journal_checkpoints_no_update BEFORE UPDATE ON journal_checkpoints
BEGIN SELECT RAISE(ABORT, 'checkpoints are never changed'); END;
CREATE TRIGGER journal_checkpoints_no_delete BEFORE DELETE ON journal_checkpoints
BEGIN SELECT RAISE(ABORT, 'checkpoints are never deleted'); END;
CREATE TRIGGER day_closes_no_update BEFORE UPDATE ON day_closes
BEGIN SELECT RAISE(ABORT, 'a closed day is never changed'); END;
CREATE TRIGGER day_closes_no_delete BEFORE DELETE ON day_closes
BEGIN SELECT RAISE(ABORT, 'a closed day is never deleted'); END;
";

const GUARD_POSTGRES: &str = r"
CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'rows of % are never changed or deleted', TG_TABLE_NAME; END $$;
CREATE TRIGGER journal_checkpoints_no_update BEFORE UPDATE OR DELETE ON journal_checkpoints
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER journal_checkpoints_no_truncate BEFORE TRUNCATE ON journal_checkpoints EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER day_closes_no_update BEFORE UPDATE OR DELETE ON day_closes
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER day_closes_no_truncate BEFORE TRUNCATE ON day_closes EXECUTE FUNCTION ledger_refuse();
";
