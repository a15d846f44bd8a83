//! Clubs: the chat that a product lets into, who is a member until when, and which order made it so.

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
    "CREATE TABLE clubs (
        product_id TEXT PRIMARY KEY REFERENCES products(id),
        merchant_id TEXT NOT NULL REFERENCES merchants(id),
        bot_id TEXT NOT NULL REFERENCES bots(id),
        chat_id BIGINT NOT NULL,
        chat_title TEXT NOT NULL,
        days BIGINT CHECK (days > 0),
        grace_days BIGINT NOT NULL CHECK (grace_days >= 0),
        trouble TEXT,
        checked_at BIGINT NOT NULL
    )",
    "CREATE INDEX clubs_by_chat ON clubs (merchant_id, chat_id)",
    "CREATE TABLE memberships (
        id TEXT PRIMARY KEY,
        merchant_id TEXT NOT NULL REFERENCES merchants(id),
        product_id TEXT NOT NULL REFERENCES products(id),
        bot_id TEXT NOT NULL REFERENCES bots(id),
        chat_id BIGINT NOT NULL,
        customer_id TEXT NOT NULL REFERENCES customers(id),
        telegram_user_id BIGINT NOT NULL,
        order_id TEXT NOT NULL REFERENCES orders(id),
        position INTEGER NOT NULL,
        from_at BIGINT NOT NULL,
        until_at BIGINT,
        reminded INTEGER NOT NULL,
        exempt BOOLEAN NOT NULL,
        exempt_reason TEXT NOT NULL,
        joined_at BIGINT,
        ended_at BIGINT
    )",
    "CREATE UNIQUE INDEX memberships_by_person ON memberships (product_id, telegram_user_id)",
    "CREATE INDEX memberships_by_merchant ON memberships (merchant_id, id)",
    "CREATE INDEX memberships_by_chat ON memberships (merchant_id, chat_id, telegram_user_id)",
    "CREATE INDEX memberships_ending ON memberships (product_id, until_at) WHERE ended_at IS NULL AND until_at IS NOT NULL",
    // A line of an order makes its membership longer once.
    "CREATE TABLE membership_terms (
        order_id TEXT NOT NULL REFERENCES orders(id),
        position INTEGER NOT NULL,
        merchant_id TEXT NOT NULL REFERENCES merchants(id),
        membership_id TEXT NOT NULL REFERENCES memberships(id),
        until_at BIGINT,
        PRIMARY KEY (order_id, position)
    )",
];
