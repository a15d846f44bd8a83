//! What staff look for and could not find: the audit log by person, action and object, look-ups that changed nothing, when
//! a link was opened, by which phone and mail a customer is known; and when the shop is open, in which languages.

use sea_orm_migration::{
    prelude::*,
    sea_orm::{ConnectionTrait, DbBackend, Statement, Value},
};

use crate::run_each;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Contacts are compared byte by byte: so a beginning is a range.
        let bytes = match manager.get_connection().get_database_backend() {
            DbBackend::Postgres => " COLLATE \"C\"",
            _ => "",
        };
        let steps: Vec<String> = STEPS.iter().map(|step| step.replace("{bytes}", bytes)).collect();
        run_each(manager, &steps.iter().map(String::as_str).collect::<Vec<_>>()).await?;
        know_contacts(manager).await
    }
}

const STEPS: &[&str] = &[
    "CREATE INDEX audit_by_subject ON audit_log (merchant_id, subject, id)",
    "CREATE INDEX audit_by_actor ON audit_log (merchant_id, actor, id)",
    "CREATE INDEX audit_by_action ON audit_log (merchant_id, action, id)",
    // Look-ups that said nothing new, counted by who asked and what was said.
    "CREATE TABLE look_ups (
        payment_id TEXT NOT NULL REFERENCES payments(id),
        asked_by TEXT NOT NULL,
        outcome TEXT NOT NULL,
        word TEXT NOT NULL,
        merchant_id TEXT NOT NULL REFERENCES merchants(id),
        count BIGINT NOT NULL,
        first_at BIGINT NOT NULL,
        last_at BIGINT NOT NULL,
        PRIMARY KEY (payment_id, asked_by, outcome, word)
    )",
    "ALTER TABLE link_openings ADD COLUMN first_at BIGINT",
    "ALTER TABLE link_openings ADD COLUMN last_at BIGINT",
    // `key` is what is searched for: the last digits of a phone, an address in small letters.
    "CREATE TABLE contacts (
        merchant_id TEXT NOT NULL REFERENCES merchants(id),
        key TEXT{bytes} NOT NULL,
        kind TEXT NOT NULL,
        value TEXT NOT NULL,
        order_id TEXT REFERENCES orders(id),
        customer_id TEXT REFERENCES customers(id),
        source TEXT NOT NULL,
        at BIGINT NOT NULL,
        PRIMARY KEY (merchant_id, key, source)
    )",
    "CREATE INDEX contacts_of ON contacts (customer_id, at) WHERE customer_id IS NOT NULL",
    "ALTER TABLE merchants ADD COLUMN hours TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE merchants ADD COLUMN languages TEXT NOT NULL DEFAULT 'hy,ru,en'",
];

const PAGE: usize = 500;

/// Answers given until now that are a phone or an address.
async fn know_contacts(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let db = manager.get_connection();
    let backend = db.get_database_backend();
    let (mut order, mut position) = (String::new(), -1);
    loop {
        let page = format!(
            "SELECT a.order_id, a.position, a.merchant_id, CAST(a.answer AS TEXT) AS answer, o.customer_id, o.created_at
            FROM answers a JOIN orders o ON o.id = a.order_id
            WHERE a.order_id > $1 OR (a.order_id = $1 AND a.position > $2)
            ORDER BY a.order_id, a.position LIMIT {PAGE}"
        );
        let values = [order.clone().into(), position.into()];
        let rows = db.query_all_raw(Statement::from_sql_and_values(backend, page, values)).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        (order, position) = (last.try_get("", "order_id")?, last.try_get::<i32>("", "position")?);
        for row in &rows {
            let text: String = row.try_get("", "answer")?;
            let Some((kind, value, key)) = contact(&text) else { continue };
            let id: String = row.try_get("", "order_id")?;
            let values: [Value; 7] = [
                row.try_get::<String>("", "merchant_id")?.into(),
                key.into(),
                kind.into(),
                value.into(),
                id.into(),
                row.try_get::<Option<String>>("", "customer_id")?.into(),
                row.try_get::<i64>("", "created_at")?.into(),
            ];
            let sql = "INSERT INTO contacts (merchant_id, key, kind, value, order_id, customer_id, source, at)
                VALUES ($1, $2, $3, $4, $5, $6, $5, $7) ON CONFLICT DO NOTHING";
            db.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
        }
    }
}

/// As contacts were known when this step was made. `text` is the answer as JSON, the same words in all languages.
fn contact(text: &str) -> Option<(&'static str, String, String)> {
    let value = text.split("\"hy\"").nth(1)?.split('"').nth(1)?.to_owned();
    if value.contains('@') && value.contains('.') && !value.contains(char::is_whitespace) {
        return Some(("email", value.clone(), value.to_lowercase()));
    }
    let digits = value.strip_prefix('+').unwrap_or(&value);
    let fits = (8..=15).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit());
    let local = digits.strip_prefix("374").or_else(|| digits.strip_prefix('0')).unwrap_or(digits).to_owned();
    fits.then_some(("phone", value, local))
}
