//! Resolving exceptions, one by one or many at once.

use domain::{
    MerchantId, ReconciliationId, StaffId,
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
    failure::{Outcome, Refusal, reason},
    payments::{self, Payment},
    services::Services,
    staff::{self, audit},
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

/// Resolves those of `ids` that are still open; answers how many. What cannot be accepted stays open, and so does one that
/// fails in the middle: the others are done all the same.
///
/// # Errors
/// `forbidden`, `not_found`, `reason_required`, `too_long`, `nothing_chosen`; a failure only where nothing was resolved.
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
    let comment = reason("comment", comment)?;
    super::get(&services.db, merchant, id).await?;
    let chosen = store::chosen(services.db.read(), merchant, id, ids).await?;
    if chosen.is_empty() {
        return Err(Refusal::field("exception", "nothing_chosen").into());
    }
    let (mut count, mut failed) = (0, None);
    for row in chosen {
        let exception = row.id;
        match one(services, actor, merchant, row, how, &comment).await {
            Ok(done) => count += u64::from(done),
            Err(failure) => {
                tracing::error!(exception, %failure, "an exception could not be resolved; it stays open");
                failed = Some(failure);
            }
        }
    }
    failed.filter(|_| count == 0).map_or(Ok(count), Err)
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
            let Some(row) = store::hold(&*tx, row.id).await? else { return Ok(false) };
            let before = payment_of(&tx, &merchant, &row).await?;
            if how == How::Accept && !accept(&tx, &own, &actor, &row, before.as_ref()).await? {
                return Ok(false);
            }
            let by = actor.label();
            let ended = Ended { resolution: how.word(), comment: &comment, by: &by, at: own.clock.now() };
            store::end(&*tx, row.id, &ended).await?;
            let after = payment_of(&tx, &merchant, &row).await?;
            note(&tx, &own, &actor, &row, (before.as_ref(), after.as_ref()), &ended).await?;
            Ok(true)
        })
        .await
}

async fn payment_of(tx: &Tx, merchant: &MerchantId, row: &ExceptionRow) -> Outcome<Option<Payment>> {
    match &row.payment_id {
        Some(id) => payments::store::get(&**tx, merchant, id).await,
        None => Ok(None),
    }
}

/// Settles what their lines say; true when the payment then stands as they say.
async fn accept(
    tx: &Tx,
    services: &Services,
    actor: &Actor,
    row: &ExceptionRow,
    payment: Option<&Payment>,
) -> Outcome<bool> {
    let Some(payment) = payment else { return Ok(false) };
    let lines = row.lines();
    let paid = lines.iter().find(|line| !line.refund);
    let (reported, back) = match row.kind {
        Exception::PaidThere if paid.is_some() => (Reported::Paid, None),
        // Money cannot go back before it came, nor in another currency.
        Exception::RefundUnrecorded if paid.is_some() || payment.status.was_paid() => {
            let Some(back) = given_back(&lines, payment) else { return Ok(false) };
            (Reported::PartiallyRefunded, Some(back))
        }
        _ => return Ok(false),
    };
    payments::file_says(tx, &services.clock, payment, &actor.label(), paid, reported, back).await?;
    let after = payments::store::get(&**tx, &payment.merchant_id, &payment.id).await?;
    Ok(after.is_some_and(|after| after.status.was_paid() && back.is_none_or(|back| after.refunded_minor >= back)))
}

fn given_back(lines: &[Theirs], payment: &Payment) -> Option<i64> {
    lines.iter().filter(|line| line.refund).try_fold(0_i64, |sum, line| {
        let ours = line.currency == payment.currency;
        sum.checked_add(line.amount_minor).filter(|_| ours)
    })
}

async fn note(
    tx: &Tx,
    services: &Services,
    actor: &Actor,
    row: &ExceptionRow,
    (before, after): (Option<&Payment>, Option<&Payment>),
    ended: &Ended<'_>,
) -> Outcome<()> {
    let stands = |payment: Option<&Payment>| {
        payment.map(|payment| json!({ "status": payment.status, "refunded_minor": payment.refunded_minor }))
    };
    let before = json!({ "owner": row.owner_id, "payment": stands(before) });
    let after = json!({
        "kind": row.kind,
        "payment_id": row.payment_id,
        "how": ended.resolution,
        "comment": ended.comment,
        "payment": stands(after),
    });
    let (clock, subject) = (&services.clock, row.reconciliation_id.as_str());
    audit::record(tx, clock, &row.merchant_id, actor, "exception_resolved", subject, Some(before), Some(after)).await
}

/// Gives exceptions to a person of the shop who sees to them, or to nobody.
///
/// # Errors
/// `forbidden`, `nothing_chosen`; `not_found` also when there is no such person, or they have left.
pub async fn own(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    id: &ReconciliationId,
    ids: Vec<i64>,
    owner: Option<StaffId>,
) -> Outcome<()> {
    may(actor, How::Close)?;
    super::get(&services.db, merchant, id).await?;
    if let Some(owner) = &owner {
        staff::get(&services.db, merchant, owner).await?;
    }
    let (own, actor, merchant, id) = (services.clone(), actor.clone(), merchant.clone(), id.clone());
    services
        .db
        .write(move |tx| async move {
            let chosen = store::chosen(&*tx, &merchant, &id, ids).await?;
            if chosen.is_empty() {
                return Err(Refusal::field("exception", "nothing_chosen").into());
            }
            let ids: Vec<i64> = chosen.iter().map(|row| row.id).collect();
            let owners: Vec<_> = chosen.iter().map(|row| &row.owner_id).collect();
            let (before, after) = (json!({ "owners": owners }), json!({ "exceptions": ids, "owner": owner }));
            let (before, after, subject) = (Some(before), Some(after), id.as_str());
            audit::record(&tx, &own.clock, &merchant, &actor, "exception_taken", subject, before, after).await?;
            store::own(&*tx, ids, owner.as_ref()).await
        })
        .await
}
