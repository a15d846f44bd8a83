//! The one gate: every road of evidence about a payment (webhook, look-up, return page, staff, our clock) ends here.
//!
//! `settle` takes a batch, so that the writer of webhooks can commit many deliveries at once. In one transaction it locks
//! the orders, compares each proof with what was asked, moves payment and order by the rules of `domain`, and writes
//! journal and outbox. Nothing else changes the state of a payment.

use domain::{
    AccountId, MerchantId, Money, PaymentId,
    journal::EntryKind,
    order::{self, Around, Follow, OrderStatus},
    payment::{self, Asked, Decision, PaymentStatus, Proof, Reported, ReviewReason, Standing},
};
use providers::Seen;
use serde_json::json;

use super::{
    book::{Book, LinkCount},
    explain::{explain, review_key},
    rows::Model as Payment,
    tell::{self, What},
};
use crate::{
    alerts::{Alert, What as Tell},
    clock::Clock,
    db::Tx,
    failure::Outcome,
    fulfilment,
    jobs::NewJob,
    journal::NewEntry,
    orders::Order,
    refunds,
    sabotage::{Defence, broken},
};

/// Where a piece of evidence comes from.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// `webhook`, `lookup`, `begin` or `clock`.
    pub(crate) road: &'static str,
    /// Who asked: provider, a job, a staff member.
    pub(crate) actor: String,
    /// The delivery, for webhooks.
    pub(crate) event: Option<String>,
}

/// What somebody trustworthy says of a payment: a signed webhook or an authenticated look-up.
#[derive(Clone, Debug)]
pub(crate) struct Evidence {
    pub(crate) merchant: MerchantId,
    pub(crate) account: AccountId,
    pub(crate) source: Source,
    pub(crate) seen: Seen,
}

/// What was decided about a piece of evidence.
#[derive(Clone, Debug)]
pub(crate) struct Settled {
    pub(crate) decision: Decision,
    pub(crate) reason: String,
    pub(crate) payment: Option<PaymentId>,
}

/// Settles `evidence` in the given order.
pub(crate) async fn settle(tx: &Tx, clock: &Clock, evidence: &[Evidence]) -> Outcome<Vec<Settled>> {
    let (book, settled) = decide(tx, clock, evidence).await?;
    book.write(tx, clock).await?;
    Ok(settled)
}

/// As [`settle`], but for what the book still has to write.
pub(super) async fn decide(tx: &Tx, clock: &Clock, evidence: &[Evidence]) -> Outcome<(Book, Vec<Settled>)> {
    let mut book = Book::load(tx, evidence).await?;
    let mut settled = Vec::with_capacity(evidence.len());
    for proof in evidence {
        settled.push(weigh(&mut book, tx, clock, proof).await?);
    }
    Ok((book, settled))
}

async fn weigh(book: &mut Book, tx: &Tx, clock: &Clock, evidence: &Evidence) -> Outcome<Settled> {
    let Some(id) = book.find(evidence) else {
        let reason = "no payment with this order id or reference".to_owned();
        stray(book, clock, evidence)?;
        return Ok(Settled { decision: Decision::UnknownPayment, reason, payment: None });
    };
    let (mut payment, mut order) = book.take(&id)?;
    let review_before = payment.review_reason;
    let (decision, reason) = if let Err(mismatch) = compare(&payment, &evidence.account, &evidence.seen) {
        mismatched(book, tx, &mut payment, &mut order, evidence, mismatch).await?
    } else if evidence.seen.reported == Reported::Unknown {
        let word =
            Alert { order: Some(order.number), word: Some(evidence.seen.word.clone()), ..Tell::UnknownWord.into() };
        book.alert(clock, &evidence.merchant, &format!("word:{}:{}", evidence.account, evidence.seen.word), &word)?;
        (Decision::UnknownStatus, format!("the provider's status word {:?} is not known", evidence.seen.word))
    } else {
        book.adopt_reference(&mut payment, evidence.seen.reference.as_deref());
        climb(book, tx, clock, &mut payment, &mut order, evidence).await?
    };
    if payment.needs_review && payment.review_reason != review_before {
        let alert = Alert {
            order: Some(order.number),
            amount: Some(payment.amount()),
            reason: payment.review_reason,
            ..Tell::Review.into()
        };
        book.alert(clock, &payment.merchant_id, &review_key(&payment), &alert)?;
    }
    book.put(payment, order);
    Ok(Settled { decision, reason, payment: Some(id) })
}

/// Money for a payment nobody knows: there is nothing to settle, but staff must hear of it.
fn stray(book: &mut Book, clock: &Clock, evidence: &Evidence) -> Outcome<()> {
    let seen = &evidence.seen;
    if !seen.reported.claims_money() {
        return Ok(());
    }
    let named = seen.merchant_order_id.clone().or_else(|| seen.reference.clone()).unwrap_or_default();
    let key = format!("stray:{}:{named}", evidence.account);
    let alert = Alert { word: Some(named), ..Tell::StrayMoney.into() };
    book.alert(clock, &evidence.merchant, &key, &alert)
}

/// Whether somebody who was asked about this payment at its own account speaks of it as it was asked.
pub(crate) fn speaks_of(payment: &Payment, seen: &Seen) -> bool {
    compare(payment, &payment.account_id, seen).is_ok()
}

/// Rule 2. Evidence that claims no money need not repeat the sum, but must not contradict what it says.
fn compare(payment: &Payment, account: &AccountId, seen: &Seen) -> Result<(), ReviewReason> {
    if broken(Defence::ProofMatches) {
        return Ok(());
    }
    let claims = seen.reported.claims_money();
    let asked =
        Asked { account: &payment.account_id, merchant_order_id: &payment.merchant_order_id, amount: payment.amount() };
    let other_reference = matches!((&payment.reference, &seen.reference), (Some(ours), Some(theirs)) if ours != theirs);
    if other_reference {
        return Err(ReviewReason::OrderMismatch);
    }
    let fill =
        |said: Option<&'_ str>, ours: &'static str| said.map(str::to_owned).or((!claims).then(|| ours.to_owned()));
    let currency = fill(seen.currency.as_deref(), payment.currency.as_str());
    let order_id = seen.merchant_order_id.clone().or((!claims).then(|| payment.merchant_order_id.clone()));
    let proof = Proof {
        account,
        merchant_order_id: order_id.as_deref(),
        amount_minor: seen.amount_minor.or((!claims).then_some(payment.amount_minor)),
        currency: currency.as_deref(),
    };
    payment::matches(&asked, &proof)
}

async fn mismatched(
    book: &mut Book,
    tx: &Tx,
    payment: &mut Payment,
    order: &mut Order,
    evidence: &Evidence,
    mismatch: ReviewReason,
) -> Outcome<(Decision, String)> {
    let seen = &evidence.seen;
    let reason = format!(
        "{mismatch}: asked {} for {}, told {:?} {:?} for {:?}",
        payment.amount(),
        payment.merchant_order_id,
        seen.amount_minor,
        seen.currency,
        seen.merchant_order_id
    );
    let told = format!(
        "{} {} {}",
        seen.amount_minor.map_or_else(String::new, |sum| sum.to_string()),
        seen.currency.as_deref().unwrap_or_default(),
        seen.merchant_order_id.as_deref().unwrap_or_default()
    );
    let said = json!({ "why": reason, "mismatch": mismatch, "told": told });
    // Said once: a provider that repeats it at every look-up does not undo what staff have decided about it.
    if seen.reported.claims_money() && !book.knows_mismatch(tx, payment, &said).await? {
        tracing::warn!(payment = %payment.id, %reason, "a proof of payment does not match what was asked");
        flag(payment, order, mismatch);
        book.journal(entry(payment, EntryKind::PaymentMismatch, evidence, said));
    }
    Ok((Decision::Mismatch, reason))
}

pub(super) fn flag(payment: &mut Payment, order: &mut Order, reason: ReviewReason) {
    payment.needs_review = true;
    payment.review_reason = Some(payment.review_reason.map_or(reason, |known| known.graver(reason)));
    order.needs_review = true;
    order.review_reason = Some(order.review_reason.map_or(reason, |known| known.graver(reason)));
}

/// Moves payment and order up, if this evidence says something new.
async fn climb(
    book: &mut Book,
    tx: &Tx,
    clock: &Clock,
    payment: &mut Payment,
    order: &mut Order,
    evidence: &Evidence,
) -> Outcome<(Decision, String)> {
    let (before, seen) = (payment.standing(), &evidence.seen);
    let mut after = payment::stand(before, seen.reported, seen.refunded_minor, payment.amount_minor);
    if broken(Defence::OnlyClimbs) {
        after.status = payment::next(PaymentStatus::Created, seen.reported);
    }
    if after == before {
        return Ok((Decision::NoChange, format!("the payment is {} already; told {}", before.status, seen.word)));
    }
    let (from, to) = (before.status, after.status);
    (payment.status, payment.refunded_minor) = (to, after.refunded_minor);
    if to.was_paid() && payment.paid_at.is_none() {
        payment.paid_at = Some(clock.now());
    }
    if payment.refunded_minor > before.refunded_minor || to == PaymentStatus::PartiallyRefunded {
        let sums = refunds::store::sums(&**tx, &payment.merchant_id, &payment.id).await?;
        explain(payment, order, sums, evidence.source.road == "file");
    }
    write_down(book, payment, evidence, before);
    follow(book, tx, clock, payment, order, evidence).await?;
    Ok((Decision::Applied, format!("{from} → {to}")))
}

/// The journal's entries of a payment that has moved on from `before`.
fn write_down(book: &mut Book, payment: &Payment, evidence: &Evidence, before: Standing) {
    let (from, to) = (before.status, payment.status);
    let said = json!({ "from": from });
    // Whoever reads sums from the journal must see the money come before it goes.
    if to.was_paid() && !from.was_paid() {
        book.journal(entry(payment, EntryKind::PaymentPaid, evidence, said.clone()));
    }
    let back = payment.refunded_minor - before.refunded_minor;
    // A provider may say that money went back, but not how much.
    if back > 0 || (to == PaymentStatus::PartiallyRefunded && from != to) {
        let amount = (back > 0).then(|| Money::new(back, payment.currency));
        book.journal(NewEntry { amount, ..entry(payment, EntryKind::PaymentRefunded, evidence, said.clone()) });
    }
    let kind = entry_kind(to);
    if from != to && !matches!(kind, EntryKind::PaymentPaid | EntryKind::PaymentRefunded) {
        book.journal(entry(payment, kind, evidence, said));
    }
}

async fn follow(
    book: &mut Book,
    tx: &Tx,
    clock: &Clock,
    payment: &mut Payment,
    order: &mut Order,
    evidence: &Evidence,
) -> Outcome<()> {
    let siblings = book.siblings(payment);
    let around = Around {
        others: siblings.held,
        other_open: siblings.open,
        other_failed: siblings.failed,
        deliverable: payment.status != PaymentStatus::Paid || book.deliverable(tx, clock, order).await?,
    };
    let follow = order::follow(order.status, payment.status, around);
    if let Some(reason) = follow.review {
        flag(payment, order, reason);
        if reason == ReviewReason::DuplicatePayment {
            book.journal(entry(payment, EntryKind::PaymentDuplicate, evidence, json!({})));
        }
    }
    let first_paid = follow.status.was_paid() && order.paid_at.is_none();
    let ended = matches!(follow.status, OrderStatus::Failed | OrderStatus::Expired) && follow.status != order.status;
    order.status = follow.status;
    if first_paid {
        order.paid_at = Some(clock.now());
        book.count_link(order, LinkCount::Paid);
    } else if ended {
        book.release(tx, order).await?;
    }
    book.promise(promises(clock, payment, order, ended, &follow));
    Ok(())
}

/// The jobs that follow from where the payment stands now.
fn promises(clock: &Clock, payment: &Payment, order: &Order, ended: bool, follow: &Follow) -> Vec<NewJob> {
    let now = clock.now();
    let tell = |what| tell::job(now, order, Some(&payment.id), what);
    match payment.status {
        PaymentStatus::Paid if follow.deliver => {
            [tell(What::Paid), Some(fulfilment::job(now, order, &payment.id))].into_iter().flatten().collect()
        }
        PaymentStatus::Paid if follow.review.is_some() => tell(What::Review).into_iter().collect(),
        PaymentStatus::Failed | PaymentStatus::Expired if ended => {
            let what = if order.status == OrderStatus::Failed { What::Failed } else { What::Expired };
            tell(what).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

const fn entry_kind(status: PaymentStatus) -> EntryKind {
    match status {
        PaymentStatus::Created => EntryKind::PaymentStarted,
        PaymentStatus::Pending => EntryKind::PaymentPending,
        PaymentStatus::Paid => EntryKind::PaymentPaid,
        PaymentStatus::Failed => EntryKind::PaymentFailed,
        PaymentStatus::Expired => EntryKind::PaymentExpired,
        PaymentStatus::PartiallyRefunded | PaymentStatus::Refunded => EntryKind::PaymentRefunded,
        PaymentStatus::Reversed => EntryKind::PaymentReversed,
        PaymentStatus::Disputed => EntryKind::PaymentDisputed,
    }
}

/// The journal entry of what this evidence led to.
fn entry(payment: &Payment, kind: EntryKind, evidence: &Evidence, mut data: serde_json::Value) -> NewEntry {
    data["road"] = evidence.source.road.into();
    data["word"] = evidence.seen.word.clone().into();
    if let Some(event) = &evidence.source.event {
        data["event"] = event.clone().into();
    }
    NewEntry {
        merchant: payment.merchant_id.clone(),
        kind,
        order: Some(payment.order_id.clone()),
        payment: Some(payment.id.clone()),
        amount: Some(payment.amount()),
        actor: evidence.source.actor.clone(),
        data,
    }
}
