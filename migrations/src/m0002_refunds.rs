//! Refunds with their guard, what staff resolve, and where staff are told.

use sea_orm_migration::prelude::*;

use crate::{run, run_each};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run_each(manager, COLUMNS).await?;
        run(manager, REFUNDS).await
    }
}

/// One statement each: SQLite adds one column at a time.
const COLUMNS: &[&str] = &[
    // Asked for and not yet given back: together with what was given back it never exceeds what was paid.
    "ALTER TABLE payments ADD COLUMN refund_held_minor BIGINT NOT NULL DEFAULT 0 CHECK (refund_held_minor >= 0 AND refunded_minor + refund_held_minor <= amount_minor)",
    "CREATE INDEX payments_to_review ON payments (merchant_id, id) WHERE needs_review",
    "CREATE INDEX orders_undelivered ON orders (merchant_id, paid_at) WHERE status = 'paid'",
    "CREATE INDEX jobs_by_merchant ON jobs (merchant_id, id)",
    "ALTER TABLE merchants ADD COLUMN refund_alone_minor BIGINT NOT NULL DEFAULT 1000000",
    "ALTER TABLE merchants ADD COLUMN refund_pair_minor BIGINT",
    "ALTER TABLE merchants ADD COLUMN stuck_minutes INTEGER NOT NULL DEFAULT 10",
    "ALTER TABLE merchants ADD COLUMN staff_bot_id TEXT",
    "ALTER TABLE merchants ADD COLUMN staff_chat_id BIGINT",
    "ALTER TABLE merchants ADD COLUMN staff_code TEXT",
    // Seen by staff only, such as the proof of a refund.
    "ALTER TABLE files ADD COLUMN private BOOLEAN NOT NULL DEFAULT FALSE",
];

const REFUNDS: &str = r"
CREATE TABLE refunds (
    id TEXT PRIMARY KEY,
    merchant_id TEXT NOT NULL REFERENCES merchants(id),
    payment_id TEXT NOT NULL REFERENCES payments(id),
    order_id TEXT NOT NULL REFERENCES orders(id),
    amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
    currency TEXT NOT NULL,
    positions {json} NOT NULL,
    reason TEXT NOT NULL,
    status TEXT NOT NULL,
    note TEXT,
    made_by TEXT UNIQUE,
    asked_by TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    decided_by TEXT,
    decided_at BIGINT,
    base_minor BIGINT,
    sent_at BIGINT,
    proof_text TEXT,
    proof_file_id TEXT REFERENCES files(id),
    ended_at BIGINT
);
CREATE INDEX refunds_by_merchant ON refunds (merchant_id, id);
CREATE INDEX refunds_by_payment ON refunds (payment_id);
CREATE INDEX refunds_open ON refunds (merchant_id, id) WHERE ended_at IS NULL;
";
