//! Outgoing webhooks: the merchant's own addresses, and what was delivered to them. Kept answers of the API may be sealed.

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
    // `secret` counts the changes of the signing secret, which is derived and stands nowhere.
    "CREATE TABLE endpoints (
        id TEXT PRIMARY KEY,
        merchant_id TEXT NOT NULL REFERENCES merchants(id),
        url TEXT NOT NULL,
        label TEXT NOT NULL,
        events {json} NOT NULL,
        active BOOLEAN NOT NULL,
        secret BIGINT NOT NULL,
        secret_before_until BIGINT,
        created_at BIGINT NOT NULL,
        removed_at BIGINT
    )",
    "CREATE INDEX endpoints_of ON endpoints (merchant_id, id) WHERE removed_at IS NULL",
    "CREATE TABLE deliveries (
        id TEXT PRIMARY KEY,
        merchant_id TEXT NOT NULL REFERENCES merchants(id),
        endpoint_id TEXT NOT NULL REFERENCES endpoints(id),
        event_type TEXT NOT NULL,
        entry_number BIGINT,
        order_id TEXT,
        payment_id TEXT,
        state TEXT NOT NULL,
        tries BIGINT NOT NULL,
        last_status BIGINT,
        last_said TEXT,
        tried_at BIGINT,
        delivered_at BIGINT,
        created_at BIGINT NOT NULL
    )",
    "CREATE UNIQUE INDEX deliveries_once ON deliveries (endpoint_id, entry_number) WHERE entry_number IS NOT NULL",
    "CREATE INDEX deliveries_of ON deliveries (merchant_id, id)",
    "CREATE INDEX deliveries_of_endpoint ON deliveries (endpoint_id, id)",
    "CREATE INDEX deliveries_failed ON deliveries (merchant_id, id) WHERE state = 'failed'",
    "CREATE INDEX deliveries_waiting ON deliveries (merchant_id, id) WHERE state = 'waiting'",
    "CREATE INDEX deliveries_of_order ON deliveries (order_id, id) WHERE order_id IS NOT NULL",
    "ALTER TABLE journal_heads ADD COLUMN listeners BIGINT NOT NULL DEFAULT 0",
    // What a request under an idempotency key has made, written with it.
    "CREATE TABLE causes (
        merchant_id TEXT NOT NULL REFERENCES merchants(id),
        cause TEXT NOT NULL,
        made TEXT NOT NULL,
        PRIMARY KEY (merchant_id, cause)
    )",
    "ALTER TABLE idempotency_keys ADD COLUMN sealed BOOLEAN NOT NULL DEFAULT FALSE",
];
