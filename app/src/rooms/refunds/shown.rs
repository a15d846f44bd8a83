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
        why::Why,
    },
    said::Wrong,
    texts::t,
    ui::{
        Button, Cell, Column, Crumb, Empty, Facts, FilePicker, Glyph, Look, Notice, PostButton, RoomHead, Size,
        StatusBadge, Table, Text, TextArea, Tone, drawn::Html, rows::rows_of,
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
    let rows = rows_of(found.rows, line);
    view! {
        <Table label=t("room.refunds") columns=columns>{rows}</Table>
        {pager(place, found.next)}
    }
    .into_any()
}

fn line(html: &mut Html, row: RefundRow) {
    html.row(&[&row.id, " ", &row.status.text].concat(), |html| {
        html.main(&[PATH, "/", &row.id].concat(), &row.what, &row.reason);
        html.words(Cell::Sum, &row.sum);
        html.status(row.status.tone, &row.status.text);
        html.words(Cell::Meta, &row.asked_by);
        html.words(Cell::Meta, &row.when);
    });
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
    let action = |what: &str| [PATH, "/", &refund.id, "/", what].concat();
    let approve = refund.may_approve.then(|| {
        view! { <PostButton action=action("approve") look=Look::Primary icon=Glyph::Check>{t("refunds.approve")}</PostButton> }
    });
    let reject = refund.may_reject.then(|| reject_why(&refund.id).button());
    view! { <div class="button-row">{approve} {reject}</div> }.into_any()
}

/// Not giving the money back, with a word why.
pub(super) fn reject_why(id: &str) -> Why {
    why("reject", id, "refunds.reject", "refunds.reject_title")
}

/// The money could not be sent by hand, with a word why.
pub(super) fn give_up_why(id: &str) -> Why {
    why("give-up", id, "refunds.give_up", "refunds.give_up_title")
}

fn why(what: &'static str, id: &str, verb: &'static str, title: &'static str) -> Why {
    Why {
        id: what.to_owned(),
        action: [PATH, "/", id, "/", what].concat(),
        verb,
        title,
        text: None,
        field: "note",
        label: "refunds.why",
        help: None,
        hidden: Vec::new(),
        look: Look::Danger,
        size: Size::Normal,
        icon: None,
    }
}

/// The money has to be sent by a person, who then proves it here.
fn by_hand(refund: &RefundView, wrong: &Wrong) -> AnyView {
    let done = [PATH, "/", &refund.id, "/done"].concat();
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
            <div class="card-foot">{give_up_why(&refund.id).button()}</div>
        </section>
    }
    .into_any()
}
