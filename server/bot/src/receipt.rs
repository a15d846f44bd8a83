//! A fiscal receipt as the customer gets it: its numbers in words, and its QR code as a picture.

use domain::receipt::ReceiptKind;
use server::{
    failure::Outcome,
    fiscal::{self, Receipt},
    orders::Whole,
    payments::tell::Tell,
    png,
    services::Services,
    shop,
};

use crate::{
    screens,
    texts::{escape, texts},
};

/// What is said, and the picture.
pub(crate) async fn said(
    services: &Services,
    whole: &Whole,
    tell: &Tell,
) -> Outcome<Option<(String, Option<Vec<u8>>)>> {
    let Some(id) = &tell.receipt else { return Ok(None) };
    let receipt = fiscal::get(&services.db, &whole.order.merchant_id, id).await?;
    let Some(number) = receipt.number else { return Ok(None) };
    let offset = shop::get(&services.db, &whole.order.merchant_id).await?.utc_offset_minutes;
    let words = words(whole, &receipt, number, offset);
    Ok(Some((words, receipt.qr.as_deref().and_then(png::of_text))))
}

fn words(whole: &Whole, receipt: &Receipt, number: i64, offset: i32) -> String {
    let lang = whole.order.language;
    let own = texts(lang);
    let at = receipt.printed_at.or(receipt.registered_at);
    let time = at.map(|at| screens::time_words(lang, at, offset)).unwrap_or_default();
    let (order, receipt_number) = (whole.order.number.to_string(), number.to_string());
    let sum = receipt.amount().to_string();
    let values = [("number", order.as_str()), ("receipt", &receipt_number), ("sum", &sum), ("time", &time)];
    let key = match receipt.kind {
        ReceiptKind::Sale => "receipt_sale",
        ReceiptKind::Return => "receipt_return",
    };
    let fiscal = receipt.fiscal.as_deref().map(|fiscal| own.with("receipt_fiscal", &[("fiscal", &escape(fiscal))]));
    [Some(own.with(key, &values)), fiscal].into_iter().flatten().collect::<Vec<_>>().join("\n")
}
