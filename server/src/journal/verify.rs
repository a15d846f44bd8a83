//! Proof that a journal is whole: numbers without gaps, every hash right, the head where the chain ends.

use domain::{MerchantId, journal::GENESIS};

use super::store;
use crate::{db::Db, failure::Outcome};

const PAGE: u64 = 1_000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Whole { entries: i64, head: String },
    Broken { first_bad: i64, why: &'static str },
}

/// Reads the merchant's whole journal, page by page.
///
/// # Errors
/// When the database does not answer.
pub async fn verify(db: &Db, merchant: &MerchantId) -> Outcome<Verdict> {
    // The head is read first: entries appended meanwhile lie beyond it and are for the next check.
    let Some(head) = store::head(db.read(), merchant).await? else {
        return Ok(Verdict::Broken { first_bad: 1, why: "the journal has no head" });
    };
    let (mut number, mut hash) = (0, GENESIS.to_owned());
    while number < head.number {
        let page = store::after(db.read(), merchant, number, PAGE).await?;
        if page.is_empty() {
            return Ok(Verdict::Broken { first_bad: number + 1, why: "entries are missing at the end" });
        }
        for entry in page {
            let why = if entry.number != number + 1 {
                Some("an entry is missing")
            } else if entry.prev_hash != hash {
                Some("it does not hold the hash of the one before")
            } else if entry.computed_hash() != entry.hash {
                Some("its fields do not have its hash")
            } else {
                None
            };
            if let Some(why) = why {
                return Ok(Verdict::Broken { first_bad: number + 1, why });
            }
            (number, hash) = (entry.number, entry.hash);
            if number == head.number {
                break;
            }
        }
    }
    if hash == head.hash {
        Ok(Verdict::Whole { entries: number, head: hash })
    } else {
        Ok(Verdict::Broken { first_bad: number, why: "the head holds another hash" })
    }
}

/// Every merchant's journal.
///
/// # Errors
/// When the database does not answer.
pub async fn verify_all(db: &Db) -> Outcome<Vec<(MerchantId, Verdict)>> {
    let mut verdicts = Vec::new();
    for head in store::heads(db.read()).await? {
        verdicts.push((head.merchant_id.clone(), verify(db, &head.merchant_id).await?));
    }
    Ok(verdicts)
}
