//! The server under test in a process of its own, to be killed, starved and traced.
//!
//! It is this test binary itself, started again for [`serve`] alone; the sandbox provider and Telegram stay in the
//! parent's process and outlive it.

use std::{net::SocketAddr, process::Stdio, sync::Mutex, time::Duration};

use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    routing::post,
};
use domain::Lang;
use server::{
    alerts::TELL_STAFF,
    clock::Clock,
    db::Db,
    jobs::JobEnd,
    payments::{self, Start},
    services::Services,
};
use tokio::{
    net::{TcpSocket, TcpStream},
    process::Command,
};
use tokio_util::sync::CancellationToken;

use crate::{
    counter,
    stage::{self, Stage},
};

/// How the server is to be started.
pub struct Child {
    port: u16,
    environment: Vec<(String, String)>,
    under: Vec<String>,
}

/// A started server; killed when dropped.
pub struct Running(tokio::process::Child);

/// A port that is this process's for as long as it lives: bound and never listened on, so that no other test and no
/// outgoing connection takes it while a child is down. Children share it.
pub fn reserved_port() -> u16 {
    static RESERVED: Mutex<Vec<TcpSocket>> = Mutex::new(Vec::new());
    let socket = shared(0);
    let port = socket.local_addr().unwrap().port();
    RESERVED.lock().unwrap().push(socket);
    port
}

fn shared(port: u16) -> TcpSocket {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseport(true).unwrap();
    socket.bind(SocketAddr::from(([127, 0, 0, 1], port))).unwrap();
    socket
}

impl Child {
    /// Webhooks, API and every job on the stage's database; it tells customers and staff nothing.
    pub fn new(stage: &Stage, port: u16) -> Self {
        let environment = [
            ("KHANUT_TEST_CHILD_DATABASE", stage.database_url.clone()),
            ("KHANUT_TEST_CHILD_PORT", port.to_string()),
            ("KHANUT_TEST_CHILD_KEY", stage.key.clone()),
            ("KHANUT_TEST_CHILD_STRANGERS", stage.url.clone()),
        ];
        let environment = environment.map(|(name, value)| (name.to_owned(), value)).into();
        Self { port, environment, under: Vec::new() }
    }

    /// With the bot: the whole sale.
    pub fn with_bot(self) -> Self {
        self.with("KHANUT_TEST_CHILD_BOT", "1")
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Under another program, which must run it in its own place.
    pub fn under(mut self, command: &[&str]) -> Self {
        self.under = command.iter().map(|word| (*word).to_owned()).collect();
        self
    }

    pub fn spawn(&self) -> Running {
        let program = std::env::current_exe().unwrap().display().to_string();
        let words = ["child::serve", "--exact", "--nocapture", "--test-threads=1"].map(str::to_owned);
        let command: Vec<String> = self.under.iter().cloned().chain([program]).chain(words).collect();
        let mut start = Command::new(&command[0]);
        start.args(&command[1..]).envs(self.environment.iter().cloned());
        start.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Running(start.kill_on_drop(true).spawn().unwrap())
    }

    /// Starts it and waits until it listens.
    pub async fn start(&self) -> Running {
        let running = self.spawn();
        for _ in 0..2_000 {
            if TcpStream::connect(("127.0.0.1", self.port)).await.is_ok() {
                return running;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("the child does not listen");
    }
}

impl Running {
    pub async fn kill(&mut self) {
        self.0.kill().await.unwrap();
    }

    /// Waits until it ends by itself.
    pub async fn ended(&mut self) -> std::process::ExitStatus {
        self.0.wait().await.unwrap()
    }
}

/// Not a test of its own: the server. Runs only when a parent names its database and port.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn serve() {
    let given = |name: &str| std::env::var(format!("KHANUT_TEST_CHILD_{name}"));
    let (Ok(database), Ok(port), Ok(key), Ok(strangers)) =
        (given("DATABASE"), given("PORT"), given("KEY"), given("STRANGERS"))
    else {
        return;
    };
    // The schema's work is done: a connection is all that is needed, so that a restart is quick.
    let db = Db::open(&named(&database)).await.unwrap();
    let listener = shared(port.parse().unwrap()).listen(1_024).unwrap();
    let services = stage::services(db, Clock::system(), &format!("http://127.0.0.1:{port}"), &strangers, &key);
    let workers = server::jobs::workers(&services);
    let workers = if given("BOT").is_ok() {
        tokio::spawn(bot::run(services.clone(), bot::Mode::Polling, CancellationToken::new()));
        bot::jobs(workers, services.clone())
    } else {
        let workers = workers.with(payments::tell::TELL_CUSTOMER, |_| async { JobEnd::Done });
        workers.with(TELL_STAFF, |_| async { JobEnd::Done })
    };
    tokio::spawn(workers.run(CancellationToken::new()));
    let app = Router::new()
        .merge(payments::hook_routes(services.clone()))
        .nest("/api", server::api::routes(services.clone()))
        .merge(counter::routes(services.clone()))
        .route("/pay/{code}", post(press_pay).with_state(services));
    axum::serve(listener, app).await.unwrap();
}

/// On PostgreSQL the child's connections bear a name, so that the parent sees when they are gone.
fn named(database: &str) -> String {
    if database.starts_with("postgres") { format!("{database}?application_name=child") } else { database.to_owned() }
}

/// *Pay*, as the link's page presses it.
async fn press_pay(State(services): State<Services>, Path(code): Path<String>) -> (StatusCode, String) {
    let start = Start::of(&code, Lang::Hy, "1");
    match payments::start(&services, start).await {
        Ok(started) => (StatusCode::OK, started.payment.to_string()),
        Err(failure) => (StatusCode::SERVICE_UNAVAILABLE, failure.to_string()),
    }
}
