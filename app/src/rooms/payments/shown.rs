//! How the list of payments looks.

use leptos::prelude::*;

use super::{
    PATH,
    found::{Found, PaymentRow},
};
use crate::{
    rooms::{
        kept::kept,
        place::Place,
        shown::{chips, export_menu, nothing_found, pager},
        span::days,
        views::tabs,
    },
    texts::t,
    ui::{ButtonLink, Cell, Column, Empty, Glyph, RoomHead, SearchForm, Table, drawn::Html, rows::rows_of},
};

const SHELVES: [(&str, &str); 7] = [
    ("", "payments.all"),
    ("paid", "payments.paid"),
    ("waiting", "payments.waiting"),
    ("failed", "payments.failed"),
    ("expired", "payments.expired"),
    ("refunded", "payments.refunded"),
    ("review", "payments.review"),
];

pub(super) fn room(found: Found, place: &Place) -> AnyView {
    let whole = place.with("", "");
    let query = whole.strip_prefix(PATH).unwrap_or_default();
    let export = found.may_export.then(|| export_menu(t("payments.export"), "/payments/export.", query));
    view! {
        <RoomHead title=t("room.payments")>{export}</RoomHead>
        <div class="toolbar">
            <SearchForm path=PATH label=t("payments.search") value=place.value("q") kept=place.kept()/>
        </div>
        <div id="list" data-live=true>
            {tabs(found.tabs)}
            <div class="toolbar">
                <div class="chips">{days(place, PATH, &found.days)} {chips(place, "status", &SHELVES)} {kept(place, &found.kept)}</div>
            </div>
            {list(found.rows, found.next, place)}
        </div>
    }
    .into_any()
}

fn list(rows: Vec<PaymentRow>, next: Option<String>, place: &Place) -> AnyView {
    if rows.is_empty() {
        return nothing(place);
    }
    view! {
        {table_of(rows)}
        {pager(place, next)}
    }
    .into_any()
}

fn table_of(rows: Vec<PaymentRow>) -> AnyView {
    let columns = vec![
        Column::new(Cell::Main, t("payments.what")),
        Column::new(Cell::Wide, t("payments.who")),
        Column::new(Cell::Sum, t("payments.sum")),
        Column::new(Cell::Status, t("payments.status")),
        Column::new(Cell::Meta, t("payments.order")),
        Column::new(Cell::Meta, t("payments.when")),
    ];
    let rows = rows_of(rows, line);
    view! { <Table label=t("room.payments") columns=columns>{rows}</Table> }.into_any()
}

fn line(html: &mut Html, row: PaymentRow) {
    html.row(&[&row.id, " ", &row.status.text].concat(), |html| {
        html.main(&["/payments/", &row.id].concat(), &row.what, &row.who);
        html.words(Cell::Wide, &row.account);
        html.words(Cell::Sum, &row.sum);
        html.status(row.status.tone, &row.status.text);
        html.words(Cell::Meta, &row.order);
        html.words(Cell::Meta, &row.when);
    });
}

fn nothing(place: &Place) -> AnyView {
    if !place.is_whole() {
        return nothing_found(PATH, "payments.not_found", "payments.not_found_text");
    }
    view! {
        <Empty glyph=Glyph::Payments title=t("payments.none") text=t("payments.none_text")>
            <ButtonLink href="/links/new" icon=Glyph::Plus>{t("links.new")}</ButtonLink>
        </Empty>
    }
    .into_any()
}
