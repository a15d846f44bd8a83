//! What the database itself promises.

use domain::payment::PaymentStatus;
use server::{fulfilment, journal, links, orders, payments};

use crate::{on_both, stage::Stage};

on_both!(
    every_table_names_its_merchant,
    migrations_are_complete,
    a_commit_means_on_the_disk,
    no_verb_reaches_over_the_wall
);

async fn every_table_names_its_merchant(stage: Stage) {
    use sea_orm::{ConnectionTrait, Statement};
    let db = stage.services.db.read();
    let sql = match db.get_database_backend() {
        sea_orm::DbBackend::Postgres => {
            "SELECT t.table_name FROM information_schema.tables t WHERE t.table_schema = 'public' AND NOT EXISTS (
               SELECT 1 FROM information_schema.columns c WHERE c.table_name = t.table_name AND c.column_name = 'merchant_id')"
        }
        _ => {
            "SELECT m.name FROM sqlite_master m WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND NOT EXISTS (
               SELECT 1 FROM pragma_table_info(m.name) c WHERE c.name = 'merchant_id')"
        }
    };
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap();
    let mut without: Vec<String> = rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect();
    without.sort();
    assert_eq!(
        without,
        ["merchants", "seaql_migrations"],
        "merchants are themselves; the other is the migration tool's"
    );
}

async fn migrations_are_complete(stage: Stage) {
    assert!(stage.services.db.is_migrated().await.unwrap());
    stage.services.db.migrate().await.expect("a second run changes nothing");
}

async fn a_commit_means_on_the_disk(stage: Stage) {
    let wanted = if stage.services.db.is_postgres() { "synchronous_commit on" } else { "wal, synchronous 2" };
    assert_eq!(stage.services.db.durability().await.unwrap(), wanted);
}

async fn no_verb_reaches_over_the_wall(stage: Stage) {
    let payment = stage.begun().await;
    assert_eq!(stage.post_event(&stage.event("evt_1", &payment, "paid")).await, 200);
    assert_eq!(stage.payment(&payment.id).await.status, PaymentStatus::Paid);
    let event = stage.events_of(&payment.id).await.remove(0).id;
    let (db, stranger) = (&stage.services.db, &stage.another_merchant().await);
    let (order, link) = (&payment.order_id, payment.link_id.as_ref().unwrap());
    assert!(payments::get(db, stranger, &payment.id).await.is_err(), "a payment by its id");
    assert!(payments::event(db, stranger, &event).await.is_err(), "a delivery by its id");
    assert!(orders::get(db, stranger, order).await.is_err(), "an order by its id");
    assert!(links::get(db, stranger, link).await.is_err(), "a link by its id");
    assert!(fulfilment::of_order(db, stranger, order).await.is_err(), "what was given");
    assert!(payments::of_order(db, stranger, order).await.unwrap().is_empty());
    assert!(payments::list(db, stranger, &Default::default(), 10).await.unwrap().is_empty());
    assert!(payments::events(db, stranger, &Default::default(), 10).await.unwrap().is_empty());
    assert!(journal::list(db, stranger, &Default::default(), 10).await.unwrap().is_empty());
    assert!(payments::check_for_customer(&stage.services, stranger, &payment.id).await.is_err());
}
