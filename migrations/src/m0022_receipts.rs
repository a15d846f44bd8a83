//! Fiscal receipts: a shop's cash register with its counters, and what was registered at it.

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
    // `seq` is the last number that the register has certainly taken, `doubt` how many after it it may have taken,
    // `last_number` the last receipt that is known.
    "CREATE TABLE registers (
        merchant_id TEXT PRIMARY KEY REFERENCES merchants(id),
        settings {json} NOT NULL,
        secrets TEXT NOT NULL,
        active BOOLEAN NOT NULL,
        seq BIGINT NOT NULL CHECK (seq >= 0),
        doubt BIGINT NOT NULL CHECK (doubt >= 0),
        last_number BIGINT NOT NULL CHECK (last_number >= 0),
        trouble TEXT,
        trouble_words TEXT,
        trouble_at BIGINT,
        created_at BIGINT NOT NULL
    )",
    "CREATE TABLE receipts (
        id TEXT PRIMARY KEY,
        merchant_id TEXT NOT NULL REFERENCES merchants(id),
        kind TEXT NOT NULL,
        state TEXT NOT NULL,
        order_id TEXT NOT NULL,
        payment_id TEXT NOT NULL,
        entry_number BIGINT NOT NULL,
        amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
        currency TEXT NOT NULL,
        pieces {json} NOT NULL,
        tries BIGINT NOT NULL,
        sent_at BIGINT,
        problem TEXT,
        problem_words TEXT,
        crn TEXT,
        number BIGINT,
        fiscal TEXT,
        qr TEXT,
        printed_at BIGINT,
        registered_at BIGINT,
        created_at BIGINT NOT NULL
    )",
    // One receipt for what the journal says once, one sale for a payment, and a number of a register once.
    "CREATE UNIQUE INDEX receipts_once ON receipts (merchant_id, entry_number)",
    "CREATE UNIQUE INDEX receipts_of_sale ON receipts (payment_id) WHERE kind = 'sale'",
    "CREATE UNIQUE INDEX receipts_numbered ON receipts (merchant_id, crn, number) WHERE number IS NOT NULL",
    "CREATE INDEX receipts_of ON receipts (merchant_id, id)",
    "CREATE INDEX receipts_by_state ON receipts (merchant_id, state, id)",
    "CREATE INDEX receipts_of_payment ON receipts (payment_id, id)",
    "CREATE INDEX receipts_waiting ON receipts (merchant_id, entry_number) WHERE state IN ('owed', 'uncertain')",
    "ALTER TABLE journal_heads ADD COLUMN receipts BOOLEAN NOT NULL DEFAULT FALSE",
];
