//! What customers and staff write to each other, broadcasts with their receivers, and a number that wakes live pages.

use sea_orm_migration::prelude::*;

use crate::{run, run_each};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run_each(manager, &["ALTER TABLE customers ADD COLUMN ads_stopped_at BIGINT"]).await?;
        run(manager, TABLES).await
    }
}

const TABLES: &str = r"
CREATE TABLE news (
    merchant_id TEXT PRIMARY KEY REFERENCES merchants(id),
    number BIGINT NOT NULL
);
CREATE TABLE threads (
    customer_id TEXT PRIMARY KEY REFERENCES customers(id),
    merchant_id TEXT NOT NULL REFERENCES merchants(id),
    bot_id TEXT NOT NULL,
    state TEXT NOT NULL,
    owner_id TEXT REFERENCES staff(id),
    last_message_id BIGINT NOT NULL,
    last_author TEXT NOT NULL,
    last_content TEXT NOT NULL,
    last_words TEXT NOT NULL,
    last_at BIGINT NOT NULL
);
CREATE INDEX threads_by_state ON threads (merchant_id, state, last_message_id);
CREATE INDEX threads_by_merchant ON threads (merchant_id, last_message_id);
CREATE TABLE messages (
    id {serial},
    merchant_id TEXT NOT NULL REFERENCES merchants(id),
    customer_id TEXT NOT NULL REFERENCES customers(id),
    bot_id TEXT NOT NULL,
    author TEXT NOT NULL,
    content TEXT NOT NULL,
    words TEXT NOT NULL,
    file_id TEXT,
    order_id TEXT REFERENCES orders(id),
    once_key TEXT UNIQUE,
    delivery TEXT,
    not_sent TEXT,
    at BIGINT NOT NULL
);
CREATE INDEX messages_by_customer ON messages (merchant_id, customer_id, id);
CREATE TABLE broadcasts (
    id TEXT PRIMARY KEY,
    merchant_id TEXT NOT NULL REFERENCES merchants(id),
    bot_id TEXT NOT NULL,
    texts {json} NOT NULL,
    segment {json} NOT NULL,
    state TEXT NOT NULL,
    starts_at BIGINT NOT NULL,
    started_at BIGINT,
    ended_at BIGINT,
    told_at BIGINT NOT NULL,
    once_key TEXT UNIQUE,
    made_by TEXT NOT NULL,
    made_at BIGINT NOT NULL
);
CREATE INDEX broadcasts_by_merchant ON broadcasts (merchant_id, id);
CREATE TABLE broadcast_receivers (
    broadcast_id TEXT NOT NULL REFERENCES broadcasts(id),
    customer_id TEXT NOT NULL REFERENCES customers(id),
    merchant_id TEXT NOT NULL REFERENCES merchants(id),
    state TEXT NOT NULL,
    at BIGINT,
    PRIMARY KEY (broadcast_id, customer_id)
);
CREATE INDEX broadcast_receivers_by_state ON broadcast_receivers (broadcast_id, state, customer_id);
CREATE INDEX jobs_bulk ON jobs (run_at, id) WHERE state IN ('queued', 'retrying') AND kind = 'send_broadcast';
";
