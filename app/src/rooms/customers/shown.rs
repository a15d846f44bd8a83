//! How customers look: the list, and one of them.

use leptos::prelude::*;

use super::{
    PATH,
    found::{CustomerRow, CustomerView, Found},
};
use crate::{
    rooms::{
        members, orders,
        place::Place,
        shown::{chips, export_menu, known, nothing_found, pager},
        views::tabs,
    },
    texts::t,
    ui::{
        ButtonLink, Cell, Column, Crumb, Empty, Facts, Glyph, RoomHead, SearchForm, StatusBadge, Table, Text,
        drawn::Html, rows::rows_of,
    },
};

const SHELVES: [(&str, &str); 2] = [("", "customers.all"), ("blocked", "customers.blocked")];

pub(super) fn room(found: Found, place: &Place) -> AnyView {
    let whole = place.with("", "");
    let query = whole.strip_prefix(PATH).unwrap_or_default();
    let export = found.may_export.then(|| export_menu(t("payments.export"), "/customers/export.", query));
    view! {
        <RoomHead title=t("room.customers")>{export}</RoomHead>
        <div class="toolbar">
            <SearchForm path=PATH label=t("customers.search") value=place.value("q") kept=place.kept()/>
        </div>
        <div id="list" data-live=true>
            {tabs(found.tabs)}
            <div class="toolbar"><div class="chips">{chips(place, "shelf", &SHELVES)}</div></div>
            {list(found.rows, found.next, place)}
        </div>
    }
    .into_any()
}

fn list(rows: Vec<CustomerRow>, next: Option<String>, place: &Place) -> AnyView {
    if rows.is_empty() && place.is_whole() {
        return view! { <Empty glyph=Glyph::Customers title=t("customers.none") text=t("customers.none_text")/> }
            .into_any();
    }
    if rows.is_empty() {
        return nothing_found(PATH, "customers.not_found", "customers.not_found_text");
    }
    let columns = vec![
        Column::new(Cell::Main, t("customers.name")),
        Column::new(Cell::Meta, t("frame.language")),
        Column::new(Cell::Status, t("payments.status")),
        Column::new(Cell::Meta, t("customers.since")),
    ];
    let rows = rows_of(rows, line);
    view! {
        <Table label=t("room.customers") columns=columns>{rows}</Table>
        {pager(place, next)}
    }
    .into_any()
}

fn line(html: &mut Html, row: CustomerRow) {
    html.row(&row.id, |html| {
        html.main(&[PATH, "/", &row.id].concat(), &row.name, &row.username);
        html.words(Cell::Meta, &row.language);
        html.statuses(row.blocked.iter().map(|badge| (badge.tone, badge.text.as_str())));
        html.words(Cell::Meta, &row.since);
    });
}

pub(super) fn one(customer: CustomerView, place: &Place) -> AnyView {
    let blocked = customer.blocked.map(|badge| view! { <StatusBadge tone=badge.tone text=Text::from(badge.text)/> });
    let write = customer.write.map(|href| {
        view! { <ButtonLink href=Text::from(href) icon=Glyph::Messages>{t("messages.write")}</ButtonLink> }
    });
    let facts = customer.known.into_iter().map(known).collect_view();
    let history = if customer.orders.is_empty() {
        view! { <p class="quiet">{t("customers.no_orders")}</p> }.into_any()
    } else {
        orders::table(customer.orders)
    };
    let member_of = (!customer.member_of.is_empty()).then(|| members::card(customer.member_of));
    view! {
        <Crumb href=PATH text=t("room.customers")/>
        <RoomHead title=Text::from(customer.name)>{blocked} {write}</RoomHead>
        <div class="side" id="customer" data-live=true>
            <section class="stack">{history} {pager(place, customer.next)}</section>
            <aside class="stack">
                <section class="card">
                    <div class="card-head"><h2>{t("story.facts")}</h2></div>
                    <div class="card-body"><Facts stacked=true>{facts}</Facts></div>
                </section>
                {member_of}
            </aside>
        </div>
    }
    .into_any()
}
