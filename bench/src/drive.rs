//! The generator: one thread that posts signed deliveries, none twice, and remembers which were acknowledged.
//!
//! Closed loop (as many as it takes) and open loop (offered at fixed moments, whatever the answers do). It speaks bare
//! HTTP/1.1 over kept connections, so that it takes little of the processor it shares with the receiver.

use std::{
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::Context;
use providers::signature::Secret;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::{Mutex, mpsc},
    task::JoinSet,
    time::{Instant, timeout},
};

pub(crate) const SECRET: &str = "whsec_YmVuY2gtc2VjcmV0LWJlbmNoLXNlY3JldA==";
pub(crate) const CONNECTIONS: usize = 128;
/// A provider waits no longer.
const PATIENCE: Duration = Duration::from_secs(15);

/// One delivery that was posted.
#[derive(Clone, Copy)]
pub(crate) struct Post {
    pub(crate) number: usize,
    /// From the intended moment (open loop) or the sending (closed loop) to the answer.
    pub(crate) took: Duration,
    /// Microseconds of the wall clock when it was sent.
    pub(crate) sent_at: u128,
    pub(crate) acknowledged: bool,
}

/// Requests ready to be written, numbered.
pub(crate) struct Deliveries {
    first: usize,
    requests: Vec<Vec<u8>>,
    address: String,
}

impl Deliveries {
    /// For the payments `numbers`, signed now: they stay fresh for five minutes.
    pub(crate) fn sign(hook: &str, numbers: Range<usize>) -> anyhow::Result<Self> {
        let secret = Secret::parse(SECRET).context("the secret is base64")?;
        let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?;
        let (address, path) =
            hook.strip_prefix("http://").and_then(|rest| rest.split_once('/')).context("a hook begins with http://")?;
        let request = |n: usize| {
            let id = format!("evt_{n}");
            let body = format!(
                r#"{{"id":"{id}","type":"payment.status_changed","createdAt":"2026-11-23T18:00:00Z","data":{{"sessionId":"ps_{n}","merchantOrderId":"B{n}","amountMinor":500000,"currency":"AMD","status":"paid","paidAt":"2026-11-23T18:00:00Z"}}}}"#
            );
            let signature = secret.sign(&id, now, body.as_bytes());
            format!(
                "POST /{path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
                 webhook-id: {id}\r\nwebhook-timestamp: {now}\r\nwebhook-signature: {signature}\r\n\r\n{body}",
                body.len()
            )
            .into_bytes()
        };
        Ok(Self { first: numbers.start, requests: numbers.map(request).collect(), address: address.to_owned() })
    }

    /// Requests that were written elsewhere, to `address` (host and port).
    pub(crate) fn of(address: &str, first: usize, requests: Vec<Vec<u8>>) -> Self {
        Self { first, requests, address: address.to_owned() }
    }

    fn request(&self, number: usize) -> Option<&[u8]> {
        self.requests.get(number.checked_sub(self.first)?).map(Vec::as_slice)
    }
}

/// Every connection posts the next delivery as soon as the last is answered.
pub(crate) async fn saturate(deliveries: Deliveries, lasts: Duration) -> anyhow::Result<Vec<Post>> {
    let (all, next) = (Arc::new(deliveries), Arc::new(AtomicUsize::new(0)));
    let mut connections = JoinSet::new();
    let end = Instant::now() + lasts;
    for _ in 0..CONNECTIONS {
        let (all, next) = (all.clone(), next.clone());
        connections.spawn(async move {
            let (mut line, mut posts) = (Line::new(&all.address), Vec::new());
            while Instant::now() < end {
                let number = all.first + next.fetch_add(1, Ordering::Relaxed);
                let Some(request) = all.request(number) else { break };
                posts.push(line.post(number, request, Instant::now()).await);
            }
            posts
        });
    }
    let posts = connections.join_all().await.concat();
    anyhow::ensure!(
        next.load(Ordering::Relaxed) <= all.requests.len(),
        "the receiver was faster than the payments last"
    );
    Ok(posts)
}

/// `rate` a second at even distances; times count from the intended moment, also where it had to wait for a connection.
pub(crate) async fn offer(deliveries: Deliveries, rate: u32) -> Vec<Post> {
    let all = Arc::new(deliveries);
    let (due, queue) = mpsc::unbounded_channel();
    let queue = Arc::new(Mutex::new(queue));
    let (count, first) = (all.requests.len(), all.first);
    let start = std::time::Instant::now() + Duration::from_millis(100);
    // A thread of its own: the runtime's timer counts in whole milliseconds.
    std::thread::spawn(move || {
        for (n, number) in (0_u32..).zip(first..first + count) {
            let moment = start + Duration::from_secs(1) * n / rate;
            std::thread::sleep(moment.saturating_duration_since(std::time::Instant::now()));
            if due.send((number, moment)).is_err() {
                return;
            }
        }
    });
    let mut connections = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (all, queue) = (all.clone(), queue.clone());
        connections.spawn(async move {
            let (mut line, mut posts) = (Line::new(&all.address), Vec::new());
            loop {
                let Some((number, moment)) = queue.lock().await.recv().await else { break posts };
                let Some(request) = all.request(number) else { break posts };
                posts.push(line.post(number, request, moment.into()).await);
            }
        });
    }
    connections.join_all().await.concat()
}

/// One kept connection.
pub(crate) struct Line {
    address: String,
    stream: Option<TcpStream>,
    buffer: Vec<u8>,
}

/// What was answered, whole.
pub(crate) struct Whole {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: Vec<u8>,
}

impl Whole {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut fields = self.head.lines().filter_map(|line| line.split_once(':'));
        fields.find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }
}

impl Line {
    pub(crate) fn new(address: &str) -> Self {
        Self { address: address.to_owned(), stream: None, buffer: Vec::with_capacity(4_096) }
    }

    async fn post(&mut self, number: usize, request: &[u8], since: Instant) -> Post {
        let sent_at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros();
        let status = timeout(PATIENCE, self.exchange(request)).await.ok().and_then(Result::ok);
        if status.is_none() {
            // What is left on it belongs to nobody.
            self.stream = None;
        }
        Post { number, took: since.elapsed(), sent_at, acknowledged: status.is_some_and(|s| (200..300).contains(&s)) }
    }

    /// Sends a request and waits for its whole answer.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> anyhow::Result<Whole> {
        let status = timeout(PATIENCE, self.exchange(request)).await.context("no answer in time")??;
        let end = self.buffer.windows(4).position(|four| four == b"\r\n\r\n").context("no head")?;
        let head = String::from_utf8(self.buffer[..end].to_vec())?;
        Ok(Whole { status, head, body: self.buffer[end + 4..].to_vec() })
    }

    async fn exchange(&mut self, request: &[u8]) -> anyhow::Result<u16> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(&self.address).await?;
                stream.set_nodelay(true)?;
                stream
            }
        };
        stream.write_all(request).await?;
        self.buffer.clear();
        loop {
            anyhow::ensure!(stream.read_buf(&mut self.buffer).await? > 0, "the receiver hung up");
            if let Some(answer) = read_answer(&self.buffer)? {
                if answer.keep {
                    self.stream = Some(stream);
                }
                return Ok(answer.status);
            }
        }
    }
}

struct Answer {
    status: u16,
    keep: bool,
}

/// `None` until the whole answer is there.
fn read_answer(bytes: &[u8]) -> anyhow::Result<Option<Answer>> {
    let Some(head) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let text = std::str::from_utf8(&bytes[..head])?;
    let status = text.split(' ').nth(1).context("no status")?.parse()?;
    let (mut length, mut keep) = (None, true);
    for (name, value) in text.lines().skip(1).filter_map(|line| line.split_once(':')) {
        if name.eq_ignore_ascii_case("content-length") {
            length = Some(value.trim().parse::<usize>()?);
        } else if name.eq_ignore_ascii_case("connection") {
            keep = !value.trim().eq_ignore_ascii_case("close");
        }
    }
    let length = length.context("an answer without a length")?;
    Ok((bytes.len() >= head + 4 + length).then_some(Answer { status, keep }))
}
