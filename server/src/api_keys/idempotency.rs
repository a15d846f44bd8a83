//! Idempotency keys: the first answer to a request is kept and given again, byte for byte.
//!
//! The key is claimed before the work and the answer kept after it. A second request with the key in flight is told so;
//! a claim whose process died is taken over after a minute. Answers are kept for a week; an answer of 5xx gives the key
//! back. The first answer kept is the answer: who finishes later under the same key gives that one too.

use domain::{
    MerchantId,
    moment::{DAY, MINUTE},
};

use super::{rows::idempotency, store};
use crate::{
    failure::{Outcome, Refusal, RefusalKind},
    services::Services,
};

/// An answer as first given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) body: Vec<u8>,
    /// It holds a secret: it is kept sealed.
    pub(crate) secret: bool,
}

/// How long an answer is given again; at least the three days that are promised.
const KEPT: i64 = 7 * DAY;
/// Forgotten at a time: the one writer is not held up.
const AT_ONCE: u64 = 500;

/// What to do with a request that carries a key.
pub(crate) enum Claim {
    /// Do it, then [`keep`] the answer.
    Work,
    /// Give this answer again.
    Again(Kept),
}

/// Claims `key` for a request with this fingerprint (method, path and body).
///
/// # Errors
/// `idempotency_key_reused` for another request, `idempotency_in_flight`.
pub(crate) async fn claim(
    services: &Services,
    merchant: &MerchantId,
    key: &str,
    fingerprint: String,
) -> Outcome<Claim> {
    let now = services.clock.now();
    let row = idempotency::Model {
        merchant_id: merchant.clone(),
        key: key.to_owned(),
        fingerprint: fingerprint.clone(),
        status: None,
        content_type: None,
        body: None,
        sealed: false,
        created_at: now,
    };
    let (own, merchant, key) = (services.clone(), merchant.clone(), key.to_owned());
    services
        .db
        .write_quietly(move |tx| async move {
            if store::claim(&*tx, row).await? {
                return Ok(Claim::Work);
            }
            let kept = store::kept(&*tx, &merchant, &key).await?.ok_or_else(|| anyhow::anyhow!("a key is gone"))?;
            if kept.fingerprint != fingerprint {
                return Err(Refusal::field("idempotency-key", "idempotency_key_reused").into());
            }
            match answer_of(&own, kept)? {
                Some(answer) => Ok(Claim::Again(answer)),
                None if store::take_over(&*tx, &merchant, &key, now.plus(-MINUTE), now).await? => Ok(Claim::Work),
                None => Err(Refusal::new(RefusalKind::Conflict, "idempotency_in_flight").into()),
            }
        })
        .await
}

fn answer_of(services: &Services, row: idempotency::Model) -> Outcome<Option<Kept>> {
    let status = row.status.and_then(|status| u16::try_from(status).ok());
    let (Some(status), Some(content_type), Some(body)) = (status, row.content_type, row.body) else { return Ok(None) };
    let body = match row.sealed {
        true => {
            services.sealer.open(&sealed_in(&row.merchant_id, &row.key), &String::from_utf8_lossy(&body))?.into_bytes()
        }
        false => body,
    };
    Ok(Some(Kept { status, content_type, body, secret: row.sealed }))
}

fn sealed_in(merchant: &MerchantId, key: &str) -> String {
    format!("idempotency_keys/{merchant}/{key}")
}

/// Keeps the answer and says which one to give: the one kept before, where another was quicker.
pub(crate) async fn keep(services: &Services, merchant: &MerchantId, key: &str, answer: Kept) -> Outcome<Kept> {
    let (own, merchant, key) = (services.clone(), merchant.clone(), key.to_owned());
    let mut row = answer.clone();
    if row.secret {
        row.body = own.sealer.seal(&sealed_in(&merchant, &key), &String::from_utf8_lossy(&row.body))?.into_bytes();
    }
    services
        .db
        .write_quietly(move |tx| async move {
            if store::keep(&*tx, &merchant, &key, row).await? {
                return Ok(answer);
            }
            let first = store::kept(&*tx, &merchant, &key).await?;
            Ok(first.map(|row| answer_of(&own, row)).transpose()?.flatten().unwrap_or(answer))
        })
        .await
}

/// Gives the key back after a failure on our side.
pub(crate) async fn release(services: &Services, merchant: &MerchantId, key: &str) -> Outcome<()> {
    let (merchant, key) = (merchant.clone(), key.to_owned());
    services.db.write_quietly(move |tx| async move { store::release(&*tx, &merchant, &key).await }).await
}

/// Forgets answers that are old. Which they are is found by reading; the writer only deletes by key.
pub(crate) async fn forget_old(services: &Services) -> Outcome<()> {
    let old = store::older_than(services.db.read(), services.clock.now().plus(-KEPT), AT_ONCE).await?;
    if old.is_empty() {
        return Ok(());
    }
    let limit = services.clock.now().plus(-KEPT);
    services.db.write_quietly(move |tx| async move { store::forget(&*tx, old, limit).await }).await
}
