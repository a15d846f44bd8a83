//! Receipts promised: one for each entry of the journal that says money came or went back.

use domain::{
    Currency, MerchantId, Moment, PaymentId,
    journal::EntryKind,
    receipt::{ReceiptKind, ReceiptState},
};

use super::{REGISTER_RECEIPT, Receipt, store};
use crate::{
    alerts,
    clock::Clock,
    db::Tx,
    failure::Outcome,
    jobs::{self, NewJob},
    journal::JournalEntry,
};

/// Promises the receipts that these entries owe, of shops that have a register. Money of a payment whose sale has no receipt
/// (it is older than the register) needs none when it goes back.
pub(crate) async fn promise(tx: &Tx, clock: &Clock, entries: &[JournalEntry]) -> Outcome<()> {
    let back = entries.iter().filter(|entry| entry.kind == EntryKind::PaymentRefunded);
    let back: Vec<PaymentId> = back.filter_map(|entry| entry.payment_id.clone()).collect();
    let mut sold = if back.is_empty() { Vec::new() } else { store::sold(&**tx, back).await? };
    let (mut owed, mut work, now) = (Vec::new(), Vec::new(), clock.now());
    for entry in entries {
        let Some(receipt) = of(entry, clock, now, &sold) else { continue };
        if receipt.kind == ReceiptKind::Sale {
            sold.push(receipt.payment_id.clone());
        }
        match receipt.state {
            ReceiptState::Refused => work.push(alert(now, &receipt)?),
            _ => work.push(job(now, &receipt)),
        }
        owed.push(receipt);
    }
    store::insert(&**tx, owed).await?;
    jobs::enqueue(tx, now, work).await
}

pub(super) fn of(entry: &JournalEntry, clock: &Clock, now: Moment, sold: &[PaymentId]) -> Option<Receipt> {
    let (payment, order, amount) = (entry.payment_id.clone()?, entry.order_id.clone()?, entry.amount()?);
    let kind = match entry.kind {
        EntryKind::PaymentPaid => ReceiptKind::Sale,
        EntryKind::PaymentRefunded if sold.contains(&payment) => ReceiptKind::Return,
        _ => return None,
    };
    // The register knows drams only.
    let foreign = amount.currency != Currency::Amd;
    Some(Receipt {
        id: clock.id(),
        merchant_id: entry.merchant_id.clone(),
        kind,
        state: if foreign { ReceiptState::Refused } else { ReceiptState::Owed },
        order_id: order,
        payment_id: payment,
        entry_number: entry.number,
        amount_minor: amount.amount_minor,
        currency: amount.currency,
        pieces: serde_json::json!([]),
        tries: 0,
        sent_at: None,
        problem: foreign.then(|| "currency".to_owned()),
        problem_words: None,
        crn: None,
        number: None,
        fiscal: None,
        qr: None,
        printed_at: None,
        registered_at: None,
        created_at: now,
    })
}

/// The one lane of a register.
pub(super) fn lane(merchant: &MerchantId) -> String {
    ["register:", merchant.as_str()].concat()
}

/// Work at the register; it takes up whatever is owed first.
pub(super) fn job(now: Moment, receipt: &Receipt) -> NewJob {
    NewJob {
        lane: Some(lane(&receipt.merchant_id)),
        order: Some(receipt.order_id.clone()),
        payment: Some(receipt.payment_id.clone()),
        ..NewJob::new(receipt.merchant_id.clone(), REGISTER_RECEIPT, now)
    }
}

/// Staff hear of a receipt once for each reason.
pub(super) fn alert(now: Moment, receipt: &Receipt) -> Outcome<NewJob> {
    let what = match receipt.state {
        ReceiptState::Uncertain => alerts::What::ReceiptUncertain,
        _ => alerts::What::ReceiptRefused,
    };
    let problem = receipt.problem.clone().unwrap_or_default();
    let key = format!("{}:{}:{problem}:{}", what.word(), receipt.id, receipt.tries);
    let word = receipt.problem_words.clone().filter(|words| !words.is_empty()).unwrap_or(problem);
    let alert = alerts::Alert { amount: Some(receipt.amount()), word: Some(word), ..what.into() };
    alerts::job(now, &receipt.merchant_id, &key, &alert)
}

/// Staff hear that the register takes nothing.
pub(super) fn trouble(now: Moment, merchant: &MerchantId, code: i64, words: &str) -> Outcome<NewJob> {
    let key = format!("{}:{code}:{}", alerts::What::RegisterTrouble.word(), now.0);
    let word = Some(format!("{code} {words}").trim().to_owned());
    alerts::job(now, merchant, &key, &alerts::Alert { word, ..alerts::What::RegisterTrouble.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(kind: EntryKind, currency: Currency) -> JournalEntry {
        let clock = Clock::system();
        JournalEntry {
            merchant_id: clock.id(),
            number: 7,
            id: clock.id(),
            kind,
            order_id: Some(clock.id()),
            payment_id: Some(clock.id()),
            amount_minor: Some(150_000),
            currency: Some(currency),
            actor: "system".to_owned(),
            at: clock.now(),
            data: "{}".to_owned(),
            prev_hash: String::new(),
            hash: String::new(),
        }
    }

    #[test]
    fn money_that_came_owes_a_receipt_and_money_back_only_after_one() {
        let (clock, now) = (Clock::system(), Moment(1));
        let paid = entry(EntryKind::PaymentPaid, Currency::Amd);
        let sale = of(&paid, &clock, now, &[]).unwrap();
        assert_eq!((sale.kind, sale.state, sale.amount_minor), (ReceiptKind::Sale, ReceiptState::Owed, 150_000));
        let back = JournalEntry { kind: EntryKind::PaymentRefunded, ..paid.clone() };
        assert!(of(&back, &clock, now, &[]).is_none(), "its sale is older than the register");
        let back = of(&back, &clock, now, &[sale.payment_id]).unwrap();
        assert_eq!((back.kind, back.state), (ReceiptKind::Return, ReceiptState::Owed));
        for kind in EntryKind::ALL.iter().filter(|kind| !matches!(kind, EntryKind::PaymentPaid)) {
            assert!(of(&JournalEntry { kind: *kind, ..paid.clone() }, &clock, now, &[]).is_none(), "{kind}");
        }
    }

    #[test]
    fn another_currency_is_refused_where_it_is_seen() {
        let (clock, paid) = (Clock::system(), entry(EntryKind::PaymentPaid, Currency::Usd));
        let sale = of(&paid, &clock, Moment(1), &[]).unwrap();
        assert_eq!((sale.state, sale.problem.as_deref()), (ReceiptState::Refused, Some("currency")));
        assert!(alert(Moment(1), &sale).unwrap().payload.contains("receipt_refused"));
    }
}
