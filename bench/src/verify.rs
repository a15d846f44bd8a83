//! After the load: is every acknowledged delivery in the database exactly once, with its payment, journal entry and jobs?

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, ensure};
use domain::MerchantId;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, Statement};
use server::{db::Db, journal};
use sha2::{Digest, Sha256};

/// Whose tables these are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tables {
    Khanut,
    Peer,
}

/// How many deliveries are settled.
///
/// # Errors
/// When one acknowledged delivery is missing or there twice, or the journal's chain is broken.
pub(crate) async fn verify(database: &str, tables: Tables, acknowledged: &BTreeSet<usize>) -> anyhow::Result<usize> {
    let db = Database::connect(database).await?;
    let events = numbers(&db, tables.events(), "evt_").await?;
    let paid = numbers(&db, "SELECT merchant_order_id FROM payments WHERE status = 'paid'", "B").await?;
    let entries = numbers(&db, tables.entries(), "B").await?;
    ensure!(
        events.values().chain(paid.values()).chain(entries.values()).all(|count| *count == 1),
        "something is there twice"
    );
    let settled: BTreeSet<usize> = events.into_keys().collect();
    ensure!(
        acknowledged.is_subset(&settled),
        "{} acknowledged deliveries are lost",
        acknowledged.difference(&settled).count()
    );
    ensure!(paid.into_keys().eq(settled.iter().copied()), "payments and deliveries differ");
    ensure!(entries.into_keys().eq(settled.iter().copied()), "journal and deliveries differ");
    for kind in ["tell_customer", "fulfil_order"] {
        let of_kind = format!(
            "SELECT p.merchant_order_id FROM jobs j JOIN payments p ON p.id = j.payment_id WHERE j.kind = '{kind}'"
        );
        let jobs = numbers(&db, &of_kind, "B").await?;
        ensure!(
            jobs.values().all(|count| *count == 1) && jobs.into_keys().eq(settled.iter().copied()),
            "jobs {kind} differ"
        );
    }
    match tables {
        Tables::Khanut => whole_journal(database, &db).await?,
        Tables::Peer => whole_chain(&db).await?,
    }
    db.close().await?;
    Ok(settled.len())
}

impl Tables {
    const fn events(self) -> &'static str {
        match self {
            Self::Khanut => "SELECT external_id FROM webhook_events WHERE decision = 'applied'",
            Self::Peer => "SELECT event_id FROM webhook_events WHERE decision = 'applied'",
        }
    }

    const fn entries(self) -> &'static str {
        match self {
            Self::Khanut => {
                "SELECT p.merchant_order_id FROM journal j JOIN payments p ON p.id = j.payment_id WHERE j.kind = 'payment_paid'"
            }
            Self::Peer => "SELECT p.merchant_order_id FROM journal j JOIN payments p ON p.id = j.payment_id",
        }
    }
}

/// How often each number stands behind `prefix` in the rows of `sql`.
async fn numbers(db: &DatabaseConnection, sql: &str, prefix: &str) -> anyhow::Result<BTreeMap<usize, u32>> {
    let mut found = BTreeMap::new();
    for row in db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await? {
        let name: String = row.try_get_by_index(0)?;
        let number = name.rsplit_once(prefix).and_then(|(_, number)| number.parse().ok());
        *found.entry(number.with_context(|| format!("{name} is none of ours"))?).or_default() += 1;
    }
    Ok(found)
}

async fn whole_journal(database: &str, db: &DatabaseConnection) -> anyhow::Result<()> {
    let merchant: String = one(db, "SELECT id FROM merchants").await?;
    let merchant = MerchantId::parse(&merchant).map_err(|_| anyhow::anyhow!("{merchant} is no merchant's id"))?;
    let ours = Db::open(database).await?;
    let verdict = journal::verify(&ours, &merchant).await?;
    ours.close().await;
    ensure!(matches!(verdict, journal::Verdict::Whole { .. }), "the journal is broken: {verdict:?}");
    Ok(())
}

/// The peers' chain: see `peers/schema.sql` for what is hashed.
async fn whole_chain(db: &DatabaseConnection) -> anyhow::Result<()> {
    let sql = "SELECT merchant_id, number, payment_id, amount_minor, currency, event_id, at, prev_hash, hash FROM journal ORDER BY number";
    let (mut last, mut before) = (0_i64, domain::journal::GENESIS.to_owned());
    for row in db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await? {
        let text = |n: usize| row.try_get_by_index::<String>(n);
        let int = |n: usize| row.try_get_by_index::<i64>(n);
        let [merchant, currency, event, prev, hash] = [text(0)?, text(4)?, text(5)?, text(7)?, text(8)?];
        let [number, payment, amount, at] = [int(1)?, int(2)?, int(3)?, int(6)?];
        ensure!(number == last + 1 && prev == before, "the chain is broken at entry {number}");
        let hashed = format!("{merchant}\n{number}\n{payment}\n{amount}\n{currency}\n{event}\n{at}\n{prev}");
        let right: String = Sha256::digest(hashed).iter().map(|byte| format!("{byte:02x}")).collect();
        ensure!(hash == right, "entry {number} does not have its hash");
        (last, before) = (number, hash);
    }
    let head: String = one(db, "SELECT hash FROM journal_heads").await?;
    ensure!(head == before, "the head is not the last entry");
    Ok(())
}

async fn one(db: &DatabaseConnection, sql: &str) -> anyhow::Result<String> {
    let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await?;
    Ok(row.context("no row")?.try_get_by_index(0)?)
}
