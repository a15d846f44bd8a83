//! The schema history: one list for SQLite and PostgreSQL.
//!
//! A step, once released, is never edited: a change is a new step. Steps are SQL with a few words that differ by database.

mod m0001_first_sale;
mod m0002_refunds;
mod m0003_ledger;
mod m0004_reconcile;
mod m0005_slots;
mod m0006_delivered;
mod m0007_refunds_explained;
mod m0008_schedules;
mod m0009_people;
mod m0010_messages;
mod m0011_scale;
mod m0012_catalog;
mod m0013_keys;
mod m0014_labels;
mod m0015_trace;
mod m0016_key_makers;
mod m0017_opened;
mod m0018_endpoints;
mod m0019_carts;
mod m0019_handover;
mod m0020_codes;
mod m0021_clubs;
mod m0021_files;
mod m0022_receipts;
mod m0023_staff_telegram;
mod m0025_promos;
mod m0026_deals;
mod m0027_calls;
mod m0027_stars;
mod m0027_steps;
mod m0027_win_back;
mod m0028_lists;
mod m0029_photos;
mod m0030_handled;
mod m0031_said;

pub use sea_orm_migration::prelude::MigratorTrait;
use sea_orm_migration::{
    prelude::*,
    sea_orm::{ConnectionTrait, DbBackend},
};

pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_first_sale::Migration),
            Box::new(m0002_refunds::Migration),
            Box::new(m0003_ledger::Migration),
            Box::new(m0004_reconcile::Migration),
            Box::new(m0005_slots::Migration),
            Box::new(m0006_delivered::Migration),
            Box::new(m0007_refunds_explained::Migration),
            Box::new(m0008_schedules::Migration),
            Box::new(m0009_people::Migration),
            Box::new(m0010_messages::Migration),
            Box::new(m0011_scale::Migration),
            Box::new(m0012_catalog::Migration),
            Box::new(m0013_keys::Migration),
            Box::new(m0014_labels::Migration),
            Box::new(m0015_trace::Migration),
            Box::new(m0016_key_makers::Migration),
            Box::new(m0017_opened::Migration),
            Box::new(m0018_endpoints::Migration),
            Box::new(m0019_carts::Migration),
            Box::new(m0019_handover::Migration),
            Box::new(m0020_codes::Migration),
            Box::new(m0021_clubs::Migration),
            Box::new(m0021_files::Migration),
            Box::new(m0022_receipts::Migration),
            Box::new(m0023_staff_telegram::Migration),
            Box::new(m0025_promos::Migration),
            Box::new(m0026_deals::Migration),
            Box::new(m0027_calls::Migration),
            Box::new(m0027_stars::Migration),
            Box::new(m0027_steps::Migration),
            Box::new(m0027_win_back::Migration),
            Box::new(m0028_lists::Migration),
            Box::new(m0029_photos::Migration),
            Box::new(m0030_handled::Migration),
            Box::new(m0031_said::Migration),
        ]
    }
}

/// Runs SQL written for both databases: `{blob}`, `{json}` and `{serial}` stand for the types that are named differently.
async fn run(manager: &SchemaManager<'_>, sql: &str) -> Result<(), DbErr> {
    let db = manager.get_connection();
    let (blob, json, serial) = match db.get_database_backend() {
        DbBackend::Postgres => ("BYTEA", "JSONB", "BIGSERIAL PRIMARY KEY"),
        _ => ("BLOB", "TEXT", "INTEGER PRIMARY KEY AUTOINCREMENT"),
    };
    let sql = sql.replace("{blob}", blob).replace("{json}", json).replace("{serial}", serial);
    db.execute_unprepared(&sql).await?;
    Ok(())
}

async fn run_each(manager: &SchemaManager<'_>, statements: &[&str]) -> Result<(), DbErr> {
    for statement in statements {
        run(manager, statement).await?;
    }
    Ok(())
}
