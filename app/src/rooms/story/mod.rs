//! One payment: what it is, what to do next, and everything that happened to it, each with its raw truth.

mod calls;
#[cfg(feature = "ssr")]
mod sentences;

use leptos::{prelude::*, task::spawn_local};
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

pub use calls::{Happened, Known, StoryView};
#[cfg(feature = "ssr")]
pub(crate) use sentences::raw_event;

use crate::{
    error::trouble,
    here::Here,
    live::Live,
    texts::{t, t_with},
    ui::{
        Button, ButtonLink, Copyable, Crumb, Fact, Facts, Glyph, Notice, Size, StatusBadge, StorySkeleton, Text,
        Timeline, TimelineItem, Toasts, Tone,
    },
};

#[component]
pub fn Story() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let number = Live::here().number;
    let asked = RwSignal::new(0_u32);
    let story = Resource::new(move || (id.get(), number.get(), asked.get()), |(id, _, _)| calls::story(id));
    // How much of the story was told before: what is beyond has just happened.
    let told = StoredValue::new(None::<(String, usize)>);
    view! {
        <Crumb href="/payments" text=t("room.payments")/>
        <Transition fallback=|| view! { <StorySkeleton/> }>
            {move || Suspend::new(async move {
                match story.await {
                    Ok(story) => {
                        let before = told.get_value().filter(|(id, _)| *id == story.id).map(|(_, count)| count);
                        told.set_value(Some((story.id.clone(), story.happened.len())));
                        page(story, before.unwrap_or(usize::MAX), asked)
                    }
                    Err(error) => trouble(error),
                }
            })}
        </Transition>
    }
    .into_any()
}

fn page(story: StoryView, told: usize, asked: RwSignal<u32>) -> AnyView {
    let title = [&story.sum, " · ", &story.order].concat();
    let happened = story
        .happened
        .into_iter()
        .enumerate()
        .map(move |(place, moment)| happened(moment, place >= told))
        .collect_view();
    let others = story.others.into_iter().map(|(href, text, status)| {
        view! { <li class="spread"><a href=href>{text}</a><StatusBadge tone=status.mood.into() text=Text::from(status.text)/></li> }
    });
    let others = others.collect_view();
    let any_others = !story.no_others;
    view! {
        <Title text=title/>
        <div class="story-head">
            <div>
                <div class="story-sum">
                    <h1>{story.sum}</h1>
                    <StatusBadge tone=story.status.mood.into() text=Text::from(story.status.text)/>
                </div>
                <p class="story-who">{story.who}</p>
            </div>
            <div class="story-actions">{check(story.id.clone(), asked)} {story.pay_page.map(pay_page)}</div>
            {story.todo.map(|todo| view! {
                <div class="story-next"><Notice tone=todo.mood.into() text=Text::from(todo.text)/></div>
            })}
        </div>
        <div class="side">
            <section class="stack">
                <h2>{t("story.happened")}</h2>
                <Timeline>{happened}</Timeline>
            </section>
            <aside class="stack">
                <section class="card">
                    <div class="card-head"><h2>{t("story.facts")}</h2></div>
                    <div class="card-body"><Facts stacked=true>{story.known.into_iter().map(known).collect_view()}</Facts></div>
                </section>
                {any_others.then(|| view! {
                    <section class="card">
                        <div class="card-head"><h2>{t("story.others")}</h2></div>
                        <div class="card-body"><ul class="stack-tight">{others}</ul></div>
                    </section>
                })}
            </aside>
        </div>
    }
    .into_any()
}

fn pay_page(href: String) -> impl IntoView {
    view! { <ButtonLink href=Text::from(href) icon=Glyph::External outside=true>{t("story.pay_page")}</ButtonLink> }
}

/// One fact, as a page shows it.
pub(super) fn known(fact: Known) -> AnyView {
    let value = match (fact.copy, fact.href) {
        (true, _) => {
            view! { <Copyable value=Text::from(fact.value) label=t("common.copy") done=t("common.copied")/> }.into_any()
        }
        (false, Some(href)) => view! { <a href=href>{fact.value}</a> }.into_any(),
        (false, None) => fact.value.into_any(),
    };
    view! { <Fact label=Text::from(fact.label)>{value}</Fact> }.into_any()
}

fn happened(moment: Happened, fresh: bool) -> AnyView {
    let note = (!moment.note.is_empty()).then(|| Text::from(moment.note));
    let raw = (!moment.raw.is_empty()).then(|| Text::from(moment.raw));
    view! {
        <TimelineItem
            tone=moment.mood.into()
            text=Text::from(moment.text)
            at=Text::from(moment.at)
            datetime=Text::from(moment.datetime)
            nostrip:note=note
            nostrip:raw=raw
            raw_label=t("story.raw")
            fresh=fresh
        />
    }
    .into_any()
}

/// Asks the provider now; what it says is settled like any other word of it.
fn check(id: String, asked: RwSignal<u32>) -> AnyView {
    if !Here::get().may.check_payments {
        return ().into_any();
    }
    let busy = RwSignal::new(false);
    let toasts = Toasts::here();
    let press = move |()| {
        busy.set(true);
        let id = id.clone();
        spawn_local(async move {
            let answer = calls::check_payment(id).await;
            busy.set(false);
            asked.update(|asked| *asked += 1);
            let Some(toasts) = toasts else { return };
            match answer {
                Ok(status) => toasts.say(status.mood.into(), t_with("story.checked", &[("status", &status.text)])),
                Err(error) => toasts.say(Tone::Bad, error.text),
            }
        });
    };
    view! { <Button icon=Glyph::Refresh size=Size::Normal busy=busy press=press>{t("story.check")}</Button> }.into_any()
}
