//! One run: each receiver on each database, one after another, under the same load, each on a fresh database.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::Context;
use domain::MerchantId;
use sea_orm::{ConnectionTrait, Database};
use server::db::Db;
use tokio::process::Command;

use crate::{
    drive::{self, CONNECTIONS, Deliveries, Post},
    raw,
    receiver::Receiver,
    table::{Figures, Latency},
    verify::{Tables, verify},
};

/// Payments waiting for their webhook; each is paid once.
const PAYMENTS: usize = 250_000;
const WARM_UP: Duration = Duration::from_secs(2);
const LASTS: Duration = Duration::from_secs(10);
/// Numbers kept for the warm-up, whether used or not.
const WARM: usize = 50_000;
/// Offered a second, for as many seconds.
const RATES: [u32; 2] = [500, 1_000];
const SECONDS: u32 = 10;

/// A fresh database of one kind.
struct Fresh {
    kind: &'static str,
    /// For Khanut and for the checks.
    url: String,
    /// As the peers spell it.
    peer_url: String,
}

pub(crate) async fn all(folder: &Path, postgres: &str, peers: &Path) -> anyhow::Result<()> {
    let node = Some(peers.join("node")).filter(|folder| folder.join("node_modules").is_dir());
    let python = Some(peers.join("python")).filter(|folder| folder.join("venv").is_dir());
    println!("load before: {}", std::fs::read_to_string("/proc/loadavg")?.trim());
    println!("one synced write of 4 KiB: p50 {:.2?} (above 0.5 ms: other programs are at work)", probe(folder)?);
    println!(
        "{CONNECTIONS} connections; {RATES:?}/s offered for {SECONDS} s each, then as many as it takes for {LASTS:?}"
    );
    let mut figures = Vec::new();
    for kind in ["SQLite", "PostgreSQL"] {
        let fresh = |name: &'static str| fresh(kind, folder, postgres, name);
        let database = fresh("khanut").await?;
        let (own, used) = measure("Khanut", khanut(&database.url, PAYMENTS, None)?, &database, Tables::Khanut).await?;
        println!("{kind}:");
        let limit = limit(&database.url, used).await?;
        println!("   raw, the rows of a delivery, groups of {}: {limit:.0} deliveries/s", raw::GROUP);
        println!("   Khanut: {:.0} deliveries/s, {:.0} % of that", own.rate, own.rate / limit * 100.0);
        figures.push(own);
        queued(fresh("queued").await?, folder).await?;
        if let Some(node) = &node {
            let database = fresh("node").await?;
            let mut command = Command::new("node");
            command.arg(node.join("receiver.mjs"));
            figures.push(measure("Node: fastify", peer(command, &database), &database, Tables::Peer).await?.0);
        }
        if let Some(python) = &python {
            let database = fresh("python").await?;
            let mut command = Command::new(python.join("venv/bin/python"));
            command.arg(python.join("receiver.py"));
            figures.push(measure("Python: FastAPI", peer(command, &database), &database, Tables::Peer).await?.0);
        }
    }
    println!("\n{}", crate::table::markdown(&figures));
    Ok(())
}

async fn fresh(kind: &'static str, folder: &Path, postgres: &str, name: &str) -> anyhow::Result<Fresh> {
    if kind == "SQLite" {
        let file = folder.join(format!("{name}.db")).display().to_string();
        return Ok(Fresh { kind, url: format!("sqlite://{file}?mode=rwc"), peer_url: format!("sqlite:{file}") });
    }
    let db = Database::connect(postgres).await?;
    db.execute_unprepared(&format!("CREATE DATABASE bench_{name}")).await?;
    db.close().await?;
    let (server, _) = postgres.rsplit_once('/').context("the address names no database")?;
    let url = format!("{server}/bench_{name}");
    Ok(Fresh { kind, peer_url: url.clone(), url })
}

/// The address of a fresh database of the kind.
pub(crate) async fn fresh_url(kind: &'static str, folder: &Path, postgres: &str, name: &str) -> anyhow::Result<String> {
    Ok(fresh(kind, folder, postgres, name).await?.url)
}

fn khanut(database: &str, payments: usize, notes: Option<&Path>) -> anyhow::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["receive", database, &payments.to_string()]).args(notes);
    Ok(command)
}

fn peer(mut command: Command, database: &Fresh) -> Command {
    command.args(["--db", &database.peer_url, "--payments", &PAYMENTS.to_string()]);
    command
}

/// Warms up, offers, saturates, kills, and asks the database. Also how many payments were touched, at most.
async fn measure(
    name: &'static str,
    command: Command,
    database: &Fresh,
    tables: Tables,
) -> anyhow::Result<(Figures, usize)> {
    let receiver = Receiver::start(command).await?;
    let hook = receiver.hook.clone();
    let mut posts = drive::saturate(Deliveries::sign(&hook, 1..WARM)?, WARM_UP).await?;
    let mut next = WARM;
    let mut offered = Vec::new();
    for rate in RATES {
        let end = next + usize::try_from(rate * SECONDS)?;
        let steady = drive::offer(Deliveries::sign(&hook, next..end)?, rate).await;
        offered.push(Latency::of(&steady));
        posts.extend(steady);
        next = end;
    }
    let deliveries = Deliveries::sign(&hook, next..PAYMENTS + 1)?;
    let (cpu, start) = (receiver.cpu()?, Instant::now());
    let full = drive::saturate(deliveries, LASTS).await?;
    let (cpu, took) = (receiver.cpu()? - cpu, start.elapsed());
    let memory = receiver.memory()?;
    receiver.kill().await?;

    let answered = full.iter().filter(|post| post.acknowledged).count();
    let saturated = Latency::of(&full);
    posts.extend(full);
    let acknowledged: BTreeSet<usize> = posts.iter().filter(|post| post.acknowledged).map(|post| post.number).collect();
    let settled = verify(&database.url, tables, &acknowledged)
        .await
        .with_context(|| format!("{name} on {}: the figures are void", database.kind))?;
    println!(
        "{name} on {}: {} acknowledged, {} not, {settled} in the database once each, journal whole",
        database.kind,
        acknowledged.len(),
        posts.len() - acknowledged.len()
    );
    let last = posts.iter().map(|post| post.number).max().unwrap_or_default();
    let figures = Figures::new(name, database.kind, answered, took, cpu, memory, [offered[0], offered[1], saturated]);
    Ok((figures, last + 1))
}

async fn limit(database: &str, from: usize) -> anyhow::Result<f64> {
    let db = Db::open(database).await?;
    let merchant = raw::text(&db, "SELECT id FROM merchants").await?;
    let merchant = MerchantId::parse(&merchant).map_err(|_| anyhow::anyhow!("{merchant} is no merchant's id"))?;
    raw::plain(&db, &merchant).await?;
    let limit = raw::deliveries(&db, &merchant, from, PAYMENTS).await?;
    db.close().await;
    Ok(limit)
}

/// Only the way from a webhook to its message, on both databases.
pub(crate) async fn queue(folder: &Path, postgres: &str) -> anyhow::Result<()> {
    for kind in ["SQLite", "PostgreSQL"] {
        println!("{kind}:");
        queued(fresh(kind, folder, postgres, "queued").await?, folder).await?;
    }
    Ok(())
}

/// From the sending of a webhook to the hand-over of "you have paid" to the bot, with the workers at work.
async fn queued(database: Fresh, folder: &Path) -> anyhow::Result<()> {
    let [rate, _] = RATES;
    let count = usize::try_from(rate * SECONDS)?;
    let notes = folder.join("notes.txt");
    let receiver = Receiver::start(khanut(&database.url, 4 * count, Some(&notes))?).await?;
    drive::offer(Deliveries::sign(&receiver.hook, 1..count / 5)?, rate).await;
    let cpu = receiver.cpu()?;
    let posts = drive::offer(Deliveries::sign(&receiver.hook, count..2 * count)?, rate).await;
    settle_down(&database.url).await?;
    let cpu = receiver.cpu()? - cpu;
    receiver.end().await?;
    let text = std::fs::read_to_string(notes)?;
    let handed: BTreeMap<usize, u128> = text.lines().filter_map(note).collect();
    let mut times = Vec::new();
    for Post { number, sent_at, .. } in posts.iter().filter(|post| post.acknowledged) {
        let at =
            handed.get(number).with_context(|| format!("the message of payment {number} was never handed over"))?;
        times.push(Duration::from_micros(u64::try_from(at.saturating_sub(*sent_at))?));
    }
    println!("   {rate}/s with the workers at work: webhook sent → committed with its jobs: {}", Latency::of(&posts));
    println!("   … → \"you have paid\" handed to the bot: {} (aim: 10 / 50 ms)", Latency::of_times(times));
    println!("   processor time of an event with both its jobs done: {:?}", cpu / u32::try_from(posts.len())?);
    Ok(())
}

fn note(line: &str) -> Option<(usize, u128)> {
    let (payment, at) = line.split_once(' ')?;
    Some((payment.strip_prefix("pay_")?.parse().ok()?, at.parse().ok()?))
}

const OWED: &str = "FROM jobs WHERE state <> 'done' AND kind IN ('tell_customer', 'fulfil_order')";

/// Waits until nothing is owed any more.
async fn settle_down(database: &str) -> anyhow::Result<()> {
    let db = Db::open(database).await?;
    for _ in 0..240 {
        if raw::text(&db, &format!("SELECT CAST(COUNT(*) AS TEXT) {OWED}")).await? == "0" {
            db.close().await;
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let stands = format!(
        "SELECT kind || ' ' || state || ': ' || CAST(COUNT(*) AS TEXT) || COALESCE(', ' || MAX(last_error), '') {OWED} GROUP BY kind, state"
    );
    anyhow::bail!("the workers did not come to an end: {}", raw::text(&db, &stands).await?)
}

/// The middle of 200 synced writes: how long the disk, and the wait for a processor, take now.
fn probe(folder: &Path) -> anyhow::Result<Duration> {
    let mut file = std::fs::File::create(folder.join("probe"))?;
    let mut times = Vec::new();
    for _ in 0..200 {
        let start = Instant::now();
        file.write_all(&[0; 4_096])?;
        file.sync_data()?;
        times.push(start.elapsed());
    }
    times.sort();
    Ok(times[times.len() / 2])
}
