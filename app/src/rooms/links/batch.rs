//! Many links from one file: a preview that says what each row would make, one button, and the addresses to take along.

use axum::{
    extract::{Multipart, Path, Query},
    response::{IntoResponse, Response},
};
use domain::{FileId, role::Permission};
use leptos::prelude::*;
use serde::Deserialize;
use server::{
    failure::{Outcome, Refusal},
    links::{
        Link,
        batch::{self, COLUMNS, Planned},
    },
};

use super::{
    PATH,
    found::{Leads, asked_for, leads},
};
use crate::{
    rooms::{
        imports::{AtOnce, said},
        place::Place,
        shown::chips_counted,
    },
    said::Wrong,
    texts::{t, t_with},
    ui::{
        Button, ButtonLink, Cell as Side, Column, Crumb, FilePicker, Glyph, Look, Notice, RoomHead, Row, StatusBadge,
        Table, Td, Text, Tone,
    },
    web::{Cell, Desk, Flash, Format, file, upload},
};

pub(super) const HERE: &str = "/links/import";
const FIELDS: &[&str] = &["file"];
/// More rows than anybody reads on one page.
const SHOWN: usize = 300;

pub(super) async fn blank(desk: Desk) -> Response {
    form(&desk, Wrong::default()).await
}

async fn form(desk: &Desk, wrong: Wrong) -> Response {
    let title = desk.say("batch.title");
    if let Err(refusal) = desk.must(Permission::EditLinks) {
        return desk.failed(&title, &refusal.into()).await;
    }
    desk.form(&title, wrong, upload_form).await
}

fn upload_form(wrong: &Wrong) -> AnyView {
    let columns = COLUMNS.map(|name| view! { <code>{name}</code>" " });
    view! {
        <Crumb href=PATH text=t("room.links")/>
        <RoomHead title=t("batch.title")/>
        <form class="form" method="post" action=HERE enctype="multipart/form-data" data-send=true>
            <div class="form-section">
                <p>{t("batch.lead")}</p>
                <FilePicker name="file" label=t("imports.file") note=t("imports.file_note") error=wrong.about("file") accept=".csv,.xlsx,text/csv" glyph=Glyph::Upload/>
                <p class="field-help">{t("batch.columns")}<br/>{columns.into_iter().collect_view()}</p>
            </div>
            {wrong.beside(FIELDS)}
            <div class="form-actions">
                <Button look=Look::Primary>{t("batch.look")}</Button>
                <ButtonLink href=PATH look=Look::Quiet>{t("common.cancel")}</ButtonLink>
            </div>
        </form>
    }
    .into_any()
}

pub(super) async fn send(desk: Desk, sent: Multipart) -> Response {
    let kept = async {
        let bytes = upload(sent, "file").await.file?.ok_or_else(|| Refusal::field("file", "required"))?;
        batch::upload(&desk.services, &desk.actor, desk.merchant(), bytes).await
    };
    let kept: Outcome<FileId> = kept.await;
    match kept {
        Ok(id) => desk.done(Ok(Flash::good(desk.say("batch.read"))), &[HERE, "/", id.as_str()].concat()),
        Err(failure) => form(&desk, desk.wrong(&failure)).await,
    }
}

/// Which rows are looked at.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    show: String,
}

struct Found {
    rows: Vec<Planned>,
    made: Vec<Link>,
}

pub(super) async fn preview(desk: Desk, Path(id): Path<String>, Query(asked): Query<Asked>) -> Response {
    let place = Place::new([HERE, "/", &id].concat(), &[("show", &asked.show)], "");
    let found = async || -> Outcome<Found> {
        let file = FileId::parse(&id)?;
        let rows = batch::preview(&desk.services, &desk.actor, desk.merchant(), &file).await?;
        Ok(Found { rows, made: batch::made(&desk.services, desk.merchant(), &file).await? })
    };
    desk.room(&desk.say("batch.title"), found().await, |found| room(&desk, &id, &found, &place)).await
}

fn room(desk: &Desk, id: &str, found: &Found, place: &Place) -> AnyView {
    let good = found.rows.iter().filter(|row| row.made.is_ok()).count();
    let shelves = [
        ("", "imports.all", found.rows.len()),
        ("good", "batch.good", good),
        ("wrong", "imports.wrong", found.rows.len() - good),
    ];
    let show = place.value("show");
    let shown = found.rows.iter().filter(|row| show.is_empty() || (show == "good") == row.made.is_ok());
    let rows = shown.take(SHOWN).map(|row| line(desk, row)).collect_view();
    let columns = vec![
        Column::new(Side::Meta, t("imports.row")),
        Column::new(Side::Main, t("links.what")),
        Column::new(Side::Sum, t("links.sum")),
        Column::new(Side::Status, t("imports.what")),
    ];
    view! {
        <Crumb href=HERE text=t("batch.title")/>
        <RoomHead title=t("batch.preview")/>
        {made(id, &found.made)}
        <div class="toolbar"><div class="chips">{chips_counted(place, "show", &shelves)}</div></div>
        <Table label=t("batch.preview") columns=columns>{rows}</Table>
        {found.made.is_empty().then(|| button(id, good))}
    }
    .into_any()
}

/// The links are there: to take along, and to print.
fn made(id: &str, links: &[Link]) -> Option<AnyView> {
    let (result, print) = ([HERE, "/", id, "/result.csv"].concat(), ["/links/print?batch=", id].concat());
    let text = t_with("batch.made", &[("count", &links.len().to_string())]);
    let view = || {
        view! {
            <Notice tone=Tone::Good text=text>
                <ButtonLink href=Text::from(result) icon=Glyph::Download>{t("batch.result")}</ButtonLink>
                <ButtonLink href=Text::from(print) icon=Glyph::Qr>{t("print.title")}</ButtonLink>
            </Notice>
        }
    };
    (!links.is_empty()).then(|| view().into_any())
}

/// The only thing on the page that makes links.
fn button(id: &str, count: usize) -> AnyView {
    if count == 0 {
        return view! { <Notice tone=Tone::Info text=t("batch.nothing")/> }.into_any();
    }
    let action = [HERE, "/", id, "/apply"].concat();
    view! {
        <form method="post" action=action class="form-actions">
            <Button look=Look::Primary>{t_with("batch.apply", &[("count", &count.to_string())])}</Button>
            <ButtonLink href=HERE look=Look::Quiet>{t("common.cancel")}</ButtonLink>
        </form>
    }
    .into_any()
}

fn line(desk: &Desk, row: &Planned) -> AnyView {
    let (tone, key, why) = match &row.made {
        Ok(_) => (Tone::Good, "batch.good", row.label.clone()),
        Err(refusal) => (Tone::Bad, "imports.wrong", said(desk, refusal)),
    };
    let sum = row.price.map(|price| asked_for(desk, price)).unwrap_or_default();
    let (number, title) = (row.line, row.title.get(desk.lang).to_owned());
    view! {
        <Row>
            <Td cell=Side::Meta label=t("imports.row")>{number}</Td>
            <Td cell=Side::Main><div>{title}</div><small>{why}</small></Td>
            <Td cell=Side::Sum>{sum}</Td>
            <Td cell=Side::Status><StatusBadge tone=tone text=t(key)/></Td>
        </Row>
    }
    .into_any()
}

pub(super) async fn apply(desk: Desk, Path(id): Path<String>) -> Response {
    let applied = async || -> Outcome<Flash> {
        let links = batch::apply(&desk.services, &desk.actor, desk.merchant(), &FileId::parse(&id)?).await?;
        Ok(Flash::good(desk.say_with("batch.made", &[("count", &links.len().to_string())])))
    };
    desk.done(applied().await, &[HERE, "/", &id].concat())
}

/// What was made, each with its address.
pub(super) async fn result(desk: Desk, Path(id): Path<String>) -> Response {
    let written = async || -> Outcome<Response> {
        desk.must(Permission::EditLinks)?;
        let links = batch::made(&desk.services, desk.merchant(), &FileId::parse(&id)?).await?;
        if links.is_empty() {
            return Err(Refusal::not_found().into());
        }
        let named = leads(&desk, &links).await?;
        let rows = links.iter().zip(named).map(|(link, name)| cells(&desk, link, name)).collect();
        let head = ["id", "title", "label", "external_id", "amount", "url"].map(str::to_owned).to_vec();
        file(Format::Csv, "links", head, AtOnce(Some(rows))).await
    };
    match written().await {
        Ok(response) => response.into_response(),
        Err(failure) => desk.failed(&desk.say("batch.title"), &failure).await,
    }
}

fn cells(desk: &Desk, link: &Link, leads: Leads) -> Vec<Cell> {
    vec![
        Cell::text(link.id.as_str()),
        Cell::text(leads.title),
        Cell::text(link.label.clone()),
        Cell::maybe(link.external_order_id.clone()),
        leads.fixed.map_or(Cell::Nothing, Cell::Sum),
        Cell::text(link.url(&desk.services)),
    ]
}
