//! The dashboard of a shop with 100,000 orders: every list, filter and search on its first, middle and last page; and how
//! many times a second the page of payments is drawn, beside the same bytes served from memory.
//!
//! The program is the release itself, filled by `khanut seed` and signed in to as a person would; the generator stands
//! beside it on the same processors.

use std::{
    path::Path,
    process::Stdio,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use axum::{Router, response::Html, routing::get};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, Statement};
use tokio::{
    io::AsyncWriteExt,
    net::TcpListener,
    process::{Child, Command},
    task::JoinSet,
};

use crate::{drive::Line, table::Latency};

const EMAIL: &str = "owner@bench.am";
const PASSWORD: &str = "bench-bench-bench";
/// Of each page.
const TIMES: usize = 40;
const ALONE: Duration = Duration::from_millis(25);
const CONNECTIONS: usize = 25;
const LASTS: Duration = Duration::from_secs(10);

/// Lists: their address, the table whose ids page them, and the filters worth a look.
const LISTS: &[(&str, &str, &[&str])] = &[
    (
        "/payments",
        "payments",
        &[
            "",
            "status=paid",
            "status=waiting",
            "status=failed",
            "status=expired",
            "status=refunded",
            "status=review",
            "status=received&from=2026-01-01&until=2026-12-31",
            "link=single",
            "q=2100",
            "q=4500",
            "q=%D4%B1%D5%B6",
            "q=%D5%8D%D5%A1%D6%80%D5%A3%D5%BD%D5%B5%D5%A1%D5%B6",
            "q=nothing",
        ],
    ),
    (
        "/orders",
        "orders",
        &[
            "",
            "status=fulfilled",
            "status=expired",
            "status=failed",
            "status=refunded",
            "status=review",
            "stage=checkout",
            "stage=sold&from=2026-01-01&until=2026-12-31",
            "q=2100",
            "q=%D4%B1%D5%B6",
            "q=nothing",
        ],
    ),
    ("/customers", "customers", &["", "shelf=blocked", "q=%D4%B1%D5%B6", "q=nothing"]),
    ("/links", "links", &["", "shelf=dynamic", "shelf=all", "shelf=off", "q=instagram", "q=17"]),
    ("/refunds", "refunds", &["", "shelf=open", "shelf=succeeded", "shelf=failed"]),
    ("/webhooks", "webhook_events", &["", "decision=duplicate", "decision=mismatch", "decision=bad_signature"]),
    ("/jobs", "jobs", &["", "shelf=queued", "shelf=done", "shelf=all"]),
    ("/audit", "audit_log", &[""]),
];
/// Rooms without pages.
const ROOMS: &[&str] =
    &["/", "/?period=30", "/?period=month", "/products", "/products?q=%D5%BD", "/review", "/days", "/reconcile"];

pub(crate) async fn all(folder: &Path, postgres: &str, khanut: &Path) -> anyhow::Result<()> {
    let db = Database::connect(postgres).await?;
    db.execute_unprepared("CREATE DATABASE bench_pages").await?;
    db.close().await?;
    let (server, _) = postgres.rsplit_once('/').context("the address names no database")?;
    let sqlite = format!("sqlite://{}", folder.join("pages.db").display());
    for (kind, url) in [("SQLite", sqlite), ("PostgreSQL", format!("{server}/bench_pages"))] {
        let program = Program { khanut, folder, database: url };
        let start = Instant::now();
        program.run(&["migrate"], None).await?;
        program.run(&["seed", "--email", EMAIL], Some(PASSWORD)).await?;
        println!("\n{kind}: 100,000 orders and 1,000,000 journal entries written in {:.0?}", start.elapsed());
        let verify = Instant::now();
        program.run(&["journal", "verify"], None).await?;
        println!("the journal is whole, proven in {:.0?}", verify.elapsed());
        let mut running = program.serve().await?;
        let visitor = Visitor::sign_in(&running.address).await?;
        walk(&visitor, &Database::connect(&program.database).await?, kind).await?;
        draw(&visitor, &Database::connect(&program.database).await?, kind).await?;
        running.child.kill().await?;
    }
    Ok(())
}

struct Program<'a> {
    khanut: &'a Path,
    folder: &'a Path,
    database: String,
}

struct Running {
    child: Child,
    address: String,
}

impl Program<'_> {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.khanut);
        command
            .args(arguments)
            .env("KHANUT_DATABASE_URL", &self.database)
            .env("KHANUT_DATA_DIR", self.folder)
            .env("KHANUT_PUBLIC_URL", "https://shop.example.am")
            .env("KHANUT_MASTER_KEY", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")
            .env("KHANUT_LOG", "error")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .kill_on_drop(true);
        command
    }

    async fn run(&self, arguments: &[&str], input: Option<&str>) -> anyhow::Result<()> {
        let mut child = self.command(arguments).spawn().context("khanut cannot be started")?;
        let mut stdin = child.stdin.take().context("no input")?;
        stdin.write_all(input.unwrap_or_default().as_bytes()).await?;
        drop(stdin);
        ensure!(child.wait().await?.success(), "khanut {} failed", arguments.join(" "));
        Ok(())
    }

    async fn serve(&self) -> anyhow::Result<Running> {
        let address = TcpListener::bind("127.0.0.1:0").await?.local_addr()?.to_string();
        let child = self.command(&["serve"]).env("KHANUT_LISTEN", &address).spawn()?;
        for _ in 0..100 {
            tokio::time::sleep(Duration::from_millis(100)).await;
            if tokio::net::TcpStream::connect(&address).await.is_ok() {
                return Ok(Running { child, address });
            }
        }
        anyhow::bail!("khanut serve does not listen")
    }
}

/// A person with a session.
struct Visitor {
    address: String,
    cookie: String,
}

impl Visitor {
    async fn sign_in(address: &str) -> anyhow::Result<Self> {
        let form = format!("email={}&password={PASSWORD}", EMAIL.replace('@', "%40"));
        let request = format!(
            "POST /sign-in HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
            form.len()
        );
        let answer = Line::new(address).ask(request.as_bytes()).await?;
        let cookie = answer.header("set-cookie").context("nobody is signed in")?;
        let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        Ok(Self { address: address.to_owned(), cookie })
    }

    fn request(&self, path: &str) -> Vec<u8> {
        format!("GET {path} HTTP/1.1\r\nhost: {}\r\ncookie: {}\r\n\r\n", self.address, self.cookie).into_bytes()
    }
}

/// Every list and room, one request after another.
async fn walk(visitor: &Visitor, db: &DatabaseConnection, kind: &str) -> anyhow::Result<()> {
    println!("| {kind}: page | first p50 / p99 | middle | last |\n|---|---|---|---|");
    let mut line = Line::new(&visitor.address);
    for (path, table, filters) in LISTS {
        let places = places(db, table).await?;
        for filter in *filters {
            let mut figures = Vec::new();
            for place in [None, Some(&places.0), Some(&places.1)] {
                let before = place.map(|id| format!("before={id}"));
                let query = [Some(*filter).filter(|filter| !filter.is_empty()), before.as_deref()];
                let query = query.into_iter().flatten().collect::<Vec<_>>().join("&");
                figures.push(time(&mut line, visitor, &format!("{path}?{query}")).await?.to_string());
            }
            println!("| `{path}?{filter}` | {} |", figures.join(" | "));
        }
    }
    for path in ROOMS {
        println!("| `{path}` | {} | | |", time(&mut line, visitor, path).await?);
    }
    Ok(())
}

/// Ids in the middle and near the end of a list.
async fn places(db: &DatabaseConnection, table: &str) -> anyhow::Result<(String, String)> {
    let backend = db.get_database_backend();
    let at = async |place: &str| -> anyhow::Result<String> {
        let sql = format!("SELECT CAST(id AS TEXT) AS id FROM {table} ORDER BY {table}.id LIMIT 1 OFFSET ({place})");
        let row = db.query_one_raw(Statement::from_string(backend, sql)).await?.context("an empty table")?;
        Ok(row.try_get("", "id")?)
    };
    Ok((at(&format!("SELECT COUNT(*) / 2 FROM {table}")).await?, at("40").await?))
}

async fn time(line: &mut Line, visitor: &Visitor, path: &str) -> anyhow::Result<Latency> {
    let request = visitor.request(path);
    let mut times = Vec::with_capacity(TIMES);
    for turn in 0..TIMES + 3 {
        // As somebody who comes alone: nothing is left of what was read for the one before.
        tokio::time::sleep(ALONE).await;
        let start = Instant::now();
        let answer = line.ask(&request).await?;
        ensure!(answer.status == 200, "{path} answers {}", answer.status);
        // The first ones fill caches.
        if turn >= 3 {
            times.push(start.elapsed());
        }
    }
    Ok(Latency::of_times(times))
}

/// The page of payments as often as it can be had: the newest one, which all who ask at once share the reading of, and pages
/// that nobody else looks at; then the bytes of the first from memory.
async fn draw(visitor: &Visitor, db: &DatabaseConnection, kind: &str) -> anyhow::Result<()> {
    let request = visitor.request("/payments");
    let page = Line::new(&visitor.address).ask(&request).await?;
    let (drawn, drawn_times) = storm(&visitor.address, vec![request.clone()]).await?;
    let own = own_pages(db).await?.iter().map(|id| visitor.request(&format!("/payments?before={id}"))).collect();
    let (alone, alone_times) = storm(&visitor.address, own).await?;
    let html = String::from_utf8(page.body)?;
    let size = html.len();
    let mut plain = Command::new(std::env::current_exe()?);
    let file = std::env::temp_dir().join(format!("khanut-bench-{}.html", std::process::id()));
    std::fs::write(&file, html)?;
    let address = TcpListener::bind("127.0.0.1:0").await?.local_addr()?.to_string();
    let mut plain = plain.args(["plain", &address]).arg(&file).kill_on_drop(true).spawn()?;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let (served, served_times) = storm(&address, vec![request]).await?;
    plain.kill().await?;
    std::fs::remove_file(&file)?;
    println!(
        "{kind}: /payments with 50 rows ({size} bytes), {CONNECTIONS} connections: {drawn:.0} pages/s, {drawn_times}; \
         each another page: {alone:.0}/s, {alone_times}; the same bytes from memory: {served:.0}/s, {served_times}"
    );
    Ok(())
}

/// Where so many pages begin that none is asked for twice in a moment.
async fn own_pages(db: &DatabaseConnection) -> anyhow::Result<Vec<String>> {
    let sql = "SELECT CAST(id AS TEXT) AS id FROM payments ORDER BY id DESC LIMIT 20000 OFFSET 1";
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await?;
    Ok(rows.iter().map(|row| row.try_get("", "id")).collect::<Result<_, _>>()?)
}

/// Each connection asks one request after another, all of them in turn.
#[expect(clippy::cast_precision_loss, reason = "a rate for people")]
async fn storm(address: &str, requests: Vec<Vec<u8>>) -> anyhow::Result<(f64, Latency)> {
    let (mut connections, requests) = (JoinSet::new(), Arc::new(requests));
    let start = Instant::now();
    for place in 0..CONNECTIONS {
        let (mut line, requests) = (Line::new(address), requests.clone());
        connections.spawn(async move {
            let mut times = Vec::new();
            for request in requests.iter().cycle().skip(place * requests.len() / CONNECTIONS) {
                if start.elapsed() >= LASTS {
                    break;
                }
                let sent = Instant::now();
                match line.ask(request).await {
                    Ok(answer) if answer.status == 200 => times.push(sent.elapsed()),
                    Ok(answer) => anyhow::bail!("the page answers {}", answer.status),
                    Err(error) => return Err(error),
                }
            }
            Ok(times)
        });
    }
    let times = connections.join_all().await.into_iter().collect::<anyhow::Result<Vec<_>>>()?.concat();
    Ok((times.len() as f64 / start.elapsed().as_secs_f64(), Latency::of_times(times)))
}

/// Serves one file's bytes for whatever is asked.
pub(crate) async fn plain(address: &str, file: &Path) -> anyhow::Result<()> {
    let html: &'static str = String::leak(std::fs::read_to_string(file)?);
    let app = Router::new().fallback(get(move || async move { Html(html) }));
    axum::serve(TcpListener::bind(address).await?, app).await?;
    Ok(())
}
