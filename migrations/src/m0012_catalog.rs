//! The shelf: categories in their own order, variants, questions and their answers, the shop's own codes, small pictures;
//! and links that were made together.

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

/// One statement each: SQLite adds one column at a time.
const STEPS: &[&str] = &[
    "CREATE TABLE categories (
        id TEXT PRIMARY KEY,
        merchant_id TEXT NOT NULL REFERENCES merchants(id),
        name {json} NOT NULL,
        position BIGINT NOT NULL
    )",
    "CREATE INDEX categories_by_merchant ON categories (merchant_id, position, id)",
    "ALTER TABLE products ADD COLUMN category_id TEXT REFERENCES categories(id)",
    // What was a word on each product becomes a category of its own, named by its first product.
    "INSERT INTO categories (id, merchant_id, name, position)
        SELECT 'cat_' || substr(MIN(id), 5), merchant_id, category, MIN(position) FROM products
        WHERE category ->> 'hy' <> '' OR category ->> 'ru' <> '' OR category ->> 'en' <> ''
        GROUP BY merchant_id, category",
    "UPDATE products SET category_id = (
        SELECT categories.id FROM categories
        WHERE categories.merchant_id = products.merchant_id AND categories.name = products.category
    )",
    "ALTER TABLE products DROP COLUMN category",
    "CREATE INDEX products_by_category ON products (merchant_id, category_id, position, id)",
    "ALTER TABLE products ADD COLUMN sku TEXT",
    "CREATE UNIQUE INDEX products_by_sku ON products (merchant_id, sku) WHERE sku IS NOT NULL",
    "CREATE TABLE variants (
        id TEXT PRIMARY KEY,
        merchant_id TEXT NOT NULL REFERENCES merchants(id),
        product_id TEXT NOT NULL REFERENCES products(id),
        name {json} NOT NULL,
        price_minor BIGINT NOT NULL CHECK (price_minor > 0),
        compare_at_minor BIGINT,
        stock BIGINT CHECK (stock >= 0),
        hidden BOOLEAN NOT NULL,
        position BIGINT NOT NULL
    )",
    "CREATE INDEX variants_by_product ON variants (product_id, position, id)",
    "ALTER TABLE order_lines ADD COLUMN variant_id TEXT REFERENCES variants(id)",
    "CREATE INDEX order_lines_by_variant ON order_lines (variant_id) WHERE variant_id IS NOT NULL",
    "CREATE TABLE questions (
        id TEXT PRIMARY KEY,
        merchant_id TEXT NOT NULL REFERENCES merchants(id),
        product_id TEXT NOT NULL REFERENCES products(id),
        kind TEXT NOT NULL,
        words {json} NOT NULL,
        choices {json} NOT NULL,
        required BOOLEAN NOT NULL,
        position BIGINT NOT NULL
    )",
    "CREATE INDEX questions_by_product ON questions (product_id, position, id)",
    // The question stands beside the answer: what was asked is known even when it is asked no more.
    "CREATE TABLE answers (
        order_id TEXT NOT NULL REFERENCES orders(id),
        position INTEGER NOT NULL,
        merchant_id TEXT NOT NULL REFERENCES merchants(id),
        line INTEGER NOT NULL,
        question {json} NOT NULL,
        answer {json} NOT NULL,
        PRIMARY KEY (order_id, position)
    )",
    // The file that a link was made of together with others.
    "ALTER TABLE links ADD COLUMN batch_id TEXT REFERENCES files(id)",
    "CREATE INDEX links_by_batch ON links (batch_id) WHERE batch_id IS NOT NULL",
    "CREATE TABLE smaller_files (
        file_id TEXT PRIMARY KEY REFERENCES files(id),
        merchant_id TEXT NOT NULL REFERENCES merchants(id),
        media_type TEXT NOT NULL,
        body {blob} NOT NULL
    )",
];
