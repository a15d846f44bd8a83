//! How refunds look: the list, and one of them with what is to be done.

use leptos::prelude::*;

use super::{
    PATH,
    found::{Found, RefundRow, RefundView},
};
use crate::{
    rooms::{
        place::Place,
        shown::{chips, known, nothing_found, pager},
    },
    said::Wrong,
    texts::t,
    ui::{
        Button, Cell, Column, Crumb, Dialog, DialogButton, Empty, Facts, FilePicker, Glyph, Look, Notice, PostButton,
        RoomHead, Row, RowLink, StatusBadge, Table, Td, Text, TextArea, Tone, close_button,
    },
};

const SHELVES: [(&str, &str); 7] = [
    ("", "refunds.every"),
    ("open", "refunds.open"),
    ("requested", "refund.requested"),
    ("manual_required", "refund.manual_required"),
    ("succeeded", "refund.succeeded"),
    ("manual_done", "refund.manual_done"),
    ("failed", "refund.failed"),
];

pub(super) fn room(found: Found, place: &Place) -> AnyView {
    view! {
        <RoomHead title=t("room.refunds")/>
        <div id="list" data-live=true>
            <div class="toolbar"><div class="chips">{chips(place, "shelf", &SHELVES)}</div></div>
            {list(found, place)}
        </div>
    }
    .into_any()
}

fn list(found: Found, place: &Place) -> AnyView {
    if found.rows.is_empty() && place.is_whole() {
        return view! { <Empty glyph=Glyph::Refunds title=t("refunds.none") text=t("refunds.none_text")/> }.into_any();
    }
    if found.rows.is_empty() {
        return nothing_found(PATH, "refunds.not_found", "refunds.not_found_text");
    }
    let columns = vec![
        Column::new(Cell::Main, t("payments.what")),
        Column::new(Cell::Sum, t("payments.sum")),
        Column::new(Cell::Status, t("payments.status")),
        Column::new(Cell::Meta, t("refunds.asked_by")),
        Column::new(Cell::Meta, t("payments.when")),
    ];
    let rows = found.rows.into_iter().map(line).collect_view();
    view! {
        <Table label=t("room.refunds") columns=columns>{rows}</Table>
        {pager(place, found.next)}
    }
    .into_any()
}

fn line(row: RefundRow) -> AnyView {
    let key = [&row.id, " ", &row.status.text].concat();
    let href = Text::from([PATH, "/", &row.id].concat());
    view! {
        <Row key=key>
            <Td cell=Cell::Main><RowLink href=href text=Text::from(row.what) sub=Text::from(row.reason)/></Td>
            <Td cell=Cell::Sum>{row.sum}</Td>
            <Td cell=Cell::Status><StatusBadge tone=row.status.tone text=Text::from(row.status.text)/></Td>
            <Td cell=Cell::Meta>{row.asked_by}</Td>
            <Td cell=Cell::Meta>{row.when}</Td>
        </Row>
    }
    .into_any()
}

pub(super) fn one(refund: RefundView, wrong: &Wrong) -> AnyView {
    let status = view! { <StatusBadge tone=refund.status.tone text=Text::from(refund.status.text.clone())/> };
    let payment = ["/payments/", &refund.payment].concat();
    let note = refund.note.clone().map(|note| view! { <Notice tone=Tone::Review text=Text::from(note)/> });
    let todo = todo(&refund, wrong);
    let proof = proof(&refund);
    let facts = refund.known.into_iter().map(known).collect_view();
    view! {
        <Crumb href=PATH text=t("room.refunds")/>
        <RoomHead title=Text::from(refund.title) number=Text::from(refund.sum)>{status}</RoomHead>
        <div class="side" id="refund" data-live=true>
            <div class="stack">
                <section class="card" data-under-way=refund.under_way>
                    <div class="card-body stack">
                        <p>{refund.reason}</p>
                        {note}
                        {proof}
                        <p><a href=payment>{t("refunds.open_payment")}</a></p>
                    </div>
                </section>
                {todo}
            </div>
            <aside class="card">
                <div class="card-head"><h2>{t("story.facts")}</h2></div>
                <div class="card-body"><Facts stacked=true>{facts}</Facts></div>
            </aside>
        </div>
    }
    .into_any()
}

fn proof(refund: &RefundView) -> Option<AnyView> {
    let text = refund.proof.clone()?;
    let file = refund.proof_file.then(|| {
        let href = [PATH, "/", &refund.id, "/proof"].concat();
        view! { <a href=href target="_blank">{t("refunds.proof_file")}</a> }
    });
    Some(view! { <div class="stack-tight"><h3>{t("refunds.proof")}</h3><p>{text}</p>{file}</div> }.into_any())
}

fn todo(refund: &RefundView, wrong: &Wrong) -> AnyView {
    if refund.may_prove {
        return by_hand(refund, wrong);
    }
    let action = |what: &str| Text::from([PATH, "/", &refund.id, "/", what].concat());
    let (yes, no) = (action("approve"), action("reject"));
    let approve = refund.may_approve.then(|| {
        view! { <PostButton action=yes look=Look::Primary icon=Glyph::Check>{t("refunds.approve")}</PostButton> }
    });
    let reject = refund.may_reject.then(|| why_dialog("reject", no, "refunds.reject", "refunds.reject_title"));
    view! { <div class="button-row">{approve} {reject}</div> }.into_any()
}

/// A button that asks why before it is done.
fn why_dialog(id: &'static str, action: Text, verb: &'static str, title: &'static str) -> AnyView {
    view! {
        <DialogButton dialog=id look=Look::Danger>{t(verb)}</DialogButton>
        <Dialog id=id title=t(title)>
            <form method="post" action=action class="stack">
                <TextArea name="note" label=t("refunds.why") max_length=300/>
                <div class="dialog-actions">
                    {close_button(id, t("common.cancel"))}
                    <Button look=Look::DangerNow>{t(verb)}</Button>
                </div>
            </form>
        </Dialog>
    }
    .into_any()
}

/// The money has to be sent by a person, who then proves it here.
fn by_hand(refund: &RefundView, wrong: &Wrong) -> AnyView {
    let (done, give_up) = ([PATH, "/", &refund.id, "/done"].concat(), [PATH, "/", &refund.id, "/give-up"].concat());
    view! {
        <section class="card">
            <div class="card-head"><h2>{t("refunds.by_hand")}</h2></div>
            <form class="card-body stack" method="post" action=done enctype="multipart/form-data" data-send=true>
                <p class="quiet">{t("refunds.by_hand_help")}</p>
                <TextArea name="proof" label=t("refunds.proof") help=t("refunds.proof_help") error=wrong.about("proof") max_length=300/>
                <FilePicker name="file" label=t("refunds.proof_file") note=t("refunds.proof_file_note") accept="image/jpeg,image/png,image/webp,application/pdf" glyph=Glyph::Upload error=wrong.about("file")/>
                {wrong.beside(&["proof", "file"])}
                <div class="button-row"><Button look=Look::Primary>{t("refunds.done")}</Button></div>
            </form>
            <div class="card-foot">{why_dialog("give-up", Text::from(give_up), "refunds.give_up", "refunds.give_up_title")}</div>
        </section>
    }
    .into_any()
}
