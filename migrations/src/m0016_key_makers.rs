//! Who made an API key: what it does counts as done by that person where two are needed.

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
    "ALTER TABLE api_keys ADD COLUMN made_by TEXT",
    // Until now only the audit log knows.
    "UPDATE api_keys SET made_by = (SELECT actor FROM audit_log WHERE audit_log.merchant_id = api_keys.merchant_id
        AND audit_log.action = 'api_key_created' AND audit_log.subject = api_keys.id AND audit_log.actor <> 'system' LIMIT 1)",
];
