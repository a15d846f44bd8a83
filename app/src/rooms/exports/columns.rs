//! The columns of the files, and what stands in them. Times stand in the shop's zone and in UTC.

use domain::{Day, Lang, Moment, receipt::ReceiptKind};
use server::{
    customers::Customer,
    fiscal::Receipt,
    journal::JournalEntry,
    orders::{Answer, Line},
    reports::{OrderRow, PaymentRow},
};

use crate::{badge::Badge, texts::say, web::Cell};

/// The keys of the headers.
pub(super) const PAYMENTS: [&str; 20] = [
    "fact.payment_id",
    "fact.order",
    "payments.what",
    "payments.status",
    "payments.review",
    "payments.sum",
    "export.refunded",
    "export.currency",
    "export.started",
    "export.started_utc",
    "export.paid",
    "export.paid_utc",
    "fact.customer",
    "export.username",
    "fact.telegram",
    "fact.external_order_id",
    "fact.account",
    "fact.merchant_order_id",
    "fact.reference",
    "export.order_id",
];

pub(super) fn payment(lang: Lang, offset: i32, row: PaymentRow) -> Vec<Cell> {
    let (amount, refunded) = (row.amount(), row.refunded());
    let review = row.review_reason.filter(|_| row.needs_review);
    vec![
        Cell::text(row.id),
        Cell::Number(row.order_number),
        Cell::maybe(row.title.map(|title| title.get(lang).to_owned())),
        Cell::Text(say(lang, &["payment.", row.status.as_str()].concat())),
        Cell::maybe(review.map(|reason| say(lang, &["review.", reason.as_str()].concat()))),
        Cell::Sum(amount),
        Cell::Sum(refunded),
        Cell::text(row.currency.as_str()),
        Cell::Text(local(row.created_at, offset)),
        Cell::Text(row.created_at.rfc3339()),
        Cell::maybe(row.paid_at.map(|at| local(at, offset))),
        Cell::maybe(row.paid_at.map(Moment::rfc3339)),
        Cell::maybe(row.customer_name),
        Cell::maybe(row.customer_username),
        Cell::maybe(row.telegram_user_id.map(|id| id.to_string())),
        Cell::maybe(row.external_order_id),
        Cell::Text(row.provider),
        Cell::Text(row.merchant_order_id),
        Cell::maybe(row.reference),
        Cell::text(row.order_id),
    ]
}

pub(super) const ORDERS: [&str; 19] = [
    "orders.id",
    "fact.order",
    "orders.lines",
    "payments.status",
    "payments.review",
    "payments.sum",
    "export.currency",
    "orders.made",
    "export.made_utc",
    "export.paid",
    "export.paid_utc",
    "orders.delivered",
    "fact.customer",
    "export.username",
    "fact.telegram",
    "frame.language",
    "fact.external_order_id",
    "export.link_id",
    "export.answers",
];

pub(super) fn order(lang: Lang, offset: i32, row: OrderRow) -> Vec<Cell> {
    let (order, amount) = (row.whole.order.clone(), row.whole.order.amount());
    let review = order.review_reason.filter(|_| order.needs_review);
    let (name, username) = row.customer.map(|person| (person.name, person.username)).unzip();
    vec![
        Cell::text(order.id),
        Cell::Number(order.number),
        Cell::Text(row.whole.lines.iter().map(|line| ordered(lang, offset, line)).collect::<Vec<_>>().join("; ")),
        Cell::Text(say(lang, &["order.", order.status.as_str()].concat())),
        Cell::maybe(review.map(|reason| say(lang, &["review.", reason.as_str()].concat()))),
        Cell::Sum(amount),
        Cell::text(order.currency.as_str()),
        Cell::Text(local(order.created_at, offset)),
        Cell::Text(order.created_at.rfc3339()),
        Cell::maybe(order.paid_at.map(|at| local(at, offset))),
        Cell::maybe(order.paid_at.map(Moment::rfc3339)),
        Cell::maybe(order.fulfilled_at.map(|at| local(at, offset))),
        Cell::maybe(name),
        Cell::maybe(username.flatten()),
        Cell::maybe(order.telegram_user_id.map(|id| id.to_string())),
        Cell::text(order.language.as_str()),
        Cell::maybe(order.external_order_id),
        Cell::maybe(order.link_id),
        Cell::maybe(answered(lang, &row.answers)),
    ]
}

/// `Coffee × 2`, with the time that was booked.
fn ordered(lang: Lang, offset: i32, line: &Line) -> String {
    let what = [line.title.get(lang), " × ", &line.quantity.to_string()].concat();
    line.slot_at.map_or_else(|| what.clone(), |at| [&what, " (", &local(at, offset), ")"].concat())
}

fn answered(lang: Lang, answers: &[Answer]) -> Option<String> {
    let said = answers.iter().map(|answer| [answer.question.get(lang), ": ", answer.answer.get(lang)].concat());
    let said = said.collect::<Vec<_>>().join("; ");
    (!said.is_empty()).then_some(said)
}

pub(super) const CUSTOMERS: [&str; 9] = [
    "export.customer_id",
    "customers.name",
    "export.username",
    "fact.telegram",
    "frame.language",
    "customers.since",
    "export.since_utc",
    "customers.blocked",
    "customers.no_ads",
];

pub(super) fn customer(offset: i32, person: Customer) -> Vec<Cell> {
    vec![
        Cell::text(person.id),
        Cell::Text(person.name),
        Cell::maybe(person.username),
        Cell::Text(person.telegram_user_id.to_string()),
        Cell::text(person.language.as_str()),
        Cell::Text(local(person.created_at, offset)),
        Cell::Text(person.created_at.rfc3339()),
        Cell::maybe(person.blocked_at.map(|at| local(at, offset))),
        Cell::maybe(person.ads_stopped_at.map(|at| local(at, offset))),
    ]
}

pub(super) const RECEIPTS: [&str; 13] = [
    "receipts.id",
    "receipts.kind",
    "payments.status",
    "receipts.number",
    "receipts.fiscal",
    "register.crn",
    "payments.sum",
    "export.currency",
    "receipts.printed",
    "export.printed_utc",
    "receipts.owed_since",
    "fact.payment_id",
    "export.order_id",
];

pub(super) fn receipt(lang: Lang, offset: i32, receipt: Receipt) -> Vec<Cell> {
    let kind = match receipt.kind {
        ReceiptKind::Sale => "receipts.sale",
        ReceiptKind::Return => "receipts.return",
    };
    let amount = receipt.amount();
    vec![
        Cell::text(receipt.id),
        Cell::Text(say(lang, kind)),
        Cell::Text(Badge::receipt(lang, receipt.state).text),
        receipt.number.map_or(Cell::Nothing, Cell::Number),
        Cell::maybe(receipt.fiscal),
        Cell::maybe(receipt.crn),
        Cell::Sum(amount),
        Cell::text(receipt.currency.as_str()),
        Cell::maybe(receipt.printed_at.map(|at| local(at, offset))),
        Cell::maybe(receipt.printed_at.map(Moment::rfc3339)),
        Cell::Text(local(receipt.created_at, offset)),
        Cell::text(receipt.payment_id),
        Cell::text(receipt.order_id),
    ]
}

pub(super) const JOURNAL: [&str; 13] = [
    "export.number",
    "export.at",
    "export.at_utc",
    "days.kind",
    "payments.sum",
    "export.currency",
    "export.order_id",
    "fact.payment_id",
    "export.actor",
    "export.data",
    "export.entry_id",
    "export.prev_hash",
    "export.hash",
];

/// Kinds, data and hashes stand as they are hashed, so that the chain can be followed outside of the house too.
pub(super) fn entry(offset: i32, entry: JournalEntry) -> Vec<Cell> {
    let amount = entry.amount();
    vec![
        Cell::Number(entry.number),
        Cell::Text(local(entry.at, offset)),
        Cell::Text(entry.at.rfc3339()),
        Cell::text(entry.kind.as_str()),
        amount.map_or(Cell::Nothing, Cell::Sum),
        Cell::maybe(entry.currency.map(domain::Currency::as_str)),
        Cell::maybe(entry.order_id),
        Cell::maybe(entry.payment_id),
        Cell::Text(entry.actor),
        Cell::Text(entry.data),
        Cell::text(entry.id),
        Cell::Text(entry.prev_hash),
        Cell::Text(entry.hash),
    ]
}

/// `2026-11-24 18:05:09` in the shop's zone.
fn local(at: Moment, offset: i32) -> String {
    [&Day::of(at, offset).to_string(), " ", &at.local_time(offset)].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_the_shops_own() {
        let at = Moment::parse("2026-11-23T20:05:09Z").unwrap();
        assert_eq!(local(at, 240), "2026-11-24 00:05:09");
    }
}
