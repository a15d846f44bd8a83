//! How the webhook log looks. Drawn on the server only.

use leptos::prelude::*;

use super::{
    Asked, PATH,
    calls::{DeliveryRow, Found},
};
use crate::{
    rooms::shown::pager,
    texts::t,
    ui::{ButtonLink, Cell, Column, Empty, Glyph, Icon, Row, StatusBadge, Table, Td, Text},
};

pub(super) fn list(found: Found, asked: &Asked, may_replay: bool) -> AnyView {
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
    let rows = found.rows.into_iter().map(|row| line(row, may_replay)).collect_view();
    let state = [("decision", asked.decision.as_str()), ("before", &asked.before)];
    let pager = pager(PATH, &state, found.next);
    view! { <Table label=t("room.webhooks") columns=columns>{rows}</Table> {pager} }.into_any()
}

fn line(row: DeliveryRow, may_replay: bool) -> AnyView {
    let key = row.id.clone();
    let payment = row.payment.map(|(id, order)| view! { <a href=["/payments/", &id].concat()>{order}</a> });
    let again = (row.may_replay && may_replay).then(|| replay(row.id));
    view! {
        <Row attr:data-key=key>
            <Td cell=Cell::Main>
                <div class="strong cut mono">{row.external_id}</div>
                <details class="raw">
                    <summary><Icon glyph=Glyph::ChevronRight size="small"/>{row.reason}</summary>
                    <code class="code">{row.raw}</code>
                </details>
            </Td>
            <Td cell=Cell::Status><StatusBadge tone=row.decision.mood.into() text=Text::from(row.decision.text)/></Td>
            <Td cell=Cell::Meta>{payment}</Td>
            <Td cell=Cell::Meta>{row.when}</Td>
            <Td cell=Cell::Tools><div class="row-tools">{again}</div></Td>
        </Row>
    }
    .into_any()
}

fn replay(id: String) -> AnyView {
    view! {
        <button type="button" class="button" data-size="small" data-do="replay" data-id=id>
            <Icon glyph=Glyph::Refresh/>
            <span>{t("webhooks.replay")}</span>
        </button>
    }
    .into_any()
}
