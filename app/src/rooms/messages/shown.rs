//! How the list of conversations looks.

use leptos::prelude::*;

use super::{
    PATH, address,
    found::{Found, ThreadRow},
};
use crate::{
    rooms::{
        place::Place,
        shown::{chips, nothing_found, pager},
    },
    texts::t,
    ui::{Cell, Column, Empty, Glyph, RoomHead, Row, RowLink, SearchForm, StatusBadge, Table, Td, Text},
};

const SHELVES: [(&str, &str); 4] =
    [("", "messages.open"), ("waiting", "thread.waiting"), ("closed", "messages.closed"), ("all", "messages.all")];

pub(super) fn room(found: Found, place: &Place) -> AnyView {
    view! {
        <RoomHead title=t("room.messages")/>
        <div class="toolbar">
            <SearchForm path=PATH label=t("messages.search") value=place.value("q") kept=place.kept()/>
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
        return view! { <Empty glyph=Glyph::Messages title=t("messages.none") text=t("messages.none_text")/> }
            .into_any();
    }
    if found.rows.is_empty() {
        return nothing_found(PATH, "messages.not_found", "messages.not_found_text");
    }
    let columns = vec![
        Column::new(Cell::Main, t("messages.who")),
        Column::new(Cell::Status, t("payments.status")),
        Column::new(Cell::Wide, t("messages.owner")),
        Column::new(Cell::Meta, t("payments.when")),
    ];
    let rows = found.rows.into_iter().map(line).collect_view();
    view! {
        <Table label=t("room.messages") columns=columns>{rows}</Table>
        {pager(place, found.next)}
    }
    .into_any()
}

fn line(row: ThreadRow) -> AnyView {
    let href = Text::from(address(&row.id, None));
    let blocked = row.blocked.map(|badge| view! { <StatusBadge tone=badge.tone text=Text::from(badge.text)/> });
    view! {
        <Row key=row.key>
            <Td cell=Cell::Main>
                <RowLink href=href text=Text::from(row.name)/>
                <span class="cell-sub talk-last">{row.last}</span>
            </Td>
            <Td cell=Cell::Status>
                <StatusBadge tone=row.status.tone text=Text::from(row.status.text)/>
                {blocked}
            </Td>
            <Td cell=Cell::Wide>{row.owner}</Td>
            <Td cell=Cell::Meta>{row.when}</Td>
        </Row>
    }
    .into_any()
}
