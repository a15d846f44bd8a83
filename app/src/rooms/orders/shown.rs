//! How orders look: the list, and one of them.

use leptos::prelude::*;

use super::{
    PATH,
    found::{Found, LineRow, OrderRow, OrderView},
};
use crate::{
    badge::Badge,
    rooms::{
        handover,
        kept::kept,
        place::Place,
        shown::{chips, export_menu, known, nothing_found, pager},
        span::days,
        story::{Happened, happened},
        views::tabs,
    },
    texts::t,
    ui::{
        ButtonLink, Cell, Column, Crumb, Empty, Facts, Glyph, RoomHead, Row, RowLink, SearchForm, StatusBadge, Table,
        Td, Text, Timeline, drawn::Html, rows::rows_of,
    },
};

const SHELVES: [(&str, &str); 9] = [
    ("", "orders.all"),
    ("awaiting_payment", "order.awaiting_payment"),
    ("paid", "order.paid"),
    ("fulfilled", "order.fulfilled"),
    ("expired", "order.expired"),
    ("failed", "order.failed"),
    ("cancelled", "order.cancelled"),
    ("refunded", "order.refunded"),
    ("review", "payments.review"),
];

pub(super) fn room(found: Found, place: &Place) -> AnyView {
    let whole = place.with("", "");
    let query = whole.strip_prefix(PATH).unwrap_or_default();
    let export = found.may_export.then(|| export_menu(t("payments.export"), "/orders/export.", query));
    view! {
        <RoomHead title=t("room.orders")>{export}</RoomHead>
        <div class="toolbar">
            <SearchForm path=PATH label=t("orders.search") value=place.value("q") kept=place.kept()/>
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

fn list(rows: Vec<OrderRow>, next: Option<String>, place: &Place) -> AnyView {
    if rows.is_empty() && place.is_whole() {
        return view! {
            <Empty glyph=Glyph::Orders title=t("orders.none") text=t("orders.none_text")>
                <ButtonLink href="/links/new" icon=Glyph::Plus>{t("links.new")}</ButtonLink>
            </Empty>
        }
        .into_any();
    }
    if rows.is_empty() {
        return nothing_found(PATH, "orders.not_found", "orders.not_found_text");
    }
    view! {
        {table(rows)}
        {pager(place, next)}
    }
    .into_any()
}

/// Orders as rows, also on a customer's page.
pub(in crate::rooms) fn table(rows: Vec<OrderRow>) -> AnyView {
    let columns = vec![
        Column::new(Cell::Main, t("payments.what")),
        Column::new(Cell::Sum, t("payments.sum")),
        Column::new(Cell::Status, t("payments.status")),
        Column::new(Cell::Meta, t("payments.when")),
    ];
    let rows = rows_of(rows, line);
    view! { <Table label=t("room.orders") columns=columns>{rows}</Table> }.into_any()
}

fn line(html: &mut Html, row: OrderRow) {
    html.row(&[&row.id, " ", &row.status.text].concat(), |html| {
        html.main(&[PATH, "/", &row.id].concat(), &row.what, &row.who);
        html.words(Cell::Sum, &row.sum);
        html.status(row.status.tone, &row.status.text);
        html.words(Cell::Meta, &row.when);
    });
}

pub(super) fn one(order: OrderView) -> AnyView {
    let status = view! { <StatusBadge tone=order.status.tone text=Text::from(order.status.text)/> };
    let write = order.write.map(|href| {
        view! { <ButtonLink href=Text::from(href) icon=Glyph::Messages>{t("messages.write")}</ButtonLink> }
    });
    let again = order.deliver_again.into_iter().chain(order.say_again).map(|why| why.button()).collect_view();
    let acts = acts(order.acts, &[PATH, "/", &order.id].concat());
    let facts = order.known.into_iter().map(known).collect_view();
    view! {
        <Crumb href=PATH text=t("room.orders")/>
        <RoomHead title=Text::from(order.title) number=Text::from(order.sum)>{status} {again} {write}</RoomHead>
        <div class="side" id="order" data-live=true>
            <div class="stack-wide">
                {order.goods.map(handover::card)}
                {lines(order.lines)}
                {payments(order.payments)}
                {given(order.given)}
                {acts}
            </div>
            <aside class="card">
                <div class="card-head"><h2>{t("story.facts")}</h2></div>
                <div class="card-body"><Facts stacked=true>{facts}</Facts></div>
            </aside>
        </div>
    }
    .into_any()
}

fn lines(lines: Vec<LineRow>) -> AnyView {
    let columns = vec![Column::new(Cell::Main, t("payments.what")), Column::new(Cell::Sum, t("payments.sum"))];
    let rows = lines.into_iter().map(|line| {
        let note = (!line.note.is_empty()).then(|| view! { <small class="quiet">{line.note}</small> });
        view! {
            <Row>
                <Td cell=Cell::Main><div>{line.title}</div>{note}</Td>
                <Td cell=Cell::Sum>{line.sum}</Td>
            </Row>
        }
    });
    view! { <Table titled=true label=t("orders.lines") columns=columns>{rows.collect_view()}</Table> }.into_any()
}

fn payments(payments: Vec<(String, String, Badge)>) -> AnyView {
    if payments.is_empty() {
        return view! { <p class="quiet">{t("orders.no_payments")}</p> }.into_any();
    }
    let columns = vec![Column::new(Cell::Main, t("room.payments")), Column::new(Cell::Status, t("payments.status"))];
    let rows = payments.into_iter().map(|(href, words, status)| {
        view! {
            <Row>
                <Td cell=Cell::Main><RowLink href=Text::from(href) text=Text::from(words)/></Td>
                <Td cell=Cell::Status><StatusBadge tone=status.tone text=Text::from(status.text)/></Td>
            </Row>
        }
    });
    view! { <Table titled=true label=t("room.payments") columns=columns>{rows.collect_view()}</Table> }.into_any()
}

fn given(given: Vec<String>) -> Option<AnyView> {
    let texts = given.iter().map(|text| view! { <p>{text.clone()}</p> }).collect_view();
    let card = || {
        view! {
            <section class="card">
                <div class="card-head"><h2>{t("orders.given")}</h2></div>
                <div class="card-body stack">{texts}</div>
            </section>
        }
    };
    (!given.is_empty()).then(|| card().into_any())
}

/// What staff did with it beside the payment's own story.
fn acts(acts: Vec<Happened>, here: &str) -> Option<AnyView> {
    let items = acts.into_iter().map(|moment| happened(moment, here)).collect::<Vec<_>>();
    let section = |items: Vec<AnyView>| {
        view! { <section class="stack"><h2>{t("orders.acts")}</h2><Timeline>{items}</Timeline></section> }.into_any()
    };
    (!items.is_empty()).then(|| section(items))
}
