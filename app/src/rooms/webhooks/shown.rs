//! How the webhook log looks.

use leptos::prelude::*;

use super::{
    PATH,
    found::{DeliveryRow, Found, One},
};
use crate::{
    rooms::{
        place::Place,
        shown::{chips, known, pager},
    },
    texts::t,
    ui::{
        Button, ButtonLink, Cell, Column, Crumb, Empty, Facts, Glyph, RoomHead, Row, RowLink, Size, StatusBadge, Table,
        Td, Text,
    },
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
    let here = place.here();
    let rows = found.rows.into_iter().map(|row| line(row, &here)).collect_view();
    let pager = pager(place, found.next);
    view! { <Table label=t("room.webhooks") columns=columns>{rows}</Table> {pager} }.into_any()
}

fn line(row: DeliveryRow, here: &str) -> AnyView {
    let key = row.id.clone();
    let (about, payment) = match row.payment {
        Some((id, order)) => (order, Some(view! { <a href=["/payments/", &id].concat()>{t("webhooks.payment")}</a> })),
        None => (row.external_id, None),
    };
    let again = row.may_replay.then(|| replay(&row.id, here));
    let href = Text::from([PATH, "/", &row.id].concat());
    let sub = (!row.reason.is_empty()).then(|| Text::from(row.reason));
    view! {
        <Row key=key>
            <Td cell=Cell::Main><RowLink href=href text=Text::from(about) nostrip:sub=sub/></Td>
            <Td cell=Cell::Status><StatusBadge tone=row.decision.tone text=Text::from(row.decision.text)/></Td>
            <Td cell=Cell::Meta>{payment}</Td>
            <Td cell=Cell::Meta>{row.when}</Td>
            <Td cell=Cell::Tools><div class="row-tools">{again}</div></Td>
        </Row>
    }
    .into_any()
}

/// One delivery: what was decided and why, and what was received to the last byte.
pub(super) fn one(event: One) -> AnyView {
    let again = event.may_replay.then(|| replay(&event.id, &[PATH, "/", &event.id].concat()));
    let facts = event.known.into_iter().map(known).collect_view();
    let reason = (!event.reason.is_empty()).then(|| view! { <p class="room-lead">{event.reason}</p> });
    let raws = event.raws.into_iter().map(|(label, text)| {
        view! { <section class="stack-tight"><h2>{t(label)}</h2><code class="code" tabindex="0">{text}</code></section> }
    });
    view! {
        <Crumb href=PATH text=t("room.webhooks")/>
        <RoomHead title=Text::from(event.title)>
            <StatusBadge tone=event.decision.tone text=Text::from(event.decision.text)/>
            {again}
        </RoomHead>
        {reason}
        <div class="side">
            <div class="stack-wide">{raws.collect_view()}</div>
            <aside class="card">
                <div class="card-head"><h2>{t("story.facts")}</h2></div>
                <div class="card-body"><Facts stacked=true>{facts}</Facts></div>
            </aside>
        </div>
    }
    .into_any()
}

/// `back` is the page that the button stands on.
fn replay(id: &str, back: &str) -> AnyView {
    let (action, back) = ([PATH, "/", id, "/replay"].concat(), back.to_owned());
    view! {
        <form method="post" action=action class="inline">
            <input type="hidden" name="back" value=back/>
            <Button size=Size::Small icon=Glyph::Refresh>{t("webhooks.replay")}</Button>
        </form>
    }
    .into_any()
}
