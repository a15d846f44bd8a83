//! The columns of a file: its first rows, and which column says what. The answer is remembered for the account.

use axum::response::Response;
use domain::ReconciliationId;
use leptos::prelude::*;
use serde::Deserialize;
use server::{
    failure::Outcome,
    reconcile::{self, Mapping},
    sheet::Sheet,
};

use super::PATH;
use crate::{
    said::Wrong,
    texts::t,
    ui::{Button, Crumb, Look, RoomHead, Segments, Select, Text, TextInput},
    web::Desk,
};

const FIELDS: &[&str] = &["order_id", "amount"];
/// Rows of the file that are shown.
const SHOWN: usize = 5;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ColumnsForm {
    order_id: String,
    reference: String,
    amount: String,
    currency: String,
    status: String,
    refund_words: String,
    skip_words: String,
    decimal: String,
}

impl From<ColumnsForm> for Mapping {
    fn from(form: ColumnsForm) -> Self {
        Self {
            order_id: form.order_id,
            reference: form.reference,
            amount: form.amount,
            currency: form.currency,
            status: form.status,
            refund_words: form.refund_words,
            skip_words: form.skip_words,
            decimal: form.decimal,
        }
    }
}

impl From<Mapping> for ColumnsForm {
    fn from(mapping: Mapping) -> Self {
        Self {
            order_id: mapping.order_id,
            reference: mapping.reference,
            amount: mapping.amount,
            currency: mapping.currency,
            status: mapping.status,
            refund_words: mapping.refund_words,
            skip_words: mapping.skip_words,
            decimal: mapping.decimal,
        }
    }
}

pub(super) async fn room(desk: &Desk, id: &str, form: Option<ColumnsForm>, wrong: Wrong) -> Response {
    let title = desk.say("reconcile.columns");
    match load(desk, id).await {
        Ok((sheet, kept)) => {
            let form = form.unwrap_or(kept);
            desk.form(&title, wrong, |wrong| page(id, &sheet, &form, wrong)).await
        }
        Err(failure) => desk.failed(&title, &failure).await,
    }
}

async fn load(desk: &Desk, id: &str) -> Outcome<(Sheet, ColumnsForm)> {
    let row = reconcile::get(&desk.services.db, desk.merchant(), &ReconciliationId::parse(id)?).await?;
    let sheet = reconcile::sheet_of(&desk.services.db, &row).await?;
    let mapping: Mapping = serde_json::from_value(row.mapping.unwrap_or_default()).unwrap_or_default();
    Ok((sheet, mapping.into()))
}

fn page(id: &str, sheet: &Sheet, form: &ColumnsForm, wrong: &Wrong) -> AnyView {
    let action = [PATH, "/", id, "/columns"].concat();
    let column = |name: &'static str, label: &str, value: &str, error: Option<String>| {
        let none = std::iter::once((String::new(), t("reconcile.no_column"), None));
        let named = sheet.head.iter().filter(|head| !head.trim().is_empty());
        let all = named.map(|head| (head.clone(), Text::from(head.clone()), None));
        view! { <Select name=name label=t(label) options=none.chain(all).collect() value=value error=error/> }
    };
    let points = vec![(".".to_owned(), Text::from("1234.50")), (",".to_owned(), Text::from("1234,50"))];
    let decimal = if form.decimal == "," { "," } else { "." };
    view! {
        <Crumb href=PATH text=t("room.reconcile")/>
        <RoomHead title=t("reconcile.columns")/>
        <p class="room-lead">{t("reconcile.columns_lead")}</p>
        {preview(sheet)}
        <form class="form" method="post" action=action data-send=true>
            <div class="form-section">
                <div class="form-pair">
                    {column("order_id", "reconcile.col_order", &form.order_id, wrong.about("order_id"))}
                    {column("reference", "reconcile.col_reference", &form.reference, None)}
                </div>
                <div class="form-pair">
                    {column("amount", "reconcile.col_amount", &form.amount, wrong.about("amount"))}
                    {column("currency", "reconcile.col_currency", &form.currency, None)}
                </div>
                <Segments name="decimal" label=t("reconcile.decimal") options=points value=decimal/>
                {column("status", "reconcile.col_status", &form.status, None)}
                <div class="form-pair">
                    <TextInput name="refund_words" label=t("reconcile.refund_words") value=form.refund_words.clone() help=t("reconcile.words_help") max_length=200/>
                    <TextInput name="skip_words" label=t("reconcile.skip_words") value=form.skip_words.clone() help=t("reconcile.words_help") max_length=200/>
                </div>
            </div>
            {wrong.beside(FIELDS)}
            <div class="form-actions"><Button look=Look::Primary>{t("reconcile.compare")}</Button></div>
        </form>
    }
    .into_any()
}

fn preview(sheet: &Sheet) -> AnyView {
    let heads = sheet.head.iter().map(|head| view! { <th scope="col">{head.clone()}</th> }).collect_view();
    let rows = sheet.rows.iter().take(SHOWN).map(|row| {
        let cells = row.cells.iter().map(|cell| view! { <td>{cell.text.clone()}</td> }).collect_view();
        view! { <tr>{cells}</tr> }
    });
    view! {
        <div class="table-wrap scroll">
            <table class="table" data-keep=true><thead><tr>{heads}</tr></thead><tbody>{rows.collect_view()}</tbody></table>
        </div>
    }
    .into_any()
}
