//! Jobs: what is owed after a commit, and what could not be done; dead ones are tried again here, one or all.

use std::collections::BTreeSet;

use axum::{
    Form, Router,
    extract::Query,
    response::Response,
    routing::{get, post},
};
use domain::{job::JobState, role::Permission};
use leptos::prelude::*;
use serde::Deserialize;
use server::{
    failure::Outcome,
    jobs::{self, Job},
    orders::{self, Whole},
};

use super::{
    PAGE, paged,
    place::Place,
    shown::{chips, pager},
    why::Whether,
};
use crate::{
    badge::Badge,
    texts::t,
    ui::{Button, Cell, Column, Empty, Glyph, Icon, Look, RoomHead, Row, Size, StatusBadge, Table, Td, Text},
    web::{Desk, Faces, Flash, own_path},
};

const PATH: &str = "/jobs";
const RETRY: &str = "/jobs/retry";
const SHELVES: [(&str, &str); 5] = [
    ("", "jobs.dead"),
    ("retrying", "jobs.retrying"),
    ("queued", "jobs.queued"),
    ("done", "jobs.done"),
    ("all", "jobs.every"),
];

pub(super) fn routes() -> Router<Faces> {
    Router::new().route(PATH, get(list)).route(RETRY, post(retry))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    shelf: String,
    before: String,
}

struct JobRow {
    id: i64,
    what: String,
    error: String,
    state: Badge,
    dead: bool,
    attempts: String,
    when: String,
    /// Of what order: its address, its number and what was bought.
    order: Option<(String, String)>,
}

struct Found {
    rows: Vec<JobRow>,
    next: Option<String>,
    may_retry: bool,
}

async fn list(desk: Desk, Query(asked): Query<Asked>) -> Response {
    let found = find(&desk, &asked).await;
    let place = Place::new(PATH, &[("shelf", &asked.shelf)], &asked.before);
    desk.room(&desk.say("room.jobs"), found, |found| room(found, &place)).await
}

async fn find(desk: &Desk, asked: &Asked) -> Outcome<Found> {
    let state = match asked.shelf.as_str() {
        "" => Some(JobState::Dead),
        "all" => None,
        word => word.parse().ok(),
    };
    let before = asked.before.parse().ok();
    let rows = jobs::list(&desk.services.db, desk.merchant(), state, before, PAGE as u64 + 1).await?;
    let (rows, next) = paged(rows, |job| job.id.to_string());
    let ids: BTreeSet<_> = rows.iter().filter_map(|job| job.order_id.clone()).collect();
    let orders = orders::by_ids(&desk.services.db, desk.merchant(), ids.into_iter().collect()).await?;
    let rows = rows.into_iter().map(|job| row(desk, job, &orders)).collect();
    Ok(Found { rows, next, may_retry: desk.may(Permission::RetryJobs) })
}

fn row(desk: &Desk, job: Job, orders: &[Whole]) -> JobRow {
    let order = orders.iter().find(|whole| Some(&whole.order.id) == job.order_id.as_ref());
    JobRow {
        id: job.id,
        what: desk.say(&["work.", &job.kind].concat()),
        error: job.last_error.unwrap_or_default(),
        state: Badge::job(desk.lang, job.state),
        dead: job.state == JobState::Dead,
        attempts: job.attempts.to_string(),
        when: desk.when(job.done_at.unwrap_or(job.run_at)),
        order: order.map(|whole| {
            let words = ["№ ", &whole.order.number.to_string(), " · ", whole.title().get(desk.lang)].concat();
            (["/orders/", whole.order.id.as_str()].concat(), words)
        }),
    }
}

fn room(found: Found, place: &Place) -> AnyView {
    let all = (found.may_retry && found.rows.iter().any(|row| row.dead)).then(|| {
        let ask = Whether::new("retry-all", RETRY, t("jobs.retry_all"), t("jobs.retry_all_text"));
        let hidden = vec![("job", "all".to_owned()), ("back", place.here())];
        Whether { look: Look::Primary, icon: Some(Glyph::Refresh), hidden, ..ask }.button()
    });
    view! {
        <RoomHead title=t("room.jobs")>{all}</RoomHead>
        <p class="room-lead">{t("jobs.lead")}</p>
        <div id="list" data-live=true>
            <div class="toolbar"><div class="chips">{chips(place, "shelf", &SHELVES)}</div></div>
            {table(found, place)}
        </div>
    }
    .into_any()
}

fn table(found: Found, place: &Place) -> AnyView {
    if found.rows.is_empty() {
        let title = if place.is_whole() { "jobs.none_dead" } else { "jobs.none" };
        return view! { <Empty glyph=Glyph::Check title=t(title) text=t("jobs.none_text")/> }.into_any();
    }
    let columns = vec![
        Column::new(Cell::Main, t("jobs.what")),
        Column::new(Cell::Status, t("payments.status")),
        Column::new(Cell::Meta, t("jobs.tries")),
        Column::new(Cell::Meta, t("payments.when")),
        Column::new(Cell::Tools, ""),
    ];
    let (may_retry, here) = (found.may_retry, place.here());
    let rows = found.rows.into_iter().map(|row| line(row, may_retry, &here)).collect_view();
    view! {
        <Table label=t("room.jobs") columns=columns>{rows}</Table>
        {pager(place, found.next)}
    }
    .into_any()
}

fn line(row: JobRow, may_retry: bool, here: &str) -> AnyView {
    let id = row.id.to_string();
    let order = row.order.map(|(href, words)| view! { <a class="cell-sub" href=href>{words}</a> });
    let error = (!row.error.is_empty()).then(|| {
        view! {
            <details class="raw">
                <summary><Icon glyph=Glyph::ChevronRight size="small"/>{t("jobs.error")}</summary>
                <code class="code" tabindex="0">{row.error}</code>
            </details>
        }
    });
    let again = (row.dead && may_retry).then(|| retry_button(row.id, here));
    view! {
        <Row key=id>
            <Td cell=Cell::Main><div class="strong">{row.what}</div>{order}{error}</Td>
            <Td cell=Cell::Status><StatusBadge tone=row.state.tone text=Text::from(row.state.text)/></Td>
            <Td cell=Cell::Meta label=t("jobs.tries")>{row.attempts}</Td>
            <Td cell=Cell::Meta>{row.when}</Td>
            <Td cell=Cell::Tools><div class="row-tools">{again}</div></Td>
        </Row>
    }
    .into_any()
}

/// The button that tries one dead job again; `back` is the page that it stands on.
pub(super) fn retry_button(job: i64, back: &str) -> AnyView {
    let (job, back) = (Text::from(job.to_string()), back.to_owned());
    view! {
        <form method="post" action=RETRY class="inline">
            <input type="hidden" name="back" value=back/>
            <Button size=Size::Small icon=Glyph::Refresh name="job" value=job>{t("jobs.retry")}</Button>
        </form>
    }
    .into_any()
}

#[derive(Deserialize)]
struct Which {
    /// A job's number, or `all`.
    job: String,
    /// The page with the button.
    #[serde(default)]
    back: String,
}

async fn retry(desk: Desk, Form(which): Form<Which>) -> Response {
    let retried = async || -> Outcome<Flash> {
        let ids = (which.job != "all").then(|| which.job.parse().into_iter().collect());
        let count = jobs::retry(&desk.services, &desk.actor, desk.merchant(), ids).await?;
        Ok(Flash::good(desk.say_with("jobs.retried", &[("count", &count.to_string())])))
    };
    desk.done(retried().await, if which.back.is_empty() { PATH } else { own_path(&which.back) })
}
