//! How the list of payments looks. Drawn on the server only.

use leptos::prelude::*;

use super::{
    Asked, PATH,
    calls::{Found, PaymentRow},
};
use crate::{
    rooms::shown::pager,
    texts::t,
    ui::{ButtonLink, Cell, Column, Empty, Glyph, Row, RowLink, StatusBadge, Table, Td, Text},
};

pub(super) fn list(found: Found, asked: &Asked) -> AnyView {
    if found.rows.is_empty() {
        return nothing(asked);
    }
    let state = [("q", asked.q.as_str()), ("status", &asked.status), ("day", &asked.day), ("before", &asked.before)];
    view! {
        {rows(found.rows)}
        {pager(PATH, &state, found.next)}
    }
    .into_any()
}

fn rows(rows: Vec<PaymentRow>) -> AnyView {
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
        <Row attr:data-key=key>
            <Td cell=Cell::Main><RowLink href=href text=Text::from(row.what) nostrip:sub=sub/></Td>
            <Td cell=Cell::Wide>{row.provider}</Td>
            <Td cell=Cell::Sum>{row.sum}</Td>
            <Td cell=Cell::Status><StatusBadge tone=row.status.mood.into() text=Text::from(row.status.text)/></Td>
            <Td cell=Cell::Meta>{row.order}</Td>
            <Td cell=Cell::Meta>{row.when}</Td>
        </Row>
    }
    .into_any()
}

fn nothing(asked: &Asked) -> AnyView {
    if *asked == Asked::default() {
        return view! {
            <Empty glyph=Glyph::Payments title=t("payments.none") text=t("payments.none_text")>
                <ButtonLink href="/links/new" icon=Glyph::Plus>{t("links.new")}</ButtonLink>
            </Empty>
        }
        .into_any();
    }
    view! {
        <Empty glyph=Glyph::Search title=t("payments.not_found") text=t("payments.not_found_text")>
            <ButtonLink href=PATH>{t("list.show_all")}</ButtonLink>
        </Empty>
    }
    .into_any()
}
