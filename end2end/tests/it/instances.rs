//! Two instances of the program on one PostgreSQL: what one commits, the live pages of the other hear of; who is signed in at
//! one is signed in at the other, and signed out there too.

use std::{path::Path, process::Stdio, time::Duration};

use domain::{Lang, role::Role};
use server::staff;
use tokio::{
    net::TcpStream,
    process::{Child, Command},
};

use crate::stage::{self, On, Stage};

const PASSWORD: &str = "demo-demo-demo";
const EMAIL: &str = "owner@two.am";
/// Until an instance listens, or a page is told.
const PATIENCE: Duration = Duration::from_secs(30);

struct Instance {
    url: String,
    _process: Child,
}

/// `khanut serve` without workers, as built beside the tests.
async fn instance(stage: &Stage) -> Instance {
    let program = std::env::var("KHANUT_TEST_PROGRAM").expect("KHANUT_TEST_PROGRAM names the built khanut");
    let site = std::env::var("KHANUT_SITE_DIR").expect("KHANUT_SITE_DIR names the browser's files");
    assert!(Path::new(&site).join("manifest.json").is_file(), "{site} holds no browser's files");
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let process = Command::new(program)
        .args(["serve", "--without-workers"])
        .env("KHANUT_DATABASE_URL", &stage.database_url)
        .env("KHANUT_DATA_DIR", std::env::temp_dir())
        .env("KHANUT_MASTER_KEY", &stage.key)
        .env("KHANUT_PUBLIC_URL", "https://two.example.am")
        .env("KHANUT_LISTEN", format!("127.0.0.1:{port}"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let start = tokio::time::Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
        assert!(start.elapsed() < PATIENCE, "the instance does not listen");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Instance { url: format!("http://127.0.0.1:{port}"), _process: process }
}

/// The cookie of a new session.
async fn sign_in(stage: &Stage, at: &Instance) -> String {
    let form = format!("email={}&password={PASSWORD}", EMAIL.replace('@', "%40"));
    let answer = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
        .post(format!("{}/sign-in", at.url))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status().as_u16(), 303, "{:?}", stage.database_url);
    answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_live_page_hears_what_another_instance_committed() {
    let stage = Stage::new(On::Postgres).await;
    staff::create(&stage.services, &stage.merchant, EMAIL, "Ani", Role::Owner, Lang::En, PASSWORD).await.unwrap();
    let (one, other) = (instance(&stage).await, instance(&stage).await);
    let cookie = sign_in(&stage, &one).await;
    let payment = stage.begun().await;
    let mut live = stage.http.get(format!("{}/live", one.url)).header("cookie", &cookie).send().await.unwrap();
    assert_eq!(live.status().as_u16(), 200);
    let first = told(&mut live).await;
    let event = stage.event("evt_1", &payment, "paid");
    let request = stage.http.post(format!("{}/hooks/pay/{}", other.url, stage.account));
    let request = stage::signed(request, "evt_1", stage.clock.now(), event.to_string());
    assert_eq!(request.send().await.unwrap().status().as_u16(), 200);
    assert!(told(&mut live).await > first, "the journal has grown");

    // The same session at the other one, until it is ended at the first.
    let page = async |at: &Instance| {
        let room = stage.http.get(format!("{}/payments", at.url)).header("cookie", &cookie);
        let answer = room.send().await.unwrap();
        (answer.status().as_u16(), answer.url().path().to_owned())
    };
    assert_eq!(page(&other).await, (200, "/payments".to_owned()));
    let left = stage.http.post(format!("{}/sign-out", one.url)).header("cookie", &cookie).send().await.unwrap();
    assert!(left.status().is_success() || left.status().is_redirection());
    assert_eq!(page(&other).await.1, "/sign-in");
}

/// The journal's number that the stream tells next.
async fn told(live: &mut reqwest::Response) -> i64 {
    let mut text = String::new();
    let read = async {
        loop {
            text.push_str(std::str::from_utf8(&live.chunk().await.unwrap().expect("the stream ended")).unwrap());
            let number = text.lines().rev().find_map(|line| line.strip_prefix("data:")?.trim().parse().ok());
            if let Some(number) = number.filter(|_| text.ends_with("\n\n")) {
                return number;
            }
        }
    };
    tokio::time::timeout(PATIENCE, read).await.expect("the live page is told")
}
