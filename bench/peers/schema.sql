-- The tables of the peers, the same for both and on both databases. Less than Khanut's own: no orders, links or people.
-- {serial} is the dialect's counting key, {blob} its bytes.
CREATE TABLE accounts (
    id TEXT PRIMARY KEY,
    merchant_id TEXT NOT NULL,
    webhook_secret TEXT NOT NULL
);
CREATE TABLE payments (
    id {serial},
    merchant_id TEXT NOT NULL,
    merchant_order_id TEXT NOT NULL,
    status TEXT NOT NULL,
    amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
    currency TEXT NOT NULL,
    paid_at BIGINT,
    UNIQUE (merchant_id, merchant_order_id)
);
-- Every delivery, the refused ones too; event_id ("account:id") is set only for the first of its name.
CREATE TABLE webhook_events (
    id {serial},
    account_id TEXT NOT NULL,
    event_id TEXT UNIQUE,
    decision TEXT NOT NULL,
    headers TEXT NOT NULL,
    body {blob} NOT NULL,
    received_at BIGINT NOT NULL
);
CREATE TABLE journal_heads (
    merchant_id TEXT PRIMARY KEY,
    number BIGINT NOT NULL,
    hash TEXT NOT NULL
);
-- hash: SHA-256, in hex, of merchant_id, number, payment_id, amount_minor, currency, event_id, at and prev_hash, a line each.
CREATE TABLE journal (
    merchant_id TEXT NOT NULL,
    number BIGINT NOT NULL,
    payment_id BIGINT NOT NULL,
    amount_minor BIGINT NOT NULL,
    currency TEXT NOT NULL,
    event_id TEXT NOT NULL,
    at BIGINT NOT NULL,
    prev_hash TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (merchant_id, number)
);
CREATE INDEX journal_by_payment ON journal (payment_id);
CREATE TABLE jobs (
    id {serial},
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    once_key TEXT NOT NULL UNIQUE,
    payment_id BIGINT NOT NULL,
    state TEXT NOT NULL,
    run_at BIGINT NOT NULL
);
CREATE INDEX jobs_due ON jobs (run_at, id) WHERE state = 'queued'
