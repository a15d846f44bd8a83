//! Idempotency keys: the first answer to a request is kept and given again, byte for byte.
//!
//! The key is claimed before the work and the answer kept after it. A second request with the key in flight is told so;
//! a claim whose process died is taken over after a minute. Answers are kept; an answer of 5xx gives the key back.

use domain::{MerchantId, moment::MINUTE};

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
}

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
        created_at: now,
    };
    let (merchant, key) = (merchant.clone(), key.to_owned());
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
            match (kept.status.and_then(|s| u16::try_from(s).ok()), kept.content_type, kept.body) {
                (Some(status), Some(content_type), Some(body)) => Ok(Claim::Again(Kept { status, content_type, body })),
                _ if store::take_over(&*tx, &merchant, &key, now.plus(-MINUTE), now).await? => Ok(Claim::Work),
                _ => Err(Refusal::new(RefusalKind::Conflict, "idempotency_in_flight").into()),
            }
        })
        .await
}

/// Keeps the answer; one of 5xx is not an answer to keep.
pub(crate) async fn keep(services: &Services, merchant: &MerchantId, key: &str, answer: Kept) -> Outcome<()> {
    let (merchant, key) = (merchant.clone(), key.to_owned());
    services
        .db
        .write_quietly(move |tx| async move {
            if answer.status >= 500 {
                return store::release(&*tx, &merchant, &key).await;
            }
            let status = i32::from(answer.status);
            store::keep(&*tx, &merchant, &key, status, &answer.content_type, answer.body).await
        })
        .await
}
