//! Proof that a journal is whole: numbers without gaps, every hash right, the head where the chain ends, every signed
//! checkpoint, in the database and in the file beside it, still true of the entry it was made of, and every close of a day
//! there as the journal tells of it.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    MerchantId,
    journal::{EntryKind, GENESIS},
};

use super::{
    JournalEntry,
    checkpoint::Kept,
    rows::{checkpoint::Model as Checkpoint, head::Model as Head},
    store,
};
use crate::{db::Db, failure::Outcome, secrets::Sealer, services::Services, shop};

const PAGE: u64 = 1_000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Whole { entries: i64, head: String },
    Broken { first_bad: i64, why: &'static str },
}

const fn broken(first_bad: i64, why: &'static str) -> Verdict {
    Verdict::Broken { first_bad, why }
}

/// Reads the merchant's whole journal, page by page, and compares it with the database's checkpoints, whose signatures are
/// not looked at: see [`verify_signed`].
///
/// # Errors
/// When the database does not answer.
pub async fn verify(db: &Db, merchant: &MerchantId) -> Outcome<Verdict> {
    prove(db, merchant, None, &[]).await
}

/// As [`verify`], with the signatures, and with the checkpoints that this instance keeps in its file.
///
/// # Errors
/// When the database does not answer or the file cannot be read.
pub async fn verify_signed(services: &Services, merchant: &MerchantId) -> Outcome<Verdict> {
    let folder = services.data_dir.clone();
    let kept = tokio::task::spawn_blocking(move || Kept::read(&folder)).await.map_err(anyhow::Error::from)??;
    prove(&services.db, merchant, Some(&services.sealer), kept.of(merchant)).await
}

/// Every merchant's journal; without the master key signatures are not checked.
///
/// # Errors
/// When the database does not answer.
pub async fn verify_all(db: &Db, sealer: Option<&Sealer>, kept: &Kept) -> Outcome<Vec<(MerchantId, Verdict)>> {
    // Also those whose journal is gone as a whole: their shop or a checkpoint still names them.
    let heads = store::heads(db.read()).await?.into_iter().map(|head| head.merchant_id);
    let all: BTreeSet<_> = shop::all(db).await?.into_iter().chain(heads).chain(kept.merchants()).collect();
    let mut verdicts = Vec::new();
    for merchant in all {
        let verdict = prove(db, &merchant, sealer, kept.of(&merchant)).await?;
        verdicts.push((merchant, verdict));
    }
    Ok(verdicts)
}

async fn prove(db: &Db, merchant: &MerchantId, sealer: Option<&Sealer>, kept: &[Checkpoint]) -> Outcome<Verdict> {
    // Checkpoints first, then the head: what is appended meanwhile lies beyond both and is for the next check.
    let mut marks = Marks::default();
    for checkpoint in store::checkpoints(db.read(), merchant).await?.iter().chain(kept) {
        if sealer.is_some_and(|sealer| !checkpoint.is_signed_by(sealer)) {
            return Ok(broken(checkpoint.number, "a checkpoint of it is not signed by this master key"));
        }
        marks.0.entry(checkpoint.number).or_default().push(checkpoint.hash.clone());
    }
    let closes = store::closes(db.read(), merchant).await?;
    if let Some(forged) = closes.iter().find(|close| sealer.is_some_and(|sealer| !close.is_signed_by(sealer))) {
        return Ok(broken(forged.number, "the close of a day that ends with it is not signed by this master key"));
    }
    let closes = closes.into_iter().map(|close| (close.day, close.signature)).collect();
    let Some(head) = store::head(db.read(), merchant).await? else {
        return Ok(broken(1, "the journal has no head"));
    };
    let mut chain = Chain { number: 0, hash: GENESIS.to_owned(), proven: 0 };
    while chain.number < head.number {
        let page = store::after(db.read(), merchant, chain.number, PAGE).await?;
        if page.is_empty() {
            return Ok(broken(chain.number + 1, "entries are missing at the end"));
        }
        for entry in page {
            if entry.kind == EntryKind::DayClosed && !is_there(&closes, &entry.data) {
                return Ok(broken(entry.number, "the close of a day that it tells of is gone, or was signed anew"));
            }
            if let Err(verdict) = chain.follow(entry, &marks) {
                return Ok(verdict);
            }
            if chain.number == head.number {
                break;
            }
        }
    }
    Ok(chain.end(&head, &marks))
}

/// Whether the close that an entry tells of stands among `closes`, days with their signatures.
fn is_there(closes: &BTreeMap<String, String>, told: &str) -> bool {
    let told: serde_json::Value = serde_json::from_str(told).unwrap_or_default();
    let of_day = told["day"].as_str().and_then(|day| closes.get(day));
    of_day.is_some() && of_day.map(String::as_str) == told["signature"].as_str()
}

/// The hashes that checkpoints hold, by number.
#[derive(Default)]
struct Marks(BTreeMap<i64, Vec<String>>);

/// How far the chain was followed.
struct Chain {
    number: i64,
    hash: String,
    /// The last number that a checkpoint vouches for.
    proven: i64,
}

impl Chain {
    fn follow(&mut self, entry: JournalEntry, marks: &Marks) -> Result<(), Verdict> {
        let next = self.number + 1;
        if entry.number != next {
            return Err(broken(next, "an entry is missing"));
        }
        if entry.prev_hash != self.hash {
            return Err(broken(next, "it does not hold the hash of the one before"));
        }
        if entry.computed_hash() != entry.hash {
            return Err(broken(next, "its fields do not have its hash"));
        }
        if let Some(hashes) = marks.0.get(&next) {
            if hashes.iter().any(|hash| *hash != entry.hash) {
                let why = "it, or one soon after, was written anew: the next signed checkpoint holds another hash";
                return Err(broken(self.proven + 1, why));
            }
            self.proven = next;
        }
        (self.number, self.hash) = (next, entry.hash);
        Ok(())
    }

    fn end(self, head: &Head, marks: &Marks) -> Verdict {
        if self.hash != head.hash {
            return broken(self.number, "the head holds another hash");
        }
        if marks.0.last_key_value().is_some_and(|(number, _)| *number > self.number) {
            return broken(self.number + 1, "entries were cut off the end: a signed checkpoint goes further");
        }
        Verdict::Whole { entries: self.number, head: self.hash }
    }
}
