//! How a payment's story looks. Drawn on the server only.

use leptos::prelude::*;

use super::calls::{Happened, StoryView};
use crate::{
    rooms::shown::known,
    texts::t,
    ui::{ButtonLink, Facts, Glyph, Icon, Notice, StatusBadge, Text, Timeline, TimelineItem},
};

pub(super) fn page(story: StoryView, may_check: bool) -> AnyView {
    let happened = story.happened.into_iter().map(happened).collect_view();
    let others = story.others.into_iter().map(|(href, text, status)| {
        view! { <li class="spread"><a href=href>{text}</a><StatusBadge tone=status.mood.into() text=Text::from(status.text)/></li> }
    });
    let others = others.collect_view();
    let any_others = !story.no_others;
    view! {
        <div class="story-head">
            <div>
                <div class="story-sum">
                    <h1>{story.sum}</h1>
                    <StatusBadge tone=story.status.mood.into() text=Text::from(story.status.text)/>
                </div>
                <p class="story-who">{story.who}</p>
            </div>
            <div class="story-actions">{may_check.then(|| check(story.id.clone()))} {story.pay_page.map(pay_page)}</div>
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

fn happened(moment: Happened) -> AnyView {
    let key = [&moment.datetime, " ", &moment.text].concat();
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
            attr:data-key=key
        />
    }
    .into_any()
}

fn check(id: String) -> AnyView {
    view! {
        <button type="button" class="button" data-do="check" data-id=id>
            <Icon glyph=Glyph::Refresh/>
            <span>{t("story.check")}</span>
        </button>
    }
    .into_any()
}
