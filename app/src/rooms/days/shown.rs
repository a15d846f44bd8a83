//! How days look: a list, and one day that prints on a page.

use leptos::prelude::*;

use super::{
    PATH,
    found::{DayRow, DayView, Found, Line},
};
use crate::{
    rooms::{
        shown::{export_menu, known},
        story::Known,
        why::Whether,
    },
    texts::t,
    ui::{
        Cell, Column, Crumb, Facts, Glyph, Look, Notice, RoomHead, Row, StatusBadge, Table, Td, Text, drawn::Html,
        rows::rows_of,
    },
};

pub(super) fn room(found: Found) -> AnyView {
    let columns = vec![
        Column::new(Cell::Main, t("days.day")),
        Column::new(Cell::Sum, t("days.received")),
        Column::new(Cell::WideSum, t("days.refunded")),
        Column::new(Cell::WideSum, t("days.taken")),
        Column::new(Cell::Status, t("payments.status")),
        Column::new(Cell::Meta, t("days.entries")),
    ];
    let rows = rows_of(found.rows, line);
    let export = found.may_export.then(|| export_menu(t("days.export"), "/journal/export.", ""));
    view! {
        <RoomHead title=t("room.days")>{export}</RoomHead>
        <p class="room-lead">{t("days.lead")}</p>
        <div id="list" data-live=true><Table label=t("room.days") columns=columns>{rows}</Table></div>
    }
    .into_any()
}

fn line(html: &mut Html, row: DayRow) {
    html.row(&row.day, |html| {
        html.main(&[PATH, "/", &row.day].concat(), &row.name, "");
        html.words(Cell::Sum, &row.received);
        html.words(Cell::WideSum, &row.refunded);
        html.words(Cell::WideSum, &row.taken);
        html.status(row.state.tone, &row.state.text);
        html.labelled(Cell::Meta, &t("days.entries"), &row.entries);
    });
}

pub(super) fn page(day: DayView) -> AnyView {
    let close = day.may_close.then(|| {
        let action = [PATH, "/", &day.day, "/close"].concat();
        let ask = Whether::new("close-day", action, t("days.close"), t("days.close_text"));
        Whether { look: Look::Primary, icon: Some(Glyph::DayClose), ..ask }.button()
    });
    let span = ["?from=", &day.day, "&until=", &day.day].concat();
    let export = day.may_export.then(|| export_menu(t("days.export"), "/journal/export.", &span));
    let notice = day.notice.map(|notice| view! { <Notice tone=notice.tone text=Text::from(notice.text)/> });
    let now = day.now.map(|now| facts("days.now", now));
    let signed = (!day.close.is_empty()).then(|| facts("days.signed", day.close));
    view! {
        <Crumb href=PATH text=t("room.days")/>
        <RoomHead title=Text::from(day.name)>{export} {close}</RoomHead>
        <div class="stack" id="day" data-live=true>
            <div><StatusBadge tone=day.state.tone text=Text::from(day.state.text)/></div>
            {notice}
            <div class="side">
                <section class="stack">
                    <h2>{t("days.by_account")}</h2>
                    {accounts(day.added.accounts)}
                    <h2>{t("days.by_kind")}</h2>
                    {kinds(day.added.kinds)}
                </section>
                <aside class="stack">{facts("days.totals", day.added.totals)} {now} {signed}</aside>
            </div>
        </div>
    }
    .into_any()
}

fn facts(title: &str, all: Vec<Known>) -> AnyView {
    view! {
        <section class="card">
            <div class="card-head"><h2>{t(title)}</h2></div>
            <div class="card-body"><Facts stacked=true>{all.into_iter().map(known).collect_view()}</Facts></div>
        </section>
    }
    .into_any()
}

fn accounts(lines: Vec<Line>) -> AnyView {
    let columns = vec![
        Column::new(Cell::Main, t("fact.account")),
        Column::new(Cell::Meta, t("days.payments")),
        Column::new(Cell::Sum, t("days.received")),
        Column::new(Cell::WideSum, t("days.refunded")),
        Column::new(Cell::WideSum, t("days.taken")),
    ];
    table("days.by_account", columns, lines)
}

fn kinds(lines: Vec<Line>) -> AnyView {
    let columns = vec![
        Column::new(Cell::Main, t("days.kind")),
        Column::new(Cell::Meta, t("days.count")),
        Column::new(Cell::Sum, t("payments.sum")),
    ];
    table("days.by_kind", columns, lines)
}

fn table(title: &str, columns: Vec<Column>, lines: Vec<Line>) -> AnyView {
    if lines.is_empty() {
        return view! { <p class="quiet">{t("days.nothing")}</p> }.into_any();
    }
    let rows = lines.into_iter().map(|line| {
        // A card in a hand has one place for a sum: the first one's.
        let cells = std::iter::once(Cell::Sum).chain(std::iter::repeat(Cell::WideSum));
        let sums =
            line.sums.into_iter().zip(cells).map(|(sum, cell)| view! { <Td cell=cell>{sum}</Td> }).collect_view();
        view! {
            <Row>
                <Td cell=Cell::Main>{line.what}</Td>
                <Td cell=Cell::Meta label=t("days.count")>{line.count}</Td>
                {sums}
            </Row>
        }
    });
    view! { <Table label=t(title) columns=columns>{rows.collect_view()}</Table> }.into_any()
}
