//! How fiscal receipts look: the list, and one of them with what is to be decided.

use leptos::prelude::*;

use super::{
    AdoptForm, PATH, at,
    found::{Found, ReceiptRow, ReceiptView},
};
use crate::{
    rooms::{
        place::Place,
        shown::{chips, export_menu, known, nothing_found, pager},
        why::Why,
    },
    said::Wrong,
    texts::t,
    ui::{
        Button, ButtonLink, Cell, Column, Crumb, Empty, Facts, Glyph, Look, Notice, RoomHead, Size, StatusBadge, Table,
        Text, TextInput, Tone, drawn::Html, rows::rows_of,
    },
};

const SHELVES: [(&str, &str); 5] = [
    ("", "receipts.every"),
    ("owed", "receipt.owed"),
    ("registered", "receipt.registered"),
    ("refused", "receipt.refused"),
    ("uncertain", "receipt.uncertain"),
];
const KINDS: [(&str, &str); 3] = [("", "receipts.both"), ("sale", "receipts.sales"), ("return", "receipts.returns")];

pub(super) fn room(found: Found, place: &Place) -> AnyView {
    let export = found.may_export.then(|| export_menu(t("export.title"), "/receipts/export.", &query(place)));
    let register = found.may_edit.then(|| {
        view! { <ButtonLink href="/settings/register" icon=Glyph::Settings>{t("settings.register")}</ButtonLink> }
    });
    view! {
        <RoomHead title=t("room.receipts")>{register} {export}</RoomHead>
        <div id="list" data-live=true>
            <div class="toolbar">
                <div class="chips">{chips(place, "shelf", &SHELVES)}</div>
                <div class="chips">{chips(place, "kind", &KINDS)}</div>
            </div>
            {list(found, place)}
        </div>
    }
    .into_any()
}

/// The state of the list, for its file.
fn query(place: &Place) -> String {
    let here = place.with("before", "");
    here.split_once('?').map(|(_, query)| ["?", query].concat()).unwrap_or_default()
}

fn list(found: Found, place: &Place) -> AnyView {
    if found.rows.is_empty() && place.is_whole() {
        let connect = (found.may_edit && !found.connected).then(|| {
            view! { <ButtonLink href="/settings/register" icon=Glyph::Plus>{t("receipts.connect")}</ButtonLink> }
        });
        let text = if found.connected { "receipts.none_yet" } else { "receipts.none_text" };
        return view! { <Empty glyph=Glyph::Receipts title=t("receipts.none") text=t(text)>{connect}</Empty> }
            .into_any();
    }
    if found.rows.is_empty() {
        return nothing_found(PATH, "receipts.not_found", "receipts.not_found_text");
    }
    let columns = vec![
        Column::new(Cell::Main, t("payments.what")),
        Column::new(Cell::Sum, t("payments.sum")),
        Column::new(Cell::Status, t("payments.status")),
        Column::new(Cell::Meta, t("receipts.kind")),
        Column::new(Cell::Meta, t("payments.when")),
    ];
    let rows = rows_of(found.rows, line);
    view! {
        <Table label=t("room.receipts") columns=columns>{rows}</Table>
        {pager(place, found.next)}
    }
    .into_any()
}

fn line(html: &mut Html, row: ReceiptRow) {
    html.row(&[&row.id, " ", &row.status.text].concat(), |html| {
        html.main(&at(&row.id), &row.what, &row.sub);
        html.words(Cell::Sum, &row.sum);
        html.status(row.status.tone, &row.status.text);
        html.words(Cell::Meta, &row.kind);
        html.words(Cell::Meta, &row.when);
    });
}

pub(super) fn one(receipt: ReceiptView, form: &AdoptForm, wrong: &Wrong) -> AnyView {
    let status = view! { <StatusBadge tone=receipt.status.tone text=Text::from(receipt.status.text.clone())/> };
    let payment = ["/payments/", &receipt.payment].concat();
    let tone = if receipt.uncertain { Tone::Review } else { Tone::Bad };
    let problem = receipt.problem.clone().map(|text| view! { <Notice tone=tone text=Text::from(text)/> });
    let waits = receipt.uncertain.then(|| view! { <p class="quiet">{t("receipts.uncertain_text")}</p> });
    let qr = receipt
        .qr
        .clone()
        .map(|svg| view! { <div class="qr" role="img" aria-label=t("receipts.qr") inner_html=svg></div> });
    let again = receipt.may_send.then(|| again_why(&receipt.id).button());
    let adopt = receipt.may_adopt.then(|| by_hand(&receipt.id, form, wrong));
    let facts = receipt.known.into_iter().map(known).collect_view();
    view! {
        <Crumb href=PATH text=t("room.receipts")/>
        <RoomHead title=Text::from(receipt.title) number=Text::from(receipt.sum)>{status}</RoomHead>
        <div class="side" id="receipt" data-live=true>
            <div class="stack">
                <section class="card">
                    <div class="card-body stack">
                        {problem}
                        {waits}
                        {qr}
                        <div class="button-row">{again} <ButtonLink href=Text::from(payment) look=Look::Quiet>{t("refunds.open_payment")}</ButtonLink></div>
                    </div>
                </section>
                {adopt}
            </div>
            <aside class="card">
                <div class="card-head"><h2>{t("story.facts")}</h2></div>
                <div class="card-body"><Facts stacked=true>{facts}</Facts></div>
            </aside>
        </div>
    }
    .into_any()
}

/// Sending it once more, with a word how one knows that it is not registered.
pub(super) fn again_why(id: &str) -> Why {
    Why {
        id: "again".to_owned(),
        action: [PATH, "/", id, "/again"].concat(),
        verb: "receipts.again",
        title: "receipts.again_title",
        text: Some("receipts.again_text"),
        field: "reason",
        label: "receipts.reason",
        help: Some("receipts.reason_help"),
        hidden: Vec::new(),
        look: Look::Primary,
        size: Size::Normal,
        icon: None,
    }
}

/// A number that somebody has read at the tax service.
fn by_hand(id: &str, form: &AdoptForm, wrong: &Wrong) -> AnyView {
    let action = [PATH, "/", id, "/adopt"].concat();
    view! {
        <section class="card">
            <div class="card-head"><h2>{t("receipts.by_hand")}</h2></div>
            <form class="card-body stack" method="post" action=action data-send=true>
                <p class="quiet">{t("receipts.by_hand_text")}</p>
                <div class="form-pair">
                    <TextInput name="number" label=t("receipts.number") value=form.number.clone() inputmode="numeric" error=wrong.about("number") max_length=18/>
                    <TextInput name="fiscal" label=t("receipts.fiscal") aside=t("common.optional") value=form.fiscal.clone() error=wrong.about("fiscal") max_length=40/>
                </div>
                <TextInput name="reason" label=t("receipts.note") aside=t("common.optional") value=form.reason.clone() error=wrong.about("reason") max_length=300/>
                {wrong.beside(&["number", "fiscal", "reason"])}
                <div class="button-row"><Button>{t("receipts.adopt")}</Button></div>
            </form>
        </section>
    }
    .into_any()
}
