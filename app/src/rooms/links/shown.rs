//! How the list of links looks, and one link.

use leptos::prelude::*;

use super::{
    PATH,
    found::{Found, LinkRow, LinkView},
};
use crate::{
    rooms::{
        kept::kept,
        place::Place,
        shown::{chips, known, nothing_found, pager},
        views::tabs,
    },
    said::Wrong,
    texts::t,
    ui::{
        Button, ButtonLink, Cell, Column, Crumb, Dialog, DialogButton, Empty, Facts, Glyph, Look, PostButton, RoomHead,
        Row, RowLink, SearchForm, Size, StatusBadge, Table, Td, Text, TextInput, close_button, copy_button, copyable,
    },
};

/// First those made by hand: the bot makes one for every order.
const SHELVES: [(&str, &str); 4] =
    [("", "links.fixed"), ("dynamic", "links.dynamic"), ("all", "links.all"), ("off", "links.off")];

pub(super) fn room(found: Found, place: &Place) -> AnyView {
    view! {
        <RoomHead title=t("room.links")>
            <ButtonLink href=super::labels::HERE>{t("labels.title")}</ButtonLink>
            {found.may_edit.then(|| view! { <ButtonLink href=super::batch::HERE icon=Glyph::Upload>{t("batch.title")}</ButtonLink> })}
            {found.may_edit.then(make)}
        </RoomHead>
        <div class="toolbar">
            <SearchForm path=PATH label=t("links.search") value=place.value("q") kept=place.kept()/>
        </div>
        <div id="list" data-live=true>
            {tabs(found.tabs)}
            <div class="toolbar"><div class="chips">{chips(place, "shelf", &SHELVES)} {kept(place, &found.kept)}</div></div>
            {list(found.rows, found.next, found.may_edit, place)}
        </div>
    }
    .into_any()
}

/// The first step.
fn make() -> AnyView {
    view! { <ButtonLink href="/links/new" look=Look::Primary icon=Glyph::Plus>{t("links.new")}</ButtonLink> }.into_any()
}

fn list(rows: Vec<LinkRow>, next: Option<String>, may_edit: bool, place: &Place) -> AnyView {
    if rows.is_empty() {
        return nothing(place, may_edit);
    }
    let mut columns = vec![
        Column::new(Cell::Main, t("links.name")),
        Column::new(Cell::Sum, t("links.sum")),
        Column::new(Cell::Status, t("links.status")),
        Column::new(Cell::Wide, t("links.kind")),
        Column::new(Cell::Meta, t("links.opened_paid")),
        Column::new(Cell::Sum, t("links.received")),
        Column::new(Cell::Tools, ""),
    ];
    if may_edit {
        columns.insert(0, Column::new(Cell::Pick, ""));
    }
    let rows = rows.into_iter().map(|row| line(row, may_edit)).collect_view();
    let (pager, state) = (pager(place, next), place.page(place.value("before")));
    let state = state.split_once('?').map(|(_, state)| state.to_owned());
    let bar = may_edit.then(bulk);
    view! {
        <form method="post" action="/links/many" class="picks">
            <input type="hidden" name="place" value=state.unwrap_or_default()/>
            <Table label=t("room.links") columns=columns>{rows}</Table>
            {bar}
        </form>
        {pager}
    }
    .into_any()
}

/// What can be done with the ticked links at once; it is there while one is ticked.
fn bulk() -> AnyView {
    view! {
        <div class="bulkbar">
            <Button size=Size::Small icon=Glyph::Qr name="what" value="print">{t("print.title")}</Button>
            <Button size=Size::Small name="what" value="on">{t("links.turn_on")}</Button>
            <Button size=Size::Small name="what" value="off">{t("links.turn_off")}</Button>
            <DialogButton dialog="cancel-many" size=Size::Small look=Look::Danger>{t("links.cancel")}</DialogButton>
        </div>
        <Dialog id="cancel-many" title=t("links.cancel_many_title")>
            <div class="stack">
                <p>{t("links.cancel_many_text")}</p>
                <div class="dialog-actions">
                    {close_button("cancel-many", t("links.keep_many"))}
                    <Button look=Look::DangerNow name="what" value="cancel">{t("links.cancel_many")}</Button>
                </div>
            </div>
        </Dialog>
    }
    .into_any()
}

fn line(row: LinkRow, may_edit: bool) -> AnyView {
    let pick = may_edit.then(|| {
        let (id, label) = (row.id.clone(), row.name.clone());
        view! {
            <Td cell=Cell::Pick>
                <label class="check"><input type="checkbox" name="link" value=id aria-label=label/></label>
            </Td>
        }
    });
    let key = [&row.id, " ", &row.counts].concat();
    let href = Text::from(["/links/", &row.id].concat());
    view! {
        <Row key=key>
            {pick}
            <Td cell=Cell::Main><RowLink href=href text=Text::from(row.name) sub=Text::from(row.sub)/></Td>
            <Td cell=Cell::Sum>{row.sum}</Td>
            <Td cell=Cell::Status><StatusBadge tone=row.status.tone text=Text::from(row.status.text)/></Td>
            <Td cell=Cell::Wide>{row.kind}</Td>
            <Td cell=Cell::Meta label=t("links.opened_paid")>{row.counts}</Td>
            <Td cell=Cell::Sum label=t("links.received")>{row.received}</Td>
            <Td cell=Cell::Tools>
                <div class="row-tools">
                    {copy_button(row.url, false)}
                </div>
            </Td>
        </Row>
    }
    .into_any()
}

fn nothing(place: &Place, may_edit: bool) -> AnyView {
    if !place.is_whole() {
        return nothing_found(PATH, "links.not_found", "links.not_found_text");
    }
    view! { <Empty glyph=Glyph::Links title=t("links.none") text=t("links.none_text")>{may_edit.then(make)}</Empty> }
        .into_any()
}

/// One link, ready to hand over.
pub(super) fn one(link: LinkView, wrong: &Wrong) -> AnyView {
    let edit = link.may_edit.then(|| edit(&link, wrong));
    let status = view! { <StatusBadge tone=link.status.tone text=Text::from(link.status.text)/> };
    let qr = ["/links/", &link.id, "/qr"].concat();
    let facts = link.known.into_iter().map(known).collect_view();
    view! {
        <Crumb href=PATH text=t("room.links")/>
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
                <a class="button" data-size="small" href=svg download="">"SVG"</a>
                <a class="button" data-size="small" href=png download="">"PNG"</a>
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
                <ButtonLink href=Text::from(url) icon=Glyph::External>{t("links.open_page")}</ButtonLink>
            </div>
            {telegram}
        </div>
    }
    .into_any()
}

fn edit(link: &LinkView, wrong: &Wrong) -> AnyView {
    let action = |what: &str| Text::from([PATH, "/", &link.id, "/", what].concat());
    let (switch, key) = if link.active { ("off", "links.turn_off") } else { ("on", "links.turn_on") };
    let turn = action(switch);
    let switch = (!link.cancelled).then(|| view! { <PostButton action=turn size=Size::Small>{t(key)}</PostButton> });
    let (cancel, label) = (action("cancel"), action("label"));
    let cancel = link.cancellable.then(|| {
        view! {
            <DialogButton dialog="cancel" look=Look::Danger size=Size::Small>{t("links.cancel")}</DialogButton>
            <Dialog id="cancel" title=t("links.cancel_title")>
                <form method="post" action=cancel class="stack">
                    <p>{t("links.cancel_text")}</p>
                    <div class="dialog-actions">
                        {close_button("cancel", t("links.keep"))}
                        <Button look=Look::DangerNow>{t("links.cancel")}</Button>
                    </div>
                </form>
            </Dialog>
        }
    });
    let value = link.label.clone();
    view! {
        <div class="stack">
            <form method="post" action=label class="stack-tight">
                <TextInput name="label" label=t("links.label") value=value error=wrong.about("label") max_length=80/>
                {wrong.beside(&["label"])}
                <div class="button-row"><Button size=Size::Small>{t("common.save")}</Button></div>
            </form>
            <div class="button-row">{switch} {cancel}</div>
        </div>
    }
    .into_any()
}
