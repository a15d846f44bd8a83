//! Everything the first sale needs: shop, catalog, links, orders, payments, journal, outbox, bots.

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
        for part in [SHOP, CATALOG, SALE, JOURNAL, OUTBOX, BOT] {
            run(manager, part).await?;
        }
        let guard = match manager.get_connection().get_database_backend() {
            DbBackend::Postgres => JOURNAL_GUARD_POSTGRES,
            _ => JOURNAL_GUARD_SQLITE,
        };
        run(manager, guard).await
    }
}

const SHOP: &str = r"
CREATE TABLE merchants (
    id TEXT PRIMARY KEY,
    name {json} NOT NULL,
    about {json} NOT NULL,
    policy {json} NOT NULL,
    currency TEXT NOT NULL,
    utc_offset_minutes INTEGER NOT NULL,
    language TEXT NOT NULL,
    picture_id TEXT,
    checkout_minutes INTEGER NOT NULL,
    next_order_number BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE TABLE staff (
    id TEXT PRIMARY KEY,
    merchant_id TEXT NOT NULL REFERENCES merchants(id),
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    language TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    disabled_at BIGINT,
    created_at BIGINT NOT NULL
);
CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    merchant_id TEXT,
    data TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);
CREATE TABLE api_keys (
    id TEXT PRIMARY KEY,
    merchant_id TEXT NOT NULL REFERENCES merchants(id),
    name TEXT NOT NULL,
    key_hash TEXT NOT NULL UNIQUE,
    permissions {json} NOT NULL,
    revoked_at BIGINT,
    created_at BIGINT NOT NULL
);
CREATE TABLE idempotency_keys (
    merchant_id TEXT NOT NULL REFERENCES merchants(id),
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    status INTEGER,
    content_type TEXT,
    body {blob},
    created_at BIGINT NOT NULL,
    PRIMARY KEY (merchant_id, key)
);
CREATE TABLE audit_log (
    id TEXT PRIMARY KEY,
    merchant_id TEXT NOT NULL REFERENCES merchants(id),
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    before TEXT,
    after TEXT,
    at BIGINT NOT NULL
);
CREATE INDEX audit_by_merchant ON audit_log (merchant_id, id);
";

const CATALOG: &str = r"
CREATE TABLE files (
    id TEXT PRIMARY KEY,
    merchant_id TEXT NOT NULL REFERENCES merchants(id),
    media_type TEXT NOT NULL,
    body {blob} NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE TABLE products (
    id TEXT PRIMARY KEY,
    merchant_id TEXT NOT NULL REFERENCES merchants(id),
    kind TEXT NOT NULL,
    name {json} NOT NULL,
    text {json} NOT NULL,
    category {json} NOT NULL,
    delivery {json} NOT NULL,
    price_minor BIGINT,
    compare_at_minor BIGINT,
    donation {json},
    stock BIGINT CHECK (stock >= 0),
    photo_id TEXT REFERENCES files(id),
    digital_goods BOOLEAN NOT NULL,
    visible BOOLEAN NOT NULL,
    position BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX products_by_merchant ON products (merchant_id, position, id);
CREATE TABLE links (
    id TEXT PRIMARY KEY,
    merchant_id TEXT NOT NULL REFERENCES merchants(id),
    code TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    label TEXT NOT NULL,
    active BOOLEAN NOT NULL,
    product_id TEXT REFERENCES products(id),
    order_id TEXT,
    title TEXT,
    amount_minor BIGINT CHECK (amount_minor > 0),
    currency TEXT NOT NULL,
    external_order_id TEXT,
    telegram_user_id BIGINT,
    expires_at BIGINT,
    max_payments BIGINT CHECK (max_payments > 0),
    paid_count BIGINT NOT NULL DEFAULT 0,
    held_count BIGINT NOT NULL DEFAULT 0 CHECK (held_count >= 0),
    opened_count BIGINT NOT NULL DEFAULT 0,
    metadata {json} NOT NULL,
    cancelled_at BIGINT,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX links_by_merchant ON links (merchant_id, id);
";

const SALE: &str = r"
CREATE TABLE customers (
    id TEXT PRIMARY KEY,
    merchant_id TEXT NOT NULL REFERENCES merchants(id),
    telegram_user_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    username TEXT,
    language TEXT NOT NULL,
    blocked_at BIGINT,
    created_at BIGINT NOT NULL,
    UNIQUE (merchant_id, telegram_user_id)
);
CREATE TABLE provider_accounts (
    id TEXT PRIMARY KEY,
    merchant_id TEXT NOT NULL REFERENCES merchants(id),
    provider TEXT NOT NULL,
    name TEXT NOT NULL,
    settings {json} NOT NULL,
    secrets TEXT NOT NULL,
    active BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE TABLE orders (
    id TEXT PRIMARY KEY,
    merchant_id TEXT NOT NULL REFERENCES merchants(id),
    number BIGINT NOT NULL,
    status TEXT NOT NULL,
    amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
    currency TEXT NOT NULL,
    link_id TEXT REFERENCES links(id),
    customer_id TEXT REFERENCES customers(id),
    bot_id TEXT,
    telegram_user_id BIGINT,
    language TEXT NOT NULL,
    external_order_id TEXT,
    needs_review BOOLEAN NOT NULL,
    review_reason TEXT,
    holds_stock BOOLEAN NOT NULL,
    holds_link BOOLEAN NOT NULL,
    made_by TEXT UNIQUE,
    created_at BIGINT NOT NULL,
    paid_at BIGINT,
    UNIQUE (merchant_id, number)
);
CREATE INDEX orders_by_merchant ON orders (merchant_id, id);
CREATE INDEX orders_by_link ON orders (link_id);
CREATE INDEX orders_by_customer ON orders (customer_id, id);
CREATE TABLE order_lines (
    order_id TEXT NOT NULL REFERENCES orders(id),
    position INTEGER NOT NULL,
    merchant_id TEXT NOT NULL REFERENCES merchants(id),
    product_id TEXT REFERENCES products(id),
    title {json} NOT NULL,
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    unit_minor BIGINT NOT NULL CHECK (unit_minor > 0),
    PRIMARY KEY (order_id, position)
);
CREATE TABLE payments (
    id TEXT PRIMARY KEY,
    merchant_id TEXT NOT NULL REFERENCES merchants(id),
    order_id TEXT NOT NULL REFERENCES orders(id),
    link_id TEXT,
    account_id TEXT NOT NULL REFERENCES provider_accounts(id),
    provider TEXT NOT NULL,
    merchant_order_id TEXT NOT NULL,
    reference TEXT,
    checkout_url TEXT,
    status TEXT NOT NULL,
    amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
    currency TEXT NOT NULL,
    refunded_minor BIGINT NOT NULL DEFAULT 0 CHECK (refunded_minor >= 0 AND refunded_minor <= amount_minor),
    needs_review BOOLEAN NOT NULL,
    review_reason TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    paid_at BIGINT,
    UNIQUE (merchant_id, merchant_order_id)
);
CREATE INDEX payments_by_merchant ON payments (merchant_id, id);
CREATE INDEX payments_by_order ON payments (order_id);
CREATE UNIQUE INDEX payments_by_reference ON payments (account_id, reference);
CREATE TABLE webhook_events (
    id TEXT PRIMARY KEY,
    merchant_id TEXT NOT NULL REFERENCES merchants(id),
    account_id TEXT NOT NULL REFERENCES provider_accounts(id),
    external_id TEXT,
    once_key TEXT UNIQUE,
    signature_ok BOOLEAN NOT NULL,
    decision TEXT NOT NULL,
    reason TEXT NOT NULL,
    payment_id TEXT,
    headers TEXT NOT NULL,
    body {blob} NOT NULL,
    received_at BIGINT NOT NULL
);
CREATE INDEX webhook_events_by_merchant ON webhook_events (merchant_id, id);
CREATE INDEX webhook_events_by_payment ON webhook_events (payment_id);
CREATE TABLE fulfilments (
    id TEXT PRIMARY KEY,
    merchant_id TEXT NOT NULL REFERENCES merchants(id),
    order_id TEXT NOT NULL REFERENCES orders(id),
    position INTEGER NOT NULL,
    given TEXT NOT NULL,
    done_at BIGINT NOT NULL,
    UNIQUE (order_id, position)
);
";

const JOURNAL: &str = r"
CREATE TABLE journal_heads (
    merchant_id TEXT PRIMARY KEY REFERENCES merchants(id),
    number BIGINT NOT NULL,
    hash TEXT NOT NULL
);
CREATE TABLE journal (
    merchant_id TEXT NOT NULL REFERENCES merchants(id),
    number BIGINT NOT NULL,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    order_id TEXT,
    payment_id TEXT,
    amount_minor BIGINT,
    currency TEXT,
    actor TEXT NOT NULL,
    at BIGINT NOT NULL,
    data TEXT NOT NULL,
    prev_hash TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (merchant_id, number)
);
CREATE INDEX journal_by_payment ON journal (payment_id);
CREATE INDEX journal_by_order ON journal (order_id);
";

const JOURNAL_GUARD_SQLITE: &str = r"
CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal
BEGIN SELECT RAISE(ABORT, 'journal entries are never changed'); END;
CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal
BEGIN SELECT RAISE(ABORT, 'journal entries are never deleted'); END;
";

const JOURNAL_GUARD_POSTGRES: &str = r"
CREATE FUNCTION journal_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'journal entries are never changed or deleted'; END $$;
CREATE TRIGGER journal_no_update BEFORE UPDATE OR DELETE ON journal FOR EACH ROW EXECUTE FUNCTION journal_refuse();
CREATE TRIGGER journal_no_truncate BEFORE TRUNCATE ON journal EXECUTE FUNCTION journal_refuse();
";

const OUTBOX: &str = r"
CREATE TABLE jobs (
    id {serial},
    merchant_id TEXT NOT NULL REFERENCES merchants(id),
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    lane TEXT,
    once_key TEXT UNIQUE,
    order_id TEXT,
    payment_id TEXT,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    run_at BIGINT NOT NULL,
    lease_until BIGINT,
    last_error TEXT,
    created_at BIGINT NOT NULL,
    done_at BIGINT
);
CREATE INDEX jobs_due ON jobs (run_at, id) WHERE state IN ('queued', 'retrying');
CREATE INDEX jobs_leased ON jobs (lease_until) WHERE state = 'running';
CREATE INDEX jobs_in_lane ON jobs (lane, id) WHERE lane IS NOT NULL AND state IN ('queued', 'retrying', 'running');
CREATE INDEX jobs_by_order ON jobs (order_id) WHERE order_id IS NOT NULL;
CREATE INDEX jobs_dead ON jobs (merchant_id, id) WHERE state = 'dead';
";

const BOT: &str = r"
CREATE TABLE bots (
    id TEXT PRIMARY KEY,
    merchant_id TEXT NOT NULL REFERENCES merchants(id),
    username TEXT NOT NULL,
    name TEXT NOT NULL,
    token TEXT NOT NULL,
    webhook_secret TEXT NOT NULL,
    next_update_id BIGINT NOT NULL,
    active BOOLEAN NOT NULL,
    trouble TEXT,
    created_at BIGINT NOT NULL
);
CREATE TABLE telegram_updates (
    bot_id TEXT NOT NULL REFERENCES bots(id),
    update_id BIGINT NOT NULL,
    merchant_id TEXT NOT NULL REFERENCES merchants(id),
    body TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (bot_id, update_id)
);
CREATE TABLE conversations (
    bot_id TEXT NOT NULL REFERENCES bots(id),
    chat_id BIGINT NOT NULL,
    merchant_id TEXT NOT NULL REFERENCES merchants(id),
    language TEXT,
    version INTEGER NOT NULL,
    state TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (bot_id, chat_id)
);
";
