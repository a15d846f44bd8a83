//! The limit: how many plain rows the same database commits durably in groups, through the same write path.

use domain::MerchantId;
use sea_orm::ConnectionTrait;
use server::db::Db;
use tokio::time::{Duration, Instant};

const LASTS: Duration = Duration::from_secs(3);

pub(crate) async fn measure(db: &Db, merchant: &MerchantId) -> anyhow::Result<()> {
    for group in [1_usize, 64, 256] {
        let (start, mut rows, mut n) = (Instant::now(), 0_usize, 0_usize);
        while start.elapsed() < LASTS {
            let values: Vec<_> = (0..group)
                .map(|i| format!("('raw_{group}_{}', '{merchant}', '{}', 0)", n + i, "x".repeat(500)))
                .collect();
            let sql = format!("INSERT INTO sessions (id, merchant_id, data, expires_at) VALUES {}", values.join(","));
            db.write(move |tx| async move { Ok(tx.execute_unprepared(&sql).await.map(|_| ())?) }).await?;
            rows += group;
            n += group;
        }
        let rate = u128::try_from(rows)? * 1_000 / start.elapsed().as_millis().max(1);
        println!("-- raw: {rate} rows/s committed in groups of {group}");
    }
    Ok(())
}
