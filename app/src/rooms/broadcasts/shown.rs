//! How broadcasts look: the list, one of them, and the text as it stands in a chat.

use domain::Lang;
use leptos::prelude::*;

use super::{
    PATH,
    found::{BroadcastRow, BroadcastView, Found},
};
use crate::{
    rooms::{
        place::Place,
        shown::{known, pager},
    },
    texts::{t, t_with},
    ui::{
        Button, ButtonLink, Cell, Column, Crumb, Dialog, DialogButton, Empty, Fact, Facts, Glyph, Look, Notice,
        RoomHead, Row, RowLink, StatusBadge, Table, Td, Text, Tone, close_button,
    },
};

pub(super) fn room(found: Found, place: &Place) -> AnyView {
    view! {
        <RoomHead title=t("room.broadcasts")>
            <ButtonLink href="/broadcasts/new" look=Look::Primary icon=Glyph::Plus>{t("broadcasts.new")}</ButtonLink>
        </RoomHead>
        <div id="list" data-live=true>{list(found, place)}</div>
    }
    .into_any()
}

fn list(found: Found, place: &Place) -> AnyView {
    if found.rows.is_empty() {
        return view! {
            <Empty glyph=Glyph::Send title=t("broadcasts.none") text=t("broadcasts.none_text")>
                <ButtonLink href="/broadcasts/new" icon=Glyph::Plus>{t("broadcasts.new")}</ButtonLink>
            </Empty>
        }
        .into_any();
    }
    let columns = vec![
        Column::new(Cell::Main, t("broadcasts.text")),
        Column::new(Cell::Status, t("payments.status")),
        Column::new(Cell::Meta, t("receipt.sent")),
        Column::new(Cell::Meta, t("payments.when")),
    ];
    let rows = found.rows.into_iter().map(line).collect_view();
    view! {
        <Table label=t("room.broadcasts") columns=columns>{rows}</Table>
        {pager(place, found.next)}
    }
    .into_any()
}

fn line(row: BroadcastRow) -> AnyView {
    let key = [&row.id, " ", &row.status.text].concat();
    let href = Text::from([PATH, "/", &row.id].concat());
    view! {
        <Row key=key>
            <Td cell=Cell::Main><RowLink href=href text=Text::from(row.title) sub=Text::from(row.who)/></Td>
            <Td cell=Cell::Status><StatusBadge tone=row.status.tone text=Text::from(row.status.text)/></Td>
            <Td cell=Cell::Meta label=t("receipt.sent")>{row.sent}</Td>
            <Td cell=Cell::Meta>{row.when}</Td>
        </Row>
    }
    .into_any()
}

/// A text as one language reads it, and how many will.
pub(super) struct Bubble {
    pub(super) language: Lang,
    pub(super) text: String,
    pub(super) count: Option<i64>,
}

pub(super) fn bubbles(bubbles: &[Bubble]) -> AnyView {
    let bubble = |bubble: &Bubble| {
        let count = bubble.count.map(|count| {
            view! { <span>{t_with("broadcasts.people", &[("count", &count.to_string())])}</span> }
        });
        view! {
            <li class="talk-line" data-side="ours">
                <div class="talk-bubble" lang=bubble.language.as_str()><p class="talk-words">{bubble.text.clone()}</p></div>
                <div class="talk-note"><span>{bubble.language.own_name()}</span> {count}</div>
            </li>
        }
    };
    view! { <ol class="talk talk-preview">{bubbles.iter().map(bubble).collect_view()}</ol> }.into_any()
}

pub(super) fn one(broadcast: BroadcastView) -> AnyView {
    let cancel = broadcast.may_cancel.then(|| cancel(&broadcast.id));
    let results = broadcast.results.into_iter().map(|(label, count)| {
        view! { <Fact label=Text::from(label)><span class="tabular">{count}</span></Fact> }
    });
    let results: Vec<_> = results.collect();
    let results = (!results.is_empty()).then(|| {
        view! {
            <section class="card">
                <div class="card-head"><h2>{t("broadcasts.result")}</h2></div>
                <div class="card-body"><Facts>{results}</Facts></div>
            </section>
        }
    });
    let note = broadcast.note.map(|note| view! { <Notice tone=Tone::Info text=Text::from(note)/> });
    let facts = broadcast.known.into_iter().map(known).collect_view();
    view! {
        <Crumb href=PATH text=t("room.broadcasts")/>
        <RoomHead title=Text::from(broadcast.title)>
            <StatusBadge tone=broadcast.status.tone text=Text::from(broadcast.status.text)/>
            {cancel}
        </RoomHead>
        <div class="side" id="broadcast" data-live=true>
            <section class="stack">{bubbles(&broadcast.bubbles)}</section>
            <aside class="stack">
                {results}
                {note}
                <section class="card">
                    <div class="card-head"><h2>{t("story.facts")}</h2></div>
                    <div class="card-body"><Facts stacked=true>{facts}</Facts></div>
                </section>
            </aside>
        </div>
    }
    .into_any()
}

fn cancel(id: &str) -> AnyView {
    let action = [PATH, "/", id, "/cancel"].concat();
    view! {
        <DialogButton dialog="call-off">{t("broadcasts.cancel")}</DialogButton>
        <Dialog id="call-off" title=t("broadcasts.cancel")>
            <form method="post" action=action>
                <p>{t("broadcasts.cancel_text")}</p>
                <div class="dialog-actions">
                    {close_button("call-off", t("common.close"))}
                    <Button look=Look::DangerNow>{t("broadcasts.cancel")}</Button>
                </div>
            </form>
        </Dialog>
    }
    .into_any()
}
