//! What was written in conversations, as words to search by: until now a search read every message there was.

use std::collections::BTreeSet;

use sea_orm_migration::{
    prelude::*,
    sea_orm::{ConnectionTrait, Statement, Value},
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        let backend = db.get_database_backend();
        let mut after = 0_i64;
        loop {
            let page = "SELECT id, merchant_id, customer_id, words FROM messages WHERE id > $1 ORDER BY id LIMIT 500"
                .to_owned();
            let rows = db.query_all_raw(Statement::from_sql_and_values(backend, page, [after.into()])).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = last.try_get("", "id")?;
            for row in &rows {
                let (merchant, customer): (String, String) =
                    (row.try_get("", "merchant_id")?, row.try_get("", "customer_id")?);
                for word in words(&row.try_get::<String>("", "words")?) {
                    let values: [Value; 3] = [merchant.clone().into(), word.into(), customer.clone().into()];
                    let sql = "INSERT INTO search_words (merchant_id, kind, word, id) VALUES ($1, 'said', $2, $3)
                        ON CONFLICT DO NOTHING";
                    db.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
                }
            }
        }
    }
}

/// As words were folded when this step was made.
fn words(text: &str) -> BTreeSet<String> {
    let folded = text.to_lowercase().replace('և', "եւ").replace('ё', "е");
    let all = folded.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    all.map(|word| word.chars().take(40).collect()).collect()
}
