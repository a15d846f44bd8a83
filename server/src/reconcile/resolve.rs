//! Resolving exceptions, one by one or many at once.

use domain::{
    MerchantId, PaymentId, ReconciliationId, StaffId, limits,
    payment::Reported,
    reconcile::{Exception, Theirs},
    role::{Actor, Permission},
};
use serde_json::json;

use super::{
    rows::exception::Model as ExceptionRow,
    store::{self, Ended},
};
use crate::{
    db::Tx,
    failure::{Outcome, Refusal},
    payments,
    services::Services,
    staff::audit,
};

/// What is done with an exception.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// Their word is true: it is settled as evidence, where it matches what was asked.
    Accept,
    /// A person has seen to it; the comment says how.
    Close,
}

impl How {
    const fn word(self) -> &'static str {
        match self {
            Self::Accept => "accepted",
            Self::Close => "closed",
        }
    }
}

/// Resolves those of `ids` that are still open; answers how many. What cannot be accepted stays open.
///
/// # Errors
/// `forbidden`, `reason_required`, `too_long`, `nothing_chosen`.
pub async fn resolve(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    id: &ReconciliationId,
    ids: Vec<i64>,
    how: How,
    comment: &str,
) -> Outcome<u64> {
    may(actor, how)?;
    let comment = comment.trim().to_owned();
    match comment.chars().count() {
        0 => return Err(Refusal::field("comment", "reason_required").into()),
        length if length > limits::REASON => {
            return Err(Refusal::field("comment", "too_long").with("max", limits::REASON).into());
        }
        _ => {}
    }
    let chosen = store::chosen(services.db.read(), merchant, id, ids).await?;
    if chosen.is_empty() {
        return Err(Refusal::field("exception", "nothing_chosen").into());
    }
    let mut count = 0;
    for row in chosen {
        count += u64::from(one(services, actor, merchant, row, how, &comment).await?);
    }
    Ok(count)
}

/// Accepting a file's word moves money in the books: that is not for those who only compare.
fn may(actor: &Actor, how: How) -> Result<(), Refusal> {
    let allowed = match how {
        How::Accept => actor.may(Permission::Reconcile) && actor.may(Permission::ResolveReview),
        How::Close => actor.may(Permission::Reconcile),
    };
    if allowed { Ok(()) } else { Err(Refusal::forbidden()) }
}

async fn one(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    row: ExceptionRow,
    how: How,
    comment: &str,
) -> Outcome<bool> {
    let (own, actor, merchant, comment) = (services.clone(), actor.clone(), merchant.clone(), comment.to_owned());
    services
        .db
        .write(move |tx| async move {
            let now = own.clock.now();
            if how == How::Accept && !accept(&tx, &own, &actor, &merchant, &row).await? {
                return Ok(false);
            }
            let by = actor.label();
            let ended = Ended { resolution: how.word(), comment: &comment, by: &by, at: now };
            if !store::end(&*tx, row.id, &ended).await? {
                return Ok(false);
            }
            note(&tx, &own, &actor, &row, how, &comment).await?;
            Ok(true)
        })
        .await
}

/// Settles what their lines say; true when the payment then stands as they say.
async fn accept(
    tx: &Tx,
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    row: &ExceptionRow,
) -> Outcome<bool> {
    let Some(id) = &row.payment_id else { return Ok(false) };
    let lines = row.lines();
    match row.kind {
        Exception::PaidThere => {
            let Some(line) = lines.iter().find(|line| !line.refund) else { return Ok(false) };
            settle(tx, services, actor, merchant, id, line, Reported::Paid, None).await
        }
        Exception::RefundUnrecorded => {
            let back = lines.iter().filter(|line| line.refund).map(|line| line.amount_minor).sum();
            let Some(line) = lines.iter().find(|line| !line.refund).or(lines.first()) else { return Ok(false) };
            settle(tx, services, actor, merchant, id, line, Reported::PartiallyRefunded, Some(back)).await
        }
        _ => Ok(false),
    }
}

async fn settle(
    tx: &Tx,
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    id: &PaymentId,
    line: &Theirs,
    reported: Reported,
    refunded: Option<i64>,
) -> Outcome<bool> {
    let Some(payment) = payments::store::get(&**tx, merchant, id).await? else { return Ok(false) };
    payments::file_says(tx, &services.clock, &payment, &actor.label(), line, reported, refunded).await?;
    let after = payments::store::get(&**tx, merchant, id).await?;
    Ok(after.is_some_and(|after| {
        after.status.was_paid() && refunded.is_none_or(|refunded| after.refunded_minor >= refunded)
    }))
}

async fn note(tx: &Tx, services: &Services, actor: &Actor, row: &ExceptionRow, how: How, comment: &str) -> Outcome<()> {
    let after = json!({ "kind": row.kind, "payment": row.payment_id, "how": how.word(), "comment": comment });
    let subject = row.reconciliation_id.as_str();
    audit::record(tx, &services.clock, &row.merchant_id, actor, "exception_resolved", subject, None, Some(after)).await
}

/// Gives exceptions to a person who sees to them, or to nobody.
///
/// # Errors
/// `forbidden`, `nothing_chosen`.
pub async fn own(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    id: &ReconciliationId,
    ids: Vec<i64>,
    owner: Option<StaffId>,
) -> Outcome<()> {
    may(actor, How::Close)?;
    let chosen = store::chosen(services.db.read(), merchant, id, ids).await?;
    if chosen.is_empty() {
        return Err(Refusal::field("exception", "nothing_chosen").into());
    }
    let ids = chosen.into_iter().map(|row| row.id).collect();
    services.db.write(move |tx| async move { store::own(&*tx, ids, owner.as_ref()).await }).await
}
