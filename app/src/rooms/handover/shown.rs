//! How goods on their way look: the list, and the card of one order.

use leptos::prelude::*;

use super::{
    PATH,
    found::{Found, GoodsRow, Next, OfOrder},
};
use crate::{
    rooms::{
        place::Place,
        shown::{chips, nothing_found, pager},
    },
    texts::t,
    ui::{
        Button, ButtonLink, Cell, Column, Empty, Glyph, Look, Menu, RoomHead, Row, RowLink, Size, StatusBadge, Table,
        Td, Text,
    },
};

const SHELVES: [(&str, &str); 6] = [
    ("", "handover.owed"),
    ("to_pack", "step.to_pack"),
    ("packed", "step.packed"),
    ("on_way", "step.on_way"),
    ("ready", "step.ready"),
    ("handed_over", "step.handed_over"),
];

pub(super) fn room(found: Found, place: &Place) -> AnyView {
    view! {
        <RoomHead title=t("room.handover")>
            <ButtonLink href="/settings/handover" icon=Glyph::Settings>{t("handover.how")}</ButtonLink>
        </RoomHead>
        <p class="room-lead">{t("handover.lead")}</p>
        <div id="list" data-live=true>
            <div class="toolbar"><div class="chips">{chips(place, "step", &SHELVES)}</div></div>
            {list(found, place)}
        </div>
    }
    .into_any()
}

fn list(found: Found, place: &Place) -> AnyView {
    if found.rows.is_empty() && place.is_whole() {
        return view! { <Empty glyph=Glyph::Check title=t("handover.none") text=t("handover.none_text")/> }.into_any();
    }
    if found.rows.is_empty() {
        return nothing_found(PATH, "handover.not_found", "handover.not_found_text");
    }
    let mut columns = vec![
        Column::new(Cell::Main, t("payments.what")),
        Column::new(Cell::Status, t("handover.step")),
        Column::new(Cell::Meta, t("handover.since")),
        Column::new(Cell::Tools, ""),
    ];
    if found.may_move {
        columns.insert(0, Column::new(Cell::Pick, ""));
    }
    let may_move = found.may_move;
    let bar = may_move.then(|| {
        view! {
            <div class="bulkbar"><Button size=Size::Small icon=Glyph::ArrowRight>{t("handover.next_many")}</Button></div>
        }
    });
    let rows = found.rows.into_iter().map(|row| line(row, may_move)).collect_view();
    view! {
        <form method="post" action=PATH class="picks">
            <input type="hidden" name="back" value=place.here()/>
            <Table label=t("room.handover") columns=columns>{rows}</Table>
            {bar}
        </form>
        {pager(place, found.next)}
    }
    .into_any()
}

fn line(row: GoodsRow, may_move: bool) -> AnyView {
    let order = row.next.as_ref().map(|next| next.order.clone());
    let pick = may_move.then(|| {
        let tick = order.map(|order| {
            let label = row.what.clone();
            view! { <label class="check"><input type="checkbox" name="order" value=order aria-label=label/></label> }
        });
        view! { <Td cell=Cell::Pick>{tick}</Td> }
    });
    let key = [&row.id, " ", &row.step.text].concat();
    let href = Text::from(["/orders/", &row.id].concat());
    let next = row.next.map(|next| button(next, "one", Look::Plain, Size::Small));
    view! {
        <Row key=key>
            {pick}
            <Td cell=Cell::Main><RowLink href=href text=Text::from(row.what) sub=Text::from(row.who)/></Td>
            <Td cell=Cell::Status><StatusBadge tone=row.step.tone text=Text::from(row.step.text)/></Td>
            <Td cell=Cell::Meta label=t("handover.since")>{row.when}</Td>
            <Td cell=Cell::Tools><div class="row-tools">{next}</div></Td>
        </Row>
    }
    .into_any()
}

fn button(next: Next, name: &'static str, look: Look, size: Size) -> AnyView {
    let (verb, order) = (next.verb, Text::from(next.order));
    view! { <Button look=look size=size name=name value=order>{t(verb)}</Button> }.into_any()
}

/// On the page of an order.
pub(in crate::rooms) fn card(goods: OfOrder) -> AnyView {
    let OfOrder { step, since, next, others, order, back } = goods;
    let on = next.map(|next| {
        let back = back.clone();
        view! {
            <form method="post" action=PATH>
                <input type="hidden" name="back" value=back/>
                {button(next, "one", Look::Primary, Size::Normal)}
            </form>
        }
    });
    let others = (!others.is_empty()).then(|| elsewhere(others, order, back));
    view! {
        <section class="card">
            <div class="card-head">
                <h2>{t("room.handover")}</h2>
                <StatusBadge tone=step.tone text=Text::from(step.text)/>
            </div>
            <div class="card-body stack">
                <p class="quiet">{t("handover.since")} ": " {since}</p>
                <div class="button-row">{on} {others}</div>
            </div>
        </section>
    }
    .into_any()
}

/// A step that is not the next one: the way back after a mistake too.
fn elsewhere(others: Vec<(&'static str, String)>, order: String, back: String) -> AnyView {
    let item = |(word, text): (&'static str, String)| {
        view! { <button class="menu-item" name="to" value=word>{text}</button> }
    };
    let items = others.into_iter().map(item).collect_view();
    let face = view! { <span>{t("handover.other_step")}</span> }.into_any();
    view! {
        <form method="post" action=PATH>
            <input type="hidden" name="back" value=back/>
            <input type="hidden" name="one" value=order/>
            <Menu label=t("handover.other_step") face=face>{items}</Menu>
        </form>
    }
    .into_any()
}
