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
    ui::{ButtonLink, Cell, Column, Empty, Glyph, RoomHead, Row, RowLink, SearchForm, StatusBadge, Table, Td, Text},
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
    let rows = rows.into_iter().map(line).collect_view();
    view! { <Table label=t("room.payments") columns=columns>{rows}</Table> }.into_any()
}

fn line(row: PaymentRow) -> AnyView {
    let key = [&row.id, " ", &row.status.text].concat();
    let href = Text::from(["/payments/", &row.id].concat());
    let sub = (!row.who.is_empty()).then(|| Text::from(row.who.clone()));
    view! {
        <Row key=key>
            <Td cell=Cell::Main><RowLink href=href text=Text::from(row.what) nostrip:sub=sub/></Td>
            <Td cell=Cell::Wide>{row.account}</Td>
            <Td cell=Cell::Sum>{row.sum}</Td>
            <Td cell=Cell::Status><StatusBadge tone=row.status.tone text=Text::from(row.status.text)/></Td>
            <Td cell=Cell::Meta>{row.order}</Td>
            <Td cell=Cell::Meta>{row.when}</Td>
        </Row>
    }
    .into_any()
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
