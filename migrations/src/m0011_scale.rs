//! What a large shop needs: an index for every filter of every list, words to search by, openings by the day, and the lists
//! that people keep.

use std::collections::BTreeSet;

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
        run_each(manager, INDEXES).await?;
        // Words are compared byte by byte: so a beginning is a range.
        let bytes = match manager.get_connection().get_database_backend() {
            DbBackend::Postgres => " COLLATE \"C\"",
            _ => "",
        };
        let tables: Vec<String> = TABLES.iter().map(|table| table.replace("{bytes}", bytes)).collect();
        run_each(manager, &tables.iter().map(String::as_str).collect::<Vec<_>>()).await?;
        for (kind, table, id, columns) in KNOWN {
            name(manager, kind, table, id, columns).await?;
        }
        Ok(())
    }
}

/// Each ends in the id that its list is sorted by: a page is read from one place of the index on, wherever it lies.
const INDEXES: &[&str] = &[
    "CREATE INDEX payments_by_status ON payments (merchant_id, status, id)",
    "CREATE INDEX payments_by_account ON payments (merchant_id, account_id, id)",
    "CREATE INDEX payments_by_link ON payments (merchant_id, link_id, id) WHERE link_id IS NOT NULL",
    "CREATE INDEX payments_by_amount ON payments (merchant_id, amount_minor, id)",
    "CREATE INDEX payments_paid ON payments (merchant_id, paid_at, id) WHERE paid_at IS NOT NULL",
    "CREATE INDEX orders_by_status ON orders (merchant_id, status, id)",
    "CREATE INDEX orders_paid ON orders (merchant_id, paid_at, id) WHERE paid_at IS NOT NULL",
    "CREATE INDEX orders_to_review ON orders (merchant_id, id) WHERE needs_review",
    "CREATE INDEX orders_by_person ON orders (merchant_id, telegram_user_id, id) WHERE telegram_user_id IS NOT NULL",
    "CREATE INDEX orders_by_external ON orders (merchant_id, external_order_id, id) WHERE external_order_id IS NOT NULL",
    "DROP INDEX orders_by_link",
    "CREATE INDEX orders_by_link ON orders (link_id, id)",
    "CREATE INDEX order_lines_by_product ON order_lines (product_id, order_id)",
    "CREATE INDEX links_by_kind ON links (merchant_id, kind, id)",
    "CREATE INDEX links_off ON links (merchant_id, id) WHERE NOT active",
    "CREATE INDEX links_by_order ON links (order_id) WHERE order_id IS NOT NULL",
    "CREATE INDEX links_by_external ON links (merchant_id, external_order_id, id) WHERE external_order_id IS NOT NULL",
    "CREATE INDEX customers_blocked ON customers (merchant_id, id) WHERE blocked_at IS NOT NULL",
    "CREATE INDEX refunds_by_status ON refunds (merchant_id, status, id)",
    "CREATE INDEX webhook_events_by_decision ON webhook_events (merchant_id, decision, id)",
    "CREATE INDEX jobs_owed ON jobs (merchant_id, state, id) WHERE state <> 'done'",
    "CREATE INDEX journal_by_kind ON journal (merchant_id, kind, number)",
    // Money alone, with all that its sums need.
    "CREATE INDEX journal_money ON journal (merchant_id, at, kind, currency, amount_minor, payment_id)
     WHERE kind IN ('payment_paid', 'payment_refunded')",
    // Days are added up from the index alone.
    "DROP INDEX journal_by_time",
    "CREATE INDEX journal_by_time ON journal (merchant_id, at, kind, currency, amount_minor)",
];

const TABLES: &[&str] = &[
    // `kind`: the prefix of the id that the word belongs to.
    "CREATE TABLE search_words (
        merchant_id TEXT NOT NULL REFERENCES merchants(id),
        kind TEXT NOT NULL,
        word TEXT{bytes} NOT NULL,
        id TEXT NOT NULL,
        PRIMARY KEY (merchant_id, kind, word, id)
    )",
    "CREATE INDEX search_words_of ON search_words (id)",
    // How often a link was opened on a day of the shop's calendar, counted from the first of 1970.
    "CREATE TABLE link_openings (
        merchant_id TEXT NOT NULL REFERENCES merchants(id),
        day BIGINT NOT NULL,
        link_id TEXT NOT NULL REFERENCES links(id),
        count BIGINT NOT NULL,
        PRIMARY KEY (merchant_id, day, link_id)
    )",
    // A list as a staff member left it; `query` is the list's address after the question mark.
    "CREATE TABLE saved_views (
        id TEXT PRIMARY KEY,
        merchant_id TEXT NOT NULL REFERENCES merchants(id),
        staff_id TEXT NOT NULL REFERENCES staff(id),
        room TEXT NOT NULL,
        name TEXT NOT NULL,
        query TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        UNIQUE (staff_id, room, name)
    )",
    "CREATE INDEX saved_views_of ON saved_views (merchant_id, staff_id, room, id)",
];

/// What could be searched for by name until now: kind, table, its id, and the columns whose words count.
const KNOWN: [(&str, &str, &str, &[&str]); 2] = [
    ("cus", "customers", "id", &["name", "username"]),
    ("lnk", "links", "id", &["label", "title", "code", "external_order_id"]),
];

const PAGE: usize = 500;

/// Writes down the words of all rows that are there.
async fn name(manager: &SchemaManager<'_>, kind: &str, table: &str, id: &str, columns: &[&str]) -> Result<(), DbErr> {
    let db = manager.get_connection();
    let backend = db.get_database_backend();
    let mut after = String::new();
    loop {
        let columns_list = columns.join(", ");
        let page =
            format!("SELECT merchant_id, {id}, {columns_list} FROM {table} WHERE {id} > $1 ORDER BY {id} LIMIT {PAGE}");
        let rows = db.query_all_raw(Statement::from_sql_and_values(backend, page, [after.clone().into()])).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.try_get("", id)?;
        for row in &rows {
            let (merchant, id): (String, String) = (row.try_get("", "merchant_id")?, row.try_get("", id)?);
            let mut all = BTreeSet::new();
            for column in columns {
                all.extend(words(&row.try_get::<Option<String>>("", column)?.unwrap_or_default()));
            }
            for word in all {
                let values: [Value; 4] = [merchant.clone().into(), kind.into(), word.into(), id.clone().into()];
                let sql = "INSERT INTO search_words (merchant_id, kind, word, id) VALUES ($1, $2, $3, $4)";
                db.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
            }
        }
    }
}

/// As words were folded when this step was made.
fn words(text: &str) -> Vec<String> {
    let folded = text.to_lowercase().replace('և', "եւ").replace('ё', "е");
    let all = folded.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    all.map(|word| word.chars().take(40).collect()).collect()
}
