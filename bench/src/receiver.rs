//! A receiver under test, as a process of its own: started, watched, killed.

use std::{fs, path::Path, process::Stdio, time::Duration};

use anyhow::Context;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, ChildStdin, Command},
    time::timeout,
};

use crate::drive::SECRET;

/// Seeding takes a while.
const START: Duration = Duration::from_secs(180);
/// The kernel counts processor time in these.
const TICK: Duration = Duration::from_millis(10);

pub(crate) struct Receiver {
    child: Child,
    /// Khanut's own receiver ends well when this closes.
    stdin: Option<ChildStdin>,
    /// Where deliveries go.
    pub(crate) hook: String,
    pid: u32,
}

impl Receiver {
    /// Starts `command` and waits until it says `ready http://…`.
    pub(crate) async fn start(mut command: Command) -> anyhow::Result<Self> {
        command.env("WEBHOOK_SECRET", SECRET).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().context("the receiver cannot be started")?;
        let stdout = child.stdout.take().context("no output")?;
        let mut lines = BufReader::new(stdout).lines();
        let ready = async {
            while let Some(line) = lines.next_line().await? {
                if let Some(hook) = line.strip_prefix("ready ") {
                    return Ok(hook.to_owned());
                }
            }
            anyhow::bail!("the receiver ended before it was ready")
        };
        let hook = timeout(START, ready).await.context("the receiver is not ready in time")??;
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let pid = child.id().context("the receiver has ended")?;
        Ok(Self { stdin: child.stdin.take(), child, hook, pid })
    }

    /// Processor time of the process so far, all threads, user and system.
    pub(crate) fn cpu(&self) -> anyhow::Result<Duration> {
        let stat = fs::read_to_string(Path::new("/proc").join(self.pid.to_string()).join("stat"))?;
        // The name may hold spaces: fields are counted after its bracket.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = |n: usize| fields.get(n).and_then(|field| field.parse::<u32>().ok()).context("no processor time");
        Ok(TICK * (ticks(11)? + ticks(12)?))
    }

    /// The most memory it has held, in MiB.
    pub(crate) fn memory(&self) -> anyhow::Result<u64> {
        let status = fs::read_to_string(Path::new("/proc").join(self.pid.to_string()).join("status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no memory figure")?;
        Ok(line.trim().trim_end_matches("kB").trim().parse::<u64>()? / 1_024)
    }

    /// No farewell: what it acknowledged must be in the database all the same.
    pub(crate) async fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill().await?;
        // The database may still be ending what was under way.
        tokio::time::sleep(Duration::from_millis(500)).await;
        Ok(())
    }

    /// Asks Khanut's own receiver to end and write its notes.
    pub(crate) async fn end(mut self) -> anyhow::Result<()> {
        drop(self.stdin.take());
        timeout(START, self.child.wait()).await??;
        Ok(())
    }
}
