//! Signed checkpoints: the head of each journal, signed every hour, kept in the database and in a file outside of it.
//!
//! The chain alone proves that entries fit each other; a checkpoint proves that they are the ones that stood there then.
//! Who cuts the end off or stamps the whole chain anew must also forge a signature, and lose the file of every instance.

use std::{
    collections::HashMap,
    fs::OpenOptions,
    io::{BufRead, BufReader, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use anyhow::Context;
use domain::{
    MerchantId, Moment,
    moment::{HOUR, MINUTE},
};

use super::{rows::checkpoint::Model as Checkpoint, store};
use crate::{
    failure::Outcome,
    jobs::{Job, JobEnd},
    sabotage,
    secrets::Sealer,
    services::Services,
};

pub const JOURNAL_CHECKPOINT: &str = "journal_checkpoint";

const FILE: &str = "checkpoints.jsonl";
const PURPOSE: &str = "journal checkpoint";

impl Checkpoint {
    fn message(&self) -> Vec<u8> {
        serde_json::json!([self.merchant_id, self.number, self.hash, self.at.0]).to_string().into_bytes()
    }

    #[must_use]
    pub fn is_signed_by(&self, sealer: &Sealer) -> bool {
        sealer.has_signed(PURPOSE, &self.message(), &self.signature)
    }
}

/// Signs the head of the merchant's journal; none while nothing was written since the last checkpoint.
///
/// # Errors
/// When the database does not answer or the file cannot be written; the checkpoint in the database is made even then.
pub async fn checkpoint(services: &Services, merchant: &MerchantId) -> Outcome<Option<Checkpoint>> {
    let db = services.db.read();
    let Some(head) = store::head(db, merchant).await?.filter(|head| head.number > 0) else { return Ok(None) };
    if store::has_checkpoint(db, merchant, head.number).await? {
        return Ok(None);
    }
    let mut made = Checkpoint {
        merchant_id: head.merchant_id,
        number: head.number,
        hash: head.hash,
        at: services.clock.now(),
        signature: String::new(),
    };
    made.signature = services.sealer.sign(PURPOSE, &made.message())?;
    let line = format!("{}\n", serde_json::to_string(&made)?);
    let folder = services.data_dir.clone();
    sabotage::point("checkpoint:file:before");
    let kept = tokio::task::spawn_blocking(move || keep(&folder, &line)).await;
    sabotage::point("checkpoint:file:after");
    let row = made.clone();
    services.db.write_quietly(move |tx| async move { store::insert_checkpoint(&*tx, row).await }).await?;
    kept.context("keeping a checkpoint panicked")??;
    Ok(Some(made))
}

/// Appends a line and waits until it is on disk.
fn keep(folder: &Path, line: &str) -> anyhow::Result<()> {
    let path = folder.join(FILE);
    let write = || -> std::io::Result<()> {
        std::fs::create_dir_all(folder)?;
        let mut file = OpenOptions::new().create(true).append(true).read(true).open(&path)?;
        // A line torn by a crash must not take the next one with it.
        let start = if ends_well(&mut file)? { "" } else { "\n" };
        file.write_all([start, line].concat().as_bytes())?;
        file.sync_data()
    };
    write().with_context(|| format!("a checkpoint could not be kept in {}", path.display()))
}

fn ends_well(file: &mut std::fs::File) -> std::io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(true);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

/// The checkpoints in this instance's file, by merchant.
#[derive(Clone, Debug, Default)]
pub struct Kept(HashMap<MerchantId, Vec<Checkpoint>>);

impl Kept {
    /// Reads the file in the data folder; none is there before the first checkpoint.
    ///
    /// # Errors
    /// When the file is there but cannot be read.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        let path: PathBuf = folder.join(FILE);
        let file = match std::fs::File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(error).with_context(|| format!("{} cannot be read", path.display())),
        };
        let mut kept = HashMap::<_, Vec<Checkpoint>>::new();
        for line in BufReader::new(file).split(b'\n') {
            let line = line.with_context(|| format!("{} cannot be read", path.display()))?;
            // A line torn by a crash proves nothing; its checkpoint stands in the database.
            if let Ok(checkpoint) = serde_json::from_slice::<Checkpoint>(&line) {
                kept.entry(checkpoint.merchant_id.clone()).or_default().push(checkpoint);
            }
        }
        Ok(Self(kept))
    }

    pub(super) fn merchants(&self) -> Vec<MerchantId> {
        self.0.keys().cloned().collect()
    }

    pub(super) fn of(&self, merchant: &MerchantId) -> &[Checkpoint] {
        self.0.get(merchant).map_or(&[], Vec::as_slice)
    }
}

/// When the next checkpoint is due: at the full hour.
pub(super) const fn next_time(now: Moment) -> Moment {
    Moment((now.0.div_euclid(HOUR) + 1) * HOUR)
}

/// The job: a checkpoint, and the next one in an hour. It never dies: a journal without checkpoints is one to worry about.
pub async fn run(services: Services, job: Job) -> JobEnd {
    let now = services.clock.now();
    match checkpoint(&services, &job.merchant_id).await {
        Ok(_) => JobEnd::Again(next_time(now)),
        Err(error) => {
            metrics::counter!("khanut_checkpoint_failures_total").increment(1);
            tracing::error!(merchant = %job.merchant_id, %error, "a journal's checkpoint failed; again in five minutes");
            JobEnd::Again(now.plus(5 * MINUTE))
        }
    }
}
