//! When an order was delivered, an audit log that the database itself keeps, and customers as a list.

use sea_orm_migration::{
    prelude::*,
    sea_orm::{ConnectionTrait, DbBackend},
};

use crate::{run, run_each};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run_each(manager, STEPS).await?;
        let guard = match manager.get_connection().get_database_backend() {
            DbBackend::Postgres => AUDIT_GUARD_POSTGRES,
            _ => AUDIT_GUARD_SQLITE,
        };
        run(manager, guard).await
    }
}

/// One statement each: SQLite adds one column at a time.
const STEPS: &[&str] = &[
    "ALTER TABLE orders ADD COLUMN fulfilled_at BIGINT",
    "UPDATE orders SET fulfilled_at = (SELECT MAX(done_at) FROM fulfilments WHERE fulfilments.order_id = orders.id)",
    "CREATE INDEX customers_by_merchant ON customers (merchant_id, id)",
    "CREATE INDEX refunds_by_order ON refunds (order_id)",
    "DROP INDEX orders_undelivered",
    "CREATE INDEX orders_undelivered ON orders (merchant_id, paid_at) WHERE fulfilled_at IS NULL AND status IN ('paid', 'partially_refunded')",
];

const AUDIT_GUARD_SQLITE: &str = r"
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit_log
BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit_log
BEGIN SELECT RAISE(ABORT, 'the audit log is never deleted'); END;
";

const AUDIT_GUARD_POSTGRES: &str = r"
CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the audit log is never changed or deleted'; END $$;
CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit_log FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit_log EXECUTE FUNCTION audit_refuse();
";
