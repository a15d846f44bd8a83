//! Refunds that a person makes: at the bank, in cash, in the provider's cabinet; with proof of it.

use domain::{
    FileId, MerchantId, Money, RefundId, limits,
    refund::{RefundStatus, RefundStep},
    role::{Actor, Permission},
};

use super::{
    ask::{note, stands},
    book::{self, Open},
    rows::Model as Refund,
    run, store,
};
use crate::{
    catalog::{self, File},
    db::{Db, Tx},
    failure::{Outcome, Refusal, RefusalKind, reason},
    services::Services,
};

/// What shows that the money is back.
#[derive(Clone, Debug, Default)]
pub struct Proof {
    /// Where and how: the transfer's number, the day, who.
    pub text: String,
    /// A picture or PDF of the slip.
    pub file: Option<Vec<u8>>,
}

/// Records that a person gave the money back.
///
/// # Errors
/// `forbidden`, `not_found`, `proof_required`, `too_long`, `proof_too_large`, `proof_kind_unknown`, `refund_moved_on`,
/// `refund_too_much` where so much is not left, because money went back outside meanwhile.
pub async fn done_by_hand(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    id: &RefundId,
    proof: Proof,
) -> Outcome<Refund> {
    let text = checked(actor, &proof.text)?;
    let file = proof.file.map(|bytes| catalog::private_file(services, merchant, bytes)).transpose()?;
    let (own, actor, merchant, id) = (services.clone(), actor.clone(), merchant.clone(), id.clone());
    services
        .db
        .write(move |tx| async move {
            let mut open = book::open(&tx, &merchant, &id).await?;
            if let Some(file) = file {
                open.refund.proof_file_id = Some(file.id.clone());
                catalog::store::insert_file(&*tx, file).await?;
            }
            open.refund.proof_text = Some(text);
            let before = stands(&open);
            open.step(&tx, &own.clock, RefundStep::DoneByHand, &actor.label(), None).await?;
            fits(&tx, &open).await?;
            // The provider may have told of it before the person did: it is counted once.
            let told = open.payment.refunded_minor;
            run::given_back(&tx, &own, &open, "staff", &actor.label(), told, "given back by hand".to_owned()).await?;
            note(&tx, &own, &actor, &open, "refund_done_by_hand", before).await?;
            Ok(open.refund)
        })
        .await
}

/// What is done and what went back outside never exceed what was paid.
async fn fits(tx: &Tx, open: &Open) -> Outcome<()> {
    let payment = &open.payment;
    let sums = store::sums(&**tx, &payment.merchant_id, &payment.id).await?;
    let over = sums.least(payment.refunded_outside_minor).saturating_sub(payment.amount_minor);
    if over <= 0 {
        return Ok(());
    }
    let left = Money::new(open.refund.amount_minor.saturating_sub(over).max(0), payment.currency);
    Err(Refusal::field("amount", "refund_too_much").with("max", left).into())
}

/// Records that the money will not go back: what was held for it is free again. Only of what is in a person's hands: what is
/// with the provider may be done at any moment.
///
/// # Errors
/// `forbidden`, `not_found`, `proof_required`, `refund_moved_on`.
pub async fn failed_by_hand(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    id: &RefundId,
    why: &str,
) -> Outcome<Refund> {
    if !actor.may(Permission::ApproveRefund) {
        return Err(Refusal::forbidden().into());
    }
    let why = reason("note", why)?;
    let (own, actor, merchant, id) = (services.clone(), actor.clone(), merchant.clone(), id.clone());
    services
        .db
        .write(move |tx| async move {
            let mut open = book::open(&tx, &merchant, &id).await?;
            if open.refund.status != RefundStatus::ManualRequired {
                return Err(Refusal::new(RefusalKind::Conflict, "refund_moved_on").into());
            }
            let before = stands(&open);
            open.step(&tx, &own.clock, RefundStep::Fail, &actor.label(), Some(why)).await?;
            note(&tx, &own, &actor, &open, "refund_given_up", before).await?;
            Ok(open.refund)
        })
        .await
}

fn checked(actor: &Actor, text: &str) -> Result<String, Refusal> {
    if !actor.may(Permission::ApproveRefund) {
        return Err(Refusal::forbidden());
    }
    let text = text.trim().to_owned();
    match text.chars().count() {
        0 => Err(Refusal::field("proof", "proof_required")),
        length if length > limits::REASON => Err(Refusal::field("proof", "too_long").with("max", limits::REASON)),
        _ => Ok(text),
    }
}

/// The file that proves a refund, for staff of its merchant.
///
/// # Errors
/// `not_found`.
pub async fn proof_file(db: &Db, merchant: &MerchantId, id: &RefundId) -> Outcome<File> {
    let file: FileId = super::get(db, merchant, id).await?.proof_file_id.ok_or_else(Refusal::not_found)?;
    catalog::store::own_file(db.read(), merchant, &file).await?.ok_or_else(|| Refusal::not_found().into())
}
