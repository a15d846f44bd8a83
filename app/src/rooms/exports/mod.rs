//! Payments, orders, customers, receipts and the journal as files, for those who keep the books: what the list shows is what the file
//! holds.

mod columns;

use axum::{
    Router,
    extract::Query,
    response::{IntoResponse, Response},
    routing::get,
};
use domain::{Day, Lang};
use serde::Deserialize;
use server::{
    failure::Outcome,
    reports::{self, Export, ExportOf, ExportPage, days_between},
};

use self::columns::{CUSTOMERS, JOURNAL, ORDERS, PAYMENTS, RECEIPTS};
use super::{customers, orders, payments::Asked, receipts};
use crate::web::{Cell, Desk, Faces, Format, Rows, file};

pub(super) fn routes() -> Router<Faces> {
    Router::new()
        .route("/payments/export.csv", get(async |desk, asked| payments(desk, asked, Format::Csv).await))
        .route("/payments/export.xlsx", get(async |desk, asked| payments(desk, asked, Format::Xlsx).await))
        .route("/orders/export.csv", get(async |desk, asked| orders(desk, asked, Format::Csv).await))
        .route("/orders/export.xlsx", get(async |desk, asked| orders(desk, asked, Format::Xlsx).await))
        .route("/customers/export.csv", get(async |desk, asked| customers(desk, asked, Format::Csv).await))
        .route("/customers/export.xlsx", get(async |desk, asked| customers(desk, asked, Format::Xlsx).await))
        .route("/receipts/export.csv", get(async |desk, asked| receipts(desk, asked, Format::Csv).await))
        .route("/receipts/export.xlsx", get(async |desk, asked| receipts(desk, asked, Format::Xlsx).await))
        .route("/journal/export.csv", get(async |desk, asked| journal(desk, asked, Format::Csv).await))
        .route("/journal/export.xlsx", get(async |desk, asked| journal(desk, asked, Format::Xlsx).await))
}

/// Days of the shop's zone, both included; either may be left out.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Days {
    from: String,
    until: String,
}

async fn payments(desk: Desk, Query(asked): Query<Asked>, format: Format) -> Response {
    let words = serde_json::json!({
        "q": asked.q,
        "status": asked.status,
        "from": asked.from,
        "until": asked.until,
        "account": asked.account,
        "link": asked.link,
    });
    let of = ExportOf::Payments(asked.query(desk.offset()));
    answer(&desk, "payments", of, words, &PAYMENTS, format).await
}

async fn orders(desk: Desk, Query(asked): Query<orders::Asked>, format: Format) -> Response {
    let of = ExportOf::Orders(asked.whole(desk.offset()));
    answer(&desk, "orders", of, asked.words(), &ORDERS, format).await
}

async fn customers(desk: Desk, Query(asked): Query<customers::Asked>, format: Format) -> Response {
    let of = ExportOf::Customers(asked.whole());
    answer(&desk, "customers", of, asked.words(), &CUSTOMERS, format).await
}

async fn receipts(desk: Desk, Query(asked): Query<receipts::Asked>, format: Format) -> Response {
    let of = ExportOf::Receipts(asked.whole());
    answer(&desk, "receipts", of, asked.words(), &RECEIPTS, format).await
}

async fn journal(desk: Desk, Query(asked): Query<Days>, format: Format) -> Response {
    let words = serde_json::json!({ "from": asked.from, "until": asked.until });
    let (from, until) = days_between(asked.from.parse().ok(), asked.until.parse().ok(), desk.offset());
    answer(&desk, "journal", ExportOf::Journal(from, until), words, &JOURNAL, format).await
}

async fn answer(
    desk: &Desk,
    name: &str,
    of: ExportOf,
    asked: serde_json::Value,
    columns: &[&str],
    format: Format,
) -> Response {
    let made = async || -> Outcome<Response> {
        let export = reports::export(&desk.services, &desk.actor, desk.merchant(), of, format.word(), asked).await?;
        let rows = Pages { export, lang: desk.lang, offset: desk.offset() };
        let header = columns.iter().map(|key| desk.say(key)).collect();
        let name = [name, "-", &Day::of(desk.now(), desk.offset()).to_string()].concat();
        file(format, &name, header, rows).await
    };
    match made().await {
        Ok(response) => response.into_response(),
        Err(failure) => desk.failed(&desk.say("export.title"), &failure).await,
    }
}

struct Pages {
    export: Export,
    lang: Lang,
    offset: i32,
}

impl Rows for Pages {
    async fn next(&mut self) -> Outcome<Vec<Vec<Cell>>> {
        let (lang, offset) = (self.lang, self.offset);
        Ok(match self.export.next().await? {
            ExportPage::Payments(rows) => rows.into_iter().map(|row| columns::payment(lang, offset, row)).collect(),
            ExportPage::Orders(rows) => rows.into_iter().map(|row| columns::order(lang, offset, row)).collect(),
            ExportPage::Customers(rows) => rows.into_iter().map(|row| columns::customer(offset, row)).collect(),
            ExportPage::Receipts(rows) => rows.into_iter().map(|row| columns::receipt(lang, offset, row)).collect(),
            ExportPage::Journal(rows) => rows.into_iter().map(|entry| columns::entry(offset, entry)).collect(),
        })
    }
}
