//! Asking for a refund, and deciding about it.

use std::collections::BTreeSet;

use domain::{
    MerchantId, Money, PaymentId, RefundId,
    payment::PaymentStatus,
    refund::{RefundStatus, RefundStep},
    role::{Actor, Permission},
};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::{
    book::{self, Open},
    rows::Model as Refund,
    run, store, taken_lines,
};
use crate::{
    api_keys,
    db::Tx,
    failure::{Outcome, Refusal, RefusalKind, reason},
    jobs,
    orders::{self, Order},
    payments::{self, Payment},
    services::Services,
    shop::{self, Merchant},
    staff::audit,
};

/// A refund to be asked for: of a sum, of lines of the order, or of all that is left.
#[derive(Clone, Debug)]
pub struct NewRefund {
    pub payment: PaymentId,
    pub amount: Option<Money>,
    /// Positions of the order's lines; empty: not by lines.
    pub lines: Vec<i32>,
    pub reason: String,
    /// The same cause asks once: its second asking is answered with the first one's refund.
    pub made_by: Option<String>,
}

/// Asks for a refund; up to what the actor may decide alone it is approved at once and goes to the provider.
///
/// # Errors
/// `forbidden`, `not_found`, `reason_required`, `payment_not_paid`, `refund_after_dispute`, `refund_too_much`,
/// `line_refunded_already`, `currency_not_accepted`, `amount_out_of_range`.
pub async fn ask(services: &Services, actor: &Actor, merchant: &MerchantId, new: NewRefund) -> Outcome<Refund> {
    if !actor.may(Permission::RequestRefund) {
        return Err(Refusal::forbidden().into());
    }
    let new = NewRefund { reason: reason("reason", &new.reason)?, ..new };
    let (own, actor, merchant) = (services.clone(), actor.clone(), merchant.clone());
    services
        .db
        .write(move |tx| async move {
            let (payment, order) = locked(&tx, &merchant, &new.payment).await?;
            if let Some(cause) = &new.made_by
                && let Some(first) = store::made_by(&*tx, &merchant, cause).await?
            {
                return Ok(first);
            }
            let shop = shop::store::get(&*tx, &merchant).await?.ok_or_else(Refusal::not_found)?;
            let before = sums(&payment);
            let mut open = open_new(&tx, &own, &actor, payment, order, new).await?;
            open.write_down(&tx, &own.clock, &actor.label()).await?;
            note(&tx, &own, &actor, &open, "refund_asked", before).await?;
            if may_do_alone(&shop, &actor, open.asked_in_all_minor()) {
                approved(&tx, &own, &mut open, &actor).await?;
            } else {
                open.alert(&tx, &own.clock).await?;
            }
            Ok(open.refund)
        })
        .await
}

/// What was paid a second time, or too late, goes back as a whole. Pressed twice it is asked for once; after one that came
/// to nothing it is asked for anew.
///
/// # Errors
/// As [`ask`].
pub async fn ask_for_duplicate(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    payment: PaymentId,
    reason: String,
) -> Outcome<Refund> {
    let all = store::of_payment(services.db.read(), merchant, &payment).await?;
    let undone = all.iter().filter(|refund| !refund.stands()).count();
    let cause = format!("duplicate:{payment}{}", if undone == 0 { String::new() } else { format!(":{undone}") });
    let new = NewRefund { payment, amount: None, lines: Vec::new(), reason, made_by: Some(cause) };
    ask(services, actor, merchant, new).await
}

/// Whether the same person stands behind this actor as behind who asked for the refund: as staff, or through an API key
/// that they have made.
///
/// # Errors
/// When the database does not answer.
pub async fn is_own(services: &Services, actor: &Actor, refund: &Refund) -> Outcome<bool> {
    is_same_person(services.db.read(), actor, refund).await
}

async fn is_same_person(db: &impl ConnectionTrait, actor: &Actor, refund: &Refund) -> Outcome<bool> {
    let merchant = &refund.merchant_id;
    let asker = api_keys::person_behind(db, merchant, &refund.asked_by).await?;
    Ok(asker == api_keys::person_behind(db, merchant, &actor.label()).await?)
}

/// Whether what this actor asks for needs nobody else: support up to one sum, who approves up to another or without limit.
/// `amount_minor` is all that was given back or asked for of the payment: a sum is not smaller for being asked in parts.
#[must_use]
pub fn may_do_alone(shop: &Merchant, actor: &Actor, amount_minor: i64) -> bool {
    if actor.may(Permission::ApproveRefund) {
        shop.refund_pair_minor.is_none_or(|limit| amount_minor <= limit)
    } else {
        amount_minor <= shop.refund_alone_minor
    }
}

/// The payment as it stands under the lock of its order.
async fn locked(tx: &Tx, merchant: &MerchantId, id: &PaymentId) -> Outcome<(Payment, Order)> {
    let payment = payments::store::get(&**tx, merchant, id).await?.ok_or_else(Refusal::not_found)?;
    let order = orders::store::lock(&**tx, vec![payment.order_id]).await?.pop().ok_or_else(Refusal::not_found)?;
    let payment = payments::store::get(&**tx, merchant, id).await?.ok_or_else(Refusal::not_found)?;
    Ok((payment, order))
}

async fn open_new(
    tx: &Tx,
    services: &Services,
    actor: &Actor,
    payment: Payment,
    order: Order,
    new: NewRefund,
) -> Outcome<Open> {
    refundable(&payment)?;
    let amount_minor = match (&new.amount, new.lines.is_empty()) {
        (_, false) => lines_sum(tx, &payment, &new.lines).await?,
        (Some(amount), true) if amount.currency != payment.currency => {
            return Err(Refusal::field("amount", "currency_not_accepted").into());
        }
        (Some(amount), true) => amount.amount_minor,
        (None, true) => payment.refundable_minor(),
    };
    if amount_minor <= 0 && payment.refundable_minor() > 0 {
        return Err(Refusal::field("amount", "amount_out_of_range").with("max", left(&payment)).into());
    }
    let fits = (1..=payment.amount_minor).contains(&amount_minor);
    if !fits || !payments::store::hold_refund(&**tx, &payment.id, amount_minor).await? {
        return Err(Refusal::field("amount", "refund_too_much").with("max", left(&payment)).into());
    }
    let refund = Refund {
        id: services.clock.id(),
        merchant_id: payment.merchant_id.clone(),
        payment_id: payment.id.clone(),
        order_id: order.id.clone(),
        amount_minor,
        currency: payment.currency,
        positions: json!(new.lines),
        reason: new.reason,
        status: RefundStatus::Requested,
        note: None,
        made_by: new.made_by,
        asked_by: actor.label(),
        asked_at: services.clock.now(),
        decided_by: None,
        decided_at: None,
        base_minor: None,
        sent_at: None,
        proof_text: None,
        proof_file_id: None,
        ended_at: None,
    };
    store::insert(&**tx, refund.clone()).await?;
    Ok(Open { refund, payment, order })
}

const fn left(payment: &Payment) -> Money {
    Money::new(payment.refundable_minor(), payment.currency)
}

fn refundable(payment: &Payment) -> Result<(), Refusal> {
    match payment.status {
        PaymentStatus::Paid | PaymentStatus::PartiallyRefunded | PaymentStatus::Refunded => Ok(()),
        // The bank is taking the money back already: giving it back too would lose it twice.
        PaymentStatus::Reversed | PaymentStatus::Disputed => {
            Err(Refusal::new(RefusalKind::Conflict, "refund_after_dispute"))
        }
        _ => Err(Refusal::new(RefusalKind::Conflict, "payment_not_paid")),
    }
}

/// The sum of these lines; a line is given back once.
async fn lines_sum(tx: &Tx, payment: &Payment, positions: &[i32]) -> Outcome<i64> {
    let merchant = &payment.merchant_id;
    let taken = taken_lines(&store::of_payment(&**tx, merchant, &payment.id).await?);
    let lines = orders::store::lines(&**tx, merchant, vec![payment.order_id.clone()]).await?;
    let mut sum = 0_i64;
    for position in positions.iter().collect::<BTreeSet<_>>() {
        let line = lines.iter().find(|line| line.position == *position).ok_or_else(Refusal::not_found)?;
        if taken.contains(position) {
            return Err(Refusal::field("lines", "line_refunded_already").into());
        }
        let own = line.unit_minor.checked_mul(line.quantity).and_then(|own| own.checked_sub(line.off_minor));
        let own = own.and_then(|own| sum.checked_add(own));
        sum = own.ok_or_else(|| Refusal::field("lines", "amount_out_of_range").with("max", left(payment)))?;
    }
    Ok(sum)
}

/// A second person says yes.
///
/// # Errors
/// `forbidden`, `not_found`, `refund_own_approval`, `refund_moved_on`.
pub async fn approve(services: &Services, actor: &Actor, merchant: &MerchantId, id: &RefundId) -> Outcome<Refund> {
    decide(services, actor, merchant, id, None).await
}

/// A second person says no, or who asked takes it back; and why.
///
/// # Errors
/// `forbidden`, `not_found`, `reason_required`, `refund_moved_on`.
pub async fn reject(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    id: &RefundId,
    why: &str,
) -> Outcome<Refund> {
    decide(services, actor, merchant, id, Some(reason("note", why)?)).await
}

async fn decide(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    id: &RefundId,
    rejected: Option<String>,
) -> Outcome<Refund> {
    let (own, actor, merchant, id) = (services.clone(), actor.clone(), merchant.clone(), id.clone());
    services
        .db
        .write(move |tx| async move {
            let mut open = book::open(&tx, &merchant, &id).await?;
            // Who asked may take it back, but not approve it.
            let asker = is_same_person(&*tx, &actor, &open.refund).await?;
            let takes_back = asker && rejected.is_some() && actor.may(Permission::RequestRefund);
            if !actor.may(Permission::ApproveRefund) && !takes_back {
                return Err(Refusal::forbidden().into());
            }
            if asker && rejected.is_none() {
                return Err(Refusal::new(RefusalKind::Conflict, "refund_own_approval").into());
            }
            if open.refund.status != RefundStatus::Requested {
                return Err(Refusal::new(RefusalKind::Conflict, "refund_moved_on").into());
            }
            match rejected {
                None => approved(&tx, &own, &mut open, &actor).await?,
                Some(why) => {
                    let before = stands(&open);
                    decided(&mut open, &own, &actor);
                    open.step(&tx, &own.clock, RefundStep::Reject, &actor.label(), Some(why)).await?;
                    note(&tx, &own, &actor, &open, "refund_rejected", before).await?;
                }
            }
            Ok(open.refund)
        })
        .await
}

fn decided(open: &mut Open, services: &Services, actor: &Actor) {
    open.refund.decided_by = Some(actor.label());
    open.refund.decided_at = Some(services.clock.now());
}

async fn approved(tx: &Tx, services: &Services, open: &mut Open, actor: &Actor) -> Outcome<()> {
    refundable(&open.payment)?;
    let before = stands(open);
    decided(open, services, actor);
    open.step(tx, &services.clock, RefundStep::Approve, &actor.label(), None).await?;
    note(tx, services, actor, open, "refund_approved", before).await?;
    jobs::enqueue(tx, services.clock.now(), vec![run::job(services.clock.now(), &open.refund)]).await
}

/// How much of the payment is given back and held.
fn sums(payment: &Payment) -> Value {
    json!({ "refunded_minor": payment.refunded_minor, "refund_held_minor": payment.refund_held_minor })
}

/// What a step may change, for the audit log.
pub(super) fn stands(open: &Open) -> Value {
    let mut stands = sums(&open.payment);
    stands["status"] = open.refund.status.as_str().into();
    stands
}

/// The audit line of a step that has been taken, from `before` on.
pub(super) async fn note(
    tx: &Tx,
    services: &Services,
    actor: &Actor,
    open: &Open,
    action: &'static str,
    before: Value,
) -> Outcome<()> {
    let refund = &open.refund;
    // Read again: settling moves it too.
    let payment = payments::store::get(&**tx, &refund.merchant_id, &refund.payment_id).await?;
    let mut after = payment.as_ref().map_or_else(|| json!({}), sums);
    for (name, value) in [
        ("payment", json!(refund.payment_id)),
        ("amount_minor", json!(refund.amount_minor)),
        ("currency", json!(refund.currency)),
        ("reason", json!(refund.reason)),
        ("status", json!(refund.status)),
        ("note", json!(refund.proof_text.as_ref().or(refund.note.as_ref()))),
    ] {
        after[name] = value;
    }
    let (merchant, subject) = (&refund.merchant_id, refund.id.as_str());
    audit::record(tx, &services.clock, merchant, actor, action, subject, Some(before), Some(after)).await
}
