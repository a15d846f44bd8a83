//! How the webhook log looks.

use leptos::prelude::*;

use super::{
    PATH,
    found::{DeliveryRow, Found},
};
use crate::{
    rooms::{
        place::Place,
        shown::{chips, pager},
    },
    texts::t,
    ui::{ButtonLink, Cell, Column, Empty, Glyph, Icon, PostButton, RoomHead, Row, Size, StatusBadge, Table, Td, Text},
};

/// The decisions worth a filter of their own.
const FILTERS: [(&str, &str); 8] = [
    ("", "webhooks.all"),
    ("applied", "decision.applied"),
    ("duplicate", "decision.duplicate"),
    ("no_change", "decision.no_change"),
    ("mismatch", "decision.mismatch"),
    ("unknown_payment", "decision.unknown_payment"),
    ("bad_signature", "decision.bad_signature"),
    ("unreadable", "decision.unreadable"),
];

pub(super) fn room(found: Found, place: &Place) -> AnyView {
    view! {
        <RoomHead title=t("room.webhooks")/>
        <p class="room-lead">{t("webhooks.lead")}</p>
        <div id="list" data-live=true>
            <div class="toolbar"><div class="chips">{chips(place, "decision", &FILTERS)}</div></div>
            {list(found, place)}
        </div>
    }
    .into_any()
}

fn list(found: Found, place: &Place) -> AnyView {
    if found.rows.is_empty() {
        return view! {
            <Empty glyph=Glyph::Endpoints title=t("webhooks.none") text=t("webhooks.none_text")>
                <ButtonLink href=PATH>{t("list.show_all")}</ButtonLink>
            </Empty>
        }
        .into_any();
    }
    let columns = vec![
        Column::new(Cell::Main, t("webhooks.delivery")),
        Column::new(Cell::Status, t("webhooks.decision")),
        Column::new(Cell::Meta, t("webhooks.payment")),
        Column::new(Cell::Meta, t("webhooks.received")),
        Column::new(Cell::Tools, ""),
    ];
    let rows = found.rows.into_iter().map(line).collect_view();
    let pager = pager(place, found.next);
    view! { <Table label=t("room.webhooks") columns=columns>{rows}</Table> {pager} }.into_any()
}

fn line(row: DeliveryRow) -> AnyView {
    let key = row.id.clone();
    let payment = row.payment.map(|(id, order)| view! { <a href=["/payments/", &id].concat()>{order}</a> });
    let again = row.may_replay.then(|| replay(&row.id));
    view! {
        <Row key=key>
            <Td cell=Cell::Main>
                <div class="strong cut mono">{row.external_id}</div>
                <details class="raw">
                    <summary><Icon glyph=Glyph::ChevronRight size="small"/>{row.reason}</summary>
                    <code class="code" tabindex="0">{row.raw}</code>
                </details>
            </Td>
            <Td cell=Cell::Status><StatusBadge tone=row.decision.tone text=Text::from(row.decision.text)/></Td>
            <Td cell=Cell::Meta>{payment}</Td>
            <Td cell=Cell::Meta>{row.when}</Td>
            <Td cell=Cell::Tools><div class="row-tools">{again}</div></Td>
        </Row>
    }
    .into_any()
}

fn replay(id: &str) -> AnyView {
    let action = Text::from([PATH, "/", id, "/replay"].concat());
    view! { <PostButton action=action size=Size::Small icon=Glyph::Refresh>{t("webhooks.replay")}</PostButton> }
        .into_any()
}
