//! The benchmark of durable webhooks: the real receiver over HTTP, beside the raw group-commit rate of the same database
//! in the same run. `bench DATABASE_URL FOLDER`; `scripts/bench` gives both databases.

mod load;
mod raw;
mod shop;

use std::{path::PathBuf, process::Stdio, time::Duration};

use anyhow::Context;
use axum::{Router, serve::ListenerExt};
use server::payments;
use tokio::net::TcpListener;

/// Payments waiting for their webhook; each is paid once.
const PAYMENTS: usize = 250_000;
/// Connections and seconds of the generator.
const CONNECTIONS: u32 = 128;
const SECONDS: u32 = 10;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["offer", base, file, from, rate, seconds] => {
            load::offer(base, file, from.parse()?, rate.parse()?, seconds.parse()?).await
        }
        [database, folder] => measure(database, PathBuf::from(folder)).await,
        _ => anyhow::bail!("bench DATABASE_URL FOLDER"),
    }
}

async fn measure(database: &str, folder: PathBuf) -> anyhow::Result<()> {
    std::fs::create_dir_all(&folder)?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let base = format!("http://{}", listener.local_addr()?);
    let shop = shop::open(database, &base, PAYMENTS).await?;
    let file = folder.join("deliveries.tsv");
    shop.write_deliveries(&file, PAYMENTS)?;
    let app = Router::new().merge(payments::hook_routes(shop.services.clone()));
    let listener = listener.tap_io(|socket| {
        let _ = socket.set_nodelay(true);
    });
    tokio::spawn(async move { axum::serve(listener, app).await });

    let name = if database.starts_with("sqlite") {
        "SQLite, WAL, synchronous FULL"
    } else {
        "PostgreSQL, synchronous_commit on"
    };
    println!("\n== {name}");
    println!("load before: {}", std::fs::read_to_string("/proc/loadavg")?.trim());
    let used = saturate(&shop, &file, &folder).await?;
    steady(&base, &shop, &file, used).await?;
    raw::measure(&shop.services.db, &shop.merchant).await?;
    Ok(())
}

/// As many as it takes, from wrk, each a payment of its own: stored, verified, settled, journaled, jobs promised.
async fn saturate(shop: &shop::Shop, file: &std::path::Path, folder: &std::path::Path) -> anyhow::Result<usize> {
    let script = folder.join("deliveries.lua");
    std::fs::write(&script, load::LUA)?;
    let output = tokio::process::Command::new("wrk")
        .args(["-t1", &format!("-c{CONNECTIONS}"), &format!("-d{SECONDS}s"), "--latency", "-s"])
        .arg(&script)
        .arg(&shop.hook)
        .env("DELIVERIES", file)
        .stderr(Stdio::inherit())
        .output()
        .await
        .context("wrk is missing")?;
    let text = String::from_utf8_lossy(&output.stdout);
    println!("-- wrk, {CONNECTIONS} connections, {SECONDS} s, one paid webhook for each payment");
    for line in
        text.lines().filter(|line| ["50%", "99%", "Requests/sec", "Non-2xx"].iter().any(|word| line.contains(word)))
    {
        println!("   {}", line.trim());
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let paid = shop.count("SELECT CAST(COUNT(*) AS BIGINT) FROM payments WHERE status = 'paid'").await?;
    let events = shop.count("SELECT CAST(COUNT(*) AS BIGINT) FROM webhook_events").await?;
    println!("   payments paid: {paid}; deliveries stored: {events}; journal and jobs committed with them");
    Ok(usize::try_from(events)? + usize::try_from(CONNECTIONS)?)
}

/// 1,000 a second, offered at fixed times whatever the answers do: latencies count from the intended moment.
async fn steady(base: &str, shop: &shop::Shop, file: &std::path::Path, used: usize) -> anyhow::Result<()> {
    let from = used.min(PAYMENTS.saturating_sub(12_000)).to_string();
    let status = tokio::process::Command::new(std::env::current_exe()?)
        .args(["offer", &shop.hook])
        .arg(file)
        .args([&from, "1000", "10"])
        .status()
        .await?;
    anyhow::ensure!(status.success(), "the generator failed against {base}");
    Ok(())
}
