//! What staff decide of a receipt that the register refused, or of which it is not known whether it was registered.

use domain::{Currency, MerchantId, ReceiptId, receipt::ReceiptState, role::Actor};
use serde_json::{Value, json};

use super::{
    Receipt, alone,
    connect::{may_edit, resume},
    get,
    rows::register,
    run, store,
};
use crate::{
    db::Tx,
    failure::{Outcome, Refusal, RefusalKind, text},
    services::Services,
    staff::audit,
};

/// Longest reason and fiscal number, characters.
const REASON: usize = 300;
const FISCAL: usize = 40;

/// The number that somebody has read in the register's own cabinet.
#[derive(Clone, Debug)]
pub struct Adopt {
    pub number: i64,
    pub fiscal: String,
    pub reason: String,
}

/// Sends a receipt once more, as if for the first time. Whoever asks for it of an uncertain one has made sure that it is not
/// registered, and says how.
///
/// # Errors
/// `forbidden`, `not_found`, `required`; `receipt_moved_on`, `receipt_currency`.
pub async fn again(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    id: &ReceiptId,
    reason: &str,
) -> Outcome<Receipt> {
    may_edit(actor)?;
    let reason = text("reason", reason, REASON)?;
    let receipt = get(&services.db, merchant, id).await?;
    if receipt.state == ReceiptState::Uncertain && reason.is_empty() {
        return Err(Refusal::field("reason", "required").into());
    }
    if receipt.currency != Currency::Amd {
        return Err(Refusal::new(RefusalKind::Conflict, "receipt_currency").into());
    }
    let (own, doer, of, which) = (services.clone(), actor.clone(), merchant.clone(), id.clone());
    let write = move |tx: Tx| async move {
        let (register, receipt) = open(&tx, &of, &which).await?;
        let before = shown(&receipt, None);
        let owed = Receipt { state: ReceiptState::Owed, sent_at: None, problem: None, problem_words: None, ..receipt };
        store::change(&*tx, &owed).await?;
        resume(&tx, own.clock.now(), &register).await?;
        let after = Some(shown(&owed, Some(reason)));
        audit::record(&tx, &own.clock, &of, &doer, "receipt_sent_again", which.as_str(), Some(before), after).await
    };
    services.db.write(write).await?;
    get(&services.db, merchant, id).await
}

/// Notes by hand that a receipt is registered under a number.
///
/// # Errors
/// `forbidden`, `not_found`, `required`; `receipt_number_wrong`, `receipt_number_taken`, `receipt_moved_on`.
pub async fn adopt(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    id: &ReceiptId,
    adopt: Adopt,
) -> Outcome<Receipt> {
    may_edit(actor)?;
    if adopt.number <= 0 {
        return Err(Refusal::field("number", "receipt_number_wrong").into());
    }
    let (fiscal, reason) = (text("fiscal", &adopt.fiscal, FISCAL)?, text("reason", &adopt.reason, REASON)?);
    let (own, doer, of, which) = (services.clone(), actor.clone(), merchant.clone(), id.clone());
    let write = move |tx: Tx| async move {
        let (mut register, receipt) = open(&tx, &of, &which).await?;
        let crn = register.settings.get("crn").and_then(Value::as_str).unwrap_or_default().to_owned();
        if store::is_numbered(&*tx, &of, &crn, adopt.number).await? {
            return Err(Refusal::field("number", "receipt_number_taken").into());
        }
        let before = shown(&receipt, None);
        register.last_number = register.last_number.max(adopt.number);
        store::keep_register(&*tx, register.clone()).await?;
        let fiscal = Some(fiscal).filter(|fiscal| !fiscal.is_empty());
        let receipt = Receipt { number: Some(adopt.number), fiscal, crn: Some(crn), ..receipt };
        let after = shown(&Receipt { state: ReceiptState::Registered, ..receipt.clone() }, Some(reason));
        run::registered(&tx, &own.clock, &doer.label(), receipt, "by_hand").await?;
        resume(&tx, own.clock.now(), &register).await?;
        audit::record(&tx, &own.clock, &of, &doer, "receipt_adopted", which.as_str(), Some(before), Some(after)).await
    };
    services.db.write(write).await?;
    get(&services.db, merchant, id).await
}

/// The receipt, if a person may decide about it, and its register.
async fn open(tx: &Tx, merchant: &MerchantId, id: &ReceiptId) -> Outcome<(register::Model, Receipt)> {
    alone(tx, merchant).await?;
    let register = store::register(&**tx, merchant).await?.ok_or_else(Refusal::not_found)?;
    let receipt = store::get(&**tx, merchant, id).await?.ok_or_else(Refusal::not_found)?;
    if !matches!(receipt.state, ReceiptState::Refused | ReceiptState::Uncertain) {
        return Err(Refusal::new(RefusalKind::Conflict, "receipt_moved_on").into());
    }
    Ok((register, receipt))
}

fn shown(receipt: &Receipt, reason: Option<String>) -> Value {
    json!({
        "state": receipt.state,
        "problem": receipt.problem,
        "number": receipt.number,
        "fiscal": receipt.fiscal,
        "sum_minor": receipt.amount_minor,
        "reason": reason,
    })
}
