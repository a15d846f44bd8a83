//! A register with a past, for the demo: what its journal says was sold and given back has long been registered, but one.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    MerchantId, PaymentId, ReceiptId,
    journal::EntryKind,
    receipt::{PartialReturn, ReceiptKind, ReceiptState},
};
use providers::ehdm::EhdmSettings;
use serde_json::{Value, json};

use super::{Receipt, connect, pieces, promise, store};
use crate::{
    db::Tx,
    failure::Outcome,
    journal::{self, JournalEntry},
    orders::{self, Whole},
    services::Services,
};

/// More entries than a demo has.
const MOST: u64 = 10_000;

/// Adds the register, switched on, and the receipts of everything so far.
pub(crate) async fn adopt(services: &Services, merchant: &MerchantId, settings: &EhdmSettings) -> Outcome<()> {
    let filter = journal::Filter::default();
    let mut entries = journal::list(&services.db, merchant, &filter, MOST).await?;
    entries.reverse();
    let ids: BTreeSet<_> = entries.iter().filter_map(|entry| entry.order_id.clone()).collect();
    let wholes = orders::by_ids(&services.db, merchant, ids.into_iter().collect()).await?;
    let receipts = registered(services, &entries, &wholes, &settings.crn)?;
    let last = receipts.iter().filter_map(|receipt| receipt.number).max().unwrap_or(0);
    let mut row = connect::fresh(merchant, services.clock.now());
    row.settings = serde_json::to_value(settings)?;
    row.secrets = connect::sealed(services, merchant, &BTreeMap::new())?;
    (row.active, row.seq, row.last_number) = (true, last, last);
    let of = merchant.clone();
    let write = move |tx: Tx| async move {
        store::keep_register(&*tx, row).await?;
        journal::set_receipts(&tx, &of, true).await?;
        store::insert(&*tx, receipts).await
    };
    services.db.write(write).await
}

fn registered(services: &Services, entries: &[JournalEntry], wholes: &[Whole], crn: &str) -> Outcome<Vec<Receipt>> {
    let of_kind = |kind| entries.iter().filter(move |entry| entry.kind == kind);
    let back: BTreeSet<&PaymentId> =
        of_kind(EntryKind::PaymentRefunded).filter_map(|entry| entry.payment_id.as_ref()).collect();
    let mut kept = of_kind(EntryKind::PaymentPaid)
        .filter(|entry| entry.payment_id.as_ref().is_some_and(|payment| !back.contains(payment)));
    let refused = kept.next_back().map(|entry| entry.number);
    let (mut all, mut sold) = (Vec::<Receipt>::new(), Vec::new());
    for entry in entries {
        let Some(mut receipt) = promise::of(entry, &services.clock, entry.at, &sold) else { continue };
        let whole = wholes.iter().find(|whole| whole.order.id == receipt.order_id);
        receipt.pieces = match receipt.kind {
            ReceiptKind::Sale => {
                sold.push(receipt.payment_id.clone());
                let lines = whole.map(|whole| pieces::of_sale(whole, receipt.amount_minor));
                serde_json::to_value(lines.unwrap_or_default())?
            }
            ReceiptKind::Return => back_of(&all, &receipt)?,
        };
        // Lists are sorted by ids, and ids by the time of their making.
        receipt.id = ReceiptId::make(entry.at.0.unsigned_abs(), services.clock.random());
        receipt.tries = 1;
        if refused == Some(entry.number) {
            receipt.state = ReceiptState::Refused;
            receipt.problem = Some("183".to_owned());
            receipt.problem_words = Some("INVALID_ADG_CODE".to_owned());
        } else {
            let number = i64::try_from(all.iter().filter(|known| known.number.is_some()).count()).unwrap_or(0) + 1;
            number_it(&mut receipt, crn, number);
        }
        all.push(receipt);
    }
    Ok(all)
}

fn back_of(all: &[Receipt], receipt: &Receipt) -> Outcome<Value> {
    let own = || all.iter().filter(|other| other.payment_id == receipt.payment_id);
    let sale = own().find(|other| other.kind == ReceiptKind::Sale).map(|sale| sale.pieces.clone());
    let before: Vec<Value> =
        own().filter(|other| other.kind == ReceiptKind::Return).map(|other| other.pieces.clone()).collect();
    let way = PartialReturn::Nearest;
    let back = pieces::of_return(&sale.unwrap_or_else(|| json!([])), &before, receipt.amount_minor, way);
    Ok(serde_json::to_value(back.unwrap_or_default())?)
}

fn number_it(receipt: &mut Receipt, crn: &str, number: i64) {
    let (fiscal, at) = ((52_000_000 + number).to_string(), receipt.created_at);
    receipt.state = ReceiptState::Registered;
    receipt.crn = Some(crn.to_owned());
    receipt.number = Some(number);
    receipt.qr =
        Some(format!("CRN: {crn}, Receipt_ID: {number}, FISCAL: {fiscal}, TOTAL: {}", receipt.amount().decimal()));
    receipt.fiscal = Some(fiscal);
    (receipt.printed_at, receipt.registered_at) = (Some(at), Some(at));
}
