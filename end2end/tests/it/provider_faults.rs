//! A provider that is half-open, answers half, answers rubbish, loses answers, is busy or broken: begin, look-up and refund
//! each meet every fault, nothing is done twice, and when the provider is well again everything ends right by itself.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use domain::{
    PaymentId,
    moment::{HOUR, MINUTE, SECOND},
    payment::PaymentStatus,
    refund::RefundStatus,
};
use sandbox::vpos::{Mischief, Status};
use server::{
    alerts::TELL_STAFF,
    failure::Failure,
    jobs::{JobEnd, Workers},
    payments::tell::TELL_CUSTOMER,
    refunds::{self, NewRefund, Refund},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::{
    bank::Bank,
    on_both,
    stage::{Stage, services_by},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    /// Takes the request, and never answers.
    Silent,
    /// Does what was asked, and breaks off in the middle of the answer.
    Half,
    /// Does what was asked, and the answer is lost.
    Lost,
    /// Says yes, and nothing that can be read.
    Rubbish,
    Broken,
    Busy,
    BusyFor(u64),
    /// Busy to one, broken to the next.
    Overrun,
}

const FAULTS: [Fault; 7] =
    [Fault::Silent, Fault::Half, Fault::Lost, Fault::Rubbish, Fault::Broken, Fault::Busy, Fault::BusyFor(7)];

/// Payments of each kind in the half minute without the provider.
const MANY: usize = 12;

/// Longer than the program waits for an answer here.
const NEVER: Duration = Duration::from_secs(2);
const PATIENCE: Duration = Duration::from_millis(150);

/// Stands before the sandbox, one request a connection.
#[derive(Clone)]
struct Line(Arc<Mutex<(Fault, u32)>>);

impl Line {
    async fn before(server: String) -> (Self, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let line = Self(Arc::new(Mutex::new((Fault::None, 0))));
        let own = line.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let fault = own.meets();
                tokio::spawn(serve(client, server.clone(), fault));
            }
        });
        (line, address)
    }

    fn meets(&self) -> Fault {
        let mut state = self.0.lock().unwrap();
        state.1 += 1;
        match (state.0, state.1 % 2) {
            (Fault::Overrun, 0) => Fault::BusyFor(2),
            (Fault::Overrun, _) => Fault::Broken,
            (fault, _) => fault,
        }
    }

    fn set(&self, fault: Fault) {
        self.0.lock().unwrap().0 = fault;
    }

    /// How many requests came.
    fn count(&self) -> u32 {
        self.0.lock().unwrap().1
    }
}

async fn serve(mut client: TcpStream, server: String, fault: Fault) {
    let mut request = vec![0; 16 * 1024];
    let mut read = 0;
    // Small requests: head and body come in one or two pieces.
    while read == 0 || !is_whole(&request[..read]) {
        match client.read(&mut request[read..]).await {
            Ok(0) | Err(_) => return,
            Ok(more) => read += more,
        }
    }
    let answer = match fault {
        Fault::Silent => return tokio::time::sleep(NEVER).await,
        Fault::Rubbish => plain("200 OK", "", "<html>Welcome"),
        Fault::Broken => plain("503 Service Unavailable", "", "{}"),
        Fault::Busy => plain("429 Too Many Requests", "", "{}"),
        Fault::BusyFor(seconds) => plain("429 Too Many Requests", &format!("Retry-After: {seconds}\r\n"), "{}"),
        Fault::None | Fault::Half | Fault::Lost | Fault::Overrun => ask(&server, &request[..read]).await,
    };
    let sent = match fault {
        Fault::Lost => 0,
        Fault::Half => answer.len() / 2,
        _ => answer.len(),
    };
    let _ = client.write_all(&answer[..sent]).await;
    let _ = client.shutdown().await;
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length:").map(str::to_owned));
    length.is_none_or(|length| body.len() >= length.trim().parse().unwrap())
}

fn plain(status: &str, header: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\n{header}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}").into_bytes()
}

async fn ask(server: &str, request: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(request).replacen("\r\n", "\r\nConnection: close\r\n", 1);
    let mut connection = TcpStream::connect(server).await.unwrap();
    connection.write_all(text.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).await.unwrap();
    answer
}

fn workers(stage: &Stage) -> Workers {
    let workers = stage.workers().with(TELL_CUSTOMER, |_| async { JobEnd::Done });
    workers.with(TELL_STAFF, |_| async { JobEnd::Done })
}

/// Time passes in steps in which everything due is done.
async fn passes(stage: &Stage, step: i64, times: usize) {
    for _ in 0..times {
        stage.clock.advance(step);
        workers(stage).drain().await.unwrap();
    }
}

async fn sale(stage: &Stage, line: &Line, fault: Fault) {
    let link = stage.link(|_| ()).await;
    line.set(fault);
    let pressed = stage.press_pay(&link, "1").await;
    let Err(Failure::Refused(refusal)) = pressed else { panic!("{fault:?}: {pressed:?}") };
    assert_eq!(refusal.code, "provider_unavailable", "{fault:?}");
    passes(stage, MINUTE, 2).await;

    line.set(Fault::None);
    let id = stage.press_pay(&link, "2").await.unwrap();
    let payment = stage.payment(&id).await;
    let of_order = |s: &sandbox::vpos::Session| s.merchant_order_id == payment.merchant_order_id;
    let sessions: Vec<_> = stage.vpos.sessions().into_iter().filter(of_order).collect();
    assert_eq!(sessions.len(), 1, "{fault:?}: asked again, it is the same session");

    line.set(fault);
    assert!(stage.vpos.end(&sessions[0].id, Status::Paid, Mischief { never_send: true, ..Mischief::default() }));
    let before = line.count();
    passes(stage, MINUTE, 5).await;
    assert_eq!(stage.payment(&id).await.status, PaymentStatus::Pending, "{fault:?}: nobody could tell");
    assert!((1..=25).contains(&(line.count() - before)), "{fault:?}: asked, and not hammered");
    line.set(Fault::None);
    passes(stage, 10 * MINUTE, 3).await;
    assert_eq!(stage.payment(&id).await.status, PaymentStatus::Paid, "{fault:?}");
    gives_back(stage, line, fault, &id).await;
}

async fn ask_back(stage: &Stage, id: &PaymentId) -> Refund {
    let new = NewRefund {
        payment: id.clone(),
        amount: Some(domain::Money::amd(200_000)),
        lines: Vec::new(),
        reason: "The cup was broken".to_owned(),
        made_by: None,
    };
    refunds::ask(&stage.services, &stage.owner(), &stage.merchant, new).await.unwrap()
}

async fn gives_back(stage: &Stage, line: &Line, fault: Fault, id: &PaymentId) {
    line.set(fault);
    let refund = ask_back(stage, id).await;
    passes(stage, MINUTE, 3).await;
    line.set(Fault::None);
    passes(stage, HOUR, 4).await;
    given_back(stage, fault, id, &refund).await;
}

async fn given_back(stage: &Stage, fault: Fault, id: &PaymentId, refund: &Refund) {
    let payment = stage.payment(id).await;
    let there = stage.vpos.session(payment.reference.as_ref().unwrap()).unwrap().refunded_minor();
    let refund = refunds::get(&stage.services.db, &stage.merchant, &refund.id).await.unwrap();
    assert_eq!((there, refund.status), (200_000, RefundStatus::Succeeded), "{fault:?}: given back once");
    assert_eq!((payment.refunded_minor, payment.refund_held_minor), (200_000, 0), "{fault:?}");
}

/// The provider is asked over a line that can be troubled.
async fn over_a_line(stage: &mut Stage) -> Line {
    let (line, address) = Line::before(stage.url.trim_start_matches("http://").to_owned()).await;
    stage.settings(|settings| settings["base_url"] = format!("{address}/sandbox/vpos").into()).await;
    let http = reqwest::Client::builder().timeout(PATIENCE).pool_max_idle_per_host(0).build().unwrap();
    let (db, clock) = (stage.services.db.clone(), stage.clock.clone());
    stage.services = services_by(http, db, clock, &stage.url, &stage.url, &stage.key);
    line
}

async fn every_fault_of_the_provider_passes(mut stage: Stage) {
    let line = over_a_line(&mut stage).await;
    let bank = Bank::watch(&stage).await;
    for fault in FAULTS {
        sale(&stage, &line, fault).await;
    }
    stage.audit().await;
    bank.close().await;
}

/// Many payments at once: some are begun, some looked up, some given back, and for half a minute nobody gets through.
async fn half_a_minute_without_the_provider_passes(mut stage: Stage) {
    let (line, mut given, mut paid, mut fresh) = (over_a_line(&mut stage).await, Vec::new(), Vec::new(), Vec::new());
    for i in 0..MANY {
        given.push(stage.begun_and_ended().await.id);
        let event = stage.event(&format!("evt_{i}"), &stage.payment(&given[i]).await, "paid");
        assert_eq!(stage.post_event(&event).await, 200);
        paid.push(stage.begun_and_ended().await.id);
        fresh.push(stage.link(|_| ()).await);
    }
    let bank = Bank::watch(&stage).await;
    line.set(Fault::Overrun);
    let mut refunds = Vec::new();
    for (payment, link) in given.iter().zip(&fresh) {
        refunds.push(ask_back(&stage, payment).await);
        assert!(stage.press_pay(link, "1").await.is_err(), "nobody can pay now");
    }
    let before = line.count();
    passes(&stage, 2 * SECOND, 15).await;
    let asked = line.count() - before;
    // A look-up in ten seconds, a busy provider after the two it asks for; each once more when it stays away.
    assert!((MANY..=MANY * 40).contains(&(asked as usize)), "asked, and not hammered: {asked}");
    line.set(Fault::None);
    passes(&stage, MINUTE, 10).await;
    for ((given, refund), (paid, fresh)) in given.iter().zip(&refunds).zip(paid.iter().zip(&fresh)) {
        given_back(&stage, Fault::Overrun, given, refund).await;
        assert_eq!(stage.payment(paid).await.status, PaymentStatus::Paid, "found by looking");
        let begun = stage.press_pay(fresh, "1").await.unwrap();
        assert_eq!(stage.payment(&begun).await.status, PaymentStatus::Pending, "begun by looking");
    }
    assert_eq!(stage.vpos.sessions().len(), 3 * MANY, "each is one session");
    stage.audit().await;
    bank.close().await;
}

on_both!(every_fault_of_the_provider_passes, half_a_minute_without_the_provider_passes);
