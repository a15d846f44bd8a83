//! The audit log: who did what to money, catalog, settings and access, with before and after.

use axum::{Router, extract::Query, response::Response, routing::get};
use domain::role::Permission;
use leptos::prelude::*;
use serde::Deserialize;
use server::{
    failure::{Outcome, Refusal},
    staff::audit::{self, AuditLine},
};

use super::{PAGE, paged, people::People, place::Place, shown::pager};
use crate::{
    texts::t,
    ui::{Cell, Column, Empty, Glyph, Icon, RoomHead, Row, Table, Td},
    web::{Desk, Faces},
};

const PATH: &str = "/audit";

pub(super) fn routes() -> Router<Faces> {
    Router::new().route(PATH, get(list))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    before: String,
}

struct Line {
    id: String,
    what: String,
    who: String,
    when: String,
    subject: String,
    href: Option<String>,
    change: String,
}

async fn list(desk: Desk, Query(asked): Query<Asked>) -> Response {
    let found = find(&desk, &asked).await;
    let place = Place::new(PATH, &[], &asked.before);
    desk.room(&desk.say("room.audit"), found, |(lines, next)| room(lines, next, &place)).await
}

async fn find(desk: &Desk, asked: &Asked) -> Outcome<(Vec<Line>, Option<String>)> {
    if !desk.may(Permission::SeeAudit) {
        return Err(Refusal::forbidden().into());
    }
    let before = asked.before.parse().ok();
    let lines = audit::list(&desk.services.db, desk.merchant(), before.as_ref(), PAGE as u64 + 1).await?;
    let (lines, next) = paged(lines, |line| line.id.to_string());
    let people = People::of(desk).await?;
    Ok((lines.into_iter().map(|line| shown(desk, &people, line)).collect(), next))
}

fn shown(desk: &Desk, people: &People, line: AuditLine) -> Line {
    let json = |text: Option<String>| {
        let value = text.and_then(|text| serde_json::from_str::<serde_json::Value>(&text).ok());
        value.and_then(|value| serde_json::to_string_pretty(&value).ok())
    };
    let before = json(line.before).map(|text| [&desk.say("audit.before"), "\n", &text, "\n\n"].concat());
    let after = json(line.after).map(|text| [&desk.say("audit.after"), "\n", &text].concat());
    Line {
        what: desk.say(&["audit_action.", &line.action].concat()),
        who: people.name(desk, &line.actor),
        when: desk.at(line.at),
        href: address(&line.subject),
        change: before.into_iter().chain(after).collect(),
        subject: line.subject,
        id: line.id.to_string(),
    }
}

/// Where the thing that was changed can be seen.
fn address(subject: &str) -> Option<String> {
    let room = match subject.split('_').next()? {
        "pay" => "/payments/",
        "lnk" => "/links/",
        "prd" => "/products/",
        "rfd" => "/refunds/",
        "rec" => "/reconcile/",
        "stf" | "inv" => return Some("/team".to_owned()),
        _ => return None,
    };
    Some([room, subject].concat())
}

fn room(lines: Vec<Line>, next: Option<String>, place: &Place) -> AnyView {
    if lines.is_empty() {
        return view! {
            <RoomHead title=t("room.audit")/>
            <Empty glyph=Glyph::Audit title=t("audit.none") text=t("audit.none_text")/>
        }
        .into_any();
    }
    let columns = vec![
        Column::new(Cell::Main, t("audit.what")),
        Column::new(Cell::Meta, t("audit.who")),
        Column::new(Cell::Meta, t("payments.when")),
    ];
    let rows = lines.into_iter().map(row).collect_view();
    view! {
        <RoomHead title=t("room.audit")/>
        <p class="room-lead">{t("audit.lead")}</p>
        <div id="list" data-live=true>
            <Table label=t("room.audit") columns=columns>{rows}</Table>
            {pager(place, next)}
        </div>
    }
    .into_any()
}

fn row(line: Line) -> AnyView {
    let subject = match line.href {
        Some(href) => view! { <a class="mono" href=href>{line.subject}</a> }.into_any(),
        None => view! { <span class="mono quiet">{line.subject}</span> }.into_any(),
    };
    let change = (!line.change.is_empty()).then(|| {
        view! {
            <details class="raw">
                <summary><Icon glyph=Glyph::ChevronRight size="small"/>{t("audit.change")}</summary>
                <code class="code" tabindex="0">{line.change}</code>
            </details>
        }
    });
    view! {
        <Row key=line.id>
            <Td cell=Cell::Main><div class="strong">{line.what}</div><div class="cut">{subject}</div>{change}</Td>
            <Td cell=Cell::Meta>{line.who}</Td>
            <Td cell=Cell::Meta>{line.when}</Td>
        </Row>
    }
    .into_any()
}
