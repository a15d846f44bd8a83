//! The limit: what the same database commits durably in groups, through the same write path, when nothing has to be
//! received, checked, looked up, decided or hashed.

use anyhow::Context;
use domain::MerchantId;
use sea_orm::{ConnectionTrait, Statement};
use server::db::Db;
use tokio::time::{Duration, Instant};

const LASTS: Duration = Duration::from_secs(3);
/// Deliveries whose rows one commit holds; the receiver's own groups are as large as what arrives meanwhile.
pub(crate) const GROUP: usize = 64;

/// Plain rows of 500 bytes, in groups.
pub(crate) async fn plain(db: &Db, merchant: &MerchantId) -> anyhow::Result<()> {
    for group in [1_usize, 64, 256] {
        let (start, mut rows) = (Instant::now(), 0_usize);
        while start.elapsed() < LASTS {
            let row = |n| format!("('raw_{group}_{n}', '{merchant}', '{}', 0)", "x".repeat(500));
            let values: Vec<_> = (rows..rows + group).map(row).collect();
            commit(db, format!("INSERT INTO sessions (id, merchant_id, data, expires_at) VALUES {}", values.join(",")))
                .await?;
            rows += group;
        }
        println!("   raw, one plain row each, groups of {group}: {:.0} rows/s", rate(rows, start));
    }
    Ok(())
}

/// The very rows of a paid delivery, ready-made, for payments from `from` on; deliveries a second.
pub(crate) async fn deliveries(db: &Db, merchant: &MerchantId, from: usize, to: usize) -> anyhow::Result<f64> {
    let account = text(db, "SELECT id FROM provider_accounts").await?;
    let (start, mut n) = (Instant::now(), from);
    // A quick machine may come to the end of the payments: so far is far enough.
    while start.elapsed() < LASTS && n + GROUP <= to {
        commit(db, rows_of(db.is_postgres(), merchant, &account, n..n + GROUP)).await?;
        n += GROUP;
    }
    anyhow::ensure!(n > from + 100 * GROUP, "too few payments are left to measure the limit");
    Ok(rate(n - from, start))
}

fn rows_of(postgres: bool, merchant: &MerchantId, account: &str, numbers: std::ops::Range<usize>) -> String {
    let group = numbers.len();
    let each = |row: &dyn Fn(usize) -> String| numbers.clone().map(row).collect::<Vec<_>>().join(",");
    let (yes, blob) = if postgres { ("TRUE", "'\\x") } else { ("1", "X'") };
    let (headers, body, hash) = ("h".repeat(220), "62".repeat(260), "a".repeat(64));
    let events = each(&|n| {
        format!(
            "('evt_{n:026}', '{merchant}', '{account}', 'evt_{n}', '{account}:evt_{n}', {yes}, 'applied', 'pending → paid', \
             'pay_{n:026}', '{headers}', {blob}{body}', 0)"
        )
    });
    let payments = each(&|n| format!("'pay_{n:026}'"));
    let orders = each(&|n| format!("'ord_{n:026}'"));
    let entries = each(&|n| {
        format!(
            "('{merchant}', {}, 'jrn_{n:026}', 'payment_paid', 'ord_{n:026}', 'pay_{n:026}', 500000, 'AMD', 'provider', 0, \
             '{{\"event\":\"evt_{n:026}\",\"from\":\"pending\",\"road\":\"webhook\",\"word\":\"paid\"}}', '{hash}', '{hash}')",
            10_000_000 + n
        )
    });
    let job = |n: usize, kind: &str, lane: &str| {
        format!(
            "('{merchant}', '{kind}', '{{\"order\":\"ord_{n:026}\"}}', {lane}, '{kind}:{n:026}', 'ord_{n:026}', 'pay_{n:026}', \
             'queued', 0, 0, 0)"
        )
    };
    let jobs = each(&|n| {
        format!("{},{}", job(n, "tell_customer", &format!("'chat:bot_{:026}:{n}'", 1)), job(n, "fulfil_order", "NULL"))
    });
    format!(
        "UPDATE payments SET status = 'paid', paid_at = 0 WHERE id IN ({payments});
         UPDATE orders SET status = 'paid', paid_at = 0 WHERE id IN ({orders});
         UPDATE links SET paid_count = paid_count + {group};
         INSERT INTO journal VALUES {entries};
         UPDATE journal_heads SET number = number + {group};
         INSERT INTO jobs (merchant_id, kind, payload, lane, once_key, order_id, payment_id, state, attempts, run_at, created_at)
         VALUES {jobs};
         INSERT INTO webhook_events VALUES {events}"
    )
}

async fn commit(db: &Db, sql: String) -> anyhow::Result<()> {
    Ok(db.write(move |tx| async move { Ok(tx.execute_unprepared(&sql).await.map(|_| ())?) }).await?)
}

pub(crate) async fn text(db: &Db, sql: &str) -> anyhow::Result<String> {
    let row = db.read().query_one_raw(Statement::from_string(db.read().get_database_backend(), sql)).await?;
    Ok(row.context("no row")?.try_get_by_index(0)?)
}

#[expect(clippy::cast_precision_loss, reason = "a rate for people")]
fn rate(count: usize, start: Instant) -> f64 {
    count as f64 / start.elapsed().as_secs_f64()
}
