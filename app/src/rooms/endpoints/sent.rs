//! How deliveries look.

use leptos::prelude::*;

use super::{
    PATH, SENT,
    found::{DeliveryRow, OneSent, Sent},
};
use crate::{
    rooms::{
        place::Place,
        shown::{chips, known, pager},
    },
    texts::t,
    ui::{
        Button, ButtonLink, Cell, Column, Crumb, Empty, Facts, Glyph, Look, RoomHead, Row, RowLink, Size, StatusBadge,
        Table, Td, Text,
    },
};

const FILTERS: [(&str, &str); 4] = [
    ("", "deliveries.all"),
    ("failed", "deliveries.failed"),
    ("waiting", "deliveries.waiting"),
    ("delivered", "deliveries.delivered"),
];

pub(super) fn room(found: Sent, place: &Place) -> AnyView {
    view! {
        <Crumb href=PATH text=t("room.endpoints")/>
        <RoomHead title=t("room.deliveries")/>
        <p class="room-lead">{t("deliveries.lead")}</p>
        <div id="list" data-live=true>
            <div class="toolbar"><div class="chips">{chips(place, "state", &FILTERS)}</div></div>
            {list(found, place)}
        </div>
    }
    .into_any()
}

fn list(found: Sent, place: &Place) -> AnyView {
    if found.rows.is_empty() {
        return view! {
            <Empty glyph=Glyph::Endpoints title=t("deliveries.none") text=t("deliveries.none_text")>
                <ButtonLink href=SENT>{t("list.show_all")}</ButtonLink>
            </Empty>
        }
        .into_any();
    }
    let columns = vec![
        Column::new(Cell::Main, t("deliveries.event")),
        Column::new(Cell::Status, t("payments.status")),
        Column::new(Cell::Meta, t("deliveries.to")),
        Column::new(Cell::Meta, t("deliveries.said")),
        Column::new(Cell::Meta, t("deliveries.tried")),
        Column::new(Cell::Tools, ""),
    ];
    let here = place.here();
    let rows = found.rows.into_iter().map(|row| line(row, &here)).collect_view();
    let pager = pager(place, found.next);
    view! { <Table label=t("room.deliveries") columns=columns>{rows}</Table> {pager} }.into_any()
}

fn line(row: DeliveryRow, here: &str) -> AnyView {
    let again = row.may_resend.then(|| resend(&row.id, here));
    let (href, key) = (Text::from([SENT, "/", &row.id].concat()), row.id.clone());
    view! {
        <Row key=key>
            <Td cell=Cell::Main><RowLink href=href text=Text::from(row.what) sub=Text::from(row.event_type)/></Td>
            <Td cell=Cell::Status><StatusBadge tone=row.state.tone text=Text::from(row.state.text)/></Td>
            <Td cell=Cell::Meta label=t("deliveries.to")>{row.to}</Td>
            <Td cell=Cell::Meta label=t("deliveries.said")>{row.said}</Td>
            <Td cell=Cell::Meta label=t("deliveries.tried")>{row.when}</Td>
            <Td cell=Cell::Tools><div class="row-tools">{again}</div></Td>
        </Row>
    }
    .into_any()
}

/// The last few, on the page of their endpoint.
pub(super) fn latest(rows: Vec<DeliveryRow>, more: String) -> AnyView {
    if rows.is_empty() {
        return view! { <p class="quiet">{t("endpoints.latest_none")}</p> }.into_any();
    }
    let line = |row: DeliveryRow| {
        let href = [SENT, "/", &row.id].concat();
        let badge = view! { <StatusBadge tone=row.state.tone text=Text::from(row.state.text)/> };
        let sub = [&row.when, " · ", &row.said].concat();
        view! { <li><div class="spread"><a href=href>{row.what}</a>{badge}</div><small class="quiet">{sub}</small></li> }
    };
    view! {
        <ul class="stack">{rows.into_iter().map(line).collect_view()}</ul>
        <ButtonLink href=Text::from(more) look=Look::Quiet size=Size::Small>{t("endpoints.all_deliveries")}</ButtonLink>
    }
    .into_any()
}

/// One delivery: what is sent to the last byte, and what came back.
pub(super) fn one(found: OneSent) -> AnyView {
    let again = found.may_resend.then(|| resend(&found.id, &[SENT, "/", &found.id].concat()));
    let facts = found.known.into_iter().map(known).collect_view();
    let part = |key: &str, text: String| {
        let text = (!text.is_empty()).then_some(text)?;
        let code = view! { <code class="code" tabindex="0">{text}</code> };
        Some(view! { <section class="stack-tight"><h2>{t(key)}</h2>{code}</section> })
    };
    view! {
        <Crumb href=SENT text=t("room.deliveries")/>
        <RoomHead title=Text::from(found.title)>
            <StatusBadge tone=found.state.tone text=Text::from(found.state.text)/>
            {again}
        </RoomHead>
        <div class="side" id="delivery" data-live=true>
            <div class="stack-wide">{part("deliveries.body", found.body)} {part("deliveries.answer", found.answer)}</div>
            <aside class="card">
                <div class="card-head"><h2>{t("story.facts")}</h2></div>
                <div class="card-body"><Facts stacked=true>{facts}</Facts></div>
            </aside>
        </div>
    }
    .into_any()
}

/// `back` is the page that the button stands on.
fn resend(id: &str, back: &str) -> AnyView {
    let (action, back) = ([SENT, "/", id, "/resend"].concat(), back.to_owned());
    view! {
        <form method="post" action=action class="inline">
            <input type="hidden" name="back" value=back/>
            <Button size=Size::Small icon=Glyph::Refresh>{t("deliveries.again")}</Button>
        </form>
    }
    .into_any()
}
