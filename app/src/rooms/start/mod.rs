//! The way of a new shop to its first sale: what is done, what is next, and where to do it.

use axum::{Router, response::Response, routing::get};
use domain::role::Permission;
use leptos::prelude::*;
use server::reports::{self, Step};

use crate::{
    texts::{t, t_with},
    ui::{ButtonLink, Glyph, Icon, Look, Notice, RoomHead, StatusBadge, Text, Tone},
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
        Step::Chat => "/settings/notifications",
        Step::Address => "",
    }
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
    let next = steps.iter().position(|(_, done)| !done);
    let count = [("done", done.to_string()), ("all", steps.len().to_string())];
    let count = count.each_ref().map(|(name, value)| (*name, value.as_str()));
    let progress = match next {
        None => view! { <Notice tone=Tone::Good text=t("start.ready")/> }.into_any(),
        Some(_) => view! { <p class="room-lead">{t_with("start.progress", &count)}</p> }.into_any(),
    };
    let steps = steps.into_iter().enumerate().map(|(index, (step, done))| card(step, done, next == Some(index)));
    view! {
        <RoomHead title=t("room.start")/>
        <div id="start" class="stack" data-live=true>
            {progress}
            <ol class="way">{steps.collect_view()}</ol>
        </div>
    }
    .into_any()
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
