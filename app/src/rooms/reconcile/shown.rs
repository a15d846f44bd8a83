//! How reconciliations look: the list, and one with its differences under one form, so that many are resolved at once.

use leptos::prelude::*;

use super::{
    Chosen, PATH,
    found::{Difference, Found, Line, One},
};
use crate::{
    rooms::{place::Place, shown::pager},
    said::Wrong,
    texts::{t, t_with},
    ui::{
        Button, ButtonLink, Cell, Chip, Column, Crumb, Empty, Glyph, Look, Notice, PostButton, RoomHead, Row,
        StatusBadge, Table, Td, Text, TextInput, Tone, drawn::Html, rows::rows_of,
    },
};

pub(super) fn room(found: Found, place: &Place) -> AnyView {
    let begin = || {
        view! { <ButtonLink href="/reconcile/new" look=Look::Primary icon=Glyph::Plus>{t("reconcile.new")}</ButtonLink> }
    };
    if found.lines.is_empty() {
        return view! {
            <RoomHead title=t("room.reconcile")/>
            <Empty glyph=Glyph::Reconcile title=t("reconcile.none") text=t("reconcile.none_text")>{found.may_begin.then(begin)}</Empty>
        }
        .into_any();
    }
    let columns = vec![
        Column::new(Cell::Main, t("reconcile.period")),
        Column::new(Cell::Status, t("payments.status")),
        Column::new(Cell::Meta, t("reconcile.matched")),
        Column::new(Cell::Meta, t("reconcile.open")),
        Column::new(Cell::Wide, t("payments.when")),
    ];
    let rows = rows_of(found.lines, line);
    view! {
        <RoomHead title=t("room.reconcile")>{found.may_begin.then(begin)}</RoomHead>
        <div id="list" data-live=true>
            <Table label=t("room.reconcile") columns=columns>{rows}</Table>
            {pager(place, found.next)}
        </div>
    }
    .into_any()
}

fn line(html: &mut Html, line: Line) {
    html.row(&line.id, |html| {
        html.main(&[PATH, "/", &line.id].concat(), &line.title, &line.sub);
        html.status(line.status.tone, &line.status.text);
        html.labelled(Cell::Meta, &t("reconcile.matched"), &line.matched);
        html.labelled(Cell::Meta, &t("reconcile.open"), &line.open);
        html.words(Cell::Wide, &line.when);
    });
}

pub(super) fn one(one: One, place: &Place, chosen: &Chosen, wrong: &Wrong) -> AnyView {
    let status = view! { <StatusBadge tone=one.status.tone text=Text::from(one.status.text.clone())/> };
    let values = [("matched", one.matched.as_str()), ("total", &one.total), ("open", &one.open)];
    let summary = t_with("reconcile.summary", &values);
    view! {
        <Crumb href=PATH text=t("room.reconcile")/>
        <RoomHead title=Text::from(one.title.clone()) number=Text::from(one.source.clone())>{status}</RoomHead>
        <div id="list" data-live=true>
            <p class="room-lead" data-under-way=one.running>{summary}</p>
            {stopped(&one)}
            <div class="toolbar"><div class="chips">{shelves(&one, place)}</div></div>
            {differences(one, place, chosen, wrong)}
        </div>
    }
    .into_any()
}

/// Why it stands still, and the way out.
fn stopped(one: &One) -> Option<AnyView> {
    let text = t_with("reconcile.stopped", &[("why", one.stopped.as_deref()?)]);
    let action = Text::from([PATH, "/", &one.id, "/again"].concat());
    let again = one.may_close.then(|| view! { <PostButton action=action>{t("reconcile.again")}</PostButton> });
    Some(view! { <Notice tone=Tone::Bad text=text>{again}</Notice> }.into_any())
}

/// What is open, then each kind there is with its number, then everything.
fn shelves(one: &One, place: &Place) -> AnyView {
    let now = place.value("shelf");
    let chip =
        |value: &str, text: Text| view! { <Chip href=place.with("shelf", value) text=text current=now == value/> };
    let kinds = one.kinds.iter().map(|count| {
        let (kind, number) = (count.kind.as_str(), count.total.to_string());
        chip(kind, Text::from([&*t(&["exception_short.", kind].concat()), " ", &number].concat()))
    });
    let kinds = kinds.collect_view();
    view! { {chip("", t("reconcile.open"))} {kinds} {chip("all", t("reconcile.all"))} }.into_any()
}

fn differences(one: One, place: &Place, chosen: &Chosen, wrong: &Wrong) -> AnyView {
    if one.differences.is_empty() {
        return view! { <Empty glyph=Glyph::Check title=t("reconcile.nothing") text=t("reconcile.nothing_text")/> }
            .into_any();
    }
    let action = [PATH, "/", &one.id, "/resolve"].concat();
    let columns = vec![
        Column::new(Cell::Pick, ""),
        Column::new(Cell::Main, t("reconcile.difference")),
        Column::new(Cell::Meta, t("reconcile.theirs")),
        Column::new(Cell::Meta, t("reconcile.ours")),
        Column::new(Cell::Meta, t("reconcile.owner")),
    ];
    let rows = one.differences.into_iter().map(|line| row(line, &chosen.ids)).collect_view();
    let (shelf, before) = (place.value("shelf").to_owned(), place.value("before").to_owned());
    let pager = pager(place, one.next);
    let accept = one.may_accept.then(|| {
        view! { <Button name="what" value="accept">{t("reconcile.accept")}</Button> }
    });
    let bar = one.may_close.then(|| {
        view! {
            <div class="card"><div class="card-body stack">
                <TextInput name="comment" label=t("review.comment") value=chosen.comment.clone() help=t("reconcile.comment_help") error=wrong.about("comment") max_length=300/>
                {wrong.beside(&["comment"])}
                <div class="button-row">
                    <Button look=Look::Primary name="what" value="close">{t("reconcile.close")}</Button>
                    {accept}
                    <Button look=Look::Quiet name="what" value="mine">{t("reconcile.mine")}</Button>
                </div>
            </div></div>
        }
    });
    view! {
        <form method="post" action=action class="stack" data-send=true>
            <input type="hidden" name="shelf" value=shelf/>
            <input type="hidden" name="before" value=before/>
            <Table label=t("reconcile.difference") columns=columns>{rows}</Table>
            {pager}
            {bar}
        </form>
    }
    .into_any()
}

fn row(row: Difference, ticked: &[i64]) -> AnyView {
    let id = row.id.to_string();
    let open = row.ended.is_empty();
    let (label, ticked) = (row.what.clone(), ticked.contains(&row.id));
    let pick = open.then(|| {
        view! { <label class="check"><input type="checkbox" name="exception" value=id.clone() checked=ticked aria-label=label/></label> }
    });
    let title = match row.href {
        Some(href) => view! { <a class="strong" href=href>{row.what}</a> }.into_any(),
        None => view! { <span class="strong">{row.what}</span> }.into_any(),
    };
    view! {
        <Row key=row.id.to_string()>
            <Td cell=Cell::Pick>{pick}</Td>
            <Td cell=Cell::Main><div>{title}</div><span class="small">{row.why}</span><span class="cell-sub">{row.ended}</span></Td>
            <Td cell=Cell::Meta label=t("reconcile.theirs")>{row.theirs}</Td>
            <Td cell=Cell::Meta label=t("reconcile.ours")>{row.ours}</Td>
            <Td cell=Cell::Meta>{row.owner}</Td>
        </Row>
    }
    .into_any()
}
