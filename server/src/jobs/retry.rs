//! Dead jobs tried again by hand, one or many.

use domain::{
    MerchantId,
    job::JobState,
    role::{Actor, Permission},
};
use serde_json::json;

use super::{Job, store};
use crate::{
    db::Db,
    failure::{Outcome, Refusal},
    services::Services,
    staff::audit,
};

/// Of the dead jobs that are tried again so many are told in the audit log.
const SHOWN: u64 = 100;

/// How many jobs stand where.
pub type Counts = Vec<(JobState, i64)>;

/// # Errors
/// When the database does not answer.
pub async fn counts(db: &Db, merchant: &MerchantId) -> Outcome<Counts> {
    store::counts(db.read(), merchant).await
}

/// One page of the merchant's jobs, newest first, from before a job on.
///
/// # Errors
/// When the database does not answer.
pub async fn list(
    db: &Db,
    merchant: &MerchantId,
    state: Option<JobState>,
    before: Option<i64>,
    limit: u64,
) -> Outcome<Vec<Job>> {
    store::list(db.read(), merchant, state, before, limit).await
}

/// Tries dead jobs again, with all their tries: those of `ids`, or every one. Answers how many.
///
/// # Errors
/// `forbidden`.
pub async fn retry(services: &Services, actor: &Actor, merchant: &MerchantId, ids: Option<Vec<i64>>) -> Outcome<u64> {
    if !actor.may(Permission::RetryJobs) {
        return Err(Refusal::forbidden().into());
    }
    let (own, actor, merchant) = (services.clone(), actor.clone(), merchant.clone());
    services
        .db
        .write(move |tx| async move {
            let dead = store::list(&*tx, &merchant, Some(JobState::Dead), None, SHOWN).await?;
            let meant = |job: &&Job| ids.as_ref().is_none_or(|ids| ids.contains(&job.id));
            let dead = dead
                .iter()
                .filter(meant)
                .map(|job| json!({ "job": job.id, "kind": job.kind, "error": job.last_error }));
            let before = json!({ "dead": dead.collect::<Vec<_>>() });
            let count = store::revive(&*tx, &merchant, ids.as_deref(), own.clock.now()).await?;
            let (before, after) = (Some(before), Some(json!({ "jobs": ids, "count": count })));
            let subject = merchant.as_str().to_owned();
            audit::record(&tx, &own.clock, &merchant, &actor, "jobs_retried", &subject, before, after).await?;
            Ok(count)
        })
        .await
}
