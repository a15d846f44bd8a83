//! A thousand bots in one program: how many updates a second are durable, and how soon they are answered.
//!
//! The program serves the real webhook of bots and, in the second part, runs the real workers; a Bot API that answers at once
//! stands beside the generator, on the same processors. Every acknowledged update must stand in the database afterwards,
//! once, with its job.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, ensure};
use axum::{Json, Router, extract::State, serve::ListenerExt};
use domain::{
    BotId, Localized,
    role::{Actor, Permission},
};
use sea_orm::{ConnectionTrait, Database, Statement};
use serde_json::{Value, json};
use server::{bots, catalog, jobs::Workers, services::Services};
use tokio::{io::AsyncReadExt, net::TcpListener, process::Command};
use tokio_util::sync::CancellationToken;

use crate::{
    drive::{self, CONNECTIONS, Deliveries, Post},
    raw,
    receiver::Receiver,
    shop,
    table::Latency,
};

const BOTS: usize = 1_000;
/// Written ahead for the saturated part; used up faster than this, the figures would be void.
const UPDATES: usize = 250_000;
const LASTS: Duration = Duration::from_secs(10);
/// Offered a second with the workers at work, for as many seconds.
const RATE: u32 = 200;
const SECONDS: u32 = 10;
/// The first chat: each update is written in one of its own.
const CHATS: usize = 10_000_000;

/// Serves until its input ends: a shop with a product for each bot. The bots' ids and secrets go to `list`.
pub(crate) async fn receive(database: &str, telegram: &str, list: &Path, works: bool) -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let services = shop::services(database, &format!("http://{address}"), telegram).await?;
    std::fs::write(list, open_shops(&services).await?.join("\n"))?;
    let listener = listener.tap_io(|socket| {
        let _ = socket.set_nodelay(true);
    });
    let app = Router::new().merge(bot::routes(services.clone()));
    tokio::spawn(async move { axum::serve(listener, app).await });
    if works {
        let workers = Workers::new(services.db.clone(), services.clock.clone(), services.beat.clone());
        tokio::spawn(bot::jobs(workers, services.clone()).run(CancellationToken::new()));
    }
    println!("ready {address}");
    tokio::io::stdin().read_to_end(&mut Vec::new()).await?;
    Ok(())
}

/// Their webhooks' paths and secrets.
async fn open_shops(services: &Services) -> anyhow::Result<Vec<String>> {
    let actor = Actor::ApiKey { id: services.clock.id(), permissions: Permission::ALL.to_vec() };
    let mut list = Vec::with_capacity(BOTS);
    for n in 0..BOTS {
        let merchant = shop::make(services, &format!("Shop {n}")).await?;
        let input = catalog::ProductInput {
            kind: domain::product::ProductKind::Service,
            name: Localized::same("Tasting"),
            text: Localized::default(),
            category: None,
            sku: None,
            delivery: Localized::same("Welcome"),
            price_minor: Some(500_000),
            compare_at_minor: None,
            donation: None,
            stock: None,
            digital_goods: false,
            visible: true,
        };
        catalog::create(services, &actor, &merchant, input).await?;
        let id: BotId = services.clock.id();
        bots::add(services, &merchant, id.clone(), &format!("shop_{n}_bot"), "Shop", &format!("{}:bench", 1_000 + n))
            .await?;
        let bot = bots::get(services, &id).await?;
        list.push(format!("/hooks/telegram/{id} {}", bot.webhook_secret));
    }
    Ok(list)
}

pub(crate) async fn all(folder: &Path, postgres: &str) -> anyhow::Result<()> {
    println!("load before: {}", std::fs::read_to_string("/proc/loadavg")?.trim());
    println!("{BOTS} bots, mixed updates, {CONNECTIONS} connections");
    for kind in ["SQLite", "PostgreSQL"] {
        println!("{kind}:");
        durable(&crate::run::fresh_url(kind, folder, postgres, "updates").await?, folder).await?;
        answered(&crate::run::fresh_url(kind, folder, postgres, "answers").await?, folder).await?;
    }
    Ok(())
}

/// As many as it takes; then killed, and the database is asked.
async fn durable(database: &str, folder: &Path) -> anyhow::Result<()> {
    let (receiver, bots) = start(database, "http://127.0.0.1:9", folder, false).await?;
    let warm = drive::saturate(updates(&receiver.hook, &bots, 0, UPDATES / 5), LASTS / 5).await?;
    let deliveries = updates(&receiver.hook, &bots, UPDATES / 5, UPDATES);
    let (cpu, start) = (receiver.cpu()?, std::time::Instant::now());
    let posts = drive::saturate(deliveries, LASTS).await?;
    let (cpu, took) = (receiver.cpu()? - cpu, start.elapsed());
    let memory = receiver.memory()?;
    receiver.kill().await?;
    let answered = posts.iter().filter(|post| post.acknowledged).count();
    ensure!(answered > 0, "nothing was acknowledged");
    let acknowledged = warm.iter().chain(&posts).filter(|post| post.acknowledged).map(|post| post.number);
    let kept = kept(database).await?;
    let lost = acknowledged.filter(|number| !kept.contains(number)).count();
    ensure!(lost == 0, "{lost} acknowledged updates are lost");
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = answered as f64 / took.as_secs_f64();
    let each = cpu / u32::try_from(answered)?;
    println!(
        "   durable: {rate:.0} updates/s (aim 3,000), {} at full load, {each:?} of processor time each",
        Latency::of(&posts)
    );
    println!("   memory: {memory} MiB (aim 200)");
    Ok(())
}

/// Updates that stand in the database with their job; every one has exactly one.
async fn kept(database: &str) -> anyhow::Result<BTreeSet<usize>> {
    let db = Database::connect(database).await?;
    let sql = "SELECT u.update_id AS id FROM telegram_updates u ORDER BY u.update_id";
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await?;
    let numbers = rows.iter().map(|row| Ok(usize::try_from(row.try_get::<i64>("", "id")?)?));
    let kept = numbers.collect::<anyhow::Result<BTreeSet<_>>>()?;
    let jobs = db.query_one_raw(Statement::from_string(
        db.get_database_backend(),
        "SELECT CAST(COUNT(*) AS BIGINT) AS jobs FROM jobs WHERE kind = 'handle_update'",
    ));
    let jobs: i64 = jobs.await?.context("a count has a row")?.try_get("", "jobs")?;
    db.close().await?;
    ensure!(usize::try_from(jobs)? == kept.len() && rows.len() == kept.len(), "updates and their jobs differ");
    Ok(kept)
}

/// From the sending of an update to the arrival of the bot's answer, with the workers at work.
async fn answered(database: &str, folder: &Path) -> anyhow::Result<()> {
    let told = Told::default();
    let telegram = told.serve().await?;
    let (receiver, bots) = start(database, &telegram, folder, true).await?;
    let count = usize::try_from(RATE * SECONDS)?;
    drive::offer(updates(&receiver.hook, &bots, 0, count / 5), RATE).await;
    let cpu = receiver.cpu()?;
    let posts = drive::offer(updates(&receiver.hook, &bots, count, 2 * count), RATE).await;
    settle_down(database).await?;
    let (cpu, memory) = (receiver.cpu()? - cpu, receiver.memory()?);
    receiver.kill().await?;
    let told = told.0.lock().unwrap_or_else(PoisonError::into_inner);
    let mut times = Vec::new();
    for Post { number, sent_at, .. } in posts.iter().filter(|post| post.acknowledged) {
        let at = told.get(&(CHATS + number)).with_context(|| format!("update {number} was never answered"))?;
        times.push(Duration::from_micros(u64::try_from(at.saturating_sub(*sent_at))?));
    }
    println!("   {RATE}/s with the workers at work: update sent → durable: {}", Latency::of(&posts));
    println!("   … → answered at the Bot API: {}", Latency::of_times(times));
    println!("   {:?} of processor time each, handled; memory {memory} MiB", cpu / u32::try_from(posts.len())?);
    Ok(())
}

async fn settle_down(database: &str) -> anyhow::Result<()> {
    let db = server::db::Db::open(database).await?;
    let sql = "SELECT CAST(COUNT(*) AS TEXT) FROM jobs WHERE kind = 'handle_update' AND state <> 'done'";
    for _ in 0..240 {
        if raw::text(&db, sql).await? == "0" {
            db.close().await;
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    anyhow::bail!("the workers did not come to an end: {} are left", raw::text(&db, sql).await?)
}

async fn start(database: &str, telegram: &str, folder: &Path, works: bool) -> anyhow::Result<(Receiver, Vec<String>)> {
    let list = folder.join("bots.txt");
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["bots-receive", database, telegram]).arg(&list).arg(if works { "works" } else { "keeps" });
    let receiver = Receiver::start(command).await?;
    let bots = std::fs::read_to_string(list)?.lines().map(str::to_owned).collect();
    Ok((receiver, bots))
}

/// Numbered updates, each to the next bot, each in a chat of its own.
fn updates(address: &str, bots: &[String], from: usize, until: usize) -> Deliveries {
    let request = |number: usize| {
        let (path, secret) = bots[number % bots.len()].split_once(' ').unwrap_or_default();
        let body = body(number).to_string();
        format!(
            "POST {path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
             x-telegram-bot-api-secret-token: {secret}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
    };
    Deliveries::of(address, from, (from..until).map(request).collect())
}

/// What people send, by turns: commands, a word to the shop, an old button.
fn body(number: usize) -> Value {
    let person = CHATS + number;
    let from = json!({ "id": person, "is_bot": false, "first_name": "Ani", "username": format!("ani{number}"), "language_code": "hy" });
    let chat = json!({ "id": person, "type": "private", "first_name": "Ani" });
    let said = |text: &str| {
        let mut message = json!({ "message_id": 1, "date": 1_795_000_000, "from": from, "chat": chat, "text": text });
        if text.starts_with('/') {
            message["entities"] = json!([{ "type": "bot_command", "offset": 0, "length": text.len() }]);
        }
        json!({ "update_id": number, "message": message })
    };
    match number % 5 {
        0 => said("/start"),
        1 => said("/catalog"),
        2 => said("/orders"),
        3 => said("Is it open today?"),
        _ => json!({ "update_id": number, "callback_query": {
            "id": number.to_string(), "from": from, "chat_instance": "1", "data": "x",
            "message": { "message_id": 1, "date": 1_795_000_000, "chat": chat, "text": "Cart" },
        } }),
    }
}

/// When the first answer came to each chat, microseconds of the wall clock.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<BTreeMap<usize, u128>>>);

impl Told {
    /// A Bot API that takes everything; its address.
    async fn serve(&self) -> anyhow::Result<String> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = format!("http://{}", listener.local_addr()?);
        let app = Router::new().fallback(take).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Ok(address)
    }
}

async fn take(State(told): State<Told>, body: String) -> Json<Value> {
    let at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros();
    let sent: Value = serde_json::from_str(&body).unwrap_or_default();
    let Some(chat) = sent.get("chat_id").and_then(|id| id.as_u64().or_else(|| id.as_str()?.parse().ok())) else {
        return Json(json!({ "ok": true, "result": true }));
    };
    if let Ok(person) = usize::try_from(chat) {
        told.0.lock().unwrap_or_else(PoisonError::into_inner).entry(person).or_insert(at);
    }
    let result = json!({
        "message_id": 2, "date": 1_795_000_000, "chat": { "id": chat, "type": "private", "first_name": "Ani" }, "text": sent.get("text"),
    });
    Json(json!({ "ok": true, "result": result }))
}
