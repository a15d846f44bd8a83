//! How the list of links looks. Drawn on the server only.

use leptos::prelude::*;

use super::{
    Asked, PATH,
    calls::{Found, LinkRow, LinkView},
    make,
};
use crate::{
    copy::{copy_button, copyable},
    rooms::shown::{known, pager},
    texts::t,
    ui::{
        ButtonLink, Cell, Column, Empty, Facts, Glyph, RoomHead, Row, RowLink, StatusBadge, Table, Td, Text, TextInput,
    },
};

pub(super) fn list(found: Found, asked: &Asked, may_edit: bool) -> AnyView {
    if found.rows.is_empty() {
        return nothing(*asked == Asked::default(), may_edit);
    }
    let columns = vec![
        Column::new(Cell::Main, t("links.name")),
        Column::new(Cell::Sum, t("links.sum")),
        Column::new(Cell::Status, t("links.status")),
        Column::new(Cell::Wide, t("links.kind")),
        Column::new(Cell::Meta, t("links.opened_paid")),
        Column::new(Cell::Tools, ""),
    ];
    let rows = found.rows.into_iter().map(line).collect_view();
    let state = [("q", asked.q.as_str()), ("shelf", &asked.shelf), ("before", &asked.before)];
    let pager = pager(PATH, &state, found.next);
    view! { <Table label=t("room.links") columns=columns>{rows}</Table> {pager} }.into_any()
}

fn line(row: LinkRow) -> AnyView {
    let key = [&row.id, " ", &row.counts].concat();
    let href = Text::from(["/links/", &row.id].concat());
    view! {
        <Row attr:data-key=key>
            <Td cell=Cell::Main><RowLink href=href text=Text::from(row.name) sub=Text::from(row.sub)/></Td>
            <Td cell=Cell::Sum>{row.sum}</Td>
            <Td cell=Cell::Status><StatusBadge tone=row.status.mood.into() text=Text::from(row.status.text)/></Td>
            <Td cell=Cell::Wide>{row.kind}</Td>
            <Td cell=Cell::Meta label=t("links.opened_paid")>{row.counts}</Td>
            <Td cell=Cell::Tools>
                <div class="row-tools">
                    {copy_button(row.url, false)}
                </div>
            </Td>
        </Row>
    }
    .into_any()
}

fn nothing(at_all: bool, may_edit: bool) -> AnyView {
    if at_all {
        view! { <Empty glyph=Glyph::Links title=t("links.none") text=t("links.none_text")>{may_edit.then(make)}</Empty> }.into_any()
    } else {
        view! {
            <Empty glyph=Glyph::Search title=t("links.not_found") text=t("links.not_found_text")>
                <ButtonLink href=PATH>{t("list.show_all")}</ButtonLink>
            </Empty>
        }
        .into_any()
    }
}

/// One link, ready to hand over.
pub(super) fn one(link: LinkView, may_edit: bool) -> AnyView {
    let edit = may_edit.then(|| edit(&link));
    let status = view! { <StatusBadge tone=link.status.mood.into() text=Text::from(link.status.text)/> };
    let qr = ["/links/", &link.id, "/qr"].concat();
    let facts = link.known.into_iter().map(known).collect_view();
    view! {
        <RoomHead title=Text::from(link.name) number=Text::from(link.sum)>{status}</RoomHead>
        <div class="side">
            <section class="card">
                <div class="card-body handover">
                    {qr_box(&qr)}
                    {addresses(link.url, link.telegram)}
                </div>
                {edit.map(|edit| view! { <div class="card-foot">{edit}</div> })}
            </section>
            <aside class="card">
                <div class="card-head"><h2>{t("story.facts")}</h2></div>
                <div class="card-body"><Facts stacked=true>{facts}</Facts></div>
            </aside>
        </div>
    }
    .into_any()
}

fn qr_box(qr: &str) -> AnyView {
    let (svg, png) = ([qr, ".svg"].concat(), [qr, ".png"].concat());
    view! {
        <div class="stack">
            <div class="qr"><img src=svg.clone() alt=t("links.qr")/></div>
            <div class="button-row">
                <a class="button" data-size="small" href=svg download="" rel="external">"SVG"</a>
                <a class="button" data-size="small" href=png download="" rel="external">"PNG"</a>
            </div>
        </div>
    }
    .into_any()
}

fn addresses(url: String, telegram: Option<String>) -> AnyView {
    let telegram = telegram.map(|address| {
        view! {
            <p class="field-help">{t("links.telegram_help")}</p>
            {copyable(address, true)}
        }
    });
    view! {
        <div class="stack">
            {copyable(url.clone(), true)}
            <div class="button-row">
                <ButtonLink href=Text::from(url) icon=Glyph::External outside=true>{t("links.open_page")}</ButtonLink>
            </div>
            {telegram}
        </div>
    }
    .into_any()
}

fn edit(link: &LinkView) -> AnyView {
    let button = |what: &'static str, key: &'static str, look: Option<&'static str>| {
        let id = link.id.clone();
        view! { <button type="button" class="button" data-size="small" data-look=look data-do=what data-id=id>{t(key)}</button> }
    };
    let switch = if link.active { ("off", "links.turn_off") } else { ("on", "links.turn_on") };
    view! {
        <div class="stack">
            <TextInput name="label" label=t("links.label") value=RwSignal::new(link.label.clone()) max_length=80/>
            <div class="button-row">
                {button("label", "common.save", None)}
                {(!link.cancelled).then(|| button(switch.0, switch.1, None))}
                {link.cancellable.then(|| button("cancel", "links.cancel", Some("danger")))}
            </div>
        </div>
    }
    .into_any()
}
