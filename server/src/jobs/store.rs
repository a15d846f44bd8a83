//! Every query of the outbox.

use domain::{MerchantId, Moment, OrderId, job::TRIES};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    prelude::*,
    sea_query::{Alias, Condition, Expr, ExprTrait, LockBehavior, LockType, OnConflict, Query},
};

use super::{
    NewJob, SCHEDULES,
    rows::{ActiveModel, Column, Entity, JobState, Model},
};
use crate::failure::Outcome;

pub(crate) async fn insert(db: &impl ConnectionTrait, now: Moment, jobs: Vec<NewJob>) -> Outcome<()> {
    if jobs.is_empty() {
        return Ok(());
    }
    let rows = jobs.into_iter().map(|job| promised(job, now));
    let known = OnConflict::column(Column::OnceKey).do_nothing().to_owned();
    Entity::insert_many(rows).on_conflict(known).exec_without_returning(db).await?;
    Ok(())
}

fn promised(job: NewJob, now: Moment) -> ActiveModel {
    ActiveModel {
        id: NotSet,
        merchant_id: Set(job.merchant),
        kind: Set(job.kind.to_owned()),
        payload: Set(job.payload),
        lane: Set(job.lane),
        once_key: Set(job.once_key),
        order_id: Set(job.order),
        payment_id: Set(job.payment),
        state: Set(JobState::Queued),
        attempts: Set(0),
        run_at: Set(job.run_at),
        lease_until: Set(None),
        last_error: Set(None),
        created_at: Set(now),
        done_at: Set(None),
    }
}

/// Jobs of the past, done when they were due, all at once.
pub(crate) async fn insert_past(db: &impl ConnectionTrait, jobs: Vec<NewJob>) -> Outcome<()> {
    let done = |job: NewJob| {
        let at = job.run_at;
        ActiveModel { state: Set(JobState::Done), attempts: Set(1), done_at: Set(Some(at)), ..promised(job, at) }
    };
    Entity::insert_many(jobs.into_iter().map(done)).exec_without_returning(db).await?;
    Ok(())
}

/// Whether a job was ever promised under this key.
pub(crate) async fn is_known(db: &impl ConnectionTrait, once_key: &str) -> Outcome<bool> {
    let known = Entity::find().select_only().column(Column::Id).filter(Column::OnceKey.eq(once_key));
    Ok(known.into_tuple::<i64>().one(db).await?.is_some())
}

/// States in the words of the partial indexes: bound values would hide from the database that an index fits, and every
/// turn would read all that was ever done.
const WAITING: &str = "state IN ('queued', 'retrying')";
const EARLIER_ACTIVE: &str = "earlier.state IN ('queued', 'retrying', 'running')";
const OWED: &str = "state <> 'done'";
const RUNNING: &str = "state = 'running'";
/// Of [`super::BULK`], in the words of its own index.
const BULK: &str = "kind = 'send_broadcast'";
const NOT_BULK: &str = "kind <> 'send_broadcast'";

/// Due, and first in its lane.
fn claimable(now: Moment) -> Condition {
    let earlier = Alias::new("earlier");
    let ahead = Query::select()
        .expr(Expr::val(1))
        .from_as(Entity, earlier.clone())
        .and_where(Expr::col((earlier.clone(), Column::Lane)).equals((Entity, Column::Lane)))
        .and_where(Expr::col((earlier.clone(), Column::Id)).lt(Expr::col((Entity, Column::Id))))
        .and_where(Expr::cust(EARLIER_ACTIVE))
        .to_owned();
    Condition::all()
        .add(Expr::cust(WAITING))
        .add(Expr::col((Entity, Column::RunAt)).lte(now.0))
        .add(Condition::any().add(Column::Lane.is_null()).add(Expr::exists(ahead).not()))
}

/// Whether there is a due job to take; with `bulk` also one that may wait.
pub(crate) async fn any_claimable(db: &impl ConnectionTrait, now: Moment, bulk: bool) -> Outcome<bool> {
    let due = claimable(now);
    any(db, if bulk { due } else { due.add(Expr::cust(NOT_BULK)) }).await
}

fn orphaned(now: Moment) -> Condition {
    Condition::all().add(Expr::cust(RUNNING)).add(Column::LeaseUntil.lt(now))
}

/// Whether a worker died over its job.
pub(crate) async fn any_orphaned(db: &impl ConnectionTrait, now: Moment) -> Outcome<bool> {
    any(db, orphaned(now)).await
}

async fn any(db: &impl ConnectionTrait, wanted: Condition) -> Outcome<bool> {
    let found = Entity::find().select_only().column(Column::Id).filter(wanted).limit(1).into_tuple::<i64>();
    Ok(found.one(db).await?.is_some())
}

/// Takes up to `limit` due jobs, for as long as the lease lasts; of those that may wait up to `bulk`, where room is left.
pub(crate) async fn claim(
    db: &impl ConnectionTrait,
    now: Moment,
    lease: i64,
    limit: u64,
    bulk: u64,
) -> Outcome<Vec<Model>> {
    let mut jobs = due(now, NOT_BULK).limit(limit).all(db).await?;
    let left = std::cmp::min(bulk, limit - jobs.len() as u64);
    if left > 0 {
        jobs.extend(due(now, BULK).limit(left).all(db).await?);
    }
    if jobs.is_empty() {
        return Ok(jobs);
    }
    Entity::update_many()
        .col_expr(Column::State, Expr::value(JobState::Running.as_str()))
        .col_expr(Column::LeaseUntil, Expr::value(now.plus(lease).0))
        .col_expr(Column::Attempts, Expr::col(Column::Attempts).add(1))
        .filter(Column::Id.is_in(jobs.iter().map(|job| job.id)))
        .exec(db)
        .await?;
    for job in &mut jobs {
        job.attempts += 1;
        job.lease_until = Some(now.plus(lease));
    }
    Ok(jobs)
}

fn due(now: Moment, which: &'static str) -> Select<Entity> {
    Entity::find()
        .filter(claimable(now))
        .filter(Expr::cust(which))
        .order_by_asc(Column::RunAt)
        .order_by_asc(Column::Id)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
}

/// Jobs whose worker died give their place back; those that took it with them at every try are dead, and answered.
pub(crate) async fn release_expired_leases(db: &impl ConnectionTrait, now: Moment) -> Outcome<Vec<Model>> {
    let orphaned = orphaned(now);
    let last = TRIES.cast_signed();
    let fatal = orphaned.clone().add(Column::Attempts.gte(last)).add(Column::Kind.is_not_in(SCHEDULES));
    let dead =
        Entity::find().filter(fatal).lock_with_behavior(LockType::Update, LockBehavior::SkipLocked).all(db).await?;
    if !dead.is_empty() {
        Entity::update_many()
            .col_expr(Column::State, Expr::value(JobState::Dead.as_str()))
            .col_expr(Column::LeaseUntil, Expr::value(None::<i64>))
            .col_expr(Column::LastError, Expr::value("its worker ended, or took too long, at every try"))
            .filter(Column::Id.is_in(dead.iter().map(|job| job.id)))
            .exec(db)
            .await?;
    }
    Entity::update_many()
        .col_expr(Column::State, Expr::value(JobState::Retrying.as_str()))
        .col_expr(Column::LeaseUntil, Expr::value(None::<i64>))
        .filter(orphaned)
        .filter(Column::Attempts.lt(last).or(Column::Kind.is_in(SCHEDULES)))
        .exec(db)
        .await?;
    Ok(dead)
}

pub(crate) async fn mark_done(db: &impl ConnectionTrait, now: Moment, ids: Vec<i64>) -> Outcome<()> {
    if ids.is_empty() {
        return Ok(());
    }
    Entity::update_many()
        .col_expr(Column::State, Expr::value(JobState::Done.as_str()))
        .col_expr(Column::LeaseUntil, Expr::value(None::<i64>))
        .col_expr(Column::DoneAt, Expr::value(now.0))
        .filter(Column::Id.is_in(ids))
        .exec(db)
        .await?;
    Ok(())
}

/// Marks everything promised but the schedules in `but` as done when it was due: for a seeded past whose people cannot be
/// written to.
pub(crate) async fn mark_all_done(db: &impl ConnectionTrait, merchant: &MerchantId, but: &[&str]) -> Outcome<()> {
    Entity::update_many()
        .col_expr(Column::State, Expr::value(JobState::Done.as_str()))
        .col_expr(Column::DoneAt, Expr::col(Column::RunAt))
        .filter(Column::MerchantId.eq(merchant.clone()))
        .filter(Column::State.ne(JobState::Done))
        .filter(Column::Kind.is_not_in(but.iter().copied()))
        .exec(db)
        .await?;
    Ok(())
}

/// Gives up a job of an order: for a seeded past in which its tries were used up.
pub(crate) async fn bury(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    order: &OrderId,
    kind: &str,
    why: &str,
) -> Outcome<()> {
    Entity::update_many()
        .col_expr(Column::State, Expr::value(JobState::Dead.as_str()))
        .col_expr(Column::Attempts, Expr::value(TRIES))
        .col_expr(Column::LastError, Expr::value(why))
        .filter(Column::MerchantId.eq(merchant.clone()))
        .filter(Column::OrderId.eq(order.clone()))
        .filter(Column::Kind.eq(kind))
        .exec(db)
        .await?;
    Ok(())
}

/// What becomes of a job that is not done.
pub(crate) struct Postponed {
    pub(crate) id: i64,
    /// The lease it was held with.
    pub(crate) lease_until: Option<Moment>,
    pub(crate) state: JobState,
    pub(crate) attempts: i32,
    pub(crate) run_at: Moment,
    pub(crate) error: Option<String>,
}

/// False when the lease was lost meanwhile: then it is another worker's word that counts.
pub(crate) async fn postpone(db: &impl ConnectionTrait, job: Postponed) -> Outcome<bool> {
    let postponed = Entity::update_many()
        .col_expr(Column::State, Expr::value(job.state.as_str()))
        .col_expr(Column::LeaseUntil, Expr::value(None::<i64>))
        .col_expr(Column::Attempts, Expr::value(job.attempts))
        .col_expr(Column::RunAt, Expr::value(job.run_at.0))
        .col_expr(Column::LastError, Expr::value(job.error))
        .filter(Column::Id.eq(job.id))
        .filter(Column::State.eq(JobState::Running))
        .filter(Column::LeaseUntil.eq(job.lease_until))
        .exec(db)
        .await?;
    Ok(postponed.rows_affected == 1)
}

/// When the next job that waits for its time is due.
pub(crate) async fn next_due(db: &impl ConnectionTrait) -> Outcome<Option<Moment>> {
    let next = Entity::find()
        .select_only()
        .column_as(Column::RunAt.min(), "next")
        .filter(Expr::cust(WAITING))
        .into_tuple::<Option<i64>>()
        .one(db)
        .await?;
    Ok(next.flatten().map(Moment))
}

/// Everything promised for one order, oldest first.
///
/// # Errors
/// When the database does not answer.
pub async fn of_order(db: &impl ConnectionTrait, merchant: &MerchantId, order: &OrderId) -> Outcome<Vec<Model>> {
    let jobs = Entity::find()
        .filter(Column::MerchantId.eq(merchant.clone()))
        .filter(Column::OrderId.eq(order.clone()))
        .order_by_asc(Column::Id)
        .limit(200);
    Ok(jobs.all(db).await?)
}

/// How many jobs of the merchant stand where; done ones are not counted.
pub(crate) async fn counts(db: &impl ConnectionTrait, merchant: &MerchantId) -> Outcome<Vec<(JobState, i64)>> {
    let counted = Entity::find()
        .select_only()
        .column(Column::State)
        .column_as(Column::Id.count(), "count")
        .filter(Column::MerchantId.eq(merchant.clone()))
        .filter(Expr::cust(OWED))
        .group_by(Column::State);
    Ok(counted.into_tuple().all(db).await?)
}

/// Newest first.
pub(crate) async fn list(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    state: Option<JobState>,
    before: Option<i64>,
    limit: u64,
) -> Outcome<Vec<Model>> {
    let mut query = Entity::find().filter(Column::MerchantId.eq(merchant.clone()));
    query = match state {
        // Nearly all are done: they are found among all.
        Some(JobState::Done) => query.filter(Column::State.eq(JobState::Done)),
        Some(state) => query.filter(Expr::cust(OWED)).filter(Column::State.eq(state)),
        None => query,
    };
    if let Some(before) = before {
        query = query.filter(Column::Id.lt(before));
    }
    Ok(query.order_by_desc(Column::Id).limit(limit).all(db).await?)
}

/// Dead jobs become due now, with all their tries.
pub(crate) async fn revive(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    ids: Option<&[i64]>,
    now: Moment,
) -> Outcome<u64> {
    let mut dead = Entity::update_many()
        .col_expr(Column::State, Expr::value(JobState::Queued.as_str()))
        .col_expr(Column::Attempts, Expr::value(0))
        .col_expr(Column::RunAt, Expr::value(now.0))
        .filter(Column::MerchantId.eq(merchant.clone()))
        .filter(Column::State.eq(JobState::Dead));
    if let Some(ids) = ids {
        dead = dead.filter(Column::Id.is_in(ids.iter().copied()));
    }
    Ok(dead.exec(db).await?.rows_affected)
}

/// An unfinished job of an order becomes due now, with all its tries; false when there is none.
pub(crate) async fn hurry(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    order: &OrderId,
    kind: &str,
    now: Moment,
) -> Outcome<bool> {
    let hurried = Entity::update_many()
        .col_expr(Column::State, Expr::value(JobState::Queued.as_str()))
        .col_expr(Column::Attempts, Expr::value(0))
        .col_expr(Column::RunAt, Expr::value(now.0))
        .filter(Column::MerchantId.eq(merchant.clone()))
        .filter(Column::OrderId.eq(order.clone()))
        .filter(Column::Kind.eq(kind))
        .filter(Column::State.is_in([JobState::Queued, JobState::Retrying, JobState::Dead]))
        .exec(db)
        .await?;
    Ok(hurried.rows_affected > 0)
}

/// What waits in a lane of the merchant becomes due now.
pub(crate) async fn hurry_lane(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    lane: &str,
    now: Moment,
) -> Outcome<()> {
    Entity::update_many()
        .col_expr(Column::RunAt, Expr::value(now.0))
        .filter(Column::MerchantId.eq(merchant.clone()))
        .filter(Column::Lane.eq(lane))
        .filter(Expr::cust(WAITING))
        .exec(db)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::testing::{plan, shops};

    #[tokio::test]
    async fn a_turn_reads_what_is_due_and_not_all_that_was_done() {
        for shop in shops().await {
            for (which, indexes) in [(NOT_BULK, &["jobs_due"][..]), (BULK, &["jobs_bulk", "jobs_due"])] {
                let Some(steps) = plan(&shop, &due(Moment(1), which).limit(32)).await else { continue };
                let uses = |index: &&str| steps.iter().any(|step| step.contains(&format!("jobs USING INDEX {index}")));
                assert!(indexes.iter().any(uses), "{which}: {steps:?}");
                assert!(steps.iter().any(|step| step.contains("earlier USING INDEX jobs_in_lane")), "{steps:?}");
                assert!(!steps.iter().any(|step| step.contains("SCAN")), "{which}: {steps:?}");
            }
        }
    }
}
