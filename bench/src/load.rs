//! Generators of load: a script for wrk, and an open loop that offers at fixed times.

use std::{fs, time::Duration};

use tokio::{sync::mpsc, time::Instant};

/// wrk's script: one delivery after another from the file, none twice.
pub(crate) const LUA: &str = r#"
local lines = {}
for line in io.lines(os.getenv("DELIVERIES")) do lines[#lines + 1] = line end
local next_line = 0
function request()
  next_line = next_line + 1
  if next_line > #lines then wrk.thread:stop() next_line = #lines end
  local id, time, signature, body = lines[next_line]:match("([^\t]*)\t([^\t]*)\t([^\t]*)\t(.*)")
  return wrk.format("POST", nil, {
    ["content-type"] = "application/json", ["webhook-id"] = id, ["webhook-timestamp"] = time, ["webhook-signature"] = signature,
  }, body)
end
"#;

/// Offers `rate` deliveries a second from line `from` on, and prints the latencies from each intended moment.
pub(crate) async fn offer(hook: &str, file: &str, from: usize, rate: u64, seconds: u64) -> anyhow::Result<()> {
    let text = fs::read_to_string(file)?;
    let client = reqwest::Client::builder().tcp_nodelay(true).pool_max_idle_per_host(512).build()?;
    let (done, mut results) = mpsc::unbounded_channel();
    let start = Instant::now();
    for (n, line) in (0_u32..).zip(text.lines().skip(from).take(usize::try_from(rate * seconds)?)) {
        let due = start + Duration::from_micros(1_000_000 / rate) * n;
        tokio::time::sleep_until(due).await;
        let parts: Vec<String> = line.splitn(4, '\t').map(str::to_owned).collect();
        let [id, time, signature, body] =
            <[String; 4]>::try_from(parts).map_err(|_| anyhow::anyhow!("a broken line"))?;
        let request = client
            .post(hook)
            .header("webhook-id", id)
            .header("webhook-timestamp", time)
            .header("webhook-signature", signature);
        let (request, done) = (request.body(body), done.clone());
        tokio::spawn(async move {
            let well = request.send().await.is_ok_and(|answer| answer.status().is_success());
            let _ = done.send((due.elapsed(), well));
        });
    }
    drop(done);
    let (mut times, mut failed) = (Vec::new(), 0);
    while let Some((time, well)) = results.recv().await {
        times.push(time);
        failed += u32::from(!well);
    }
    times.sort();
    let at = |share: usize| times[(times.len() - 1) * share / 1_000];
    println!("-- open loop, {rate} a second offered for {seconds} s: {} answered, {failed} failed", times.len());
    println!("   p50 {:?}  p99 {:?}  p99.9 {:?}  max {:?}", at(500), at(990), at(999), at(1_000));
    Ok(())
}
