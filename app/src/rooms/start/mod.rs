//! The way of a new shop to its first sale: what is done, what is next, and where to do it.

use axum::{Router, response::Response, routing::get};
use domain::role::Permission;
use leptos::prelude::*;
use server::{
    failure::Outcome,
    reports::{self, Step},
};

use crate::{
    texts::{t, t_with},
    ui::{ButtonLink, Glyph, Icon, Look, Notice, RoomHead, Size, StatusBadge, Text, Tone},
    web::{Desk, Faces},
};

const PATH: &str = "/start";

pub(super) fn routes() -> Router<Faces> {
    Router::new().route(PATH, get(show))
}

/// Where a step is done.
const fn place(step: Step) -> &'static str {
    match step {
        Step::Shop => "/settings",
        Step::Product => "/products/new",
        Step::Method => "/settings/methods",
        Step::Sale => "/links/new",
        Step::Bot => "/settings/bot",
        Step::Webhook => "/webhooks",
        Step::Refund => "/payments?status=paid",
        Step::SecondStep => "/account/two-factor",
        Step::Stars => "/products?shelf=digital",
        Step::Chat => "/settings/notifications",
        Step::Address => "",
    }
}

/// Whether a step is done on the page at `path`.
fn is_step(path: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    Step::ALL.iter().any(|step| place(*step) == path) || path == "/settings/methods/new"
}

/// What goes along while a shop is being set up: how far it has come and what is next, on the pages where it is done.
/// Nothing in a shop that has sold.
pub(crate) async fn guide(desk: &Desk) -> Outcome<Option<Vec<(Step, bool)>>> {
    if !is_step(desk.place()) || !desk.may(Permission::EditSettings) {
        return Ok(None);
    }
    if reports::has_sold(&desk.services.db, desk.merchant()).await? {
        return Ok(None);
    }
    reports::start(&desk.services, &desk.shop).await.map(Some)
}

/// The line above such a page.
pub(crate) fn guide_line(steps: &[(Step, bool)], path: &str) -> AnyView {
    let done = steps.iter().filter(|(_, done)| *done).count().to_string();
    let all = steps.len().to_string();
    let path = path.split('?').next().unwrap_or_default();
    let next = next_of(steps).map(|step| {
        let words = t(&["start.", step.word()].concat());
        if place(step) == path {
            return view! { <b>{words}</b> }.into_any();
        }
        let words = t_with("start.next", &[("step", &words)]);
        view! { <ButtonLink href=place(step) look=Look::Primary size=Size::Small icon=Glyph::ArrowRight>{words}</ButtonLink> }
            .into_any()
    });
    view! {
        <nav class="guide" id="guide" data-live=true aria-label=t("room.start")>
            <a href=PATH>{t_with("start.guide", &[("done", &done), ("all", &all)])}</a>
            {next}
        </nav>
    }
    .into_any()
}

/// The next step, where a shop that has sold nothing begins.
pub(super) fn next_card(step: Step) -> AnyView {
    card(step, false, true)
}

/// The first step that is open and can be done here.
pub(super) fn next_of(steps: &[(Step, bool)]) -> Option<Step> {
    steps.iter().find(|(step, done)| !done && !place(*step).is_empty()).map(|(step, _)| *step)
}

async fn show(desk: Desk) -> Response {
    let title = desk.say("room.start");
    let found = match desk.must(Permission::EditSettings) {
        Ok(()) => reports::start(&desk.services, &desk.shop).await,
        Err(refusal) => Err(refusal.into()),
    };
    desk.room(&title, found, room).await
}

fn room(steps: Vec<(Step, bool)>) -> AnyView {
    let done = steps.iter().filter(|(_, done)| *done).count();
    let next = next_of(&steps);
    let count = [("done", done.to_string()), ("all", steps.len().to_string())];
    let count = count.each_ref().map(|(name, value)| (*name, value.as_str()));
    let progress = if steps.iter().all(|(_, done)| *done) {
        view! { <Notice tone=Tone::Good text=t("start.ready")/> }.into_any()
    } else {
        view! { <p class="room-lead">{t_with("start.progress", &count)}</p> }.into_any()
    };
    let (first, before): (Vec<_>, Vec<_>) = steps.into_iter().partition(|(step, _)| is_first(*step));
    let cards = |steps: Vec<(Step, bool)>| {
        steps.into_iter().map(|(step, done)| card(step, done, next == Some(step))).collect_view()
    };
    view! {
        <RoomHead title=t("room.start")/>
        <div id="start" class="stack" data-live=true>
            {progress}
            <ol class="way">{cards(first)}</ol>
            <h2>{t("start.before")}</h2>
            <p class="room-lead">{t("start.before_lead")}</p>
            <ol class="way">{cards(before)}</ol>
        </div>
    }
    .into_any()
}

/// On the way to the first sale; the rest is to be tried and made sure of before customers come.
const fn is_first(step: Step) -> bool {
    matches!(step, Step::Shop | Step::Product | Step::Method | Step::Bot | Step::Sale)
}

fn card(step: Step, done: bool, is_next: bool) -> AnyView {
    let key = |part: &str| ["start.", step.word(), part].concat();
    let (tone, state) = if done { (Tone::Good, "start.done") } else { (Tone::Waiting, "start.open") };
    let to = place(step);
    let look = if is_next { Look::Primary } else { Look::Plain };
    let button = (!to.is_empty()).then(|| {
        let verb = if done { t("start.look") } else { t(&key("_do")) };
        view! { <ButtonLink href=to look=look>{verb}</ButtonLink> }
    });
    let current = is_next.then_some("step");
    view! {
        <li class="card way-step" aria-current=current>
            <span class="way-mark" data-done=done><Icon glyph=if done { Glyph::Check } else { Glyph::ArrowRight }/></span>
            <div class="stack-tight way-text">
                <h2>{t(&key(""))}</h2>
                <p class="quiet">{t(&key("_why"))}</p>
            </div>
            <div class="way-end"><StatusBadge tone=tone text=Text::from(t(state))/> {button}</div>
        </li>
    }
    .into_any()
}
