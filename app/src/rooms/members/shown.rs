//! How members look.

use leptos::prelude::*;

use super::{
    PATH,
    found::{Found, MemberRow},
};
use crate::{
    rooms::{
        place::Place,
        shown::{chips, nothing_found, pager},
    },
    texts::t,
    ui::{
        Cell, Column, Empty, Glyph, Look, PostButton, RoomHead, Row, RowLink, SearchForm, Size, StatusBadge, Table, Td,
        Text,
    },
};

const SHELVES: [(&str, &str); 4] = [
    ("", "members.all"),
    ("ending", "members.ending"),
    ("ended", "members.state_ended"),
    ("exempt", "members.state_exempt"),
];

pub(super) fn room(found: Found, place: &Place) -> AnyView {
    view! {
        <RoomHead title=t("room.members")/>
        <div class="toolbar">
            <SearchForm path=PATH label=t("customers.search") value=place.value("q") kept=place.kept()/>
        </div>
        <div id="list" data-live=true>
            <div class="toolbar"><div class="chips">{chips(place, "shelf", &SHELVES)}</div></div>
            {list(found, place)}
        </div>
    }
    .into_any()
}

fn list(found: Found, place: &Place) -> AnyView {
    if found.rows.is_empty() && place.is_whole() {
        return view! { <Empty glyph=Glyph::Customers title=t("members.none") text=t("members.none_text")/> }
            .into_any();
    }
    if found.rows.is_empty() {
        return nothing_found(PATH, "customers.not_found", "customers.not_found_text");
    }
    let columns = vec![
        Column::new(Cell::Main, t("customers.name")),
        Column::new(Cell::Meta, t("members.until")),
        Column::new(Cell::Status, t("payments.status")),
        Column::new(Cell::Tools, ""),
    ];
    let rows = found.rows.into_iter().map(line).collect_view();
    view! {
        <Table label=t("room.members") columns=columns>{rows}</Table>
        {pager(place, found.next)}
    }
    .into_any()
}

/// A customer's memberships, beside everything else that is known; here they are ended, not from a long list.
pub(in crate::rooms) fn card(rows: Vec<MemberRow>) -> AnyView {
    let line = |row: MemberRow| {
        let end = row.end.map(|why| view! { <div>{why.button()}</div> });
        view! {
            <li class="stack-tight">
                <div class="spread">
                    <span>{row.club}</span>
                    <StatusBadge tone=row.state.tone text=Text::from(row.state.text)/>
                </div>
                <p class="quiet small">{t("members.until")} " " {row.until}</p>
                {end}
            </li>
        }
    };
    view! {
        <section class="card">
            <div class="card-head"><h2>{t("members.memberships")}</h2></div>
            <div class="card-body"><ul class="stack">{rows.into_iter().map(line).collect_view()}</ul></div>
        </section>
    }
    .into_any()
}

fn line(row: MemberRow) -> AnyView {
    let note = [Some(row.club).filter(|club| !club.is_empty()), row.reason].into_iter().flatten().collect::<Vec<_>>();
    let note = Text::from(note.join(" · "));
    let unexempt = row.may_unexempt.then(|| {
        let action = Text::from([PATH, "/", &row.id, "/unexempt"].concat());
        view! { <PostButton action=action look=Look::Quiet size=Size::Small>{t("members.unexempt")}</PostButton> }
    });
    let exempt = row.exempt.map(|why| why.button());
    view! {
        <Row key=row.id>
            <Td cell=Cell::Main><RowLink href=Text::from(row.customer) text=Text::from(row.name) sub=note/></Td>
            <Td cell=Cell::Meta label=t("members.until")>{row.until}</Td>
            <Td cell=Cell::Status><StatusBadge tone=row.state.tone text=Text::from(row.state.text)/></Td>
            <Td cell=Cell::Tools><div class="row-tools">{exempt} {unexempt}</div></Td>
        </Row>
    }
    .into_any()
}
