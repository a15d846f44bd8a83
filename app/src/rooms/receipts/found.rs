//! Fiscal receipts in words.

use std::collections::BTreeMap;

use domain::{
    Currency, OrderId, ReceiptId,
    receipt::{ReceiptKind, ReceiptState},
    role::Permission,
};
use serde::Deserialize;
use server::{
    failure::Outcome,
    fiscal::{self, Filter, Receipt},
    orders::{self, Whole},
};

use crate::{
    badge::Badge,
    rooms::{PAGE, paged, place::Place, story::Known},
    web::Desk,
};

/// What the list is asked for: the state in its address, as it stands there.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::rooms) struct Asked {
    shelf: String,
    kind: String,
    before: String,
}

impl Asked {
    pub(super) fn place(&self) -> Place {
        Place::new(super::PATH, &[("shelf", &self.shelf), ("kind", &self.kind)], &self.before)
    }

    pub(in crate::rooms) fn words(&self) -> serde_json::Value {
        serde_json::json!({ "state": self.shelf, "kind": self.kind })
    }

    /// All that the filters keep.
    pub(in crate::rooms) fn whole(&self) -> Filter {
        Filter { state: self.shelf.parse().ok(), kind: self.kind.parse().ok(), ..Filter::default() }
    }
}

pub(super) struct ReceiptRow {
    pub(super) id: String,
    pub(super) what: String,
    /// Its number and fiscal number, or why it has none.
    pub(super) sub: String,
    pub(super) kind: String,
    pub(super) sum: String,
    pub(super) status: Badge,
    pub(super) when: String,
}

pub(super) struct Found {
    pub(super) rows: Vec<ReceiptRow>,
    pub(super) next: Option<String>,
    /// The shop has a register.
    pub(super) connected: bool,
    pub(super) may_edit: bool,
    pub(super) may_export: bool,
}

pub(super) async fn find(desk: &Desk, asked: &Asked) -> Outcome<Found> {
    let filter = Filter { before: asked.before.parse().ok(), ..asked.whole() };
    let rows = fiscal::list(&desk.services, &desk.actor, desk.merchant(), &filter, PAGE as u64 + 1).await?;
    let (rows, next) = paged(rows, |receipt| receipt.id.to_string());
    let orders = of_orders(desk, &rows).await?;
    let register = fiscal::register(&desk.services, &desk.actor, desk.merchant()).await?;
    Ok(Found {
        rows: rows.into_iter().map(|receipt| row(desk, &orders, receipt)).collect(),
        next,
        connected: register.is_some(),
        may_edit: desk.may(Permission::EditSettings),
        may_export: desk.may(Permission::ExportMoney),
    })
}

async fn of_orders(desk: &Desk, rows: &[Receipt]) -> Outcome<BTreeMap<OrderId, Whole>> {
    let ids = rows.iter().map(|receipt| receipt.order_id.clone()).collect();
    let wholes = orders::by_ids(&desk.services.db, desk.merchant(), ids).await?;
    Ok(wholes.into_iter().map(|whole| (whole.order.id.clone(), whole)).collect())
}

fn row(desk: &Desk, orders: &BTreeMap<OrderId, Whole>, receipt: Receipt) -> ReceiptRow {
    ReceiptRow {
        what: orders.get(&receipt.order_id).map(|whole| title(desk, whole)).unwrap_or_default(),
        sub: numbers(desk, &receipt).or_else(|| problem(desk, &receipt)).unwrap_or_default(),
        kind: kind(desk, receipt.kind),
        sum: receipt.amount().to_string(),
        status: Badge::receipt(desk.lang, receipt.state),
        when: desk.when(receipt.printed_at.unwrap_or(receipt.created_at)),
        id: receipt.id.to_string(),
    }
}

fn title(desk: &Desk, whole: &Whole) -> String {
    ["№ ", &whole.order.number.to_string(), " · ", whole.title().get(desk.lang)].concat()
}

pub(in crate::rooms) fn kind(desk: &Desk, kind: ReceiptKind) -> String {
    desk.say(match kind {
        ReceiptKind::Sale => "receipts.sale",
        ReceiptKind::Return => "receipts.return",
    })
}

/// The numbers that it has.
pub(in crate::rooms) fn numbers(desk: &Desk, receipt: &Receipt) -> Option<String> {
    let number = receipt.number?.to_string();
    let fiscal = receipt.fiscal.as_deref().unwrap_or("—");
    Some(desk.say_with("receipts.numbers", &[("number", &number), ("fiscal", fiscal)]))
}

/// Why a person has to look.
pub(in crate::rooms) fn problem(desk: &Desk, receipt: &Receipt) -> Option<String> {
    let words = receipt.problem_words.as_deref().unwrap_or_default();
    Some(match receipt.problem.as_deref()? {
        "currency" => desk.say("receipts.problem_currency"),
        "sale_not_registered" => desk.say("receipts.problem_sale"),
        "inexact" => desk.say("receipts.problem_inexact"),
        "other_receipt" => desk.say_with("receipts.problem_other", &[("words", words)]),
        code => desk.say_with("receipts.problem_code", &[("code", code), ("words", words)]),
    })
}

/// One receipt, and what the person who looks at it may do.
pub(super) struct ReceiptView {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) sum: String,
    pub(super) status: Badge,
    pub(super) payment: String,
    pub(super) problem: Option<String>,
    pub(super) uncertain: bool,
    /// The picture of its QR code, drawn.
    pub(super) qr: Option<String>,
    pub(super) known: Vec<Known>,
    pub(super) may_send: bool,
    pub(super) may_adopt: bool,
}

pub(super) async fn one(desk: &Desk, id: &str) -> Outcome<ReceiptView> {
    let receipt = fiscal::get(&desk.services.db, desk.merchant(), &ReceiptId::parse(id)?).await?;
    let whole = orders::get(&desk.services.db, desk.merchant(), &receipt.order_id).await?;
    let open = matches!(receipt.state, ReceiptState::Refused | ReceiptState::Uncertain);
    let decides = open && desk.may(Permission::EditSettings);
    Ok(ReceiptView {
        id: id.to_owned(),
        title: title(desk, &whole),
        sum: receipt.amount().to_string(),
        status: Badge::receipt(desk.lang, receipt.state),
        payment: receipt.payment_id.to_string(),
        problem: problem(desk, &receipt),
        uncertain: receipt.state == ReceiptState::Uncertain,
        qr: receipt.qr.as_deref().and_then(crate::web::qr_svg),
        known: known(desk, &receipt),
        may_send: decides && receipt.currency == Currency::Amd,
        may_adopt: decides,
    })
}

fn known(desk: &Desk, receipt: &Receipt) -> Vec<Known> {
    let plain = |key: &str, value: String| Known { label: desk.say(key), value, copy: false, href: None };
    let copied = |key: &str, value: String| Known { copy: true, ..plain(key, value) };
    let mut known = vec![plain("receipts.kind", kind(desk, receipt.kind))];
    known.extend(receipt.number.map(|number| copied("receipts.number", number.to_string())));
    known.extend(receipt.fiscal.clone().map(|fiscal| copied("receipts.fiscal", fiscal)));
    known.extend(receipt.crn.clone().map(|crn| plain("register.crn", crn)));
    known.extend(receipt.printed_at.map(|at| plain("receipts.printed", desk.at(at))));
    known.push(plain("receipts.owed_since", desk.at(receipt.created_at)));
    known.push(plain("receipts.tries", receipt.tries.to_string()));
    known.push(copied("receipts.id", receipt.id.to_string()));
    known
}
