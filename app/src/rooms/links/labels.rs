//! The labels of links: how many links stand under each, how often they were paid and what came in.

use axum::response::Response;
use domain::role::Permission;
use leptos::prelude::*;
use server::{
    failure::Outcome,
    links::{self, Labelled},
};

use super::PATH;
use crate::{
    rooms::place::Place,
    texts::t,
    ui::{Cell, Column, Crumb, Empty, Glyph, Icon, RoomHead, Row, RowLink, Table, Td, Text},
    web::Desk,
};

pub(super) const HERE: &str = "/links/labels";
/// More labels than one person keeps apart.
const MOST: u64 = 300;

pub(super) async fn list(desk: Desk) -> Response {
    let found = async || -> Outcome<Vec<Labelled>> {
        desk.must(Permission::SeeMoney)?;
        links::labels(&desk.services.db, desk.merchant(), MOST).await
    };
    desk.room(&desk.say("labels.title"), found().await, |all| room(&desk, all)).await
}

fn room(desk: &Desk, all: Vec<Labelled>) -> AnyView {
    let list = if all.is_empty() {
        view! { <Empty glyph=Glyph::Links title=t("labels.none") text=t("labels.none_text")/> }.into_any()
    } else {
        let columns = vec![
            Column::new(Cell::Main, t("labels.label")),
            Column::new(Cell::Meta, t("labels.links")),
            Column::new(Cell::Meta, t("links.paid")),
            Column::new(Cell::Sum, t("links.received")),
            Column::new(Cell::Tools, ""),
        ];
        let rows = all.into_iter().map(|one| line(desk, one)).collect_view();
        view! { <Table label=t("labels.title") columns=columns>{rows}</Table> }.into_any()
    };
    view! {
        <Crumb href=PATH text=t("room.links")/>
        <RoomHead title=t("labels.title")/>
        <p class="room-lead">{t("labels.lead")}</p>
        {list}
    }
    .into_any()
}

fn line(desk: &Desk, one: Labelled) -> AnyView {
    let at = |path: &'static str, shelf: &str| {
        Text::from(Place::new(path, &[("shelf", shelf), ("label", &one.label)], "").with("", ""))
    };
    let (links, print) = (at(PATH, "all"), at("/links/print", ""));
    let received = if one.received_minor > 0 { desk.sum(one.received_minor) } else { String::new() };
    view! {
        <Row>
            <Td cell=Cell::Main><RowLink href=links text=Text::from(one.label)/></Td>
            <Td cell=Cell::Meta label=t("labels.links")>{one.links}</Td>
            <Td cell=Cell::Meta label=t("links.paid")>{one.paid}</Td>
            <Td cell=Cell::Sum>{received}</Td>
            <Td cell=Cell::Tools>
                <div class="row-tools">
                    <a class="button" data-size="small" data-look="quiet" href=print><Icon glyph=Glyph::Qr size="small"/><span>{t("print.title")}</span></a>
                </div>
            </Td>
        </Row>
    }
    .into_any()
}
