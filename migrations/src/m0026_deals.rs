//! CRMs: a shop's connection to one, and the deals that its orders have there.

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
    // `stages` are chosen after the CRM has told what there is (`offered`): until then nothing is sent.
    "CREATE TABLE crms (
        merchant_id TEXT PRIMARY KEY REFERENCES merchants(id),
        kind TEXT NOT NULL,
        address TEXT NOT NULL,
        secrets TEXT NOT NULL,
        offered {json} NOT NULL,
        stages {json},
        trouble TEXT,
        trouble_words TEXT,
        trouble_at BIGINT,
        created_at BIGINT NOT NULL
    )",
    // One deal for an order: `external_id` is the CRM's own, `put` and `amount_minor` what it was told last.
    "CREATE TABLE deals (
        merchant_id TEXT NOT NULL,
        order_id TEXT NOT NULL,
        state TEXT NOT NULL,
        address TEXT NOT NULL,
        external_id TEXT,
        url TEXT,
        customer_id TEXT,
        contact_id TEXT,
        put TEXT,
        amount_minor BIGINT NOT NULL,
        currency TEXT NOT NULL,
        tries BIGINT NOT NULL,
        sent_at BIGINT,
        problem TEXT,
        problem_words TEXT,
        created_at BIGINT NOT NULL,
        synced_at BIGINT,
        PRIMARY KEY (merchant_id, order_id)
    )",
    "CREATE INDEX deals_waiting ON deals (merchant_id, state, order_id) WHERE state <> 'made'",
    "CREATE INDEX deals_of_customer ON deals (merchant_id, customer_id, order_id) WHERE contact_id IS NOT NULL",
    // 0: nothing owes a deal; 1: what is paid; 2: what is ordered too.
    "ALTER TABLE journal_heads ADD COLUMN deals BIGINT NOT NULL DEFAULT 0",
];
